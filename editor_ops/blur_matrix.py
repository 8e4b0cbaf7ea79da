# SPDX-License-Identifier: GPL-3.0-or-later
"""GEGL's blur along a line as a matrix, in closed form: what a graph can make for a picture of any size.

blur.py has the filter as a recursion, wide_blur.py as one over nodes. A graph of ONNX operators has no cheap recursion,
but it multiplies matrices fast. Each weight follows from the poles of the recursion, which follow from the standard
deviation.

With r the three roots of the filter's polynomial before it is discretised and q its scale, the poles are
p = q / (q - r). Partial fractions make the forward pass the sum of G p^d, d pixels on, with G = R / (q - r), and both
passes the sum of H p^|d|. Two of the three are a conjugate pair: their sum is twice the real part of one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from .blur import POLYNOMIAL, convolution_weights, pole_scale
from .color import Array
from .scalars import clip, floor, namespace
from .wide_blur import lagrange

ROOTS = [complex(root) for root in np.roots(POLYNOMIAL)]
REAL, PAIR = (next(r for r in ROOTS if r.imag == 0), next(r for r in ROOTS if r.imag > 0))
ALL = (REAL, PAIR, PAIR.conjugate())
RESIDUES = {root: -math.prod(ALL) / math.prod(root - other for other in ALL if other != root) for root in ALL}
"""R of each root."""
Complex = tuple[Any, Any]
"""Real and imaginary part: ONNX has no complex numbers."""


@dataclass(frozen=True)
class Weights:
    """What each pixel of a line weighs in the blur at some places, (places, pixels), smooth in both; and what the first
    and the last pixel weigh besides, (places, 1) each, since they stand for all that lies beyond."""

    smooth: Array
    first: Array
    last: Array


@dataclass(frozen=True)
class Pole:
    """What follows from a standard deviation, for one root; numbers or arrays of one shape.

    count: 2 for a conjugate pair. decay, angle: logarithm of |p|, and its argument. both: H. rest: 1 / (1 - p).
    error: for each root, what its forward pass at a line's end makes of GEGL's error there (`_boundary_error`).
    """

    count: float
    decay: Any
    angle: Any
    both: Complex
    rest: Complex
    error: list[Complex]


def poles(std_dev: Any) -> list[Pole]:
    """Of the real root and the pair. std_dev: 1 pixel or more, a number or an array."""
    q = pole_scale(std_dev)
    return [_pole(root, q) for root in (REAL, PAIR)]


def _pole(root: complex, q: Any) -> Pole:
    xp = namespace(q)
    real, imaginary = 1.0 - root.real / q, -root.imag / q  # of 1 / p
    angle = 0.0 if root.imag == 0 else -xp.atan(imaginary / real)
    inverse = 1.0 / -root
    shared = [_over(RESIDUES[root] * RESIDUES[o], root * o, root + o, q) for o in ALL]
    return Pole(
        count=1.0 if root.imag == 0 else 2.0,
        decay=-0.5 * xp.log(real * real + imaginary * imaginary),
        angle=angle,
        both=_sum(shared),
        rest=(1.0 + q * inverse.real, q * inverse.imag),
        error=[_times(factor, _over(-o, -o, -1.0, q)) for factor, o in zip(shared, ALL, strict=True)],
    )


def _times(a: Complex, b: Complex) -> Complex:
    return a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0]


def _sum(terms: list[Complex]) -> Complex:
    return sum((t[0] for t in terms[1:]), terms[0][0]), sum((t[1] for t in terms[1:]), terms[0][1])


def _over(number: complex, constant: complex, per_q: complex, q: Any) -> Complex:
    """number / (constant - per_q q)."""
    real, imaginary = constant.real - per_q.real * q, constant.imag - per_q.imag * q
    size = real * real + imaginary * imaginary
    return _times((number.real, number.imag), (real / size, imaginary * (-1.0 / size)))


def _powers(pole: Pole, distance: Array) -> Complex:
    """p^distance, of the shape of distance."""
    xp = namespace(distance)
    size = xp.exp(distance * pole.decay)
    if pole.count == 1.0:
        return size, 0.0
    return size * xp.cos(distance * pole.angle), size * xp.sin(distance * pole.angle)


def _real_part(pole: Pole, factor: Complex, powers: Complex) -> Array:
    """What a pole, and its conjugate where it has one, add up to."""
    if pole.count == 1.0:
        return factor[0] * powers[0]
    return pole.count * factor[0] * powers[0] - pole.count * factor[1] * powers[1]


def recursive_weights(known: list[Pole], places: Array, pixels: Array, n: Any) -> Weights:
    """GEGL's recursive blur of a line of n pixels, clamped at its ends. known: `poles`, of shape (1, 1).

    places: (P, 1), in pixels, some of which may lie beyond the ends; pixels: (1, N), any; n: (1, 1); all floats.
    """
    xp = namespace(pixels)
    distance = xp.abs(places - pixels)
    smooth = sum(_real_part(pole, pole.both, _powers(pole, distance)) for pole in known)
    error, at_last = _boundary_error(known, places, pixels, n)
    before, _ = _boundary_error(known, places, n * 0.0, n, extended=True)
    return Weights(smooth + error, _tail(known, places + 1.0) + before, _tail(known, n - places) + at_last)


def _tail(known: list[Pole], start: Array) -> Array:
    """The sum of both passes' response from a distance on, which may be negative: the whole is 1."""
    xp = namespace(start)
    distance = xp.where(start > 0.0, start, 1.0 - start)
    beyond = sum(_real_part(pole, _times(pole.both, pole.rest), _powers(pole, distance)) for pole in known)
    return xp.where(start > 0.0, beyond, 1.0 - beyond)


