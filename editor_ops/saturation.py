# SPDX-License-Identifier: GPL-3.0-or-later
"""gegl:saturation."""

from __future__ import annotations

from typing import Any

from .color import LUMINANCE, Array, lab_to_linear, linear_to_lab, mix, per_image


def saturation(linear: Array, *, scale: Any = 1.0, colorspace: str = "Native", alpha: Array | None = None) -> Array:
    """Moves every colour away from its grey, or towards it.

    linear: (..., height, width, 3), linear light, unclipped. scale: 0 (grey) to 10, 1 is neutral.
    colorspace: "Native" (linear RGB, about the luminance) or "CIE-Lab" (a and b are scaled).
    ValueError for "CIE-Yuv", which in GIMP gives junk near black, and for any other word.
    Follows operations/common/saturation.c of GEGL_0_4_62.
    """
    if colorspace == "CIE-Lab":
        l_, a, b = linear_to_lab(linear)
        gain = per_image(scale, l_)
        return lab_to_linear(l_, a * gain, b * gain)
    if colorspace != "Native":
        raise ValueError(f"saturation: colorspace is {colorspace!r}; use 'Native' or 'CIE-Lab'")
    grey = [weight * (1 - scale) for weight in LUMINANCE]
    return mix(linear, [[grey[k] + scale if k == row else grey[k] for k in range(3)] for row in range(3)])
