# SPDX-License-Identifier: GPL-3.0-or-later
"""gegl:shadows-highlights."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .blur import weighted_blur
from .color import (
    Array,
    is_number,
    lab_curve,
    lab_curves_to_linear,
    linear_to_lab_curves,
    luminance,
    per_image,
    planes,
    signs,
)
from .scalars import clip, namespace

LOW = 0.01
"""Below this, a divisor is held (shadows-highlights-correction.c, low_approximation)."""
ONCE = 50.0
"""Amount, either way, up to which the overlay is applied once or in part; above, it is repeated."""


def shadows_highlights(
    linear: Array,
    *,
    shadows: Any = 0.0,
    highlights: Any = 0.0,
    whitepoint: Any = 0.0,
    radius: float = 100.0,
    compress: float = 50.0,
    shadows_ccorrect: float = 100.0,
    highlights_ccorrect: float = 50.0,
    alpha: Array | None = None,
) -> Array:
    """Brightens or darkens dark and light areas, which it tells apart by a blurred luminance.

    linear: (..., height, width, 3), linear light, unclipped. shadows, highlights: -100 to 100, 0 is neutral,
    positive brightens shadows and brightens highlights. whitepoint: -10 to 10, 0 is neutral. radius: of the
    blur, pixels, 0.1 to 1500. compress: 0 to 100, how far the mid-tones are left alone. *_ccorrect: 0 to 100,
    saturation of what changed. alpha (..., height, width) weights the blur. With shadows, highlights and
    whitepoint all 0 the picture comes back as it is.
    Follows operations/common-gpl3+/shadows-highlights.c of GEGL_0_4_62 and shadows-highlights-correction.c.
    """
    if all(is_number(v, 0.0) for v in (shadows, highlights, whitepoint)):
        return linear
    curves = correct_curves(
        linear_to_lab_curves(linear),
        darkness_of(blurred_luminance(linear, radius, alpha)),
        shadows=shadows,
        highlights=highlights,
        whitepoint=whitepoint,
        compress=compress,
        shadows_ccorrect=shadows_ccorrect,
        highlights_ccorrect=highlights_ccorrect,
    )
    return lab_curves_to_linear(curves)


def blurred_luminance(linear: Array, radius: float, alpha: Array | None = None) -> Array:
    """Luminance (..., height, width) of linear (..., height, width, 3), blurred by `radius` pixels."""
    return weighted_blur(luminance(linear), radius, alpha)


def darkness_of(blurred: Array) -> Array:
    """1 - L / 100 of blurred luminance, any shape: 1 is black."""
    darkness = -1.16 * lab_curve(blurred)
    darkness += 1.16
    return darkness


def correct_curves(
    curves: Array,
    darkness: Array,
    *,
    shadows: Any,
    highlights: Any,
    whitepoint: Any = 0.0,
    compress: float = 50.0,
    shadows_ccorrect: float = 100.0,
    highlights_ccorrect: float = 50.0,
    repeats: int | None = None,
) -> Array:
    """The point-wise half of `shadows_highlights`, on f(X), f(Y), f(Z) of `linear_to_lab_curves`, of the same shape.

    darkness: `darkness_of` the `blurred_luminance`, (..., height, width); the rest as `shadows_highlights` has it.
    repeats: how often the overlays are applied at most, 1 for amounts up to 50, 4 for all, where the amounts are not
    known yet; None: as often as the amounts say.
    """
    fy = planes(curves)[1]
    l_ = 1.16 * fy
    l_ -= 0.16  # L / 100
    white = 1 - per_image(whitepoint, l_) / 100
    if not is_number(white, 1.0):
        xp = namespace(l_)
        l_ = xp.where(l_ > 0, l_ / white, l_)
        darkness = xp.where(darkness > 0, darkness / white, darkness)
    squeeze = min(compress / 100, 0.99)

    # Amounts run to 2; their square is how often the overlay is applied, the last time in part.
    amount = per_image(highlights, l_) / ONCE
    weight = clip(1 - darkness * (1 / (1 - squeeze)), 0.0, 1.0)
    side = _sign(-amount)
    l_, colour = _overlay(l_, darkness, weight, amount, side, 1 - highlights_ccorrect / 100, repeats)

    amount = per_image(shadows, l_) / ONCE
    weight = clip((darkness - squeeze) * (1 / (1 - squeeze)), 0.0, 1.0)
    l_, more = _overlay(l_, darkness, weight, amount, _sign(amount), shadows_ccorrect / 100, repeats)
    colour = colour * more
    # a and b, times `colour`, are differences to f(Y).
    edited = l_ + 0.16
    edited *= 1 / 1.16
    moved = curves - fy[..., None]
    if not is_number(colour, 1.0):
        moved *= colour[..., None]
    moved += edited[..., None]
    return moved


def _sign(amount: Any) -> Any:
    if isinstance(amount, (int, float)):
        return math.copysign(1.0, amount)
    return signs(amount)


def _overlay(
    l_: Array, darkness: Array, weight: Array, amount: Any, side: Any, keep: float, repeats: int | None
) -> tuple[Array, Any]:
    """Overlays lightness with the surroundings; gives it and the factor for a and b.

    keep: share of the colour that follows the lightness when the tool brightens; it is mirrored about one
    half when the tool works the other way, which `side` (+1 or -1) tells.
    """
    if isinstance(weight, np.ndarray) and weight.max() == 0:  # as in most tiles of a photo, for one of both tools
        return l_, 1.0
    square = amount * amount
    if repeats is None:
        repeats = math.ceil(float(square) if isinstance(square, (int, float)) else float(namespace(square).max(square)))
    if repeats == 0:
        return l_, 1.0
    # For shadows the C source centres ccorrect by the sign, for highlights by its opposite; both come to this.
    keep = (keep - 0.5) * side + 0.5
    xp, colour = namespace(l_), 1.0
    push = darkness - 0.5
    push *= weight
    push *= 2 * side
    for step in range(repeats):
        chunk: Any = clip(square - step, 0.0, 1.0)
        # Overlay is 2 l o up to l = 0.5 and 1 - 2 (1 - l) (1 - o) above, with o = (darkness - 0.5) side + 0.5, mirrored
        # where l is above 1: that is l + 2 (darkness - 0.5) side min(l, |1 - l|).
        before = l_
        l_ = xp.minimum(before, xp.abs(1 - before))
        l_ *= push * chunk
        l_ += before
        factor = _follow(before, l_, keep)
        factor -= 1
        factor *= weight * chunk
        factor += 1
        colour = factor if step == 0 else colour * factor
    return l_, colour


def _follow(before: Array, after: Array, keep: Any) -> Any:
    """By what lightness has grown, weighted by `keep`, and by what the rest to white has, weighted by the rest."""
    if is_number(keep, 1.0):
        return after / _divisor(before)
    rest = 1 - after
    rest /= _divisor(1 - before)
    if is_number(keep, 0.0):
        return rest
    rest *= 1 - keep
    grown = after / _divisor(before)
    grown *= keep
    grown += rest
    return grown


def _divisor(x: Array) -> Array:
    """x, with |x| held at LOW or above and the sign kept."""
    if isinstance(x, np.ndarray) and x.min() >= 0:  # as in most tiles of a photo: in a quarter of the time
        return clip(x, LOW)
    xp = namespace(x)
    return xp.copysign(clip(xp.abs(x), LOW), x)
