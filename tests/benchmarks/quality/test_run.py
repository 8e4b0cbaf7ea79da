# SPDX-License-Identifier: GPL-3.0-or-later
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.quality import run as quality
from benchmarks.quality.cases import DEGRADED, TOGETHER, Case
from tools import policies


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """The user's cache folder is left alone."""
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(tmp_path_factory.mktemp("cache")))


def test_the_whole_command_on_two_pairs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder, grey in (("input", 60), ("expertC", 120)):
        (tmp_path / "pairs" / folder).mkdir(parents=True)
        for i in range(2):
            Image.new("RGB", (40, 30), (grey + 9 * i,) * 3).save(tmp_path / "pairs" / folder / f"{i}.png")
    policy = policies.write(tmp_path / "bright.onnx", policies.BRIGHTEN)
    other = policies.write(tmp_path / "still.onnx", {})
    arguments = ["--fivek", tmp_path / "pairs", "--policy", policy, "--seed-policy", other, "--rows", "pillow,policy"]
    monkeypatch.setattr(sys, "argv", ["quality", *map(str, arguments), "--out", str(tmp_path / "out")])
    assert quality.main() == 0
    report = json.loads((tmp_path / "out" / "quality.json").read_text())
    rows = report["sets"]["fivek"]["rows"]
    assert report["sets"]["fivek"]["n"] == 2
    assert rows["input"]["psnr"] == pytest.approx(20 * np.log10(255 / 60))
    assert rows["policy"]["psnr"] > rows["input"]["psnr"]
    assert rows["policy, other seed 1"]["psnr"] == pytest.approx(rows["input"]["psnr"])
    assert rows["policy, spread of 2 seeds"]["psnr"] == pytest.approx(rows["policy"]["psnr"] - rows["input"]["psnr"])
    assert any(line.startswith("degraded: left out") for line in report["skipped"])
    lines = [json.loads(line) for line in (tmp_path / "out" / "pictures.jsonl").read_text().splitlines()]
    assert [line["name"] for line in lines] == ["0", "1"]
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "quality.json", "quality.md", "pictures.jsonl", "fivek.jpg"}  # fmt: skip
    assert "fivek (2)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ([], "nothing to measure"),
        (["--finished", "none"], "is not a folder"),
        (["--hard", "none"], "is not a folder"),
        (["--fivek", ".", "--policy", "none.onnx"], "none.onnx"),
    ],
)
def test_wrong_use_is_one_line(
    arguments: list[str], text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in ("input", "expertC"):
        (tmp_path / folder).mkdir()
        Image.new("RGB", (4, 4)).save(tmp_path / folder / "a.png")
    monkeypatch.setattr(sys, "argv", ["quality", "--rows", "policy", *arguments, "--out", "out"])
    assert quality.main() == 2
    error = capsys.readouterr().err
    assert text in error and error.count("\n") == 1


def test_a_sheet_shows_each_photos_first_draw() -> None:
    cases = [
        Case(DEGRADED, group, name, Path(name), None, (("exposure", float(draw)),))
        for name in ("a", "b")
        for group in (TOGETHER, "tint")
        for draw in range(3)
    ]
    marked = [case for case in quality.shown(cases) if case.shown]
    assert [(case.name, case.group, case.degradations[0][1]) for case in marked] == [
        ("a", TOGETHER, 0),
        ("b", TOGETHER, 0),
    ]


def test_names_that_are_not_there_are_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["quality", "--only", "fivek,fiveky", "--out", "out"])
    with pytest.raises(SystemExit) as stop:
        quality.main()
    assert stop.value.code == 2 and "no 'fiveky'; there are fivek, degraded" in capsys.readouterr().err


def test_options_of_earlier_versions(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The set's old name and the default of --faults are taken; the other kind of --faults is refused."""
    monkeypatch.setattr(sys, "argv", ["quality", "--only", "wrong-way,hard", "--faults", "fixed", "--out", "out"])
    assert quality._arguments().only == [DEGRADED, "hard"]
    monkeypatch.setattr(sys, "argv", ["quality", "--faults", "sliders", "--out", "out"])
    with pytest.raises(SystemExit) as stop:
        quality.main()
    assert stop.value.code == 2 and "leave --faults out" in capsys.readouterr().err


def test_what_is_held_out_is_what_a_run_holds_out(tmp_path: Path) -> None:
    data = pytest.importorskip("trainer.data")
    for i in range(20):
        Image.new("RGB", (4, 4), (i, i, i)).save(tmp_path / f"{i}.png")
    learned, held_out = quality.split_names(tmp_path)
    assert len(held_out) == 2 and sorted(learned + held_out) == sorted(f"{i}.png" for i in range(20))
    assert held_out == list(data.split(data.load(tmp_path), 0.1)[1].names)
