# SPDX-License-Identifier: GPL-3.0-or-later
"""A face in a large NumPy picture: its box in strips, on all cores, only where something changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from .chain import Filter
from .color import linear_to_srgb, srgb_to_linear
from .face_warp import Ways
from .full_size import MOST_THREADS, cores
from .operations import as_float, max_value, to_dtype
from .skin import SMOOTHING, filtered, smoothed, stored_range
from .tone_table import eight_bits, linear_table

STRIP = 60_000
"""Pixels worked at a time: their planes lie in the processor's cache."""
Span = tuple[slice, slice]
"""Rows and columns of a box."""


def reshaped(part: np.ndarray, ways: Ways, mask: np.ndarray | None) -> tuple[np.ndarray, np.ndarray | None]:
    """A box's pixels moved, and a mask with them, as `warp` and `pulled` do.

    part: (height, width, 3 or 4), sRGB-encoded: uint8, uint16 or floats. mask: (height, width).
    """
    out, moved_mask = part.copy(), None if mask is None else mask.copy()

    def strip(rows: slice) -> None:
        way = ways.rows(rows.start, rows.stop)[0]
        moving = (way[..., 0] != 0) | (way[..., 1] != 0)
        if (span := _columns(moving)) is None:
            return
        at, moving = (rows, span), moving[:, span]
        x = way[:, span, 0] + np.arange(span.start, span.stop, dtype=np.float32)
        y = way[:, span, 1] + np.arange(rows.start, rows.stop, dtype=np.float32)[:, None]
        place = _Places(x, y, part.shape[1], part.shape[0])
        window = part[place.window]
        planes = _linear(window[..., :3])
        if part.shape[-1] == 4:
            alpha = as_float(window[..., 3])
            planes *= alpha
            opacity = place.taken(alpha)
            stored = to_dtype(opacity, part.dtype, max_value(part))
            np.copyto(out[at][..., 3], stored, where=moving)
        taken = np.stack([place.taken(plane) for plane in planes])
        if part.shape[-1] == 4:
            taken /= np.where(opacity > 0, opacity, 1)
        _store(out, at, taken, moving)
        if moved_mask is not None and mask is not None:
            np.copyto(moved_mask[at], place.taken(mask[place.window]), where=moving)

    _each(strip, part.shape)
    return out, moved_mask


def retouched(part: np.ndarray, mask: np.ndarray, steps: Sequence[Filter]) -> np.ndarray:
    """A box's pixels with the skin's filters shown through a mask, as `skin.skin` does."""
    out = part.copy()
    part = part[..., :3]
    finite = None if part.dtype.kind == "u" or np.isfinite(part).all() else np.isfinite(part).all(axis=-1)
    if finite is not None:
        part, mask = np.where(finite[..., None], part, 0), mask * finite
    smooth = next((smoothed(part[None], step) for step in steps if step.operation == SMOOTHING), None)

    def strip(rows: slice) -> None:
        shown = mask[rows]
        if (span := _columns(shown > 0)) is None:
            return
        at, shown = (rows, span), shown[:, span]
        linear = _linear(part[at][..., :3])
        layer = None
        if smooth is not None:  # (height, 3, 1, width)
            layer = np.moveaxis(srgb_to_linear(smooth[rows, :, 0, span]), 1, -1)
        changed = stored_range(filtered(np.moveaxis(linear, 0, -1), steps, layer), part)
        linear += (np.moveaxis(changed, -1, 0) - linear) * shown
        _store(out, at, linear, shown > 0)

    _each(strip, part.shape)
    return out


class _Places:
    """Where the pixels of a strip look, in the smallest window that holds it all.

    x, y: (rows, columns), in samples of a picture of width x height; beyond its edge lies its nearest pixel.
    """

    def __init__(self, x: np.ndarray, y: np.ndarray, width: int, height: int) -> None:
        x, y = np.clip(x, 0, width - 1), np.clip(y, 0, height - 1)
        i, j = np.minimum(x, width - 2).astype(np.int32), np.minimum(y, height - 2).astype(np.int32)
        self._a, self._b = x - i, y - j
        left, top = int(i.min()), int(j.min())
        self.window: Span = slice(top, int(j.max()) + 2), slice(left, int(i.max()) + 2)
        self._width = self.window[1].stop - left
        self._first = ((j - top) * self._width + (i - left)).astype(np.intp)

    def taken(self, plane: np.ndarray) -> np.ndarray:
        """A plane of the window at these places, by bilinear interpolation."""
        flat = np.ravel(plane)
        upper, right, lower, last = (
            flat[ahead:].take(self._first, mode="clip") for ahead in (0, 1, self._width, self._width + 1)
        )
        with np.errstate(invalid="ignore"):  # what is not finite stays so
            upper += (right - upper) * self._a
            lower += (last - lower) * self._a
            return upper + (lower - upper) * self._b


def _columns(wanted: np.ndarray) -> slice | None:
    """From the first to the last column that has a pixel that is wanted."""
    found = np.flatnonzero(wanted.any(axis=0))
    return slice(int(found[0]), int(found[-1]) + 1) if len(found) else None


def _linear(stored: np.ndarray) -> np.ndarray:
    """(rows, columns, 3), sRGB-encoded -> (3, rows, columns), linear light, float32."""
    if stored.dtype.kind != "u":
        return np.array(srgb_to_linear(np.moveaxis(stored, -1, 0)), np.float32)
    return linear_table(stored.dtype.name, srgb_to_linear).take(np.moveaxis(stored, -1, 0), mode="clip")


def _store(out: np.ndarray, at: Span, linear: np.ndarray, where: np.ndarray) -> None:
    """Linear light (3, rows, columns) into a picture, where pixels are wanted."""
    if out.dtype == np.uint8:
        stored = eight_bits(linear_to_srgb)(linear)
    else:
        stored = to_dtype(linear_to_srgb(linear), out.dtype, max_value(out))
    np.copyto(out[at][..., :3], np.moveaxis(stored, 0, -1), where=where[..., None])


def _each(strip: Callable[[slice], None], shape: tuple[int, ...]) -> None:
    """Strips of rows of a box, on all cores; an error in one ends it."""
    height, rows = shape[0], max(1, STRIP // shape[1])
    with ThreadPoolExecutor(min(cores(), MOST_THREADS)) as pool:
        for _ in pool.map(strip, [slice(top, min(top + rows, height)) for top in range(0, height, rows)]):
            pass
