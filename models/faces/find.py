# SPDX-License-Identifier: GPL-3.0-or-later
"""Every face in a picture of any size: a detector on squares of all sizes, then a closer look at what it found."""

from __future__ import annotations

import functools
import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np

from editor_ops.face_frame import face_unit
from editor_ops.full_size import MOST_THREADS, cores

from ..errors import UserError
from . import networks
from .detector import SIZE, Detection, detect, groups, overlap
from .landmarks import MARGIN, Face, landmarks, square_of_detection, square_of_face
from .pyramid import Level, corners, levels, tile
from .square import Square, cut

AT_ONCE = 8
"""Squares that the detector is shown at a time: more are not faster."""
SCORE = 0.5
"""A detection's in any of the squares, at least (MediaPipe's min_score_thresh)."""
# Of 1,151 photos with and without people, what stayed above these was a face, a statue or a picture of one.
CONFIRMED = 0.75
"""The score, at least, when the detector looks again at what it found, turned as that is and in a fitting size."""
SMALL, CONFIRMED_SMALL = 20.0, 0.8
"""Of a face whose eyes' outer corners are fewer pixels apart, which says less, more is asked."""
PRESENCE = 0.96
"""The landmarks' presence, at least, and that of the mirrored face's."""
DOUBTFUL = 0.3
"""A presence below which no second look helps."""
VIEWS = (1.6, 2.2, 3.0)
"""Sides of the squares at a second look, in sides of the face's box."""
SEEN_AGAIN = 0.15
"""Intersection over union of a detection at a second look with the first, at least: that may have been far off."""
COARSE = 3
"""Levels on which faces are looked for upside down, where no other is found: heads as far round are rare, and large.
Up to a quarter turn the detector finds them as they are."""
SMALLEST = 10.0
"""Pixels between the outer corners of the eyes. Smaller faces, below 16 pixels wide, are left out: their landmarks are
guesses, and no edit would move a pixel of theirs."""


def find_faces(image: np.ndarray, threads: int = MOST_THREADS) -> list[Face]:
    """The faces in a picture, the largest first.

    image: (height, width, 3), upright, sRGB-encoded: uint8, uint16, or floats where 1.0 is white (clipped to 0..1).
    threads: at most; fewer where the process may use fewer cores.
    UserError ("not finite") for pixels that are not numbers; ValueError for other shapes and types.
    """
    image = np.asarray(image)
    if image.ndim != 3 or image.shape[2] != 3 or 0 in image.shape or image.dtype.kind not in "uf":
        raise ValueError(f"find_faces: a picture has shape (height, width, 3), not {image.shape} of {image.dtype}")
    networks.load_all()  # before there are threads
    made = levels(image, SIZE)
    if not all(np.isfinite(level.pixels).all() for level in made):
        raise UserError("the picture holds values that are not numbers (NaN)", "not finite")
    with ThreadPoolExecutor(min(cores(), threads)) as pool:
        return _found(image, made, False, pool) or _found(image, made[:COARSE], True, pool)


def _found(image: np.ndarray, made: list[Level], upside_down: bool, pool: ThreadPoolExecutor) -> list[Face]:
    """The faces that are found on some levels, as they are or upside down."""
    batches = _batches(made)
    first = _unique([each for some in pool.map(functools.partial(_detected, upside_down), batches) for each in some])
    confirmed = _unique([seen for seen in pool.map(functools.partial(_confirmed, image), first) if seen])
    faces = list(pool.map(functools.partial(_face, image), confirmed))
    return _largest_first([(face, seen.score) for face, seen in zip(faces, confirmed, strict=True) if face])


def _batches(made: list[Level]) -> list[tuple[Level, list[tuple[int, int]]]]:
    """Levels with left and top of the squares that cover them, some at a time."""
    batches = []
    for level in made:
        places = corners(level.pixels.shape[0], level.pixels.shape[1], SIZE)
        batches += [(level, places[i : i + AT_ONCE]) for i in range(0, len(places), AT_ONCE)]
    return batches


def _detected(upside_down: bool, batch: tuple[Level, list[tuple[int, int]]]) -> list[Detection]:
    """What the detector finds in some squares; a face may be found in more than one."""
    level, places = batch
    pixels = np.stack([tile(level.pixels, left, top, SIZE) for left, top in places])
    centres = [((x + SIZE / 2) * level.scale, (y + SIZE / 2) * level.scale) for x, y in places]
    squares = [Square(x, y, SIZE * level.scale, math.pi if upside_down else 0.0) for x, y in centres]
    return detect(np.ascontiguousarray(pixels[:, ::-1, ::-1]) if upside_down else pixels, squares, SCORE)


def _unique(found: list[Detection]) -> list[Detection]:
    """One detection for each face: the best of those that overlap."""
    if not found:
        return []
    scores, boxes = np.array([each.score for each in found]), np.stack([each.box for each in found])
    return [found[group[0]] for group in groups(scores, boxes)]


def _confirmed(image: np.ndarray, found: Detection) -> Detection | None:
    """The best that the detector finds when it looks closely at a detection; None where it is not sure any more."""
    square = square_of_detection(found)
    views = [square._replace(side=square.side / MARGIN * view) for view in VIEWS]
    pixels = np.stack([cut(image, view, SIZE) for view in views])
    again = [each for each in detect(pixels, views, CONFIRMED) if overlap(each.box, found.box[None])[0] > SEEN_AGAIN]
    return max(again, key=lambda each: each.score, default=None)


def _face(image: np.ndarray, found: Detection) -> Face | None:
    """The landmarks of a detection, looked for twice and in the mirror; None where they say that it is no face."""
    first = landmarks(image, square_of_detection(found))
    if first.presence < DOUBTFUL:
        return None
    face = landmarks(image, square_of_face(first))
    unit = face_unit(face.points)
    if unit < SMALLEST or (unit < SMALL and found.score < CONFIRMED_SMALL):
        return None
    presence = min(face.presence, landmarks(image, square_of_face(face), mirrored=True).presence)
    return replace(face, presence=presence) if presence >= PRESENCE else None


def _largest_first(found: list[tuple[Face, float]]) -> list[Face]:
    """Each face once, by the size of its box; of two that overlap the one whose detection has the higher score."""
    if not found:
        return []
    boxes = np.stack([face.box for face, _ in found])  # (n, 4)
    kept = [int(group[0]) for group in groups(np.array([score for _, score in found]), boxes)]
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    return [found[i][0] for i in sorted(kept, key=lambda i: -areas[i])]
