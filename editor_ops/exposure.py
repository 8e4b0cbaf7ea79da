# SPDX-License-Identifier: GPL-3.0-or-later
"""gegl:exposure."""

from __future__ import annotations

from typing import Any

from .color import Array, per_image
from .scalars import clip


def exposure(linear: Array, *, exposure: Any = 0.0, black_level: Any = 0.0, alpha: Array | None = None) -> Array:
    """Brightens by stops, after lifting or lowering the black level.

    linear: (..., height, width, 3), linear light, unclipped. exposure: stops, 0 is neutral.
    black_level: linear light, -0.1 to 0.1, 0 is neutral. Follows operations/common/exposure.c of GEGL_0_4_62:
    (x - black) / max(2^-exposure - black, 1e-6).
    """
    black = per_image(black_level, linear)
    white = 2.0 ** (-1.0 * per_image(exposure, linear))
    span = white - black
    span = clip(span, 1e-6)
    return (linear - black) * (1.0 / span)
