# SPDX-License-Identifier: GPL-3.0-or-later
"""The aligned crop of a face that a face policy sees."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .landmarks import CHIN, LEFT_CORNER, RIGHT_CORNER, Face
from .square import Square, cut

SIZE = 64
"""Pixels along each side, as of the thumbnail that a photo's policy sees."""
SIDE = 2.4
"""Of the crop, in distances of the eyes' outer corners: hair and chin are in it, and a little of what is around."""
EYES = 0.42
"""Where the middle between the eyes lies, of the crop's height: the chin is then as far from the border as the hair."""
CHIN_SHARE = 0.72
"""Eye distance of a face from the front, in distances from the eyes' middle to the chin. A head that is turned away has
its eyes nearer to each other; then this counts."""


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
    middle = (face.points[RIGHT_CORNER] + face.points[LEFT_CORNER]).astype(np.float64) / 2
    to_chin = float(np.hypot(*(face.points[CHIN] - middle)))
    side = SIDE * max(face.eye_distance, CHIN_SHARE * to_chin, 1.0)
    down = np.array([-np.sin(face.angle), np.cos(face.angle)])
    x, y = middle + (0.5 - EYES) * side * down
    return Square(float(x), float(y), side, face.angle)
