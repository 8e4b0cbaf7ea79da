# SPDX-License-Identifier: GPL-3.0-or-later
"""Every face in a picture of any size: a detector on squares of all sizes, then landmarks, which must agree."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from ..errors import UserError
from .detector import Detection, detect, groups
from .landmarks import Face, landmarks, square_of_detection, square_of_face
from .square import Square, box_mean

LONGEST = 1024
"""Pixels of the long side, at least, of the reduced picture in which faces are looked for."""
SMALLEST_SQUARE = 128
"""Pixels of the reduced picture along the side of the smallest squares: the detector's own size."""
STEP = 0.5
"""Of a square's side, from one to the next: a face half as wide lies whole in one of them."""
SCORE = 0.5
"""A detection's, at least (MediaPipe's min_score_thresh)."""
PRESENCE = 0.5
"""The landmarks', at least, in the first pass and in the second."""


def find_faces(image: np.ndarray) -> list[Face]:
    """The faces in a picture, the largest first.

    image: (height, width, 3), upright, sRGB-encoded: uint8, uint16, or floats where 1.0 is white (clipped to 0..1).
    UserError ("not finite") for pixels that are not numbers; ValueError for other shapes and types.
    """
    image = np.asarray(image)
    if image.ndim != 3 or image.shape[2] != 3 or 0 in image.shape or image.dtype.kind not in "uf":
        raise ValueError(f"find_faces: a picture has shape (height, width, 3), not {image.shape} of {image.dtype}")
    step = max(1, max(image.shape[:2]) // LONGEST)
    reduced = box_mean(image, step)
    if not np.isfinite(reduced).all():
        raise UserError("the picture holds values that are not numbers (NaN)", "not finite")
    found = [each for square in squares(*reduced.shape[:2]) for each in detect(reduced, square, SCORE)]
    faces = [face for each in _unique(found) if (face := _face(image, _scaled(each, step)))]
    return _largest_first(faces)


def squares(height: int, width: int) -> Iterator[Square]:
    """Squares over a picture: one about the whole of it, then ever smaller ones that overlap."""
    side = float(max(height, width))
    while True:
        for y in _centres(height, side):
            for x in _centres(width, side):
                yield Square(x, y, side)
        if side <= SMALLEST_SQUARE:
            return
        side = max(side / 2, SMALLEST_SQUARE)


def _centres(n: int, side: float) -> list[float]:
    """Where the centres of squares lie along n pixels."""
    if n <= side:
        return [n / 2]
    count = math.ceil((n - side) / (STEP * side)) + 1
    return [float(v) for v in np.linspace(side / 2, n - side / 2, count)]


def _scaled(found: Detection, step: int) -> Detection:
    return Detection(found.score, found.box * step, found.eyes * step)


def _unique(found: list[Detection]) -> list[Detection]:
    """One detection for each face: the best of those that overlap."""
    if not found:
        return []
    scores, boxes = np.array([each.score for each in found]), np.stack([each.box for each in found])
    return [found[group[0]] for group in groups(scores, boxes)]


def _face(image: np.ndarray, found: Detection) -> Face | None:
    """The landmarks of a detection, looked for twice; None where they say that it is no face."""
    first = landmarks(image, square_of_detection(found))
    if first.presence < PRESENCE:
        return None
    second = landmarks(image, square_of_face(first))
    return second if second.presence >= PRESENCE else None


def _largest_first(faces: list[Face]) -> list[Face]:
    """Each face once, by the size of its box."""
    if not faces:
        return []
    boxes = np.stack([face.box for face in faces])  # (n, 4)
    presence = np.array([face.presence for face in faces])
    kept = [int(group[0]) for group in groups(presence, boxes)]
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    return [faces[i] for i in sorted(kept, key=lambda i: -areas[i])]
