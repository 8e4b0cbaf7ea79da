# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of the docs are what the code and the results are."""

from __future__ import annotations

import json
import sys

import pytest

from editor_ops import SLIDERS
from tools import results, tables
from trainer.config import Config


@pytest.mark.parametrize("path", tables.pages(), ids=lambda path: path.name)
def test_the_pages_are_as_they_would_be_written(path) -> None:
    assert path.read_text(encoding="utf-8") == tables.pages()[path], "run `python -m tools.tables`"


def test_nothing_is_missing_from_them() -> None:
    """A new slider or setting has a row whose words are still to be written; then it shows here."""
    how, controls, paper = (tables.DOCS / f"{name}.md" for name in ("how", "controls", "paper"))
    assert [row[0] for row in tables.rows_of(tables.block(how.read_text("utf-8"), "sliders"))] == [
        s.label for s in SLIDERS
    ]
    for path, name in ((controls, "slider ranges"), (paper, "settings")):
        rows = tables.rows_of(tables.block(path.read_text("utf-8"), name))
        assert len(rows) == len(SLIDERS if path == controls else Config.__dataclass_fields__)
        assert not [row for row in rows if "?" in row]
    for row in tables.rows_of(tables.block(paper.read_text("utf-8"), "settings")):
        assert (row[4] == "-") == (row[2] == row[3]), "a reason where the recipes differ, and only there"


def test_a_result_is_kept_with_what_it_was_measured_with(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(tables, "RESULTS", tmp_path)
    monkeypatch.setattr(tables, "main", lambda: None)
    command = [sys.executable, "-c", "print('speed 7'); print('memory 9')"]
    monkeypatch.setattr(sys, "argv", ["results", "90-small", "--title", "Small", "--", *command])
    assert results.main() == 0
    result = json.loads((tmp_path / "90-small.json").read_text())
    assert result["title"] == "Small" and result["printed"] == ["speed 7", "memory 9"] and "numpy" in result["measured"]
    section = tables.result_section(result)
    assert section.startswith("## Small\n") and "speed 7\nmemory 9\n" in section
    monkeypatch.setattr(sys, "argv", ["results", "91-bad", "--", sys.executable, "-c", "raise SystemExit(3)"])
    assert results.main() == 1 and not (tmp_path / "91-bad.json").exists()
