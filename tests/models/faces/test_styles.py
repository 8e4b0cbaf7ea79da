# SPDX-License-Identifier: GPL-3.0-or-later
"""Face styles: presets and face policies, found by name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from editor_ops.face_sliders import FACE_SLIDERS
from models import Policy
from models.faces import Face, styles
from models.faces.styles import TASK, find_style
from models.policy_file import PolicyError
from tools import policies

SOUND = {"format": 1, "description": "more smile", "sliders": {"smile": 0.02, "skin_smoothing": 0.5}}


def preset(path: Path, **changes: Any) -> Path:
    path.write_text(json.dumps(SOUND | changes))
    return path


def test_the_shipped_preset_is_mild(portrait: np.ndarray, face: Face) -> None:
    """A third of a slider's range at most, but for smoothing; nothing about the colour of anybody's skin."""
    values = find_style().decide(portrait, face)
    assert find_style().name == styles.DEFAULT == "mild"
    for slider in FACE_SLIDERS:
        share = (values[slider.name] - slider.neutral) / (slider.highest - slider.neutral)
        assert abs(share) <= (0.7 if slider.name == "skin_smoothing" else 1 / 3), slider.name
        if slider.name in ("skin_brightness", "skin_warmth", "skin_saturation"):
            assert share == 0
    assert any(values[slider.name] != slider.neutral for slider in FACE_SLIDERS)


def test_a_preset_of_the_users(tmp_path: Path, portrait: np.ndarray, face: Face) -> None:
    preset(tmp_path / "smiling.json")
    style = find_style("smiling", tmp_path)
    values = style.decide(portrait, face)
    assert style.description == "more smile" and len(style.sha256) == 64
    moved = {slider.name: values[slider.name] for slider in FACE_SLIDERS if values[slider.name] != slider.neutral}
    assert moved == SOUND["sliders"]


def test_a_face_policy(tmp_path: Path, portrait: np.ndarray, face: Face) -> None:
    policies.write(tmp_path / "mine.onnx", {"smile": 20, "skin_warmth": 10}, TASK, description="learned")
    style = find_style("mine", tmp_path)
    values = style.decide(portrait, face)
    for slider in FACE_SLIDERS:
        level = {"smile": 20, "skin_warmth": 10}.get(slider.name, 16)
        assert values[slider.name] == pytest.approx(slider.values()[level], rel=1e-6)
    assert style.description == "learned"


def test_a_policy_for_the_other_task_says_so(tmp_path: Path) -> None:
    photos = policies.write(tmp_path / "photos.onnx", {"exposure": 20})
    faces = policies.write(tmp_path / "faces.onnx", {"smile": 20}, TASK)
    for refused in (lambda: find_style("photos", tmp_path), lambda: Policy.load(faces), lambda: styles.load(photos)):
        with pytest.raises(PolicyError) as error:
            refused()
        assert error.value.kind == "another task"
    assert styles.is_one(faces) and not styles.is_one(photos)


@pytest.mark.parametrize(
    "changes",
    [
        {"format": 2}, {"sliders": {"smirk": 0.1}}, {"sliders": {"smile": 9.0}}, {"sliders": {"smile": True}},
        {"sliders": [1]}, {"sliders": None}, {"sliders": {"smile": "much"}},
    ],
)  # fmt: skip
def test_a_preset_that_makes_no_sense_is_refused(tmp_path: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(PolicyError) as error:
        styles.load(preset(tmp_path / "a.json", **changes))
    assert error.value.kind == "not a style"


@pytest.mark.parametrize("contents", [b"", b"[]", b"[" * 9000, b"\xff\xfe", b"{" + b" " * 70000])
def test_other_files_are_refused(tmp_path: Path, contents: bytes) -> None:
    (tmp_path / "a.json").write_bytes(contents)
    with pytest.raises(PolicyError) as error:
        styles.load(tmp_path / "a.json")
    assert error.value.kind == "not a style"


def test_they_are_listed(tmp_path: Path) -> None:
    preset(tmp_path / "smiling.json")
    preset(tmp_path / "mild.json")
    (tmp_path / "junk.onnx").write_bytes(b"junk")
    listed = [(style.name, style.own, bool(style.problem)) for style in styles.find(tmp_path)]
    assert listed == [("mild", False, True), ("junk", True, True), ("mild", True, False), ("smiling", True, False)]
    assert find_style("mild", tmp_path).path == tmp_path / "mild.json"
    assert [style.name for style in styles.find(tmp_path / "none")] == ["mild"]


@pytest.mark.parametrize(("name", "kind"), [("none", "missing"), ("face_landmark", "missing"), ("../mild", "bad name")])
def test_names_that_lead_nowhere(tmp_path: Path, name: str, kind: str) -> None:
    with pytest.raises(PolicyError) as error:
        find_style(name, tmp_path)
    assert error.value.kind == kind


def test_they_are_added_once(tmp_path: Path) -> None:
    own = tmp_path / "own"
    source = preset(tmp_path / "smiling.json")
    assert styles.add(source, None, own) == own / "smiling.json"
    assert (own / "smiling.json").read_bytes() == source.read_bytes()
    for name in ("smiling", "mild", "face_landmark"):
        with pytest.raises(PolicyError) as error:
            styles.add(source, name, own)
        assert error.value.kind == "taken"
    preset(source, format=7)
    with pytest.raises(PolicyError) as error:
        styles.add(source, "other", own)
    assert error.value.kind == "not a style" and [path.name for path in own.iterdir()] == ["smiling.json"]