def _boundary_error(
    known: list[Pole], places: Array, pixels: Array, n: Any, extended: bool = False
) -> tuple[Array, Array]:
    """GEGL's error at the end of a line: its backward pass begins one sample late (see wide_blur.py).

    So it lacks what it would make of the forward pass's differences behind the end, c (1 - p) p^m of each pole, where
    c is the forward pass, at n - 1, of the line less its last pixel. What each pixel adds, (places, pixels), and what
    the last one does besides, (places, 1). extended: what lies before the pixel adds, if it is equal to it.
    """
    passed, ends = [], []
    for pole in known:
        power = _powers(pole, n - 1.0 - pixels + (1.0 if extended else 0.0))
        passed.append(_times(power, pole.rest) if extended else power)
        ends.append((pole.rest[0] * -1.0, pole.rest[1] * -1.0))
    error, at_last = 0.0, 0.0
    for pole in known:
        behind = _powers(pole, n - places)
        error = error + _real_part(pole, _sum_over_roots(pole, passed), behind)
        at_last = at_last + _real_part(pole, _sum_over_roots(pole, ends), behind)
    return error, at_last


def _sum_over_roots(pole: Pole, values: list[Complex]) -> Complex:
    """The pole's error factors times values of the real root and of the pair's one."""
    real, one = values
    return _sum([_times(f, v) for f, v in zip(pole.error, (real, one, (one[0], one[1] * -1.0)), strict=True)])


def convolved_weights(places: Array, pixels: Array, n: Any, std_dev: Any) -> Weights:
    """The same for a deviation below 1 pixel, where GEGL convolves, and for whole numbers as places and pixels."""
    xp = namespace(pixels)
    total = 0.0
    for shift, weight in convolution_weights(std_dev):
        total = total + xp.where(clip(places + float(shift), 0.0, n - 1.0) == pixels, weight, 0.0)
    return Weights(total, places * 0.0, places * 0.0)


def node_places(numbers: Array, step: Any) -> Array:
    """Pixels at which nodes 0, 1, 2 ... of a blur lie: the second at the line's first pixel."""
    return (numbers - 1.0) * step


def interpolation(pixels: Array, numbers: Array, step: Any) -> Array:
    """The cubic through four nodes that lies at each pixel: (n, nodes). pixels: (n, 1), numbers: of nodes, (1, N)."""
    xp = namespace(pixels)
    before = floor(pixels / step)  # the node before the pixel's own stretch
    weights = 0.0
    for k, weight in enumerate(lagrange(pixels / step - before)):
        weights = weights + xp.where(numbers == before + float(k), weight, 0.0)
    return weights
