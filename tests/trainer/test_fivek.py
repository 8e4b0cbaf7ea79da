# SPDX-License-Identifier: GPL-3.0-or-later
"""FiveK's layout, with made photos and made lists."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from trainer import fivek
from trainer.cli import main

NAMES = {
    fivek.TRAIN_SOURCE: ["a0001-x 1.tif", "a0003-y.tif"],  # some of the official names have spaces
    fivek.TRAIN_TARGET: ["a0002-z.1.tif", "a0005-v.tif"],
    fivek.TEST: ["a0004-w.tif"],
}


@pytest.fixture
def lists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "lists"
    folder.mkdir()
    for name, names in NAMES.items():
        (folder / name).write_text("".join(f"{n}\n" for n in names))
    monkeypatch.setattr(fivek, "LISTS", folder)
    return folder


@pytest.fixture
def dataset(tmp_path: Path, lists: Path) -> Path:
    """All five photos in both folders; the retouched ones are brighter. One was saved as PNG instead."""
    rng = np.random.default_rng(0)
    for side in (fivek.SOURCE, fivek.TARGET):
        (tmp_path / "fivek" / side).mkdir(parents=True)
    for name in sorted(name for names in NAMES.values() for name in names):
        name = name.replace("a0003-y.tif", "a0003-y.png")
        picture = rng.integers(0, 200, (48, 64, 3), dtype=np.uint8)
        Image.fromarray(picture).save(tmp_path / "fivek" / fivek.SOURCE / name)
        Image.fromarray(picture + 40).save(tmp_path / "fivek" / fivek.TARGET / name)
    return tmp_path / "fivek"


def test_the_official_lists() -> None:
    """2250 to edit, 2250 of other scenes to learn from, 500 to measure by: all of the 5000, each once."""
    names = {name: (fivek.LISTS / name).read_text().splitlines() for name in NAMES}
    assert {name: len(lines) for name, lines in names.items()} == {
        fivek.TRAIN_SOURCE: 2250, fivek.TRAIN_TARGET: 2250, fivek.TEST: 500
    }  # fmt: skip
    numbers = sorted(int(line[1:5]) for lines in names.values() for line in lines)
    assert numbers == list(range(1, 5001))


def test_files_and_names(dataset: Path) -> None:
    source, target = fivek.training_files(dataset)
    assert source == [dataset / "original" / "a0001-x 1.tif", dataset / "original" / "a0003-y.png"]
    assert target == [dataset / "expertC" / "a0002-z.1.tif", dataset / "expertC" / "a0005-v.tif"]
    assert fivek.test_names(dataset) == ["a0004-w"]


def test_what_is_missing_is_named(dataset: Path) -> None:
    (dataset / "expertC" / "a0005-v.tif").unlink()
    (dataset / "original" / "a0004-w.tif").unlink()
    for read, folder, kind, named in (
        (fivek.training_files, dataset, "missing photos", "a0005-v"),
        (fivek.test_names, dataset, "missing photos", "a0004-w"),
        (fivek.training_files, dataset / "none", "missing folder", "original"),
    ):
        with pytest.raises(fivek.FiveKError) as raised:
            read(folder)
        assert raised.value.kind == kind and named in str(raised.value)


@pytest.mark.slow
@pytest.mark.usefixtures("fewer")
def test_fit_learns_from_the_listed_photos_with_the_paper_s_recipe(dataset: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    command = ["fit", "--dataset", "fivek", str(dataset), "--out", str(out), "--cache", str(tmp_path / "cache")]
    result = CliRunner().invoke(main, [*command, "--steps", "1", "--device", "cpu"])
    assert result.exit_code == 0, result.output
    assert "2 source photos, 2 finished photos, 0 of those held out" in result.output
    settings = json.loads((out / "config.json").read_text())["settings"]
    assert settings["content"] == 100 and settings["hindsight_share"] == 0 and settings["steps"] == 1
    assert len(list((tmp_path / "cache" / "objects").rglob("?" * 64))) == 4


def test_evaluate_measures_on_the_test_list(dataset: Path) -> None:
    result = CliRunner().invoke(main, ["evaluate", "--dataset", "fivek", str(dataset), "--json"])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["n"] == 1 and found["rows"]["input"]["psnr"] == pytest.approx(20 * np.log10(255 / 40), abs=0.01)


@pytest.mark.parametrize(
    "arguments",
    [
        ["fit", "--dataset", "fivek", "DIR", "a", "b", "--out", "x"],
        ["fit", "--out", "x"],
        ["fit", "a", "--out", "x"],
        ["fit", "--dataset", "other", "DIR", "--out", "x"],
        ["evaluate"],
        ["evaluate", "--dataset", "fivek", "DIR", "a", "b"],
        ["evaluate", "--dataset", "fivek", "DIR", "--wrong-way"],
    ],
)
def test_wrong_use(arguments: list[str]) -> None:
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 2 and ("--dataset" in result.output) and "Traceback" not in result.output
