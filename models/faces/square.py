# SPDX-License-Identifier: GPL-3.0-or-later
"""Turned squares cut out of a picture, shrunk by box mean: what the networks are shown."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from editor_ops.operations import max_value

STRIP = 32
"""Rows of the shrunk picture that are made at a time: they stay in the processor's cache."""


class Square(NamedTuple):
    """A square in a picture, in pixels whose edges are integers. angle: radians, by which its x axis is turned
    clockwise, as seen, from the picture's."""

    x: float
    y: float
    side: float
    angle: float = 0.0

    def to_picture(self, points: np.ndarray) -> np.ndarray:
        """Points of the square, 0..1 from its upper left corner (..., 2), in the picture's pixels."""
        centred = (np.asarray(points) - 0.5) * self.side
        return centred @ _turn(self.angle).T + np.array([self.x, self.y])

    def from_picture(self, points: np.ndarray) -> np.ndarray:
        """The way back."""
        return (np.asarray(points) - np.array([self.x, self.y])) @ _turn(self.angle) / self.side + 0.5


def _turn(angle: float) -> np.ndarray:
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, -s], [s, c]])


def cut(image: np.ndarray, square: Square, size: int) -> np.ndarray:
    """A square of a picture as float32 (size, size, 3), sRGB-encoded in 0..1.

    image: (height, width, 3), uint8, uint16 or floats where 1.0 is white. Where the square has more than `size` pixels
    along its side they are averaged first, by whole numbers of pixels; then bilinear. Outside the picture lies its
    border's colour.
    """
    step = max(1, int(square.side / size))
    corners = square.to_picture(np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]))
    x0, y0 = (int(v) for v in np.floor(corners.min(axis=0)) - step)
    x1, y1 = (int(v) for v in np.ceil(corners.max(axis=0)) + step)
    height, width = image.shape[:2]
    x0, x1 = _overlap(x0, x1, width)
    y0, y1 = _overlap(y0, y1, height)
    small = box_mean(image[y0:y1, x0:x1], step)
    cells = (np.arange(size) + 0.5) / size
    places = square.to_picture(np.stack(np.meshgrid(cells, cells), axis=-1))  # (size, size, 2)
    x, y = np.moveaxis((places - np.array([x0, y0])) / step - 0.5, -1, 0)
    return bilinear(small, x, y)


def _overlap(first: int, last: int, n: int) -> tuple[int, int]:
    """What of first..last lies in 0..n; a pixel at the nearer end where nothing does."""
    first = min(max(first, 0), n - 1)
    return first, min(max(last, first + 1), n)


def box_mean(image: np.ndarray, step: int) -> np.ndarray:
    """A picture (H, W, 3) shrunk by a whole number: float32 (ceil(H / step), ceil(W / step), 3), 1.0 is white.

    Where its last cells stand over, they are filled with its last pixels. Floats are clipped to 0..1.
    """
    height, width = image.shape[:2]
    h, w = -(-height // step), -(-width // step)
    result = np.empty((h, w, 3), np.float32)
    kind = np.dtype(np.float32) if image.dtype.kind == "f" else np.min_scalar_type(step * step * int(max_value(image)))
    for top in range(0, h, STRIP):
        strip = image[top * step : (top + STRIP) * step]
        if image.dtype.kind == "f":
            strip = np.clip(strip, 0.0, 1.0)
        over = -len(strip) % step, w * step - width
        if any(over):
            strip = np.pad(strip, ((0, over[0]), (0, over[1]), (0, 0)), mode="edge")
        rows = strip[::step].astype(kind)
        for k in range(1, step):  # slices of whole rows: NumPy's own ways of summing take ten times as long
            rows += strip[k::step]
        cells = rows.reshape(len(rows), w, step, 3)
        sums = cells[:, :, 0]
        for k in range(1, step):
            sums = sums + cells[:, :, k]
        result[top : top + STRIP] = sums
    result /= step * step * float(max_value(image))
    return result


def bilinear(image: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """float32 (H, W, 3) at places x and y, which are broadcast to (h, w): (h, w, 3).

    A pixel's centre is a whole number; beyond the picture lies its border.
    """
    height, width = image.shape[:2]
    x = np.clip(x, 0, width - 1).astype(np.float32)
    y = np.clip(y, 0, height - 1).astype(np.float32)
    left, top = x.astype(np.intp), y.astype(np.intp)
    along, down = (x - left.astype(np.float32))[..., None], (y - top.astype(np.float32))[..., None]
    step, row = np.minimum(1, width - 1 - left), width * np.minimum(1, height - 1 - top)
    flat = np.ascontiguousarray(image).reshape(-1, 3)
    first = left + width * top  # (h, w); numbers of pixels: half the time of rows and columns
    upper = _mixed(flat, first, first + step, along)
    lower = _mixed(flat, first + row, first + row + step, along)
    lower -= upper
    lower *= down
    return upper + lower


def _mixed(flat: np.ndarray, first: np.ndarray, second: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Pixels of (n, 3) between the first and the second: float32 (h, w, 3)."""
    low = flat.take(first, axis=0)
    high = flat.take(second, axis=0)
    high -= low
    high *= share
    high += low
    return high
