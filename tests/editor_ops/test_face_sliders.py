# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import subprocess
import sys

import pytest

from editor_ops import LEVELS, NAMES, NEUTRAL_LEVEL
from editor_ops.face_shape import MOVES
from editor_ops.face_sliders import FACE_NAMES, FACE_SHAPE, FACE_SLIDERS, SKIN, moved, skin_filters
from editor_ops.operations import OPERATIONS

each_slider = pytest.mark.parametrize("slider", FACE_SLIDERS, ids=FACE_NAMES)


@each_slider
def test_levels_run_from_lowest_over_neutral_to_highest(slider):
    values = slider.values()
    assert len(values) == LEVELS and values[NEUTRAL_LEVEL] == slider.neutral
    assert values[0] == pytest.approx(slider.lowest) and values[-1] == pytest.approx(slider.highest)
    assert list(values) == sorted(values)
    assert slider.property_range[0] <= values[0] and values[-1] <= slider.property_range[1]
    assert slider.scaled(values[-1], 0.5) - slider.neutral == pytest.approx(
        (slider.highest - slider.neutral) / 2, rel=0.2
    )


def test_names_are_none_of_the_photos_sliders_and_every_shape_slider_moves_something():
    assert not set(FACE_NAMES) & set(NAMES) and len(set(FACE_NAMES)) == len(FACE_SLIDERS) == 18
    assert tuple(MOVES) == tuple(s.name for s in FACE_SHAPE)
    assert {s.operation for s in SKIN} <= OPERATIONS.keys()


def test_only_what_is_moved_is_kept_and_bad_values_are_refused():
    assert moved({"eye_size": 0.0, "skin_warmth": 6500.0, "lips": 0.1}) == {"lips": 0.1}
    assert moved({"skin_saturation": 1.1, "lips": 0.1}, SKIN) == {"skin_saturation": 1.1}
    for bad in ({"exposure": 1.0}, {"lips": float("nan")}, {"lips": 5.0}, {"skin_smoothing": -0.1}):
        with pytest.raises(ValueError, match=next(iter(bad))):
            moved(bad)


def test_the_skins_filters_stand_in_the_tables_order_with_a_radius_that_goes_by_the_face():
    made = skin_filters({"skin_saturation": 0.9, "skin_smoothing": 0.4, "eye_size": 0.1}, 500.0)
    assert [(f.operation, f.opacity) for f in made] == [("gegl:domain-transform", 0.4), ("gegl:saturation", 1.0)]
    assert made[0].properties["spatial-factor"] == pytest.approx(30.0)
    assert made[1].properties == {"scale": 0.9}
    assert skin_filters({"eye_size": 0.1}, 500.0) == []


def test_the_tables_are_plain_python():
    code = "import sys, editor_ops.face_sliders as f; f.skin_filters({'skin_smoothing': .5}, 100.0); "
    code += "sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
