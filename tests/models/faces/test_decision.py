# SPDX-License-Identifier: GPL-3.0-or-later
"""What was decided for faces, as JSON that comes from anywhere."""

from __future__ import annotations

import copy
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from editor_ops.face_frame import face_box, face_unit
from editor_ops.face_sliders import FACE_SLIDERS
from models.decision import DecisionError
from models.errors import UserError
from models.faces import Face
from models.faces.decide import decide_faces
from models.faces.decision import MOST_FACES, FaceDecision, FaceEdit
from models.faces.styles import find_style

RNG = np.random.default_rng(1)
SLIDERS = {slider.name: slider.neutral for slider in FACE_SLIDERS}
POINTS = tuple((float(x), float(y)) for x, y in RNG.uniform(10, 90, (468, 2)).round(2))
SOUND = FaceDecision(100, 120, "mild", "0" * 64, 1.0, (FaceEdit(0.99, POINTS, (5, 6, 80, 90), 31.5, SLIDERS),))


def test_it_comes_back_as_it_was() -> None:
    assert FaceDecision.from_json(json.loads(json.dumps(SOUND.to_json(), allow_nan=False))) == SOUND


PLACES: list[tuple[Any, ...]] = [
    ("format",), ("width",), ("height",), ("style",), ("sha256",), ("strength",), ("faces",), ("faces", 0),
    ("faces", 0, "presence"), ("faces", 0, "points"), ("faces", 0, "points", 7), ("faces", 0, "points", 7, 1),
    ("faces", 0, "box"), ("faces", 0, "box", 2), ("faces", 0, "unit"), ("faces", 0, "sliders"),
    ("faces", 0, "sliders", "smile"), ("faces", 0, "on"),
]  # fmt: skip
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from(PLACES), ANYTHING)
@settings(max_examples=300, deadline=None)
def test_whatever_comes_is_read_or_refused(place: tuple[Any, ...], value: Any) -> None:
    made = copy.deepcopy(SOUND.to_json())
    inner = made
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    try:
        read = FaceDecision.from_json(made)
    except DecisionError:
        return
    for face in read.faces:
        x, y, width, height = face.box
        assert x + width <= read.width and y + height <= read.height and np.isfinite(face.points).all()


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2}, {"strength": 2.5}, {"width": 0}, {"faces": [SOUND.to_json()["faces"][0]] * (MOST_FACES + 1)},
        {"width": 60},
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(DecisionError) as error:
        FaceDecision.from_json(SOUND.to_json() | change)
    assert error.value.kind == "malformed"


def test_a_style_decides_for_each_face(portrait: np.ndarray, face: Face) -> None:
    style = find_style("mild")
    one = decide_faces(portrait, [face], style)
    two = decide_faces(portrait, [face] * (MOST_FACES + 5), style, 2.0, colour=False)
    assert (one.width, one.height, one.style, one.sha256) == (512, 512, "mild", style.sha256)
    assert len(two.faces) == MOST_FACES
    (edit,) = one.faces
    rounded = np.array(edit.points, np.float32)
    assert np.abs(rounded - face.points).max() <= 0.0051
    assert edit.box == face_box(rounded, portrait.shape) and edit.unit == face_unit(rounded)
    assert set(edit.sliders) == set(SLIDERS) and edit.sliders != SLIDERS
    for slider in FACE_SLIDERS:
        chosen, doubled = edit.sliders[slider.name], two.faces[0].sliders[slider.name]
        assert doubled == (slider.neutral if slider.colour else slider.scaled(chosen, 2.0))
    assert FaceDecision.from_json(one.to_json()).to_json() == one.to_json()


@pytest.mark.parametrize("strength", [-0.1, 2.1, float("nan")])
def test_other_strengths_are_refused(portrait: np.ndarray, strength: float) -> None:
    with pytest.raises(UserError) as error:
        decide_faces(portrait, [], find_style("mild"), strength)
    assert error.value.kind == "out of range"
