# SPDX-License-Identifier: GPL-3.0-or-later
"""Folders of photos -> thumbnails to learn from."""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from rich.progress import track

from models import thumbnail

from . import photo

SMALLEST_CROP = 0.4
"""Of each side: small enough that one photo gives crops of many tones, large enough that they still are photos."""


@dataclass(frozen=True)
class Thumbnails:
    """pictures: uint8 (photos, 1 + crops, 3, 64, 64), the whole photo first; names: of the files."""

    pictures: torch.Tensor
    names: tuple[str, ...]

    def select(self, rows: list[int]) -> Thumbnails:
        return Thumbnails(self.pictures[rows], tuple(self.names[i] for i in rows))


def load(folder: Path, crops: int, seed: int, quiet: bool = False) -> Thumbnails:
    """Decodes every photo of a folder once, with random crops. Files that can't be read are named and left out.

    ValueError where the folder has no photo that can be read. The crops depend on the seed and the file's name,
    so that one more photo in the folder changes none of the others.
    """
    folder = Path(folder)
    pictures, names = [], []
    for path in track(photo.find(folder), f"Reading {folder.name}", transient=True, disable=quiet):
        try:
            rgb = photo.srgb(photo.read(path))
        except photo.PhotoError as error:
            warnings.warn(f"left out: {error}", stacklevel=2)
            continue
        name = path.relative_to(folder).as_posix()
        digest = hashlib.sha256(f"{seed}/{name}".encode()).digest()
        pictures.append(_views(rgb, crops, np.random.default_rng(int.from_bytes(digest[:8], "big"))))
        names.append(name)
    if not pictures:
        raise ValueError(f"{folder}: not one of its photos can be read; see the lines above")
    return Thumbnails(torch.from_numpy(np.stack(pictures)), tuple(names))


def _views(rgb: np.ndarray, crops: int, rng: np.random.Generator) -> np.ndarray:
    """Thumbnails uint8 (1 + crops, 3, 64, 64) of a picture (height, width, 3) and of random parts of it."""
    height, width = rgb.shape[:2]
    views = [thumbnail(rgb)]
    for _ in range(crops):
        h, w = (max(1, round(side * rng.uniform(SMALLEST_CROP, 1))) for side in (height, width))
        top, left = rng.integers(0, height - h + 1), rng.integers(0, width - w + 1)
        views.append(thumbnail(rgb[top : top + h, left : left + w]))
    return np.floor(np.stack(views) * 255 + 0.5).astype(np.uint8)


def split(thumbnails: Thumbnails, share: float) -> tuple[Thumbnails, Thumbnails]:
    """Parts to learn from and to hold out. Which photo is held out depends on its name alone, not on the seed."""
    order = sorted(range(len(thumbnails.names)), key=lambda i: hashlib.sha256(thumbnails.names[i].encode()).digest())
    held = round(share * len(order))
    return thumbnails.select(sorted(order[held:])), thumbnails.select(sorted(order[:held]))


def draw(thumbnails: Thumbnails, n: int, generator: torch.Generator) -> torch.Tensor:
    """n random views of random photos, half of them mirrored: float32 (n, 3, 64, 64) in [0, 1]."""
    photos, views = thumbnails.pictures.shape[:2]
    rows = torch.randint(photos, (n,), generator=generator)
    columns = torch.randint(views, (n,), generator=generator)
    mirrored = torch.rand(n, generator=generator) < 0.5
    pictures = thumbnails.pictures[rows, columns].float() / 255
    return torch.where(mirrored[:, None, None, None], pictures.flip(-1), pictures)
