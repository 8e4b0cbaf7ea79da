# SPDX-License-Identifier: GPL-3.0-or-later
"""Turning a picture upright: its pixels, and the places in it that are told as coordinates.

Orientations are EXIF's (EXIF 2.32, 4.6.4): how the stored rows lie, 1 = upright.
"""

from __future__ import annotations

import numpy as np

SIDEWAYS = 5
"""From this orientation on, width and height change places."""


def upright_pixels(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Rows and columns (H, W, ...) as a viewer shows them."""
    turn = {
        1: lambda a: a,
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.swapaxes(0, 1),
        6: lambda a: a.swapaxes(0, 1)[:, ::-1],
        7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
        8: lambda a: a.swapaxes(0, 1)[::-1],
    }[orientation]
    return np.ascontiguousarray(turn(pixels))


def upright_point(x: float, y: float, orientation: int, width: float = 1, height: float = 1) -> tuple[float, float]:
    """Where a point of the stored picture lies in the upright one. width, height: of the stored one."""
    right, below = width - x, height - y
    return {
        1: (x, y), 2: (right, y), 3: (right, below), 4: (x, below),
        5: (y, x), 6: (below, x), 7: (below, right), 8: (y, right),
    }[orientation]  # fmt: skip


def upright_size(width: float, height: float, orientation: int) -> tuple[float, float]:
    return (height, width) if orientation >= SIDEWAYS else (width, height)
