# SPDX-License-Identifier: GPL-3.0-or-later
"""Shape sliders -> how every landmark of a face moves, linear in the sliders."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from .color import Array
from .face_landmarks import (
    AROUND_CORNERS,
    CHIN_LINE,
    COUNT,
    FOREHEAD,
    JAW,
    LEFT_BROW,
    LEFT_EYE,
    LIPS,
    MIDLINE,
    MOUTH_CORNERS,
    MOUTH_MIDDLE,
    NOSE_END,
    NOSE_WINGS,
    NOSTRILS,
    RIGHT_BROW,
    RIGHT_EYE,
    SIDES,
    mean_face,
)
from .scalars import clip, namespace


def near(landmarks: Sequence[int], width: float) -> np.ndarray:
    """(468,): 1 at these landmarks, falling as a Gaussian of this width with the distance to the nearest of them.

    Of the mean face, so that it is the same share of the same landmark in every face.
    """
    face = mean_face()
    distance = np.linalg.norm(face[:, None] - face[None, list(landmarks)], axis=-1).min(axis=1)
    share = np.exp(-0.5 * (distance / width) ** 2)
    return np.where(share < 1e-3, 0.0, share)  # so that most landmarks have no part in most sliders


@functools.cache
def _shares() -> dict[str, np.ndarray]:
    """Slider -> how far each landmark goes along with it, 0 to 1: (468,), or (2, 468) for the right and the left eye.

    The widths, in the frame's units, are about half of what lies between neighbouring features.
    """
    eyes = np.stack([near(RIGHT_EYE, 0.07), near(LEFT_EYE, 0.07)])
    brows = RIGHT_BROW + LEFT_BROW
    return {
        "eye_size": eyes, "eye_height": eyes, "eye_tilt": eyes,
        "eye_distance": np.stack([near(RIGHT_EYE + RIGHT_BROW, 0.10), near(LEFT_EYE + LEFT_BROW, 0.10)]),
        "nose_width": near(NOSE_WINGS, 0.06), "nose_height": near(NOSE_END, 0.09),
        "mouth_width": near(LIPS, 0.06), "lips": near(LIPS, 0.04), "smile": near(AROUND_CORNERS, 0.10),
        "jaw_width": near(JAW, 0.16), "chin_height": near(CHIN_LINE, 0.16) * (1 - near(LIPS, 0.09)),
        "face_width": near(SIDES, 0.22), "forehead": near(FOREHEAD, 0.16) * (1 - near(brows, 0.12)),
        "brow_height": near(brows, 0.06),
    }  # fmt: skip


@functools.lru_cache(maxsize=4)
def _shares_as(xp: Any, dtype: Any, device: Any) -> dict[str, Array]:
    arrays = {name: xp.asarray(share, dtype=dtype) for name, share in _shares().items()}
    return {name: each.to(device) for name, each in arrays.items()} if device is not None else arrays


def carried(name: str) -> list[int]:
    """The landmarks that go along with a slider."""
    return [int(k) for k in np.flatnonzero(_shares()[name].reshape(-1, COUNT).any(axis=0))]


def move(face: Array, name: str) -> tuple[Any, Any]:
    """Each landmark's way at a value of 1 of a slider: x and y, each (N, 468), or None where that is 0 for all.

    face: (N, 468, 2), landmarks in the face's frame.
    """
    xp = namespace(face)
    shares = _shares_as(xp, face.dtype, getattr(face, "device", None) if hasattr(face, "to") else None)
    ways = MOVES[name](xp, face, shares[name])
    dx, dy = (None if way is None else xp.broadcast_to(way, face.shape[:2]) for way in ways)
    return dx, dy


def moves(face: Array, values: Mapping[str, Any]) -> Array:
    """How every landmark moves, (N, 468, 2), in the face's frame; linear in the values.

    face: (N, 468, 2), landmarks in the face's frame. values: names of `FACE_SHAPE` -> a number, or one for each face,
    (N,).
    """
    xp = namespace(face)
    x, y = face[..., 0], face[..., 1]
    across, down = xp.zeros_like(x), xp.zeros_like(y)
    for name, value in values.items():
        amount = value[:, None] if hasattr(value, "shape") and len(value.shape) == 1 else value
        dx, dy = move(face, name)
        if dx is not None:
            across = across + amount * dx
        if dy is not None:
            down = down + amount * dy
    return xp.stack([across, down], axis=-1)


Move = Callable[[Any, Array, Array], tuple[Any, Any]]
"""(namespace, landmarks (N, 468, 2), shares) -> x and y of each landmark's way at a value of 1, or None."""


def _middle(face: Array, landmarks: Sequence[int]) -> tuple[Array, Array]:
    mean = face[:, list(landmarks)].mean(axis=1)
    return mean[:, :1], mean[:, 1:]


def _eyes(make: Callable[[Array, Array, Any], tuple[Any, Any]]) -> Move:
    """For both eyes: (x and y from the eye's middle, -1 for the eye on the left of the picture, else 1) -> its move."""

    def move(xp: Any, face: Array, shares: Array) -> tuple[Any, Any]:
        across, down = None, None
        for eye, side, share in ((RIGHT_EYE, -1.0, shares[0]), (LEFT_EYE, 1.0, shares[1])):
            x, y = _middle(face, eye)
            dx, dy = make(face[..., 0] - x, face[..., 1] - y, side)
            across = across if dx is None else share * dx + (0 if across is None else across)
            down = down if dy is None else share * dy + (0 if down is None else down)
        return across, down

    return move


def _wider(landmarks: Sequence[int]) -> Move:
    """Away from the vertical line through the middle of these landmarks."""
    return lambda xp, face, share: (share * (face[..., 0] - _middle(face, landmarks)[0]), None)


def _down(way: float) -> Move:
    return lambda xp, face, share: (None, share * way)


def _lips(xp: Any, face: Array, share: Array) -> tuple[Any, Any]:
    return None, share * (face[..., 1] - _middle(face, MOUTH_MIDDLE)[1])


def _smile(xp: Any, face: Array, share: Array) -> tuple[Any, Any]:
    """The corners up and outwards, on a parabola that stands still in the mouth's middle."""
    half = abs(face[:, MOUTH_CORNERS[1], 0] - face[:, MOUTH_CORNERS[0], 0])[:, None] / 2
    t = (face[..., 0] - _middle(face, LIPS)[0]) / clip(half, 1e-3)
    inner, outer = clip(abs(t), 0.0, 1.0), clip(abs(t), 0.0, 1.2)
    return share * 0.5 * xp.sign(t) * inner * inner, -share * outer * outer


DEGREE = math.pi / 180
MOVES: dict[str, Move] = {
    "eye_size": _eyes(lambda x, y, side: (x, y)),
    "eye_height": _eyes(lambda x, y, side: (None, y)),
    "eye_distance": _eyes(lambda x, y, side: (side / 2, None)),
    "eye_tilt": _eyes(lambda x, y, side: (side * DEGREE * y, -side * DEGREE * x)),
    "nose_width": _wider(NOSTRILS),
    "nose_height": _down(1.0),
    "mouth_width": _wider(LIPS),
    "lips": _lips,
    "smile": _smile,
    "jaw_width": _wider(MIDLINE),
    "chin_height": _down(1.0),
    "face_width": _wider(MIDLINE),
    "forehead": _down(-1.0),
    "brow_height": _down(-1.0),
}
