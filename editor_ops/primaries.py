# SPDX-License-Identifier: GPL-3.0-or-later
"""The same look in an image with other primaries than sRGB's. Plain Python: GIMP's own runs it.

GEGL works on the image's own linear RGB. What treats the three channels alike in linear light (exposure, black level),
goes by the colour's luminance or CIE Lab (saturation, shadows, highlights), or is a blur (clarity) comes out
the same in any primaries. Temperature and tint don't: they are gains of the channels, and the gains of sRGB's red,
green and blue are another matrix on other primaries. So the temperature's filter stays as it is, and the channel mixer
after it, which has room for a whole matrix, carries tint and all that the temperature's gains leave wrong.

Mid-tones and contrast bend each channel's curve, which on other primaries is another look, by little: greys come out
the same. No filter can make up for that without clipping the picture's colours to sRGB's, so they are left as they are,
in GIMP and in `edit_full_size` alike.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from .black_body import black_body

TEMPERATURE = "gegl:color-temperature"
MIXER = "gegl:channel-mixer"
NEUTRAL_KELVIN = 6500.0
"""GEGL's default of the original temperature, which no slider moves."""
LARGEST_GAIN = 2.0
"""What the channel mixer takes, up or down. Reached by tint at twice its end, or by a temperature below 2000 K."""
SINGULAR = 1e-6  # ProPhoto, the widest in use, has a determinant of 0.4
Matrix = list[list[float]]
Step = tuple[str, dict[str, Any]]


def in_primaries(steps: list[Step], primaries: Sequence[float]) -> list[Step]:
    """A `chain` for sRGB -> one that gives a picture with other primaries the same look.

    primaries: the 3x3 matrix from linear sRGB to the picture's linear RGB, row by row; the unit matrix changes no
    look. ValueError where it is no such matrix: nine numbers that can be inverted.
    """
    there = _matrix(primaries)
    by_temperature, by_mixer = [1.0, 1.0, 1.0], [1.0, 1.0, 1.0]
    others: list[Step] = []
    place = None
    for operation, properties in steps:
        if operation == TEMPERATURE:
            gains = zip(black_body(NEUTRAL_KELVIN), black_body(properties["intended_temperature"]), strict=True)
            by_temperature = [neutral / intended for neutral, intended in gains]
        elif operation == MIXER:
            by_mixer[1] = properties["gg_gain"]
        if operation != MIXER:
            others.append((operation, properties))
        if operation in (TEMPERATURE, MIXER):
            place = len(others)
    if place is None:
        return steps
    back = _inverse(there)
    # The wanted matrix is there * gains * back; the temperature's filter, before the mixer, has done a part.
    wanted = [
        [sum(there[i][k] * by_temperature[k] * by_mixer[k] * back[k][j] for k in range(3)) for j in range(3)]
        for i in range(3)
    ]
    mixer = {
        f"{into}{from_}_gain": min(max(wanted[i][j] / by_temperature[j], -LARGEST_GAIN), LARGEST_GAIN)
        for i, into in enumerate("rgb")
        for j, from_ in enumerate("rgb")
    }
    return [*others[:place], (MIXER, mixer), *others[place:]]


def _matrix(numbers: Sequence[float]) -> Matrix:
    try:
        matrix = [[float(value) for value in numbers[row : row + 3]] for row in (0, 3, 6)]
        if len(numbers) == 9 and math.isfinite(d := _determinant(matrix)) and abs(d) > SINGULAR:
            return matrix
    except (TypeError, ValueError):
        pass
    raise ValueError(f"primaries are nine numbers, a matrix that can be inverted; these are {numbers!r:.200}")


def _determinant(m: Matrix) -> float:
    return sum(m[0][k] * _cofactor(m, 0, k) for k in range(3))


def _cofactor(m: Matrix, row: int, column: int) -> float:
    (a, b), (c, d) = ((m[(row + i) % 3][(column + 1) % 3], m[(row + i) % 3][(column + 2) % 3]) for i in (1, 2))
    return a * d - b * c


def _inverse(m: Matrix) -> Matrix:
    whole = _determinant(m)
    return [[_cofactor(m, column, row) / whole for column in range(3)] for row in range(3)]
