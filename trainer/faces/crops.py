# SPDX-License-Identifier: GPL-3.0-or-later
"""Folders of faces -> aligned crops and their landmarks, found once and kept in the cache."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from editor_ops.operations import to_dtype
from enhancer import files as files_
from enhancer import photo
from models.errors import UserError
from models.faces import face_crop, find_faces
from models.faces.crop import RULE
from models.thumbnail_rule import SIZE

from ..cache import Kind, kept, open_cache, readable

POINTS = 468
PIXELS = 3 * SIZE * SIZE
FLOAT = np.dtype("<f4")


@dataclass(frozen=True)
class Faces:
    """Faces of a folder, by their names in it and their keys in the cache; all are in memory, 16 KB each.

    crops: uint8 (N, 3, 64, 64), sRGB. points: float32 (N, 468, 2), in the crops' pixels.
    """

    folder: Path
    names: tuple[str, ...]
    keys: tuple[str, ...]
    crops: torch.Tensor
    points: torch.Tensor

    def select(self, rows: Sequence[int]) -> Faces:
        index = torch.tensor(list(rows), dtype=torch.long)
        names, keys = (tuple(each[i] for i in rows) for each in (self.names, self.keys))
        return Faces(self.folder, names, keys, self.crops[index], self.points[index])

    def pictures(self, rows: torch.Tensor | slice = slice(None)) -> torch.Tensor:
        """float32 (n, 3, 64, 64) in [0, 1]."""
        return self.crops[rows].float() / 255


def load(folder: Path, quiet: bool = False, cache: Path | None = None, files: Sequence[Path] | None = None) -> Faces:
    """The largest face of each photo of a folder, looked for once and for all (the user's cache, where none is named).

    files: those of its photos that are wanted; None: all. Photos without a face, and files that can't be read, are
    named and left out. UserError where no face is left.
    """
    folder, cache = Path(folder), open_cache(cache)
    keys = readable(folder, files_.find(folder) if files is None else files, cache, quiet, FACE)
    if not keys:
        raise UserError(f"{folder}: no face was found in any of its photos; see the lines above", "no faces")
    content = np.frombuffer(b"".join(kept(cache, key, folder / name, FACE) for name, key in keys.items()), np.uint8)
    content = content.reshape(len(keys), FACE.length)
    points = content[:, PIXELS:].copy().view(FLOAT).reshape(-1, POINTS, 2).astype(np.float32, copy=False)
    crops = content[:, :PIXELS].reshape(-1, 3, SIZE, SIZE).copy()
    return Faces(folder, tuple(keys), tuple(keys.values()), torch.from_numpy(crops), torch.from_numpy(points))


def _face_of(path: Path) -> bytes:
    image = photo.srgb(photo.read(path))
    found = find_faces(image)
    if not found:
        message = f"{path}: no face was found in it; give a photo in which one looks at the camera"
        raise photo.PhotoError(message, "no face")
    crop = face_crop(image, found[0])
    pixels = to_dtype(crop.pixels, np.uint8, 255).transpose(2, 0, 1)
    return pixels.tobytes() + crop.points.astype(FLOAT).tobytes()


FACE = Kind(f"auto-enhance-rl face 1, {RULE}\n".encode(), "faces", PIXELS + FLOAT.itemsize * POINTS * 2, _face_of)
"""The number is to be raised when the finder finds otherwise."""
