# SPDX-License-Identifier: GPL-3.0-or-later
"""gegl:unsharp-mask."""

from __future__ import annotations

from typing import Any

from .blur import gaussian_blur, weighted_blur
from .color import Array, cast, linear_to_srgb, luminance, per_image


def unsharp_mask(
    linear: Array, *, std_dev: float = 3.0, scale: Any = 0.5, threshold: float = 0.0, alpha: Array | None = None
) -> Array:
    """Adds `scale` times the difference to a blurred picture: sharpness, or with a wide radius, clarity.

    linear: (..., height, width, 3), linear light, unclipped. std_dev: pixels, 0 to 1500. scale: 0 to 300,
    0 is neutral. threshold: 0 to 1; where twice the difference has a luma (sRGB-encoded) below it or above 1,
    nothing is added. alpha (..., height, width) weights the blur.
    Follows operations/common/unsharp-mask.c of GEGL_0_4_62.
    """
    difference = linear - gaussian_blur(linear, std_dev, alpha)
    if threshold > 1e-4:  # the C source leaves the mask out below this
        luma = linear_to_srgb(luminance(abs(difference) * 2))
        mask = cast((luma >= threshold) & (luma <= 1.0), linear.dtype)
        difference = difference * weighted_blur(mask, 1.0, alpha)[..., None]
    return linear + difference * per_image(scale, linear)
