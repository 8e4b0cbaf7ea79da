# SPDX-License-Identifier: GPL-3.0-or-later
"""What a photo file holds, as the readers of the formats hand it over."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np


class Stored(NamedTuple):
    """channels: (H, W) or (H, W, 1 to 4), as stored, not yet upright where exif says so. options: what the format's own
    writer needs to keep what the copy must keep."""

    format: str
    channels: np.ndarray
    profile: bytes | None
    exif: bytes | None
    options: dict[str, Any]
