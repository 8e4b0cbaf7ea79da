# SPDX-License-Identifier: GPL-3.0-or-later
"""gegl:levels."""

from __future__ import annotations

import math
from typing import Any

from .color import Array, per_image, signs
from .scalars import clip


def levels(
    linear: Array,
    *,
    in_low: Any = 0.0,
    in_high: Any = 1.0,
    out_low: Any = 0.0,
    out_high: Any = 1.0,
    alpha: Array | None = None,
) -> Array:
    """Maps in_low to out_low and in_high to out_high, straight through both and beyond.

    linear: (..., height, width, 3), linear light, unclipped. All four in linear light; 0, 1, 0, 1 is neutral.
    An input range within 1e-6 of nothing is taken as 1e-6. Follows operations/common/levels.c of GEGL_0_4_62.
    """
    low, span = per_image(in_low, linear), per_image(in_high, linear) - per_image(in_low, linear)
    if isinstance(span, (int, float)):
        span = math.copysign(max(abs(span), 1e-6), span)
    else:
        span = signs(span) * clip(abs(span), 1e-6)
    base = per_image(out_low, linear)
    return (linear - low) * ((per_image(out_high, linear) - base) / span) + base
