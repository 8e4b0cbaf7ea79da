# SPDX-License-Identifier: GPL-3.0-or-later
"""Small folders of faces that are drawn on the mean face's landmarks: an oval of skin with eyes, brows and a mouth."""

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from editor_ops.face_landmarks import LEFT_EYE, LIPS, OVAL, RIGHT_EYE, mean_face  # noqa: E402
from models.faces.crop import BELOW, SIDE  # noqa: E402
from trainer.faces.crops import Faces  # noqa: E402


def drawn(n: int, seed: int, brightness: float = 0.0, folder: str = "drawn") -> Faces:
    """n faces that differ in size, skin and light. brightness: added to all of the picture, -1 to 1."""
    rng = np.random.default_rng(seed)
    points = np.stack([_points(rng) for _ in range(n)])
    crops = np.stack([_picture(rng, each) + brightness for each in points])
    crops = (crops.clip(0, 1) * 255 + 0.5).astype(np.uint8).transpose(0, 3, 1, 2)
    names = tuple(f"{i:02d}.png" for i in range(n))
    keys = tuple(f"{seed:02x}{i:02x}".ljust(64, "0") for i in range(n))
    return Faces(Path(folder), names, keys, torch.from_numpy(crops.copy()), torch.from_numpy(points))


def _points(rng: np.random.Generator) -> np.ndarray:
    """The mean face, a little wider or longer and not quite even, in a crop's pixels: float32 (468, 2)."""
    shape = mean_face() * rng.uniform(0.95, 1.05, 2) + rng.normal(0, 0.004, (468, 2))
    shape = shape - (shape[33] + shape[263]) / 2
    return ((shape - np.array([0.0, BELOW])) / SIDE * 64 + 32).astype(np.float32)


def _picture(rng: np.random.Generator, points: np.ndarray) -> np.ndarray:
    """float (64, 64, 3), sRGB in 0..1."""
    y, x = np.mgrid[:64, :64] + 0.5
    picture = np.empty((64, 64, 3))
    picture[:] = rng.uniform(0.2, 0.6, 3)
    skin = np.array([0.78, 0.6, 0.5]) * rng.uniform(0.85, 1.1)
    for landmarks, colour in ((OVAL, skin), (RIGHT_EYE, 0.15), (LEFT_EYE, 0.15), (LIPS, skin * [0.9, 0.6, 0.6])):
        low, high = points[list(landmarks)].min(0), points[list(landmarks)].max(0)
        middle, half = (low + high) / 2, (high - low) / 2
        inside = ((x - middle[0]) / half[0]) ** 2 + ((y - middle[1]) / half[1]) ** 2 < 1
        picture[inside] = colour
    return picture + rng.normal(0, 0.01, picture.shape)


@pytest.fixture(scope="session")
def two_folders() -> tuple[Faces, Faces]:
    """Darker faces, and lighter ones of others."""
    return drawn(16, 1, -0.05, "low"), drawn(16, 2, 0.05, "high")
