# SPDX-License-Identifier: GPL-3.0-or-later
"""Turned squares cut out of a picture, shrunk by box mean: what the networks are shown."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from editor_ops.operations import max_value


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


def cut(image: np.ndarray, square: Square, size: int, black_outside: bool = False) -> np.ndarray:
    """A square of a picture as float32 (size, size, 3), sRGB-encoded in 0..1.

    image: (height, width, 3), uint8, uint16 or floats where 1.0 is white. Where the square has more than `size` pixels
    along its side they are averaged first, by whole numbers of pixels; then bilinear. Outside the picture lies its
    border's colour, or black.
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
    sampled = _bilinear(small, (places - np.array([x0, y0])) / step - 0.5)
    if black_outside:
        inside = (places >= 0).all(axis=-1) & (places[..., 0] <= width) & (places[..., 1] <= height)
        sampled = sampled * inside[..., None]
    return sampled.astype(np.float32, copy=False)


def _overlap(first: int, last: int, n: int) -> tuple[int, int]:
    """What of first..last lies in 0..n; a pixel at the nearer end where nothing does."""
    first = min(max(first, 0), n - 1)
    return first, min(max(last, first + 1), n)


def box_mean(image: np.ndarray, step: int) -> np.ndarray:
    """A picture (H, W, 3) shrunk by a whole number: float32 (ceil(H / step), ceil(W / step), 3), 1.0 is white.

    Cells at the right and lower border that are cut off are the mean of what there is. Floats are clipped to 0..1.
    """
    height, width = image.shape[:2]
    if image.dtype.kind == "f":
        image = np.clip(image, 0.0, 1.0)
    if step == 1:
        return image.astype(np.float32) / np.float32(max_value(image))
    rows = np.arange(0, height, step)
    columns = np.arange(0, width, step)
    # Rows first: they are whole, so that this is fast; a step of them in 32 bits hold any number of 16-bit samples.
    kind = np.float32 if image.dtype.kind == "f" else np.uint32
    bands = np.add.reduceat(image, rows, axis=0, dtype=kind)  # (h, W, 3)
    sums = np.add.reduceat(bands, columns, axis=1, dtype=kind)  # (h, w, 3)
    counts = np.outer(np.minimum(step, height - rows), np.minimum(step, width - columns))
    return (sums / (counts[..., None] * float(max_value(image)))).astype(np.float32)


def _bilinear(image: np.ndarray, places: np.ndarray) -> np.ndarray:
    """float32 (H, W, 3) at places (..., 2), x then y, where a pixel's centre is a whole number; beyond: the border."""
    height, width = image.shape[:2]
    x = np.clip(places[..., 0], 0, width - 1).astype(np.float32)
    y = np.clip(places[..., 1], 0, height - 1).astype(np.float32)
    x0, y0 = x.astype(np.intp), y.astype(np.intp)
    x1, y1 = np.minimum(x0 + 1, width - 1), np.minimum(y0 + 1, height - 1)
    along, down = (x - x0)[..., None], (y - y0)[..., None]
    upper = image[y0, x0] * (1 - along) + image[y0, x1] * along
    lower = image[y1, x0] * (1 - along) + image[y1, x1] * along
    return upper * (1 - down) + lower * down  # type: ignore[no-any-return]
