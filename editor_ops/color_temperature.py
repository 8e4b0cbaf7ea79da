# SPDX-License-Identifier: GPL-3.0-or-later
"""gegl:color-temperature."""

from __future__ import annotations

from typing import Any

from .black_body import black_body
from .color import Array, join, per_image, planes


def color_temperature(
    linear: Array,
    *,
    original_temperature: Any = 6500.0,
    intended_temperature: Any = 6500.0,
    alpha: Array | None = None,
) -> Array:
    """Multiplies each channel by black body(original) / black body(intended).

    linear: (..., height, width, 3), linear light, unclipped. Temperatures in kelvin, 1000 to 12000, neutral
    where both are equal (default 6500); a higher intended temperature makes the picture warmer.
    Follows operations/common/color-temperature.c of GEGL_0_4_62.
    """
    gains = [o / i for o, i in zip(black_body(original_temperature), black_body(intended_temperature), strict=True)]
    r, g, b = (channel * per_image(gain, channel) for channel, gain in zip(planes(linear), gains, strict=True))
    return join((r, g, b))
