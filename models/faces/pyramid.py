# SPDX-License-Identifier: GPL-3.0-or-later
"""A picture in several sizes, each cut into overlapping squares of the detector's size."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from .square import bilinear, box_mean

MOST_PIXELS = 2048 * 2048
"""Of the largest of the sizes: a second's work, and faces from a hundredth of a photo's long side on are found."""
STEP = 0.65
"""Of a square's side, from one to the next. A square that isn't the largest is for faces of 0.11 to 0.22 of its side,
and a face of 0.35 lies whole in one of them."""


class Level(NamedTuple):
    """pixels: float32 (h, w, 3) in 0..1. scale: how many of the picture's pixels one of these has along its side."""

    pixels: np.ndarray
    scale: float


def levels(image: np.ndarray, size: int) -> list[Level]:
    """A picture (H, W, 3), float32 in 0..1, with a long side of `size` pixels, of twice as many and so on.

    The largest has no more than MOST_PIXELS, and less than twice as many pixels along its side as the picture.
    """
    height, width = image.shape[:2]
    long, short = max(height, width), min(height, width)
    longest = size
    while longest < long and 4 * longest * longest * short / long <= MOST_PIXELS:
        longest *= 2
    made = [Level(resized(image, longest), long / longest)]
    while longest > size:
        longest //= 2
        made.append(Level(box_mean(made[-1].pixels, 2), long / longest))
    return made[::-1]


def resized(image: np.ndarray, longest: int) -> np.ndarray:
    """The picture (H, W, 3), float32 in 0..1, with that long side: by box mean, then bilinear."""
    height, width = image.shape[:2]
    scale = longest / max(height, width)
    step = max(1, int(1 / scale))
    reduced = box_mean(image, step)
    x, y = ((np.arange(max(1, round(n * scale))) + 0.5) / (scale * step) - 0.5 for n in (width, height))
    return bilinear(reduced, x[None, :], y[:, None])


def corners(height: int, width: int, size: int) -> list[tuple[int, int]]:
    """Left and top of squares of `size` pixels that cover a picture; they may begin outside of it."""
    return [(left, top) for top in starts(height, size) for left in starts(width, size)]


def tile(picture: np.ndarray, left: int, top: int, size: int) -> np.ndarray:
    """A square of a picture float32 (H, W, 3), black outside of it: (size, size, 3)."""
    part = picture[max(top, 0) : top + size, max(left, 0) : left + size]
    pixels = np.zeros((size, size, 3), np.float32)
    y, x = max(-top, 0), max(-left, 0)
    pixels[y : y + part.shape[0], x : x + part.shape[1]] = part
    return pixels


def starts(n: int, size: int) -> list[int]:
    """Where squares of `size` pixels begin along n pixels: one about the middle where that is all."""
    if n <= size:
        return [(n - size) // 2]
    count = math.ceil((n - size) / (STEP * size)) + 1
    return [round(v) for v in np.linspace(0, n - size, count)]
