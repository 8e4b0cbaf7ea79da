# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/paper.md gives the numbers that the recipes have, for every setting."""

import re
from pathlib import Path

import pytest

from editor_ops import LEVELS, SLIDERS

DOC = (Path(__file__).parents[1] / "docs" / "paper.md").read_text()


def test_sliders_and_levels():
    assert f"| {len(SLIDERS)} sliders: " in DOC and f"| {LEVELS} levels, " in DOC


def test_widths_of_the_networks():
    pytest.importorskip("torch")
    from trainer.networks import HIDDEN, WIDTHS, PaperPolicy

    widths = "-".join(map(str, WIDTHS))
    assert f"{widths}-{LEVELS + 12} channels" in DOC and f"{widths}-K channels" in DOC
    counted = sum(n.numel() for name, n in PaperPolicy(sliders=12).state_dict().items() if "num_batches" not in name)
    assert f"{counted:,} numbers" in DOC and f"of {HIDDEN} units" in DOC


def test_files_that_it_names_are_there():
    for name in re.findall(r"\]\(([^):]+)\)", DOC):
        assert (Path(__file__).parents[1] / "docs" / name).exists(), name
