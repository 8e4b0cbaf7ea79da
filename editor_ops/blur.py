# SPDX-License-Identifier: GPL-3.0-or-later
"""GEGL's gaussian blur: the recursive filter of Young and van Vliet (1995), which is not a true Gaussian.

Follows operations/common/gblur-1d.c of GEGL_0_4_62 with abyss policy "clamp" and filter "auto": a short convolution
below a standard deviation of 1 pixel, the recursion from there on; horizontal pass first, then vertical.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from array_api_compat import is_numpy_array

from .color import Array
from .scalars import choose, clip, exp, floor, namespace

MATRIX_UP_TO = 256
"""A filter along so few pixels is applied as one matrix (the filter is linear), beyond that as a recursion."""


POLYNOMIAL = (0.422205, 1.4281, 2.44413, 1.57825)
"""The filter before it is discretised, in q times the derivative, highest power first (equation 8c)."""
HALF = 3
"""Half of the longest convolution: ceil(6.5) samples."""


def pole_scale(std_dev: Any) -> Any:
    """q of a standard deviation of 1 pixel or more (equation 11b). A number or an array."""
    near = 3.97156 - 4.14554 * clip(1 - 0.26891 * std_dev, 0.0) ** 0.5  # which holds below 2.5
    return choose(std_dev >= 2.5, 0.98711 * std_dev - 0.96330, near)


def recursion_constants(std_dev: float) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients b (4,) and the right-edge matrix m (3, 3) for a standard deviation of 1 pixel or more.

    Young and van Vliet, "Recursive implementation of the Gaussian filter" (1995), equations 8c, 10 and 11b;
    the edge by Triggs and Sdika (2006), as in gblur-1d.c iir_young_find_constants.
    """
    q = pole_scale(float(np.float32(std_dev)))  # GEGL passes the deviation as a C float
    cube, square, line, constant = POLYNOMIAL
    b0 = constant + q * (line + q * (square + q * cube))
    b1 = q * (line + q * (2 * square + q * 3 * cube))
    b2 = -square * q * q - 3 * cube * q**3
    b3 = cube * q**3
    a1, a2, a3 = b1 / b0, b2 / b0, b3 / b0
    c = 1 / ((1 + a1 - a2 + a3) * (1 + a2 + (a1 - a3) * a3))
    m = c * np.array(
        [
            [-a3 * (a1 + a3) - a2 + 1, (a3 + a1) * (a2 + a3 * a1), a3 * (a1 + a3 * a2)],
            [a1 + a3 * a2, (1 - a2) * (a2 + a3 * a1), a3 * (1 - a3 * a1 - a3 * a3 - a2)],
            [a3 * a1 + a2 + a1 * a1 - a2 * a2,
             a1 * a2 + a3 * a2 * a2 - a1 * a3 * a3 - a3**3 - a3 * a2 + a3,
             a3 * (a1 + a3 * a2)],
        ]
    )  # fmt: skip
    return np.array([1 - (b1 + b2 + b3) / b0, a1, a2, a3]), m


def recurse(lines: np.ndarray, std_dev: float) -> None:
    """Filters float64 `lines` (n, anything) along the first axis, in place, edges clamped."""
    b, m = recursion_constants(std_dev)
    first, last = lines[0].copy(), lines[-1].copy()
    w = recursive_pass(lines, [first] * 3, b[0], b[1:])
    u = [line - last for line in w]
    w = [sum((row[k] * u[k] for k in range(3)), last) for row in m]
    recursive_pass(lines[::-1], w, b[0], b[1:])


def recursive_pass(lines: np.ndarray, before: list[np.ndarray], gain: float, feedback: np.ndarray) -> list[np.ndarray]:
    """One pass along the first axis, in place: each line becomes gain times itself plus feedback from the three before.

    before: the three filtered lines ahead of the first, nearest first. Returns the last three, nearest first.
    """
    w, term = before, np.empty_like(lines[0])
    for line in lines:
        line *= gain
        for k in range(3):
            np.multiply(w[k], feedback[k], out=term)
            line += term
        w = [line, w[0], w[1]]
    return w


