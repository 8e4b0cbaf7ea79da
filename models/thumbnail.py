# SPDX-License-Identifier: GPL-3.0-or-later
"""Any picture -> what the policy sees: a 64x64 sRGB box mean, squashed."""

from __future__ import annotations

import numpy as np

from editor_ops.operations import max_value

SIZE = 64
"""Pixels along each side: the paper's state (section 4.1)."""
RULE = "box mean of sRGB-encoded values over every pixel that a cell touches; aspect ratio not kept; alpha-weighted"


def thumbnail(image: np.ndarray, alpha: np.ndarray | None = None, size: int = SIZE) -> np.ndarray:
    """A picture's thumbnail, float32 (3, size, size), sRGB-encoded in [0, 1]; the policy is shown size 64.

    image: (height, width, 3), or (height, width) for grey, sRGB-encoded: uint8, uint16, or floats where 1.0 is
    white (clipped to [0, 1]). alpha: (height, width), the same kind; transparent pixels don't count, and a cell
    with nothing in it takes the mean of the rest. Cell i of n pixels covers pixels floor(i n / size)
    up to ceil((i + 1) n / size), so a side shorter than that repeats them. ValueError for other shapes and types,
    and for values that are not finite.
    """
    image = np.asarray(image)
    if image.ndim == 2:
        image = image[..., None]
    if image.ndim != 3 or image.shape[2] not in (1, 3) or 0 in image.shape:
        raise ValueError(f"thumbnail: a picture has shape (height, width, 3) or (height, width), not {image.shape}")
    white = max_value(image)
    if alpha is None:
        mean = _box_sums(image, size) / _cell_sizes(size, *image.shape[:2])
    else:
        alpha = np.asarray(alpha)
        if alpha.shape != image.shape[:2]:
            raise ValueError(f"thumbnail: alpha has shape {alpha.shape}, the picture {image.shape[:2]}")
        mean = _weighted(image, alpha, size)
    mean = np.clip(mean / white, 0.0, 1.0)
    if not np.isfinite(mean).all():
        raise ValueError("thumbnail: the picture holds values that are not finite (NaN or infinity)")
    rgb = np.broadcast_to(mean, (size, size, 3))
    return np.ascontiguousarray(rgb.transpose(2, 0, 1), dtype=np.float32)  # (3, size, size)


def cell_edges(n: int, size: int) -> tuple[np.ndarray, np.ndarray]:
    """The first pixel of each of `size` cells along n pixels, and the one after its last: int (size,) each."""
    cells = np.arange(size)
    return cells * n // size, -(-(cells + 1) * n // size)


def _cell_sizes(size: int, height: int, width: int) -> np.ndarray:
    """Pixels in each cell, (size, size, 1)."""
    rows, columns = (bottom - top for top, bottom in (cell_edges(height, size), cell_edges(width, size)))
    return np.outer(rows, columns)[..., None]


def _box_sums(image: np.ndarray, size: int, weight: np.ndarray | None = None) -> np.ndarray:
    """Sums over the cells: (height, width, C) -> float64 (size, size, C); weight: of each pixel, (height, width)."""
    height, width, channels = image.shape
    floating = np.issubdtype(image.dtype, np.floating)
    rows = np.empty((size, width, channels))
    for i, (top, bottom) in enumerate(zip(*cell_edges(height, size), strict=True)):
        band = image[top:bottom]
        if floating:
            band = np.clip(band, 0.0, 1.0)
        if weight is not None:  # 65535 squared still fits into uint32
            exact = not floating and weight.dtype.kind == "u"
            band = np.multiply(band, weight[top:bottom, :, None], dtype=np.uint32 if exact else np.float64)
        # Integer sums of integers are exact, so the thumbnail doesn't depend on how the sum is taken.
        rows[i] = band.sum(axis=0, dtype=np.uint64 if band.dtype.kind == "u" else np.float64)
    sums = np.empty((size, size, channels))
    for i, (left, right) in enumerate(zip(*cell_edges(width, size), strict=True)):
        sums[:, i] = rows[:, left:right].sum(axis=1)
    return sums


def _weighted(image: np.ndarray, alpha: np.ndarray, size: int) -> np.ndarray:
    opaque = _box_sums(alpha[..., None], size)
    if not opaque.any():  # nothing is visible: then everything counts alike
        return _box_sums(image, size) / _cell_sizes(size, *image.shape[:2])
    colour = _box_sums(image, size, np.clip(alpha, 0, 1) if np.issubdtype(alpha.dtype, np.floating) else alpha)
    rest = colour.sum(axis=(0, 1)) / opaque.sum(axis=(0, 1))
    return np.where(opaque > 0, colour / np.where(opaque > 0, opaque, 1), rest)
