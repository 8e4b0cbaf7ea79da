# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/paper.md gives the numbers that the recipes have, for every setting."""

import dataclasses
import re
from pathlib import Path

import pytest

from editor_ops import LEVELS, SLIDERS
from trainer.config import Config, recipe

DOC = (Path(__file__).parents[1] / "docs" / "paper.md").read_text()
SETTINGS = DOC.partition("## Settings")[2].partition("## ")[0]
ROWS = [line.strip("| ").split(" | ") for line in SETTINGS.splitlines() if line.startswith("| `")]


def written(value):
    """A setting as the table has it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    return f"{value:,}" if isinstance(value, int) else value


def test_every_setting_has_one_row():
    assert [row[0].strip("`") for row in ROWS] == [field.name for field in dataclasses.fields(Config)]


@pytest.mark.parametrize("field", dataclasses.fields(Config), ids=lambda field: field.name)
def test_the_numbers_are_the_recipes(field):
    (row,) = [row for row in ROWS if row[0] == f"`{field.name}`"]
    numbers = [written(getattr(recipe(name), field.name)) for name in ("paper", "default")]
    assert row[2:4] == numbers, f"write | {' | '.join(numbers)} | into the row of {field.name}"
    assert len(row) == 5 and (row[4] == "-") == (row[2] == row[3]), "a reason where the recipes differ, and only there"


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
