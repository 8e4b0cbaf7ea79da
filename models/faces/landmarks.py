# SPDX-License-Identifier: GPL-3.0-or-later
"""468 landmarks of a face (Kartynnik et al. 2019, arXiv 1907.06724), by MediaPipe's network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from editor_ops.face_landmarks import LEFT_CORNER, RIGHT_CORNER

from . import networks
from .decision import LANDMARKS
from .detector import Detection
from .square import Square, cut

SIZE = 192
"""Pixels along the side of what the network is shown."""
MARGIN = 1.5
"""The square that the network is shown is so much larger than the face's box (MediaPipe's face_landmark pipeline)."""


@dataclass(frozen=True)
class Face:
    """points: float32 (468, 2), x then y, in pixels of the upright picture, whose edges are integers; in MediaPipe's
    order. presence: 0..1, how sure the network is that these are a face's."""

    points: np.ndarray
    presence: float

    @property
    def box(self) -> np.ndarray:
        """(4,): left, top, right, bottom of the landmarks."""
        return np.concatenate([self.points.min(axis=0), self.points.max(axis=0)])

    @property
    def eyes(self) -> np.ndarray:
        """float64 (2, 2): the outer corners of the eyes, the person's right one first."""
        return self.points[[RIGHT_CORNER, LEFT_CORNER]].astype(np.float64)

    @property
    def angle(self) -> float:
        """Radians by which the line of the eyes is turned clockwise, as seen; 0 where the head is upright."""
        right, left = self.eyes
        x, y = left - right
        return float(np.arctan2(y, x))


def landmarks(image: np.ndarray, square: Square, mirrored: bool = False) -> Face:
    """The landmarks of the face that fills a square, turned as the face is, but for some margin.

    mirrored: the network is shown it so, and the order of the landmarks is then the mirrored face's.
    """
    seen = cut(image, square, SIZE)
    if mirrored:
        seen = np.ascontiguousarray(seen[:, ::-1])
    points, presence = networks.run("face_landmark", seen[None], ["points", "presence"])
    flat = points.reshape(LANDMARKS, 3)[:, :2].astype(np.float64) / SIZE  # the third is depth
    if mirrored:
        flat[:, 0] = 1 - flat[:, 0]
    logit = float(np.clip(presence.ravel()[0], -50, 50))
    return Face(square.to_picture(flat).astype(np.float32), float(1 / (1 + np.exp(-logit))))


def square_of_detection(detection: Detection) -> Square:
    """Where to look for a detected face's landmarks."""
    low, high = detection.box[:2], detection.box[2:]
    x, y = detection.eyes[1] - detection.eyes[0]
    centre = (low + high) / 2
    return Square(centre[0], centre[1], MARGIN * float((high - low).max()), float(np.arctan2(y, x)))


def square_of_face(face: Face) -> Square:
    """Where to look again: the landmarks lie nearer to the true ones where the square comes from landmarks."""
    upright = Square(0.0, 0.0, 1.0, face.angle)
    own = upright.from_picture(face.points)  # (468, 2), eyes level
    low, high = own.min(axis=0), own.max(axis=0)
    centre = upright.to_picture((low + high) / 2)
    return Square(float(centre[0]), float(centre[1]), MARGIN * float((high - low).max()), face.angle)
