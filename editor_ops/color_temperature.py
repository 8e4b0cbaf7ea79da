# SPDX-License-Identifier: GPL-3.0-or-later
"""gegl:color-temperature."""

from __future__ import annotations

from typing import Any

from .black_body import black_body
from .color import Array, channels_apart, join, planes
from .scalars import namespace


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
    if channels_apart(linear):
        r, g, b = (channel * gain for channel, gain in zip(planes(linear), gains, strict=True))
        return join((r, g, b))
    xp = namespace(linear)
    if any(hasattr(g, "shape") and g.ndim == 1 for g in gains):  # one temperature an image: (B, 1, 1, 3)
        gain = xp.stack(gains, axis=-1)
        return linear * gain.reshape((gain.shape[0],) + (1,) * (linear.ndim - 2) + (3,))
    gain = xp.asarray([float(g) for g in gains], dtype=linear.dtype)
    return linear * (gain.to(linear.device) if hasattr(gain, "to") else gain)
