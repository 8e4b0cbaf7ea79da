# SPDX-License-Identifier: GPL-3.0-or-later
"""A face's own frame, and the box of pixels that an edit of the face can touch.

The frame's origin is the middle between the eyes' outer corners; x goes along them to the picture's right, y towards
the chin; the unit is the distance of the corners.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from .color import Array
from .face_landmarks import BETWEEN_EYES, CHIN, LEFT_CORNER, OVAL, RIGHT_CORNER
from .scalars import clip, namespace

Box = tuple[int, int, int, int]
"""x0, y0, width, height in whole pixels."""
REACH = 1.35
"""An edit ends where a ray from the contour's middle is this much longer than to the contour. Lines beside the jaw bend
less with a smaller one, but then less of a slider's range is left before the picture would fold."""
MARGIN = 0.05
"""The box goes farther by this, since the contour is rounded off."""
LEAST_UNIT = 0.68
"""The unit is at least this share of the way from between the eyes to the chin; in the mean face it is 0.84 of it. Of a
face that is turned away the corners draw near to each other, and everything would shrink with them."""


@dataclass(frozen=True)
class Frame:
    """origin: (N, 2), pixels. right: (N, 2), the unit vector along the eyes. unit: (N,), pixels."""

    origin: Array
    right: Array
    unit: Array

    def to_face(self, pixels: Array) -> Array:
        """(N, ..., 2) in pixels -> the same in the face's frame."""
        xp = namespace(pixels)
        x, y = (pixels[..., k] - self._fit(self.origin[:, k], pixels) for k in (0, 1))
        c, s = (self._fit(self.right[:, k] / self.unit, pixels) for k in (0, 1))
        return xp.stack([x * c + y * s, y * c - x * s], axis=-1)

    def to_pixels(self, vectors: Array, places: bool = True) -> Array:
        """(N, ..., 2) in the face's frame -> pixels: as places, or as displacements."""
        xp = namespace(vectors)
        c, s = (self._fit(self.right[:, k] * self.unit, vectors) for k in (0, 1))
        x, y = vectors[..., 0] * c - vectors[..., 1] * s, vectors[..., 0] * s + vectors[..., 1] * c
        if places:
            x, y = x + self._fit(self.origin[:, 0], vectors), y + self._fit(self.origin[:, 1], vectors)
        return xp.stack([x, y], axis=-1)

    @staticmethod
    def _fit(one_each: Array, vectors: Array) -> Array:
        return one_each.reshape((one_each.shape[0],) + (1,) * (len(vectors.shape) - 2))


def face_frame(points: Array) -> Frame:
    """points: (N, 468, 2) in pixels."""
    xp = namespace(points)
    a, b = points[:, RIGHT_CORNER], points[:, LEFT_CORNER]
    across, down = b - a, points[:, CHIN] - points[:, BETWEEN_EYES]
    length = clip(_length(xp, across), 1e-3)
    return Frame((a + b) / 2, across / length[:, None], xp.maximum(length, LEAST_UNIT * _length(xp, down)))


def face_unit(points: Array) -> Any:
    """The unit of the face's frame in pixels, by which radii go: a number for (468, 2), else (N,)."""
    if len(points.shape) == 2:
        return float(face_frame(points[None]).unit[0])
    return face_frame(points).unit


def reach(points: Array) -> Array:
    """Around all that an edit touches, (N, 36, 2), in the units and the frame of points (N, 468, 2)."""
    oval = points[:, list(OVAL)]
    middle = oval.mean(axis=1)[:, None]
    return middle + (oval - middle) * (REACH + MARGIN)


def face_box(points: Array, shape: tuple[int, ...]) -> Box:
    """The whole pixels that an edit of this face can touch: x0, y0, width, height, within the picture.

    points: (468, 2), pixels. shape: the picture's, (height, width, ...). Width and height are 0 where the face lies
    outside. ValueError for points that are not finite.
    """
    xp = namespace(points)
    if not bool(xp.all(xp.isfinite(points))):
        raise ValueError("a face's points must be finite numbers")
    frame = face_frame(points[None])
    ends = reach(frame.to_face(points[None]))[0]
    low, high = xp.min(ends, axis=0), xp.max(ends, axis=0)
    # Of the rectangle in the frame, which may be turned, the corners.
    corners = frame.to_pixels(xp.stack([low, high, xp.stack([low[0], high[1]]), xp.stack([high[0], low[1]])])[None])[0]
    low, high = xp.min(corners, axis=0), xp.max(corners, axis=0)
    (x0, x1), (y0, y1) = (_inside(float(low[k]), float(high[k]), shape[1 - k]) for k in (0, 1))
    return x0, y0, x1 - x0, y1 - y0


def _inside(low: float, high: float, size: int) -> tuple[int, int]:
    """The first whole pixel and the one after the last, of those that a picture has."""
    first = min(max(math.floor(max(low, -1.0)), 0), size)
    return first, max(first, min(max(math.ceil(min(high, size + 1.0)), 0), size))


def _length(xp: Any, vectors: Array) -> Array:
    return xp.sqrt((vectors * vectors).sum(axis=-1))
