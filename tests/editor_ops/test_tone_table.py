# SPDX-License-Identifier: GPL-3.0-or-later
"""Tone curves as tables against the curves themselves."""

import numpy as np
import pytest

from editor_ops.color import linear_to_srgb, srgb_to_linear
from editor_ops.operations import to_dtype
from editor_ops.tone_table import Curve, EightBits, linear_table


def gamma(exponent: float) -> Curve:
    return lambda linear: np.maximum(linear, 0.0) ** exponent


CURVES: dict[str, Curve] = {
    "sRGB": linear_to_srgb,
    "gamma 2.2": gamma(1 / 2.2),
    "gamma 1.8": gamma(1 / 1.8),
    "steep, so that it is computed": gamma(1 / 4),
    "black is not 0, and what is darker is": lambda linear: 0.05 + 0.9 * linear,
    "never white": lambda linear: 0.5 * linear,
    "a table's ends are the last": lambda linear: np.interp(linear, [0.0, 0.1, 0.9], [0.0, 0.4, 1.0]),
}


@pytest.mark.parametrize("encode", CURVES.values(), ids=CURVES.keys())
def test_eight_bits_are_the_curves_to_the_last(encode: Curve) -> None:
    even = np.linspace(-0.3, 1.5, 300_001).astype(np.float32)
    dark = (np.linspace(0, 1, 300_001) ** 3).astype(np.float32)
    linear = np.concatenate([even, dark, np.array([-1e30, -0.0, 0.0, 1.0, 1e30], np.float32)])[None]
    assert np.array_equal(EightBits(encode)(linear), to_dtype(encode(linear), np.uint8, 255.0))


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_linear_table(dtype: str) -> None:
    table = linear_table(dtype, srgb_to_linear)
    white = np.iinfo(dtype).max
    assert table.dtype == np.float32 and len(table) == white + 1
    assert np.abs(table - srgb_to_linear(np.arange(white + 1) / white)).max() < 1e-6
