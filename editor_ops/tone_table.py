# SPDX-License-Identifier: GPL-3.0-or-later
"""Tone curves of integer samples as tables: stored numbers to linear light, and linear light to 8-bit numbers."""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np

from .operations import as_float, to_dtype

Curve = Callable[[np.ndarray], np.ndarray]
"""A tone curve, on samples of any shape in [0, 1] and beyond."""
BUCKETS = 65535
"""Into so many equal parts linear light is cut, and a table says what number each begins with: what uint16 can tell."""
MOST_BOUNDS = 4
"""In one part there lie at most so many bounds between two numbers, or the curve is computed instead: of the sRGB curve
1, of a plain gamma of 2.2 2."""


@functools.lru_cache(maxsize=8)  # a process edits pictures of few kinds
def linear_table(dtype: str, decode: Curve) -> np.ndarray:
    """Linear light of every uint8 or uint16 number, float32."""
    numbers = np.arange(np.iinfo(dtype).max + 1, dtype=dtype)
    return np.asarray(decode(as_float(numbers)), dtype=np.float32)


class EightBits:
    """Linear light, float32 of any shape -> uint8: what `encode` and the one rounding give, to the last one.

    The part of BUCKETS that a sample lies in says the number, but for the bounds in it, which the sample is compared
    with. encode: rises, as tone curves do.
    """

    def __init__(self, encode: Curve) -> None:
        self._encode = encode
        bounds = _bounds(encode)
        parts = _part(bounds)
        numbers = np.searchsorted(parts, np.arange(BUCKETS + 1), side="left")  # how many bounds lie in parts before
        self._table = numbers.astype(np.uint8)
        self._bounds = np.append(bounds, np.float32(np.inf))  # of number k: where k + 1 begins
        self._most = int(np.bincount(parts).max())

    def __call__(self, linear: np.ndarray) -> np.ndarray:
        if self._most > MOST_BOUNDS:
            return to_dtype(self._encode(linear), np.uint8, 255.0)
        number = np.take(self._table, _part(linear), mode="clip")
        for _ in range(self._most):
            number += (linear >= np.take(self._bounds, number, mode="clip")).view(np.uint8)
        return number


@functools.lru_cache(maxsize=8)
def eight_bits(encode: Curve) -> EightBits:
    return EightBits(encode)


def _part(linear: np.ndarray) -> np.ndarray:
    part = np.clip(linear, 0.0, 1.0)
    part *= np.float32(BUCKETS)
    return part.astype(np.uint16)


def _bounds(encode: Curve) -> np.ndarray:
    """The least float32 that becomes 1, 2, ..., 255: (255,), rising."""
    wanted = np.arange(1, 256)
    largest = int(np.finfo(np.float32).max.view(np.int32))
    low, high = np.full(255, -largest), np.full(255, largest)
    with np.errstate(over="ignore"):
        while (low < high).any():
            middle = (low + high) >> 1
            reached = to_dtype(encode(_float(middle)), np.uint8, 255.0) >= wanted
            low, high = np.where(reached, low, middle + 1), np.where(reached, middle, high)
    return _float(low)


def _float(place: np.ndarray) -> np.ndarray:
    """The float32 at a place among all of them in their order, 0 at place 0."""
    # Floats that aren't negative are in the order of their bits.
    return np.copysign(np.abs(place).astype(np.int32).view(np.float32), place.astype(np.float32))
