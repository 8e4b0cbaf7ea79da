# SPDX-License-Identifier: GPL-3.0-or-later
"""A portrait, whose face is found once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from models.faces import Face, find_faces

PHOTOS = Path(__file__).parents[2] / "photos"


@pytest.fixture(scope="session")
def portrait() -> np.ndarray:
    """uint8 (512, 512, 3), one face, about 110 pixels wide."""
    with Image.open(PHOTOS / "astronaut.jpg") as picture:
        return np.asarray(picture.convert("RGB"))


@pytest.fixture(scope="session")
def face(portrait: np.ndarray) -> Face:
    (found,) = find_faces(portrait)
    return found
