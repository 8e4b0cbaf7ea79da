# SPDX-License-Identifier: GPL-3.0-or-later
"""gegl:brightness-contrast."""

from __future__ import annotations

from typing import Any

from .color import Array, per_image


def brightness_contrast(
    linear: Array, *, contrast: Any = 1.0, brightness: Any = 0.0, alpha: Array | None = None
) -> Array:
    """Scales around 50% grey, then adds.

    linear: (..., height, width, 3), linear light, unclipped. contrast: -5 to 5, 1 is neutral.
    brightness: linear light, -3 to 3, 0 is neutral. Follows operations/common/brightness-contrast.c of GEGL_0_4_62.
    """
    return (linear - 0.5) * per_image(contrast, linear) + (per_image(brightness, linear) + 0.5)
