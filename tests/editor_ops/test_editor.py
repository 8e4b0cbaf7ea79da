# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest

import editor_ops
from editor_ops import SLIDERS
from editor_ops.color import linear_to_srgb, srgb_to_linear
from editor_ops.editor import run

NOISE8 = np.random.default_rng(3).integers(0, 256, (24, 36, 3), dtype=np.uint8)


def test_nothing_moved_gives_the_picture_itself():
    assert editor_ops.edit(NOISE8, {}) is NOISE8
    assert editor_ops.edit(NOISE8, {s.name: s.neutral for s in SLIDERS}) is NOISE8
    assert editor_ops.filters({s.name: s.neutral for s in SLIDERS}, 100, 100) == []


def test_integers_are_the_float_chain_rounded_once():
    values = {"exposure": 0.5, "contrast": 0.2, "saturation": 0.7, "clarity": 0.3, "shadows": 30.0}
    exact = editor_ops.edit(NOISE8.astype(np.float64) / 255, values)
    assert np.abs(editor_ops.edit(NOISE8, values) - np.floor(np.clip(exact, 0, 1) * 255 + 0.5)).max() <= 1
    deep = editor_ops.edit(NOISE8.astype(np.uint16) * 257, values)
    assert deep.dtype == np.uint16
    assert np.abs(deep / 257 - np.clip(exact, 0, 1) * 255).max() < 0.02


def test_no_clipping_between_the_steps():
    """Two stops up, far beyond white, and down again lose nothing, as in GIMP's stack of filters."""
    steps = [("gegl:exposure", {"exposure": 2.0}), ("gegl:levels", {"in_high": 4.0})]
    back = linear_to_srgb(run(srgb_to_linear(NOISE8 / 255), steps))
    assert np.abs(back * 255 - NOISE8).max() < 1e-3


def test_filters_are_ready_for_gimp():
    exposure, clarity = editor_ops.filters({"clarity": 0.2, "black_level": 0.01, "exposure": 0.4}, 6000, 4000)
    assert exposure.operation == "gegl:exposure"
    assert exposure.properties == {"exposure": 0.4, "black-level": 0.01}
    assert exposure.label == "Exposure +0.40 stops, Black level +0.0100"
    assert clarity.properties == {"scale": 0.2, "std-dev": pytest.approx(180)}


def test_radii_follow_the_long_side_and_stay_in_gimps_range():
    def radius(width, height):
        return editor_ops.filters({"shadows": 20.0}, width, height)[0].properties["radius"]

    assert radius(1000, 3000) == radius(3000, 1000) == pytest.approx(90)
    assert radius(1, 1) == 0.1 and radius(200_000, 10) == 1500.0


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"glow": 1.0}, "no slider 'glow'; there are mid_tones"),
        ({"shadows": 250.0}, "shadows is 250.0; GIMP takes -100 to 100"),
        ({"exposure": float("nan")}, "exposure is nan"),
    ],
)
def test_values_that_gimp_would_not_take_are_refused(values, message):
    with pytest.raises(ValueError, match=message):
        editor_ops.edit(NOISE8, values)


def test_types_that_are_no_pictures_are_refused():
    with pytest.raises(ValueError, match="int64"):
        editor_ops.edit(NOISE8.astype(np.int64), {"exposure": 1.0})


def test_alpha_keeps_transparent_pixels_out_of_blurs():
    """A hidden white half must not brighten the surroundings that clarity looks at."""
    picture = np.full((40, 40, 3), 0.3, np.float32)
    picture[:, 20:] = 1.0
    alpha = np.ones((40, 40), np.float32)
    alpha[:, 20:] = 0.0
    edited = editor_ops.edit(picture, {"clarity": 0.6}, alpha)
    assert np.abs(edited[:, :20] - 0.3).max() < 1e-3
    assert np.abs(editor_ops.edit(picture, {"clarity": 0.6})[:, :20] - 0.3).max() > 0.01
