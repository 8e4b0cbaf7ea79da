# SPDX-License-Identifier: GPL-3.0-or-later
"""Sliders that bend a curve by a filter's blend mode and opacity. That they equal GIMP's: test_reference_pixels.py."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import editor_ops
from editor_ops import SLIDERS, Slider
from editor_ops.blend import blend, rgb_clip
from editor_ops.color import srgb_to_linear

AMOUNTS = [slider for slider in SLIDERS if slider.up]
RAMP = np.repeat(np.linspace(0, 1, 256)[None, :, None], 3, -1)
each_amount = pytest.mark.parametrize("slider", AMOUNTS, ids=lambda slider: slider.name)
amounts = st.floats(-1, 1)


def test_they_are_mid_tones_and_contrast() -> None:
    assert [slider.name for slider in AMOUNTS] == ["mid_tones", "contrast"]


@each_amount
@given(amount=amounts)
def test_black_and_white_stay_and_the_curve_never_falls(slider: Slider, amount: float) -> None:
    curve = editor_ops.edit(RAMP, {slider.name: amount})[0, :, 0]
    assert curve[0] == pytest.approx(0, abs=1e-9) and curve[-1] == pytest.approx(1, abs=1e-9)
    assert np.diff(curve).min() > -1e-9


@each_amount
@given(first=amounts, second=amounts)
def test_a_larger_amount_goes_further(slider: Slider, first: float, second: float) -> None:
    low, high = sorted((first, second))
    lower, higher = (editor_ops.edit(RAMP, {slider.name: each})[0, :, 0] for each in (low, high))
    if slider.name == "mid_tones":
        assert (higher - lower).min() > -1e-9
    else:  # an S-curve darkens what is dark and brightens what is bright
        assert (higher - lower)[:100].max() < 1e-9 and (higher - lower)[156:].min() > -1e-9


@pytest.mark.parametrize(
    ("name", "amount", "curve"),
    [
        ("mid_tones", 1.0, lambda x: 1 - (1 - x) ** 2),
        ("contrast", 1.0, lambda x: 3 * x**2 - 2 * x**3),
        ("contrast", -1.0, lambda x: 2 * x - 3 * x**2 + 2 * x**3),
    ],
)
def test_the_curves_at_full_opacity(name: str, amount: float, curve) -> None:
    assert editor_ops.edit(RAMP, {name: amount}) == pytest.approx(curve(RAMP), abs=1e-6)


def test_multiply_is_in_linear_light() -> None:
    made = srgb_to_linear(editor_ops.edit(RAMP, {"mid_tones": -1.0}))
    assert made == pytest.approx(srgb_to_linear(RAMP) ** 2, abs=1e-6)


@settings(deadline=None, max_examples=30)
@given(mid_tones=st.lists(amounts, min_size=3, max_size=3), contrast=st.lists(amounts, min_size=3, max_size=3))
def test_a_batch_of_both_signs_is_one_by_one_and_torch_is_numpy(mid_tones: list[float], contrast: list[float]) -> None:
    torch = pytest.importorskip("torch")
    pictures = np.random.default_rng(4).random((3, 5, 6, 3))
    values = {"mid_tones": np.array(mid_tones), "contrast": np.array(contrast)}
    together = editor_ops.edit(pictures, values)
    for i, picture in enumerate(pictures):
        alone = editor_ops.edit(picture, {name: float(each[i]) for name, each in values.items()})
        assert together[i] == pytest.approx(alone, abs=1e-9)
    by_torch = editor_ops.edit(torch.from_numpy(pictures), {n: torch.from_numpy(v) for n, v in values.items()})
    # babl's two pieces of the sRGB curve miss each other by 3e-8 at the knee, which torch's way adds to the lower one.
    assert by_torch.numpy() == pytest.approx(together, abs=1e-6)


@each_amount
@settings(deadline=None, max_examples=30)
@given(amount=st.one_of(st.just(0.0), amounts))
def test_the_gradient_is_finite_and_not_lost_at_neutral(slider: Slider, amount: float) -> None:
    torch = pytest.importorskip("torch")
    picture = torch.linspace(0, 1, 30, dtype=torch.float64).reshape(1, 2, 5, 3).repeat(2, 1, 1, 1).requires_grad_()
    amounts_ = torch.tensor([amount, 0.5], dtype=torch.float64, requires_grad=True)
    made = editor_ops.edit(picture, {slider.name: amounts_})
    made.square().sum().backward()
    assert bool(picture.grad.isfinite().all()) and bool(amounts_.grad.isfinite().all())
    assert float(amounts_.grad[0].abs()) > 1e-3


@each_amount
@pytest.mark.parametrize("amount", [-0.6, 0.6])
def test_beyond_black_and_white_it_clips(slider: Slider, amount: float) -> None:
    beyond = np.random.default_rng(2).uniform(-0.5, 2.0, (8, 9, 3))
    made = editor_ops.edit(beyond, {slider.name: amount})
    assert made == pytest.approx(editor_ops.edit(beyond.clip(0, 1), {slider.name: amount}), abs=1e-9)
    clip, bend = editor_ops.filters({slider.name: amount}, 9, 8, beyond=True)
    assert (clip.operation, clip.mode, bend.operation) == (
        "gegl:rgb-clip", "replace", (slider.up if amount > 0 else slider.down)[0]
    )  # fmt: skip
    assert len(editor_ops.filters({slider.name: amount}, 9, 8)) == 1


@each_amount
def test_a_pixel_takes_part_by_its_opacity(slider: Slider) -> None:
    picture, alpha = np.full((1, 3, 3), 0.3), np.array([[0.0, 0.5, 1.0]])
    moved = srgb_to_linear(editor_ops.edit(picture, {slider.name: 0.8}, alpha)) - srgb_to_linear(picture)
    assert moved[0, :, 0] / moved[0, 2, 0] == pytest.approx([0, 0.5, 1])


@pytest.mark.parametrize(
    ("values", "label"),
    [
        ({"mid_tones": 0.35}, "Mid-tones +35% (Screen)"),
        ({"mid_tones": -0.2}, "Mid-tones -20% (Multiply)"),
        ({"contrast": 1.0}, "Contrast +100% (Soft light)"),
        ({"contrast": -0.5}, "Contrast -50% (Soft light)"),
    ],
)
def test_names_in_gimps_list(values: dict[str, float], label: str) -> None:
    (made,) = editor_ops.filters(values, 60, 40)
    assert (made.label, made.opacity) == (label, abs(next(iter(values.values()))))


def test_a_mode_that_is_not_known_is_refused() -> None:
    linear = np.zeros((2, 2, 3))
    with pytest.raises(ValueError, match="no blend mode 'glow'"):
        blend(linear, rgb_clip(linear), "glow")
