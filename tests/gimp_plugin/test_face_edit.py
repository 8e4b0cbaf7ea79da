# SPDX-License-Identifier: GPL-3.0-or-later
"""What is set for each face, how far, and what a later run takes over: no GIMP needed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from editor_ops.face_sliders import FACE_SLIDERS
from models.faces.decision import LANDMARKS, FaceDecision, FaceEdit

NEUTRAL = {slider.name: slider.neutral for slider in FACE_SLIDERS}
UNIT = 60.0


def found(x: float = 100.0, y: float = 80.0, **sliders: float) -> FaceEdit:
    """A face with all landmarks at one place."""
    return FaceEdit(0.9, ((x, y),) * LANDMARKS, (int(x) - 40, int(y) - 40, 80, 80), UNIT, NEUTRAL | sliders)


def decided(*faces: FaceEdit, style: str = "mild") -> FaceDecision:
    return FaceDecision(640, 480, style, "0" * 64, 1.0, faces)


@pytest.fixture
def edit(part: Any) -> Any:
    """Of two faces with the same values."""
    made = part("face_edit").FacesEdit(colour=True)
    values = {"jaw_width": -0.08, "skin_smoothing": 0.3, "skin_warmth": 6200.0}
    made.take(decided(found(**values), found(300, 90, **values)), lambda x, y: True)
    return made


def slider(name: str) -> Any:
    return next(each for each in FACE_SLIDERS if each.name == name)


def test_only_faces_that_count_are_taken(part: Any) -> None:
    made = part("face_edit").FacesEdit(colour=True)
    made.take(decided(found(), found(300, 90)), lambda x, y: x < 200)
    assert [face.middle for face in made.faces] == [pytest.approx((100.0, 80.0))]


def test_values_are_those_that_are_not_neutral_after_strength(edit: Any) -> None:
    first = edit.faces[0]
    assert edit.values(first) == {"jaw_width": -0.08, "skin_smoothing": 0.3, "skin_warmth": 6200.0}
    edit.strength = 0.5
    half = edit.values(first)
    assert half["jaw_width"] == pytest.approx(-0.04) and half["skin_smoothing"] == pytest.approx(0.15)
    assert 6200.0 < half["skin_warmth"] < 6500.0
    edit.strength = 0.0
    assert edit.values(first) == {}


def test_a_face_that_is_off_has_no_values(edit: Any) -> None:
    edit.faces[0].on = False
    assert edit.values(edit.faces[0]) == {} != edit.values(edit.faces[1])
    assert [face.on for face in edit.decision().faces] == [False, True]


def test_a_grey_layer_has_no_colours(part: Any) -> None:
    made = part("face_edit").FacesEdit(colour=False)
    made.take(decided(found(skin_warmth=6200.0, skin_brightness=0.1)), lambda x, y: True)
    assert made.values(made.faces[0]) == {"skin_brightness": 0.1}
    assert made.decision().faces[0].sliders == NEUTRAL | {"skin_brightness": 0.1}
    assert not any(each.colour for each in made.sliders)


@pytest.mark.parametrize("strength", [0.5, 1.0, 2.0])
def test_a_value_by_hand_is_of_one_face_and_follows_strength(edit: Any, strength: float) -> None:
    first, second = edit.faces
    edit.strength = strength
    edit.set_value(first, slider("jaw_width"), 0.06)
    assert edit.value(first, slider("jaw_width")) == pytest.approx(0.06)
    assert edit.value(second, slider("jaw_width")) == pytest.approx(-0.08 * strength)
    edit.strength = 1.0
    assert edit.value(first, slider("jaw_width")) == pytest.approx(0.06 / strength)
    edit.reset(first)
    assert edit.values(first) == edit.values(second)


def test_at_strength_0_nothing_is_set(edit: Any) -> None:
    edit.strength = 0.0
    edit.set_value(edit.faces[0], slider("jaw_width"), 0.1)
    edit.strength = 1.0
    assert edit.value(edit.faces[0], slider("jaw_width")) == -0.08


def test_another_style_chooses_anew_for_the_faces_that_there_are(edit: Any) -> None:
    edit.faces[1].on = False
    edit.set_value(edit.faces[0], slider("smile"), 0.03)
    edit.restyle(decided(found(eye_size=0.1), found(300, 90), style="bold"))
    assert edit.style == "bold"
    assert edit.values(edit.faces[0]) == {"eye_size": 0.1}
    assert [face.on for face in edit.faces] == [True, False]


@given(moved=st.floats(-20, 20), strength=st.floats(0, 2), jaw=st.floats(-0.16, 0.16), on=st.booleans())
def test_a_later_run_goes_on_from_an_earlier_one(
    part: Any, moved: float, strength: float, jaw: float, on: bool
) -> None:
    """The faces are found anew and may lie a little elsewhere."""
    first, again = (part("face_edit").FacesEdit(colour=True) for _ in range(2))
    first.take(decided(found(), found(300, 90)), lambda x, y: True)
    first.strength = 1.0
    first.set_value(first.faces[0], slider("jaw_width"), jaw)
    first.faces[1].on, first.strength = on, strength
    again.take(decided(found(300 + moved, 90), found(100 + moved, 80), found(500, 80)), lambda x, y: True)
    again.resume(first.record() | {"tattoo": 3})
    assert again.strength == strength
    second, same, new = again.faces
    assert same.chosen == first.faces[0].chosen and same.on
    assert second.on == on and second.chosen == NEUTRAL
    assert new.chosen == NEUTRAL and new.on


@pytest.mark.parametrize(
    "record", [{}, {"decision": {}}, {"decision": [], "strength": 1}, {"strength": 2.0}, [], None, {"decision": None}]
)
def test_a_record_that_is_none_changes_nothing(edit: Any, record: Any) -> None:
    before = edit.record()
    edit.resume(record)
    edit.resume(before | {"strength": float("nan")})
    assert edit.record() == before


def test_the_decision_is_after_strength(edit: Any) -> None:
    edit.strength = 2.0
    edit.faces[1].on = False
    decision = FaceDecision.from_json(edit.decision().to_json())
    assert (decision.strength, decision.style) == (2.0, "mild")
    assert decision.faces[0].sliders["jaw_width"] == pytest.approx(-0.16)
