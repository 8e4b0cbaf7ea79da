# SPDX-License-Identifier: GPL-3.0-or-later
"""Small folders of faces that are painted on landmarks."""

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from models.faces.crop import BELOW, SIDE  # noqa: E402
from tools.made_faces import bent_faces, paint  # noqa: E402
from trainer.faces.crops import Faces  # noqa: E402


def drawn(n: int, seed: int, brightness: float = 0.0, folder: str = "drawn") -> Faces:
    """n faces that differ in their proportions and their skin. brightness: added to all of the picture, -1 to 1."""
    rng = np.random.default_rng(seed)
    points = bent_faces(rng, n, 64 / SIDE, 32, 32 - 64 * BELOW / SIDE)
    skins = np.array([200, 155, 130]) * rng.uniform(0.8, 1.15, (n, 1))
    crops = np.stack([paint(p, 64, 64, tuple(map(int, skin))) for p, skin in zip(points, skins, strict=True)])
    crops = (crops + 255 * brightness).clip(0, 255).astype(np.uint8).transpose(0, 3, 1, 2)
    names = tuple(f"{i:02d}.png" for i in range(n))
    keys = tuple(f"{seed:02x}{i:02x}".ljust(64, "0") for i in range(n))
    return Faces(Path(folder), names, keys, torch.from_numpy(crops.copy()), torch.from_numpy(points))


@pytest.fixture(scope="session")
def two_folders() -> tuple[Faces, Faces]:
    """Darker faces, and lighter ones of others."""
    return drawn(16, 1, -0.05, "low"), drawn(16, 2, 0.05, "high")
