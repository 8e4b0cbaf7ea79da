# SPDX-License-Identifier: GPL-3.0-or-later
"""Sheets of pictures to look at: what went in, what came out, and the answer where there is one, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from models.files import atomic_write

SIDE = 240
"""Pixels of a picture's longer side: enough to judge tones and colours by."""
GAP = 12
"""Pixels between two photos; there are none between what belongs together."""
MOST = 48
"""Photos on a sheet."""
WIDTH = 4000
"""Pixels that a sheet may be wide, about what a large screen shows."""
GREY = 118
"""Of the ground, sRGB: middle grey (18% of white in linear light), beside which neither bright nor dark is favoured."""


def tile(picture: np.ndarray) -> np.ndarray:
    """A picture uint8 (H, W, 3) fitted into (240, 240, 3)."""
    scale = SIDE / max(picture.shape[:2])
    size = tuple(max(1, round(side * scale)) for side in picture.shape[1::-1])
    small = np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS))
    ground = np.full((SIDE, SIDE, 3), GREY, np.uint8)
    top, left = ((SIDE - side) // 2 for side in small.shape[:2])
    ground[top : top + small.shape[0], left : left + small.shape[1]] = small
    return ground


def chosen(n: int) -> list[int]:
    """Which of n photos are shown: evenly spaced ones, all where they are few."""
    return [i * n // min(n, MOST) for i in range(min(n, MOST))]


def sheet(photos: Sequence[Sequence[np.ndarray]]) -> np.ndarray:
    """One picture of photos, each a row of tiles of which all have the same number."""
    cell = SIDE * len(photos[0]) + GAP
    columns = max(1, min(len(photos), WIDTH // cell))
    rows = -(-len(photos) // columns)
    ground = np.full((rows * (SIDE + GAP), columns * cell, 3), GREY, np.uint8)
    for i, tiles in enumerate(photos):
        top, left = i // columns * (SIDE + GAP), i % columns * cell
        ground[top : top + SIDE, left : left + cell - GAP] = np.concatenate(list(tiles), axis=1)
    return ground


def write(photos: Sequence[Sequence[np.ndarray]], path: Path) -> None:
    with atomic_write(path) as stream:
        Image.fromarray(sheet(photos)).save(stream, "JPEG", quality=90)
