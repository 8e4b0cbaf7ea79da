# SPDX-License-Identifier: GPL-3.0-or-later
"""What a photo file holds, as the readers of the formats hand it over."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .icc import Profile


class Stored(NamedTuple):
    """A photo file's contents.

    channels     (H, W) or (H, W, 1 to 4 and more), as stored: colours, alpha, others
    profile      its colour profile, as bytes; or what it is where the file names it in another way
    exif         its EXIF block as the upright copy gets it
    options      what the format's own writer needs to keep what the copy must keep
    orientation  how the channels still lie (EXIF 2.32, 4.6.4)
    n_others     channels at the end that are neither colours nor alpha, such as a scanner's infrared
    notes        what is left out of the copy or odd about the file, each a part of a sentence
    """

    format: str
    channels: np.ndarray
    profile: bytes | Profile | None
    exif: bytes | None
    options: dict[str, Any]
    orientation: int = 1
    n_others: int = 0
    notes: tuple[str, ...] = ()


def left_out(what: str) -> str:
    """A note about something that the copy does not keep."""
    return f"{what} is left out: it would not be true of an edited copy"
