# SPDX-License-Identifier: GPL-3.0-or-later
"""What the photos of a folder are: the same for enhance, fit and evaluate."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image

from enhancer import batch, files
from enhancer.photo import PhotoError
from enhancer.task import Settings
from trainer.cli import main

PHOTOS = ["a.png", "below/b.PNG"]


@pytest.fixture
def folder(tmp_path: Path, every: Path) -> Path:
    """Two photos, one in a folder below; hidden ones, something else, and copies that `trainer enhance` has made."""
    place = tmp_path / "photos"
    for i, name in enumerate([*PHOTOS, ".hidden.png", ".folder/c.png"]):
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (64, 64), (40 * i, 90, 120)).save(place / name)
    (place / "notes.txt").write_text("no photo")
    done = CliRunner().invoke(main, ["enhance", str(place), "--out", str(place / "copies"), "--model", str(every)])
    assert done.exit_code == 0, done.output
    assert {path.name for path in (place / "copies").rglob("*") if path.is_file()} >= {"a.png", "a.png.json"}
    return place


@pytest.mark.slow
def test_enhance_fit_and_evaluate_take_the_same(folder: Path, tmp_path: Path) -> None:
    wanted = [folder / name for name in PHOTOS]
    assert files.find(folder) == wanted
    plan = batch.plan([folder], tmp_path / "out", Settings())
    assert [task.photo for task in plan.tasks] == wanted and plan.made_here == len(PHOTOS)
    pytest.importorskip("torch")
    from trainer import data, evaluate

    assert list(data.load(folder, quiet=True).names) == PHOTOS
    assert list(evaluate.degraded_pairs(folder, 0).names) == ["a", "below/b"]


@pytest.mark.slow
def test_copies_can_be_measured_themselves(folder: Path) -> None:
    from trainer import evaluate

    assert list(evaluate.folder_pairs(folder, folder / "copies").names) == ["a", "below/b"]
    with pytest.raises(PhotoError) as error:
        files.find(folder / "copies")
    assert error.value.kind == "no photos"
