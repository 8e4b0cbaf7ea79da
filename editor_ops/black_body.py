# SPDX-License-Identifier: GPL-3.0-or-later
"""The colour of a black body, by which gegl:color-temperature goes. Plain Python for numbers: GIMP's own runs it."""

from __future__ import annotations

from typing import Any

from .scalars import clip

# The colour of a black body at T kelvin in linear sRGB, as p(T) / q(T) of degree 5 for each of R, G and B:
# six coefficients of p, then six of q, highest power first (rgb_r55 in
# operations/common/color-temperature.c of GEGL_0_4_62).
PLANCKIAN = (
    ((6.9389923563552169e-01, 2.7719388100974670e03, 2.0999316761104289e07,
      -4.8889434162208414e09, -1.1899785506796783e07, -4.7418427686099203e04),
     (1.0, 3.5434394338546258e03, -5.6159353379127791e05,
      2.7369467137870544e08, 1.6295814912940913e08, 4.3975072422421846e05)),
    ((9.5417426141210926e-01, 2.2041043287098860e03, -3.0142332673634286e06,
      -3.5111986367681120e03, -5.7030969525354260e00, 6.1810926909962016e-01),
     (1.0, 1.3728609973644000e03, 1.3099184987576159e06,
      -2.1757404458816318e03, -2.3892456292510311e00, 8.1079012401293249e-01)),
    ((-7.1151622540856201e10, 3.3728185802339764e16, -7.9396187338868539e19,
      2.9699115135330123e22, -9.7520399221734228e22, -2.9250107732225114e20),
     (1.0, 1.3888666482167408e16, 2.3899765140914549e19,
      1.4583606312383295e23, 1.9766018324502894e22, 2.9395068478016189e18)),
)  # fmt: skip


def _horner(coefficients: tuple[float, ...], x: Any) -> Any:
    total = coefficients[0] * x + coefficients[1]
    for c in coefficients[2:]:
        total = total * x + c
    return total


def black_body(kelvin: Any) -> list[Any]:
    """Linear R, G, B of a black body; kelvin a number or an array, held to GEGL's 1000 to 12000."""
    t = clip(kelvin, 1000.0, 12000.0)
    if isinstance(t, (int, float)):
        return [_horner(p, float(t)) / _horner(q, float(t)) for p, q in PLANCKIAN]
    t = t / 1000.0  # kelvin to the fifth leaves float32's range, so the polynomials are taken in kilokelvin
    return [_horner(_kilo(p), t) / _horner(_kilo(q), t) for p, q in PLANCKIAN]


def _kilo(coefficients: tuple[float, ...]) -> tuple[float, ...]:
    """The same polynomial for an argument in thousands, over 1e24 so that float32 holds every coefficient."""
    return tuple(c * 1000.0 ** (5 - i) / 1e24 for i, c in enumerate(coefficients))
