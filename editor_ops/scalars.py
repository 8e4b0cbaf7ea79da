# SPDX-License-Identifier: GPL-3.0-or-later
"""Formulas for one number or for many: plain Python for numbers, as GIMP's own runs it, the array API for arrays."""

from __future__ import annotations

import math
from typing import Any


def _namespace(x: Any) -> Any:
    from array_api_compat import array_namespace  # only for arrays: GIMP's own Python may have no NumPy

    return array_namespace(x)


def choose(condition: Any, then: Any, otherwise: Any) -> Any:
    """`then` where the condition holds; of arrays, element by element."""
    if isinstance(condition, bool):
        return then if condition else otherwise
    return _namespace(condition).where(condition, then, otherwise)


def clip(x: Any, low: float, high: float | None = None) -> Any:
    """x, held between low and high, where there is a high."""
    if not isinstance(x, (int, float)):
        return _namespace(x).clip(x, low, high)
    return max(x, low) if high is None else min(max(x, low), high)


def exp(x: Any) -> Any:
    return math.exp(x) if isinstance(x, (int, float)) else _namespace(x).exp(x)


def log(x: Any) -> Any:
    """The natural logarithm."""
    return math.log(x) if isinstance(x, (int, float)) else _namespace(x).log(x)


def floor(x: Any) -> Any:
    """The whole number below, an int of a number; of arrays of the same type."""
    return math.floor(x) if isinstance(x, (int, float)) else _namespace(x).floor(x)
