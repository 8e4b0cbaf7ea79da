# SPDX-License-Identifier: GPL-3.0-or-later
"""Folders of photos -> thumbnails to learn from, drawn from the cache's miniatures when they are needed."""

from __future__ import annotations

import functools
import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from enhancer import files as files_
from models.errors import UserError
from models.thumbnail import cell_edges
from models.thumbnail_rule import SIZE

from .cache import SIDE, miniature, open_cache, readable
from .edits import downsample

WHOLE = 0.25
"""Share of the draws that show the whole photo: what the policy will be shown, but the same each time."""


@dataclass(frozen=True)
class Photos:
    """Photos of a folder by their names in it and their keys in the cache; no pixel is in memory."""

    folder: Path
    names: tuple[str, ...]
    keys: tuple[str, ...]
    cache: Path

    def select(self, rows: Sequence[int]) -> Photos:
        return Photos(self.folder, tuple(self.names[i] for i in rows), tuple(self.keys[i] for i in rows), self.cache)

    def miniature(self, row: int) -> np.ndarray:
        """uint8 (3, 128, 128)."""
        return miniature(self.cache, self.keys[row], self.folder / self.names[row])


def load(folder: Path, quiet: bool = False, cache: Path | None = None, files: Sequence[Path] | None = None) -> Photos:
    """The photos of a folder, each decoded once and for all into the cache (the user's, where none is named).

    files: those of its photos that are wanted; None: all. Files that can't be read are named and left out. UserError
    where the folder has no photo that can be read.
    """
    folder, cache = Path(folder), open_cache(cache)
    keys = readable(folder, files_.find(folder) if files is None else files, cache, quiet)
    if not keys:
        raise UserError(f"{folder}: not one of its photos can be read; see the lines above", "no photos")
    return Photos(folder, tuple(keys), tuple(keys.values()), cache)


def split(photos: Photos, share: float) -> tuple[Photos, Photos]:
    """Parts to learn from and to hold out. Which photo is held out depends on its name alone, not on the seed."""
    order = sorted(range(len(photos.names)), key=lambda i: hashlib.sha256(os.fsencode(photos.names[i])).digest())
    held = round(share * len(order))
    return photos.select(sorted(order[held:])), photos.select(sorted(order[:held]))


def draw(
    photos: Photos, n: int, generator: torch.Generator, smallest_crop: float = 1.0, local_rows: slice = slice(None),
    size: int = SIZE,
) -> torch.Tensor:  # fmt: skip
    """n random views of random photos, half of them mirrored: float32 (n, 3, size, size) in [0, 1], 8-bit values at 64.

    A view is the whole photo, or three times in four a part of it, its sides uniform in smallest_crop to 1 of the
    photo's. local_rows: the views that are wanted, where several processes share a draw; all of them take the same
    numbers from the generator. size: 64, or 32 where nothing reads more.
    """
    rows = torch.randint(len(photos.names), (n,), generator=generator)[local_rows].tolist()
    chances = torch.rand(n, 6, generator=generator)[local_rows].tolist()
    views = np.empty((len(rows), 3, SIZE, SIZE), np.float32)
    for view, row, chance in zip(views, rows, chances, strict=True):
        view[:] = _view(photos.miniature(row), smallest_crop, *chance)
    return downsample(torch.from_numpy(np.floor(views + 0.5, out=views)) / 255, size)


def whole(photos: Photos, rows: Sequence[int]) -> torch.Tensor:
    """Whole photos as thumbnails, uint8 (n, 3, 64, 64)."""
    return torch.from_numpy(np.stack([_box_mean(photos.miniature(row)) + 0.5 for row in rows]).astype(np.uint8))


def evenly_spaced(photos: Photos, most: int) -> torch.Tensor:
    """At most so many whole photos: (N, 3, 64, 64), sRGB in [0, 1]."""
    return whole(photos, range(0, len(photos.names), -(-len(photos.names) // most))).float() / 255


def _view(
    picture: np.ndarray, smallest: float, whole: float, height: float, width: float, top: float, left: float,
    mirrored: float,
) -> np.ndarray:  # fmt: skip
    """A part of a picture uint8 (3, 128, 128) as a thumbnail, 0 to 255, float (3, 64, 64); from six random numbers."""
    h, w = (SIDE if whole < WHOLE else max(1, round(SIDE * (smallest + (1 - smallest) * x))) for x in (height, width))
    y, x = (int(share * (SIDE - side + 1)) for share, side in ((top, h), (left, w)))
    view = _box_mean(picture[:, y : y + h, x : x + w])
    return view[..., ::-1] if mirrored < 0.5 else view


# In NumPy: torch's adaptive_avg_pool2d computes the same, but shares each of these small pictures among threads, and
# their waiting takes as long again.
def _box_mean(part: np.ndarray) -> np.ndarray:
    """Means of uint8 (3, height, width), sides up to 128, over the cells of the thumbnail's rule: float (3, 64, 64)."""
    tall, wide = (_cells(side)[2] for side in part.shape[1:])
    return _sums(_sums(part.astype(np.uint16), 1), 2) / np.float32(tall[:, None] * wide)


def _sums(pixels: np.ndarray, axis: int) -> np.ndarray:
    index, counts, _ = _cells(pixels.shape[axis])
    total = pixels.take(index[0], axis)
    for more, counted in zip(index[1:], counts[1:], strict=True):
        total += pixels.take(more, axis) * (counted[:, None] if axis == 1 else counted)
    return total


@functools.cache
def _cells(n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each of the 64 cells along n pixels: the pixels it covers, at most 3 of 128, as (3, 64); which of them count,
    as 0 and 1; and how many do (64,)."""
    first, end = cell_edges(n, SIZE)
    index = first + np.arange(3)[:, None]
    return np.minimum(index, end - 1), (index < end).astype(np.uint16), end - first
