# SPDX-License-Identifier: GPL-3.0-or-later
"""gegl:shadows-highlights."""

from __future__ import annotations

import math
from typing import Any

from array_api_compat import array_namespace

from .blur import weighted_blur
from .color import Array, lab_to_linear, lightness, linear_to_lab, luminance, per_image, signs

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
    if all(isinstance(v, (int, float)) and v == 0 for v in (shadows, highlights, whitepoint)):
        return linear
    return correct(
        linear,
        blurred_luminance(linear, radius, alpha),
        shadows=shadows,
        highlights=highlights,
        whitepoint=whitepoint,
        compress=compress,
        shadows_ccorrect=shadows_ccorrect,
        highlights_ccorrect=highlights_ccorrect,
    )


def blurred_luminance(linear: Array, radius: float, alpha: Array | None = None) -> Array:
    """Luminance (..., height, width) of linear (..., height, width, 3), blurred by `radius` pixels."""
    return weighted_blur(luminance(linear), radius, alpha)


def correct(
    linear: Array,
    blurred: Array,
    *,
    shadows: Any,
    highlights: Any,
    whitepoint: Any = 0.0,
    compress: float = 50.0,
    shadows_ccorrect: float = 100.0,
    highlights_ccorrect: float = 50.0,
    repeats: int | None = None,
) -> Array:
    """The point-wise half of `shadows_highlights`; blurred: luminance (..., height, width) from `blurred_luminance`.

    repeats: how often the overlays are applied at most, 1 for amounts up to 50, 4 for all, where the amounts are not
    known yet; None: as often as the amounts say.
    """
    xp = array_namespace(linear)
    l_, a, b = linear_to_lab(linear)
    l_ = l_ / 100
    darkness = 1 - lightness(blurred) / 100  # of the surroundings: 1 is black
    white = 1 - per_image(whitepoint, l_) / 100
    if not (isinstance(white, float) and white == 1.0):
        l_ = xp.where(l_ > 0, l_ / white, l_)
        darkness = xp.where(darkness > 0, darkness / white, darkness)
    squeeze = min(compress / 100, 0.99)

    # Amounts run to 2; their square is how often the overlay is applied, the last time in part.
    amount = per_image(highlights, l_) / ONCE
    weight = xp.clip(1 - darkness / (1 - squeeze), 0.0, 1.0)
    side = _sign(-amount)
    l_, colour = _overlay(l_, darkness, weight, amount, side, 1 - highlights_ccorrect / 100, repeats)

    amount = per_image(shadows, l_) / ONCE
    weight = xp.clip((darkness - squeeze) / (1 - squeeze), 0.0, 1.0)
    l_, more = _overlay(l_, darkness, weight, amount, _sign(amount), shadows_ccorrect / 100, repeats)
    colour = colour * more
    return lab_to_linear(l_ * 100, a * colour, b * colour)


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
    xp = array_namespace(l_)
    square = amount * amount
    if repeats is None:
        repeats = math.ceil(float(square) if isinstance(square, (int, float)) else float(xp.max(square)))
    # For shadows the C source centres ccorrect by the sign, for highlights by its opposite; both come to this.
    keep = (keep - 0.5) * side + 0.5 if repeats else keep
    colour: Any = 1.0
    for step in range(repeats):
        if isinstance(square, (int, float)):
            chunk: Any = min(square - step, 1.0)
        else:
            chunk = xp.clip(square - step, 0.0, 1.0)
        opacity = weight * chunk
        inverse = 1 - l_
        overlay = (darkness - 0.5) * (signs(inverse) * side) + 0.5
        per_l = _reciprocal(l_)
        per_inverse = _reciprocal(inverse)
        bright = 1 - (1 - 2 * (l_ - 0.5)) * (1 - overlay)
        l_ = l_ * (1 - opacity) + xp.where(l_ > 0.5, bright, 2 * l_ * overlay) * opacity
        follow = l_ * per_l * keep + (1 - l_) * per_inverse * (1 - keep)
        colour = colour * (1 - opacity + follow * opacity)
    return l_, colour


def _reciprocal(x: Array) -> Array:
    """1 / x, with |x| held at LOW or above and the sign kept."""
    xp = array_namespace(x)
    return signs(x) / xp.clip(xp.abs(x), LOW, None)