def convolution_weights(std_dev: Any) -> list[tuple[int, Any]]:
    """The convolution that gblur-1d.c uses below 1 pixel: ceil(6.5 s) samples, made odd, summing to 1.

    Places beside a pixel, and the weight of each. std_dev: a number, or an array of them, of more than 1e-5.
    """
    if isinstance(std_dev, float) and std_dev <= 1e-5:  # GEGL_FLOAT_EPSILON
        return [(0, 1.0)]
    half = floor(floor(std_dev * -6.5) * -0.5)
    squares = 2.0 * std_dev * std_dev
    bell = [choose(abs(x) <= half, exp(-float(x * x) / squares), 0.0) for x in range(-HALF, HALF + 1)]
    total = sum(bell[1:], bell[0])
    return [(x, weight / total) for x, weight in zip(range(-HALF, HALF + 1), bell, strict=True)]


def convolve(lines: np.ndarray, std_dev: float) -> np.ndarray:
    """`lines` (n, anything) convolved along the first axis, edges clamped; for a deviation below 1 pixel."""
    n = lines.shape[0]
    out = np.zeros_like(lines)
    for x, weight in convolution_weights(float(std_dev)):
        if weight:
            out += lines[np.clip(np.arange(n) + x, 0, n - 1)] * weight
    return out


@functools.lru_cache(maxsize=64)
def _matrix(n: int, std_dev: float) -> np.ndarray:
    """The 1-D filter as an (n, n) matrix, float64: its response to the identity."""
    return _filtered(np.eye(n), std_dev)


def _filtered(lines: np.ndarray, std_dev: float) -> np.ndarray:
    """`lines` (n, anything), float64, filtered along the first axis as filter "auto" does; it may be in place."""
    if std_dev < 1.0:
        return convolve(lines, std_dev)
    recurse(lines, std_dev)
    return lines


def _blur_axis(image: Array, std_dev: float, axis: int) -> Array:
    n = image.shape[axis]
    if not is_numpy_array(image) or n <= MATRIX_UP_TO:
        xp = namespace(image)
        matrix = xp.asarray(_matrix(n, std_dev), dtype=image.dtype)
        if not is_numpy_array(image):
            matrix = matrix.to(image.device)
        return xp.matmul(matrix, image) if axis == -2 else xp.matmul(image, matrix.T)
    lines = _filtered(np.moveaxis(image, axis, 0).astype(np.float64, order="C"), std_dev)
    return np.moveaxis(lines.astype(image.dtype), 0, axis)


def blur_planes(image: Array, std_dev: float) -> Array:
    """Blurs (..., height, width), linear light, by GEGL's filter; standard deviation in pixels, 0 is neutral."""
    return _blur_axis(_blur_axis(image, float(std_dev), -1), float(std_dev), -2)


ALPHA_FLOOR = 1 / 65536
"""babl's BABL_ALPHA_FLOOR: a colour is never weighted by less, so that it survives where nothing is opaque."""


def gaussian_blur(image: Array, std_dev: float, alpha: Array | None = None) -> Array:
    """Blurs (..., height, width, 3), linear light, standard deviation in pixels.

    With `alpha` (..., height, width) in [0, 1] the colours are weighted by it, as in `weighted_blur`.
    """
    xp = namespace(image)
    channels = xp.moveaxis(image, -1, -3)  # (..., 3, height, width)
    weight = None if alpha is None else alpha[..., None, :, :]
    return xp.moveaxis(weighted_blur(channels, std_dev, weight), -3, -1)


def weighted_blur(plane: Array, std_dev: float, alpha: Array | None) -> Array:
    """Blurs (..., height, width) weighted by alpha in [0, 1] of a shape that broadcasts; None weighs all alike.

    GEGL blurs in babl's premultiplied formats ("RaGaBaA float", "YaA float"): the colour goes in times alpha and comes
    out divided by the blurred alpha, and both of these factors, but not the alpha that is blurred, are held at
    ALPHA_FLOOR or above (babl-internal.h).
    """
    if alpha is None:
        return blur_planes(plane, std_dev)
    weighted = blur_planes(plane * clip(alpha, ALPHA_FLOOR), std_dev)
    return weighted / clip(blur_planes(alpha, std_dev), ALPHA_FLOOR)
