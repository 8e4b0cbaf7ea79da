# SPDX-License-Identifier: GPL-3.0-or-later
"""Formulas for one number or for many: plain Python for numbers, as GIMP's own runs it, the array API for arrays."""

from __future__ import annotations

import math
import sys
from typing import Any


def namespace(x: Any) -> Any:
    """The array API's functions for an array; for NumPy its own, but for those of `color.is_floating` and `color.cast`.

    Around NumPy's, array_api_compat's take ten times as long, and to import them takes longer than NumPy itself.
    """
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(x, (numpy.ndarray, numpy.generic)):
        return numpy
    from array_api_compat import array_namespace  # only for other arrays: GIMP's Python may have no such package

    return array_namespace(x)


def choose(condition: Any, then: Any, otherwise: Any) -> Any:
    """`then` where the condition holds; of arrays, element by element."""
    if isinstance(condition, bool):
        return then if condition else otherwise
    return namespace(condition).where(condition, then, otherwise)


def clip(x: Any, low: float, high: float = math.inf) -> Any:
    """x held to [low, high], a number or an array of any shape; an end may be infinite."""
    if type(x) in (int, float):  # a number of NumPy's stays one
        return min(max(x, low), high)
    # NumPy is not vectorised where only one end is given.
    return namespace(x).clip(x, low, high)


def exp(x: Any) -> Any:
    return math.exp(x) if isinstance(x, (int, float)) else namespace(x).exp(x)


def log(x: Any) -> Any:
    """The natural logarithm."""
    return math.log(x) if isinstance(x, (int, float)) else namespace(x).log(x)


def floor(x: Any) -> Any:
    """The whole number below, an int of a number; of arrays of the same type."""
    return math.floor(x) if isinstance(x, (int, float)) else namespace(x).floor(x)
