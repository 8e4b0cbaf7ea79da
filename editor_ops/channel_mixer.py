# SPDX-License-Identifier: GPL-3.0-or-later
"""gegl:channel-mixer."""

from __future__ import annotations

from typing import Any

from .color import Array, is_number, join, per_image, planes
from .scalars import namespace


def channel_mixer(
    linear: Array,
    *,
    rr_gain: Any = 1.0, rg_gain: Any = 0.0, rb_gain: Any = 0.0,
    gr_gain: Any = 0.0, gg_gain: Any = 1.0, gb_gain: Any = 0.0,
    br_gain: Any = 0.0, bg_gain: Any = 0.0, bb_gain: Any = 1.0,
    preserve_luminosity: bool = False,
    alpha: Array | None = None,
) -> Array:  # fmt: skip
    """Each channel becomes a weighted sum of all three; the identity matrix is neutral.

    linear: (..., height, width, 3), linear light, unclipped. Gains -2 to 2; `rg_gain` is how much green goes
    into red. preserve_luminosity divides each row by the magnitude of its sum (a row that sums to 0 is left
    alone). Follows operations/common-gpl3+/channel-mixer.c of GEGL_0_4_62.
    """
    r, g, b = planes(linear)

    def mixed(from_red: Any, from_green: Any, from_blue: Any) -> Array:
        gains = [per_image(gain, r) for gain in (from_red, from_green, from_blue)]
        if preserve_luminosity:
            gains = _normalised(gains)
        terms = [c if is_number(gain, 1.0) else c * gain
                 for c, gain in zip((r, g, b), gains, strict=True) if not is_number(gain, 0.0)]  # fmt: skip
        return sum(terms[1:], terms[0]) if terms else r * 0.0

    return join((mixed(rr_gain, rg_gain, rb_gain), mixed(gr_gain, gg_gain, gb_gain), mixed(br_gain, bg_gain, bb_gain)))


def _normalised(gains: list[Any]) -> list[Any]:
    total = sum(gains[1:], gains[0])
    if isinstance(total, (int, float)):
        return gains if total == 0 else [gain / abs(total) for gain in gains]
    xp = namespace(total)
    magnitude = xp.where(total == 0, xp.ones_like(total), xp.abs(total))
    return [gain / magnitude for gain in gains]
