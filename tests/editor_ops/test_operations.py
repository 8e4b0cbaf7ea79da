# SPDX-License-Identifier: GPL-3.0-or-later
"""Each operation by itself. That they equal GIMP's is tests/gimp/test_operations.py."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import editor_ops
from editor_ops import NAMES, SLIDERS
from editor_ops.operations import OPERATIONS

torch = pytest.importorskip("torch")

RNG = np.random.default_rng(7)
NOISE = RNG.random((20, 30, 3), dtype=np.float32)
# Neutral settings; the spatial ones keep their radius
NEUTRAL = {
    "gegl:exposure": {},
    "gegl:color-temperature": {"original_temperature": 4000.0, "intended_temperature": 4000.0},
    "gegl:channel-mixer": {"preserve_luminosity": True},
    "gegl:shadows-highlights": {"radius": 5.0, "compress": 20.0},
    "gegl:brightness-contrast": {},
    "gegl:levels": {},
    "gegl:saturation": {"colorspace": "CIE-Lab"},
    "gegl:unsharp-mask": {"std_dev": 5.0, "scale": 0.0},
    "gegl:rgb-clip": {},
    "gegl:invert-gamma": {"opacity": 0.0},
    "gegl:domain-transform": {"spatial_factor": 0.0},
}
# Settings that do something, and the sRGB-encoded values that real GIMP 3.0.4 and 3.2.6 gave are in tests/gimp
SOME = {
    "gegl:exposure": {"exposure": 0.7, "black_level": 0.02},
    "gegl:color-temperature": {"intended_temperature": 8000.0},
    "gegl:channel-mixer": {"gg_gain": 1.1, "rb_gain": -0.2, "preserve_luminosity": True},
    "gegl:shadows-highlights": {"shadows": 80.0, "highlights": -60.0, "whitepoint": 3.0, "radius": 4.0},
    "gegl:brightness-contrast": {"contrast": 1.3, "brightness": -0.05},
    "gegl:levels": {"in_low": 0.05, "in_high": 0.8, "out_high": 0.9},
    "gegl:saturation": {"scale": 1.4},
    "gegl:unsharp-mask": {"std_dev": 2.5, "scale": 0.8, "threshold": 0.05},
    "gegl:rgb-clip": {"mode": "screen", "opacity": 0.4},
    "gegl:invert-gamma": {"mode": "softlight", "opacity": 0.7},
    "gegl:domain-transform": {"spatial_factor": 8.0, "edge_preservation": 0.6},
}
each_operation = pytest.mark.parametrize("operation", OPERATIONS)
each_slider = pytest.mark.parametrize("slider", SLIDERS, ids=NAMES)


@each_operation
def test_neutral_settings_change_nothing(operation):
    edited = editor_ops.apply(operation, NOISE, **NEUTRAL[operation])
    assert edited.shape == NOISE.shape and edited.dtype == np.float32
    assert np.abs(edited - NOISE).max() < 2e-5  # Lab there and back in float32


@each_operation
def test_a_setting_changes_something_and_keeps_shape_and_type(operation):
    edited = editor_ops.apply(operation, NOISE, **SOME[operation])
    assert edited.shape == NOISE.shape and edited.dtype == np.float32
    assert 0.005 < np.abs(np.clip(edited, 0, 1) - NOISE).mean() < 0.3
    assert np.isfinite(edited).all()


@each_operation
def test_torch_gives_what_numpy_gives(operation):
    by_numpy = editor_ops.apply(operation, NOISE, **SOME[operation])
    by_torch = editor_ops.apply(operation, torch.from_numpy(NOISE), **SOME[operation])
    assert by_torch.dtype == torch.float32
    assert np.abs(by_torch.numpy() - by_numpy).max() < 2e-5


@each_operation
def test_a_batch_gives_what_its_pictures_give(operation):
    batch = RNG.random((3, 20, 30, 3), dtype=np.float32)
    together = editor_ops.apply(operation, batch, **SOME[operation])
    for picture, edited in zip(batch, together, strict=True):
        assert np.abs(editor_ops.apply(operation, picture, **SOME[operation]) - edited).max() < 2e-5


@each_operation
def test_float64_stays_float64(operation):
    assert editor_ops.apply(operation, NOISE.astype(np.float64), **SOME[operation]).dtype == np.float64


@each_slider
def test_a_slider_moves_the_picture_one_way(slider):
    """What a slider is for grows with every level: light, warmth, greenness, contrast, colour or local contrast."""
    ramp = np.linspace(0.15, 0.75, 24, dtype=np.float32)
    picture = np.stack(np.broadcast_arrays(ramp[:, None], ramp[None, :], 0.4), axis=-1).astype(np.float32)
    measure = {
        "temperature": lambda p: (p[..., 0] - p[..., 2]).mean(),
        "tint": lambda p: p[..., 1].mean(),
        "contrast": lambda p: p.std(),
        "saturation": lambda p: (p.max(-1) - p.min(-1)).mean(),
        "clarity": lambda p: p.std(),
    }.get(slider.name, lambda p: p.mean())
    sign = -1 if slider.name == "black_level" else 1  # a higher one darkens
    start = 16 if slider.lowest == slider.neutral else 0
    seen = [sign * measure(editor_ops.edit(picture, {slider.name: v})) for v in slider.values()[start:]]
    assert np.all(np.diff(seen) > 0)


@settings(deadline=None, max_examples=25)
@given(data=st.data())
def test_one_value_an_image_is_the_same_as_one_by_one(data):
    picks = {
        s.name: [s.values()[data.draw(st.integers(0, 32))] for _ in range(2)]
        for s in SLIDERS
        if data.draw(st.booleans())
    }
    batch = np.stack([NOISE, NOISE[::-1]])
    together = editor_ops.edit(batch, {name: np.array(v, np.float32) for name, v in picks.items()})
    for i in range(2):
        alone = editor_ops.edit(batch[i], {name: v[i] for name, v in picks.items()})
        assert np.abs(np.clip(together[i], 0, 1) - np.clip(alone, 0, 1)).max() < 1e-3


def test_exposure_doubles_light_with_each_stop():
    linear = OPERATIONS["gegl:exposure"](np.full((2, 2, 3), 0.1), exposure=2.0)
    assert linear == pytest.approx(np.full((2, 2, 3), 0.4))


def test_saturation_of_nothing_is_grey():
    grey = editor_ops.apply("gegl:saturation", NOISE, scale=0.0)
    assert np.ptp(grey, axis=-1).max() < 1e-6


def test_bad_calls_are_named():
    with pytest.raises(ValueError, match="no operation 'gegl:nothing'"):
        editor_ops.apply("gegl:nothing", NOISE)
    with pytest.raises(ValueError, match="gegl:levels.*unexpected keyword"):
        editor_ops.apply("gegl:levels", NOISE, gamma=2.0)
    with pytest.raises(ValueError, match="uint8; give sRGB-encoded floats"):
        editor_ops.apply("gegl:levels", np.zeros((4, 4, 3), np.uint8))
    with pytest.raises(ValueError, match=r"shape \(\.\.\., height, width, 3\)"):
        editor_ops.apply("gegl:levels", np.zeros((4, 4)))
    with pytest.raises(ValueError, match="CIE-Yuv.*use 'Native' or 'CIE-Lab'"):
        editor_ops.apply("gegl:saturation", NOISE, scale=2.0, colorspace="CIE-Yuv")
