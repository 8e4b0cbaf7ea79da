# SPDX-License-Identifier: GPL-3.0-or-later
"""The values under the user's hand: strength, sliders left alone, sliders moved."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from editor_ops import NAMES, SLIDERS, Filter, filters
from models import Decision, Policy, helper
from tools.policies import with_filters

PIXELS = bytes(range(256)) * 3
ANSWER = Decision.from_json(helper.Session().answer({"width": 16, "height": 16, "channels": 3}, PIXELS))
each_slider = pytest.mark.parametrize("slider", SLIDERS, ids=NAMES)


@pytest.fixture
def edit(part: Any) -> Any:
    chosen = part("edit").Edit((4000, 3000), colour=True)
    chosen.choose(ANSWER.choices)
    return chosen


@pytest.mark.parametrize(
    ("strength", "leave"), [(1.0, []), (0.0, []), (0.5, ["saturation"]), (2.0, ["exposure", "tint"])]
)
def test_it_comes_to_what_the_policy_decides(edit: Any, strength: float, leave: list[str]) -> None:
    import numpy as np

    image = np.frombuffer(PIXELS, np.uint8).reshape(16, 16, 3)
    expected = with_filters(Policy.load().decide(image, strength, leave=leave), 4000, 3000)
    edit.strength, edit.excluded = strength, set(leave)
    assert edit.decision(ANSWER).to_json(edit.filters()) == expected
    assert edit.filters() == [Filter(**row) for row in expected["filters"]]


@given(strength=st.floats(0.05, 2.0), share=st.floats(0.0, 1.0))
@each_slider
def test_what_is_set_by_hand_is_what_is_applied(part: Any, slider: Any, strength: float, share: float) -> None:
    edit = part("edit").Edit((4000, 3000), colour=True)
    edit.strength = strength
    value = slider.lowest + share * (slider.highest - slider.lowest)
    edit.set_value(slider, value)
    # The value at full strength must be one that GIMP takes too: a weak edit may stop short of what was set.
    reachable = slider.scaled(slider.scaled(value, 1 / strength), strength)
    assert edit.value(slider) == reachable
    if slider.scaled(value, 1 / strength) not in slider.property_range:
        assert edit.value(slider) == pytest.approx(value, rel=1e-9, abs=1e-12)
    chosen = next(c for c in edit.decision(ANSWER).choices if c.slider == slider)
    assert (chosen.probability, chosen.interval) == (None, None)


@each_slider
def test_a_slider_left_alone_stays_neutral_and_comes_back(edit: Any, slider: Any) -> None:
    before = edit.value(slider)
    edit.excluded = {slider.name}
    assert edit.value(slider) == slider.neutral
    edit.excluded = set()
    assert edit.value(slider) == before


def test_at_strength_0_nothing_can_be_set(edit: Any) -> None:
    before = dict(edit.chosen)
    edit.strength = 0.0
    edit.set_value(SLIDERS[0], 1.0)
    assert edit.chosen == before and edit.filters() == []


def test_names(part: Any) -> None:
    names = part("edit").excluded_names
    assert names("") == names(" , ") == names(None) == set()
    assert names("saturation, clarity,clarity") == {"saturation", "clarity"}
    with pytest.raises(ValueError, match="no slider “speed”; there are mid_tones, "):
        names("speed")


def test_a_grey_layer_has_no_rows_for_colours(part: Any) -> None:
    grey = part("edit").Edit((4, 3), colour=False)
    assert [slider.name for slider in grey.sliders] == [slider.name for slider in SLIDERS if not slider.colour]


def test_filters_are_the_editors(edit: Any) -> None:
    values = {slider.name: edit.value(slider) for slider in SLIDERS}
    assert [each[2:] for each in edit.filters()] == [each[2:] for each in filters(values, 4000, 3000)]


def test_where_values_may_lie_beyond_black_and_white_they_are_clipped_first(part: Any) -> None:
    beyond = part("edit").Edit((40, 30), colour=True, beyond=True)
    beyond.set_value(SLIDERS[NAMES.index("exposure")], 0.5)
    assert [each.operation for each in beyond.filters()] == ["gegl:exposure"]
    beyond.set_value(SLIDERS[NAMES.index("contrast")], 0.5)
    there = [(each.operation, each.mode, each.opacity) for each in beyond.filters()]
    assert there[0] == ("gegl:rgb-clip", "replace", 1.0) and there[1] == ("gegl:rgb-clip", "softlight", 0.5)


def test_rows_stay_when_a_slider_is_moved_to_neutral(edit: Any) -> None:
    moved = set(edit.moved)
    assert moved == {s.name for s in SLIDERS if edit.value(s) != s.neutral}
    for slider in SLIDERS:
        edit.set_value(slider, slider.neutral)
    assert edit.moved == moved and edit.filters() == []
