# SPDX-License-Identifier: GPL-3.0-or-later
"""Every face in a picture of any size: a detector on squares of all sizes, then landmarks, which must agree."""

from __future__ import annotations

import numpy as np

from ..errors import UserError
from .detector import SIZE, Detection, detect, groups
from .landmarks import Face, landmarks, square_of_detection, square_of_face
from .pyramid import corners, levels, tile
from .square import Square

AT_ONCE = 8
"""Squares that the detector is shown at a time: more are not faster."""
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
    found = _detected(image)
    faces = [face for each in _unique(found) if (face := _face(image, each))]
    return _largest_first(faces)


def _detected(image: np.ndarray) -> list[Detection]:
    """What the detector finds in a picture of any size; a face may be found more than once."""
    found = []
    for picture, scale in levels(image, SIZE):
        if not np.isfinite(picture).all():
            raise UserError("the picture holds values that are not numbers (NaN)", "not finite")
        places = corners(picture.shape[0], picture.shape[1], SIZE)
        for i in range(0, len(places), AT_ONCE):
            some = places[i : i + AT_ONCE]
            pixels = np.stack([tile(picture, left, top, SIZE) for left, top in some])
            squares = [Square((x + SIZE / 2) * scale, (y + SIZE / 2) * scale, SIZE * scale) for x, y in some]
            found += detect(pixels, squares, SCORE)
    return found


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
