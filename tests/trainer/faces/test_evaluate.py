# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges that saw neither the faces nor the edits say how much these gain."""

import json

import pytest
from click.testing import CliRunner

torch = pytest.importorskip("torch")

from models.faces import styles  # noqa: E402
from trainer.cli import main  # noqa: E402
from trainer.faces import evaluate  # noqa: E402

from .conftest import drawn  # noqa: E402


@pytest.fixture
def few(monkeypatch):
    """As much as a test needs: the rows are the same, found in less time."""
    monkeypatch.setattr(evaluate, "EPOCHS", 12)
    monkeypatch.setattr(evaluate, "STRIDES", (16,))
    monkeypatch.setattr(evaluate, "TRIED", (16, 32))
    monkeypatch.setattr(evaluate, "SEARCHED", 4)


@pytest.fixture
def lighter(tmp_path):
    """A preset that makes skin lighter."""
    path = tmp_path / "lighter.json"
    path.write_text(json.dumps({"format": 1, "description": "", "sliders": {"skin_brightness": 0.35}}))
    return styles.load(path)


def watch(text, n):
    return iter(range(n))


@pytest.mark.slow
def test_what_is_liked_gains(few, lighter, tmp_path, monkeypatch):
    faces = drawn(64, 9)
    scores = 10 * faces.pictures()[:, :, 34:60].mean((1, 2, 3))
    wanted = scores <= scores.median()
    result = evaluate.evaluate(faces, scores, wanted, lighter, 0, tmp_path / "judges", watch)
    assert (result.n, result.judged, result.style) == (32, 64, "lighter")
    rows = result.rows
    assert rows["untouched"]["gain"] == pytest.approx(0, abs=1e-3) and rows["untouched"]["moved"] == 0
    assert rows["the style"]["gain"] > 0.03 and rows["the style"]["better"] > 0.9 and rows["the style"]["moved"] == 0
    assert rows["the style's mean for all"] == pytest.approx(rows["the style"], abs=1e-5)
    assert rows["random levels"]["moved"] > 0.005
    assert rows["best constant action"]["gain"] > 0 and result.constant["skin_brightness"] > 0
    assert len(list((tmp_path / "judges").iterdir())) == evaluate.PARTS
    monkeypatch.setattr(evaluate, "learn", None)  # the judges are found again
    assert evaluate.evaluate(faces, scores, wanted, lighter, 0, tmp_path / "judges", watch) == result


def test_too_few_faces_are_refused(lighter):
    faces = drawn(4, 9)
    with pytest.raises(evaluate.FaceEvaluateError) as raised:
        evaluate.evaluate(faces, torch.zeros(4), torch.ones(4, dtype=torch.bool), lighter, 0, None, watch)
    assert raised.value.kind == "too few faces"


@pytest.mark.parametrize(
    "arguments",
    [
        ["--task", "faces", "one"],
        ["--task", "faces", "--degraded", "one"],
        ["--task", "photos", "--dataset", "scut", "one"],
        ["--task", "faces", "one", "two", "--below", "3"],
        ["one", "two", "--judges", "three"],
        ["--task", "faces", "one", "two", "--style", "mild", "--model", "x.onnx"],
    ],
)
def test_wrong_use_of_the_command(arguments):
    assert CliRunner().invoke(main, ["evaluate", *arguments]).exit_code == 2
