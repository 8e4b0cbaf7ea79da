# SPDX-License-Identifier: GPL-3.0-or-later
"""GEGL's blur along a line as a matrix, in closed form: what a graph can make for a picture of any size.

blur.py has the filter as a recursion, wide_blur.py as one over nodes. A graph of ONNX operators has no cheap recursion,
but it multiplies matrices fast, and at every few pixels the blur needs few rows. Each entry follows from the poles of
the recursion, which follow from the standard deviation.

With r the three roots of the filter's polynomial before it is discretised and q its scale, the poles are
p = q / (q - r). Partial fractions make the forward pass the sum of G p^d, d pixels on, with G = R / (q - r), and both
passes the sum of H p^|d|. Two of the three are a conjugate pair: their sum is twice the real part of one.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from array_api_compat import array_namespace

from .blur import POLYNOMIAL, convolution_weights, pole_scale
from .color import Array
from .scalars import floor
from .wide_blur import lagrange

ROOTS = [complex(root) for root in np.roots(POLYNOMIAL)]
"""Of the polynomial: one real, and a pair, of which every sum here takes one."""
REAL, PAIR = (next(r for r in ROOTS if r.imag == 0), next(r for r in ROOTS if r.imag > 0))
ALL = (REAL, PAIR, PAIR.conjugate())
Complex = tuple[Any, Any]
"""Real and imaginary part: ONNX has no complex numbers."""


def _times(a: Complex, b: Complex) -> Complex:
    return a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0]


def _sum(terms: list[Complex]) -> Complex:
    return sum((t[0] for t in terms[1:]), terms[0][0]), sum((t[1] for t in terms[1:]), terms[0][1])


def _over(number: complex, constant: complex, per_q: complex, q: Any) -> Complex:
    """number / (constant - per_q q)."""
    real, imaginary = constant.real - per_q.real * q, constant.imag - per_q.imag * q
    size = real * real + imaginary * imaginary
    return _times((number.real, number.imag), (real / size, imaginary * (-1.0 / size)))


def _residue(root: complex) -> complex:
    """R of a root: G = R / (q - r)."""
    others = [other for other in ALL if other != root]
    return -math.prod(ALL) / math.prod(root - other for other in others)


def _both_passes(root: complex, q: Any) -> Complex:
    """H of a root."""
    terms = [_over(_residue(root) * _residue(o), root * o, root + o, q) for o in ALL]
    return _sum(terms)


def _powers(root: complex, q: Any, distance: Array) -> Complex:
    """p^distance of a root's pole, of the shape of distance."""
    xp = array_namespace(distance)
    real, imaginary = 1.0 - root.real / q, -root.imag / q  # of 1 / p
    decay = xp.exp(distance * (-0.5 * xp.log(real * real + imaginary * imaginary)))
    if root.imag == 0:
        return decay, decay * 0.0
    angle = distance * -xp.atan(imaginary / real)
    return decay * xp.cos(angle), decay * xp.sin(angle)


def _real_sum(root: complex, factor: Complex, powers: Complex) -> Array:
    """What a root, and its conjugate where it has one, add up to."""
    return (1.0 if root.imag == 0 else 2.0) * _times(factor, powers)[0]


def _response(q: Any, distance: Array, tail: bool = False) -> Array:
    """Both passes' impulse response at a distance, or its sum from there on."""
    total = 0.0
    for root in (REAL, PAIR):
        factor = _both_passes(root, q)
        if tail:  # over 1 - p = -r / (q - r)
            factor = _times(factor, _one_over_rest(root, q))
        total = total + _real_sum(root, factor, _powers(root, q, distance))
    return total


def _one_over_rest(root: complex, q: Any) -> Complex:
    """1 / (1 - p) = (q - r) / -r."""
    inverse = 1.0 / -root
    return 1.0 + q * inverse.real, q * inverse.imag


def recursive_weights(places: Array, pixels: Array, n: Any, std_dev: Any) -> Array:
    """What each of n pixels of a line, clamped at its ends, weighs in GEGL's recursive blur at places.

    places: (P, 1), in pixels; pixels: (1, n), 0 to n - 1; n and std_dev, 1 pixel or more: of shape (1, 1); all floats.
    Returns (P, n). A place may lie some pixels beyond the ends.
    """
    xp = array_namespace(pixels)
    q = pole_scale(std_dev)
    first, last = pixels == 0.0, pixels == n - 1.0
    weights = _response(q, xp.abs(places - pixels))
    weights = weights + xp.where(first, _tail(q, places + 1.0), 0.0) + xp.where(last, _tail(q, n - places), 0.0)
    return weights + _boundary_error(q, places, pixels, n)


def _tail(q: Any, start: Array) -> Array:
    """The response from a distance on, which may be negative: the whole sums to 1."""
    xp = array_namespace(start)
    beyond = _response(q, xp.where(start > 0.0, start, 1.0 - start), tail=True)
    return xp.where(start > 0.0, beyond, 1.0 - beyond)


def _boundary_error(q: Any, places: Array, pixels: Array, n: Any) -> Array:
    """GEGL's error at the end of a line, (P, n): its backward pass begins one sample late (see wide_blur.py).

    So it lacks what it would make of the forward pass's differences behind the end, c (1 - p) p^m of each pole, where
    c is the forward pass of the line, less its last pixel, at n - 1.
    """
    xp = array_namespace(pixels)
    first, last = pixels == 0.0, pixels == n - 1.0
    forward = []
    for root in (REAL, PAIR):
        power, rest = _powers(root, q, n - 1.0 - pixels), _one_over_rest(root, q)  # (1, n)
        extended = _times(power, rest)  # with the first pixel repeated before it
        parts = [xp.where(first, e, p) - xp.where(last, r, 0.0)
                 for e, p, r in zip(extended, power, rest, strict=True)]  # fmt: skip
        forward.append((parts[0], parts[1]))
    forward.append((forward[1][0], forward[1][1] * -1.0))  # of the conjugate
    error = 0.0
    for root in (REAL, PAIR):
        terms = []
        for other, passed in zip(ALL, forward, strict=True):
            factor = _over(_residue(root) * _residue(other), root * other, root + other, q)
            terms.append(_times(_times(factor, _over(-other, -other, -1.0, q)), passed))
        error = error + _real_sum(root, _sum(terms), _powers(root, q, n - places))
    return error


def convolved_weights(places: Array, pixels: Array, n: Any, std_dev: Any) -> Array:
    """The same for a deviation below 1 pixel, where GEGL convolves. Shapes as `recursive_weights`."""
    xp = array_namespace(pixels)
    total = 0.0
    for shift, weight in convolution_weights(std_dev):
        total = total + xp.where(xp.clip(places + shift, 0.0, n - 1.0) == pixels, weight, 0.0)
    return total


def node_places(numbers: Array, step: Any) -> Array:
    """Pixels at which nodes 0, 1, 2 ... of a blur lie: the second at the line's first pixel."""
    return (numbers - 1.0) * step


def interpolation(pixels: Array, numbers: Array, step: Any) -> Array:
    """The cubic through four nodes that lies at each pixel: (n, nodes). pixels: (n, 1), numbers: of nodes, (1, N)."""
    xp = array_namespace(pixels)
    before = floor(pixels / step)  # the node before the pixel's own stretch
    weights = 0.0
    for k, weight in enumerate(lagrange(pixels / step - before)):
        weights = weights + xp.where(numbers == before + float(k), weight, 0.0)
    return weights

