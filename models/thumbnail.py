# SPDX-License-Identifier: GPL-3.0-or-later
"""Any picture -> what the policy sees: a 64x64 sRGB box mean, squashed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from editor_ops.operations import max_value

from .thumbnail_rule import SIZE

Rows = Callable[[slice], tuple[np.ndarray, np.ndarray | None]]
"""Some rows of a picture: their colours, and their alpha where it has one."""


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
    if alpha is not None:
        alpha = np.asarray(alpha)
        if alpha.shape != image.shape[:2]:
            raise ValueError(f"thumbnail: alpha has shape {alpha.shape}, the picture {image.shape[:2]}")
    height, width = image.shape[:2]
    return thumbnail_of_rows(lambda s: (image[s], None if alpha is None else alpha[s]), height, width, size)


def thumbnail_of_rows(rows: Rows, height: int, width: int, size: int = SIZE) -> np.ndarray:
    """`thumbnail` of a picture that is had some rows at a time, each more than once: no copy of the whole is made.

    rows: gives the colours (rows, width, 3 or 1) and the alpha (rows, width), or None, of a slice of rows.
    """
    weighted, opaque = _box_sums(rows, height, width, size)
    if opaque is None or not opaque.any():  # no alpha; or nothing is visible: then everything counts alike
        plain = weighted if opaque is None else _box_sums(lambda s: (rows(s)[0], None), height, width, size)[0]
        mean = plain / _cell_sizes(size, height, width)
    else:
        rest = weighted.sum(axis=(0, 1)) / opaque.sum(axis=(0, 1))
        mean = np.where(opaque > 0, weighted / np.where(opaque > 0, opaque, 1), rest)
    mean = np.clip(mean / max_value(rows(slice(0, 1))[0]), 0.0, 1.0)
    if not np.isfinite(mean).all():
        raise ValueError("thumbnail: the picture holds values that are not finite (NaN or infinity)")
    rgb = np.broadcast_to(mean, (size, size, 3))
    return np.ascontiguousarray(rgb.transpose(2, 0, 1), dtype=np.float32)  # (3, size, size)


def cell_edges(n: Any, size: int) -> tuple[Any, Any]:
    """The first pixel of each of `size` cells along n pixels, and the one after its last: int (size,) each."""
    cells = np.arange(size)
    return cells * n // size, ((cells + 1) * n + size - 1) // size


def _cell_sizes(size: int, height: int, width: int) -> np.ndarray:
    """Pixels in each cell, (size, size, 1)."""
    rows, columns = (bottom - top for top, bottom in (cell_edges(height, size), cell_edges(width, size)))
    return np.outer(rows, columns)[..., None]


def _box_sums(rows: Rows, height: int, width: int, size: int) -> tuple[np.ndarray, np.ndarray | None]:
    """Sums over the cells, float64: of the colours, weighted by alpha (size, size, C), and of alpha (size, size, 1)."""
    bands = [_band_sums(*rows(slice(top, bottom))) for top, bottom in zip(*cell_edges(height, size), strict=True)]
    colours = _column_sums(np.stack([band[0] for band in bands]), size)
    alphas = [band[1] for band in bands if band[1] is not None]
    return colours, _column_sums(np.stack(alphas), size) if alphas else None


def _band_sums(colours: np.ndarray, alpha: np.ndarray | None) -> tuple[np.ndarray, np.ndarray | None]:
    """Sums over a band's rows: (rows, width, C), (rows, width) -> float64 (width, C), (width, 1)."""
    floating = np.issubdtype(colours.dtype, np.floating)
    if floating:
        colours = np.clip(colours, 0.0, 1.0)
    if alpha is None:
        return _sum(colours), None
    if np.issubdtype(alpha.dtype, np.floating):
        alpha = np.clip(alpha, 0, 1)
    exact = not floating and alpha.dtype.kind == "u"  # 65535 squared still fits into uint32
    weighted = np.multiply(colours, alpha[..., None], dtype=np.uint32 if exact else np.float64)
    return _sum(weighted), _sum(alpha[..., None])


def _sum(band: np.ndarray) -> np.ndarray:
    """(rows, width, C) -> float64 (width, C). Of integers it is exact, so the order of summing doesn't matter."""
    if band.dtype.kind != "u":
        return band.sum(axis=0, dtype=np.float64)
    # In the smallest kind that holds it: bytes in uint16, as most bands have few rows, take a third of uint64's time.
    largest = len(band) * int(np.iinfo(band.dtype).max)
    return band.sum(axis=0, dtype=np.promote_types(np.uint16, np.min_scalar_type(largest))).astype(np.float64)


def _column_sums(rows: np.ndarray, size: int) -> np.ndarray:
    """(size, width, C) -> (size, size, C)."""
    columns = zip(*cell_edges(rows.shape[1], size), strict=True)
    return np.stack([rows[:, left:right].sum(axis=1) for left, right in columns], axis=1)
