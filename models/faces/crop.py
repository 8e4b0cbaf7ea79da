# SPDX-License-Identifier: GPL-3.0-or-later
"""The aligned crop of a face that a face policy sees."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from editor_ops.face_frame import face_unit

from ..thumbnail_rule import SIZE
from .landmarks import Face
from .square import Square, cut

SIDE = 2.5
"""Of the crop, in units of the face's frame (editor_ops/face_frame.py): all that an edit of a face can touch."""
BELOW = 0.3
"""Units from the middle between the eyes down to the crop's."""
RULE = "eyes level; 2.5 units a side, its middle 0.3 units below the eyes'; box mean, then bilinear"
"""How the crop is made, as a face policy's file says: one that was learned on others is refused."""


class FaceCrop(NamedTuple):
    """pixels: float32 (size, size, 3), sRGB-encoded in 0..1. points: float32 (468, 2), in the crop's pixels."""

    pixels: np.ndarray
    points: np.ndarray


def face_crop(image: np.ndarray, face: Face, size: int = SIZE) -> FaceCrop:
    """A face with its eyes level and in a fixed place, and its landmarks there.

    image: as `find_faces` takes it. Outside the picture lies its border's colour.
    """
    square = crop_square(face)
    return FaceCrop(cut(image, square, size), (square.from_picture(face.points) * size).astype(np.float32))


def crop_square(face: Face) -> Square:
    """Where in the picture the crop lies."""
    unit = max(face_unit(face.points), 1.0)
    x, y = face.eyes.mean(axis=0) + BELOW * unit * np.array([-np.sin(face.angle), np.cos(face.angle)])
    return Square(float(x), float(y), SIDE * unit, face.angle)
