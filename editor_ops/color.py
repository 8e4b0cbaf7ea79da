# SPDX-License-Identifier: GPL-3.0-or-later
"""Colour maths that the operations share, as babl does it, for NumPy and torch.

Pictures have shape (..., height, width, 3). In memory the channels may lie in planes: a picture made by
`join` is a view of (..., 3, height, width), which makes channel-wise work contiguous.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from array_api_compat import array_namespace, is_numpy_array, is_torch_array

from .scalars import clip, namespace

Array = Any
"""A NumPy array or a torch tensor: the array API has no common type to name."""

Matrix = Sequence[Sequence[Any]]
"""Rows of numbers, or of one number for each image of a batch, (B,)."""

# Linear sRGB to CIE XYZ, adapted to D50, as ICC profiles and babl's space "sRGB" hold it (babl-space.c).
RGB_TO_XYZ = (
    (0.43603515625, 0.3851165771484375, 0.14305114746093750),
    (0.22248840332031250, 0.71690368652343750, 0.06060791015625000),
    (0.01391601562500000, 0.09706115722656250, 0.71392822265625000),
)
XYZ_TO_RGB = tuple(tuple(float(x) for x in row) for row in np.linalg.inv(np.array(RGB_TO_XYZ)))
LUMINANCE = RGB_TO_XYZ[1]
WHITE_D50 = (0.96420288, 1.0, 0.8249054)
"""babl's white of CIE Lab (CIE.c, D50_WHITE_REF_X and _Z)."""
# The same from and to X / X of white, Y, Z / Z of white, which the curve of CIE Lab is put on.
LAB_FROM_RGB = tuple(tuple(m / white for m in row) for row, white in zip(RGB_TO_XYZ, WHITE_D50, strict=True))
RGB_FROM_LAB = tuple(tuple(m * white for m, white in zip(row, WHITE_D50, strict=True)) for row in XYZ_TO_RGB)
LAB_EPSILON = 216.0 / 24389.0
LAB_KAPPA = 24389.0 / 27.0
LAB_EDGE = 6.0 / 29.0
LAB_SLOPE = LAB_KAPPA / 116.0
"""The curve of CIE Lab at LAB_EPSILON, and its slope there and below."""
THIRD_OF_BIAS = 709_958_130
"""What a third of a float32's bits lacks to be those of its cube root: two thirds of the exponent's bias, less what
makes the error as large on both sides."""


def is_floating(x: Array) -> bool:
    """Whether x holds real floats."""
    return bool(x.dtype.kind == "f" if is_numpy_array(x) else array_namespace(x).isdtype(x.dtype, "real floating"))


def cast(x: Array, dtype: Any) -> Array:
    """x as another type; a copy, of floats towards 0."""
    return x.astype(dtype) if is_numpy_array(x) else array_namespace(x).astype(x, dtype)


def per_image(value: Any, image: Array) -> Any:
    """A property for each image of a batch (shape (B,)) shaped to act on (B, height, width, 3); a number as it is."""
    if hasattr(value, "shape") and len(value.shape) == 1:
        return value.reshape(value.shape + (1,) * (image.ndim - 1))
    return value


def is_number(value: Any, number: float) -> bool:
    """Whether a property is this very number for all images: then a part of the work can be left out."""
    return isinstance(value, (int, float)) and value == number


def signs(x: Array) -> Array:
    """-1 where x is negative, else 1, of the type of x."""
    xp = namespace(x)
    return xp.copysign(xp.ones_like(x), x)


def planes(image: Array) -> tuple[Array, Array, Array]:
    """(..., height, width, 3) -> its three channels, each (..., height, width)."""
    return image[..., 0], image[..., 1], image[..., 2]


def join(channels: tuple[Array, Array, Array]) -> Array:
    """Three channels (..., height, width) -> (..., height, width, 3), the channels in planes in memory."""
    xp = namespace(channels[0])
    return xp.moveaxis(xp.stack(channels, axis=-3), -3, -1)


def channels_apart(image: Array) -> bool:
    """Whether a picture is three arrays behind the face of one, as those that write a graph are: no matrix takes it."""
    return not (is_numpy_array(image) or is_torch_array(image))


def mix(image: Array, matrix: Matrix) -> Array:
    """Each channel of (..., height, width, 3) becomes a sum of all three, weighted by the matrix's row.

    Where the matrix has a number for each image, these are (B, height, width, 3).
    """
    if channels_apart(image):
        r, g, b = planes(image)
        red, green, blue = (row[0] * r + row[1] * g + row[2] * b for row in matrix)
        return join((red, green, blue))
    xp = namespace(image)
    first = xp.moveaxis(image, -1, -3)  # in planes in memory, or copied so
    if hasattr(matrix[0][0], "shape") and matrix[0][0].ndim == 1:  # (B, 3, 3)
        weights = cast(xp.stack([xp.stack(list(row), axis=-1) for row in matrix], axis=-2), image.dtype)
    else:
        weights = xp.asarray(matrix, dtype=image.dtype)
        weights = weights if is_numpy_array(image) else weights.to(image.device)
    mixed = xp.matmul(weights, xp.reshape(first, (*first.shape[:-2], -1)))  # (..., 3, pixels)
    return xp.moveaxis(xp.reshape(mixed, first.shape), -3, -1)


def power(x: Array, exponent: float) -> Array:
    """x to an exponent, any shape; x above 0."""
    # Half the time of NumPy's and torch's own; in float32 right to 5e-7.
    xp = namespace(x)
    logarithm = xp.log(x)
    logarithm *= exponent
    return xp.exp(logarithm)


def cube_root(x: Array) -> Array:
    """x to the power of 1/3, any shape; x above 0."""
    if not (is_numpy_array(x) and x.dtype == np.float32):
        return power(x, 1 / 3)
    # In a seventh of the time of NumPy's own: the bits of a float begin with its exponent, so that a third of them, and
    # what makes up for the exponent's bias, is right to 4%. Halley's step leaves of an error its third power, Newton's
    # the square: 2e-7.
    bits = x.view(np.int32) // 3
    bits += THIRD_OF_BIAS
    y = bits.view(np.float32)
    cube = y * y
    cube *= y
    halley = x + x
    halley += cube
    cube += cube
    cube += x
    halley /= cube
    y *= halley
    newton = np.multiply(y, y, out=cube)
    np.divide(x, newton, out=newton)
    y += y
    y += newton
    y *= np.float32(1 / 3)
    return y


def srgb_to_linear(encoded: Array) -> Array:
    """sRGB-encoded to linear light, any shape, unclipped; values below the knee, negative ones too, are linear.

    IEC 61966-2-1; babl util.h gamma_2_2_to_linear. 0 and 1 stay themselves.
    """
    xp = namespace(encoded)
    curved = power((clip(encoded, 0.04045) + 0.055) / 1.055, 2.4)
    return xp.where(encoded > 0.04045, curved, encoded / 12.92)


def linear_to_srgb(linear: Array) -> Array:
    """Linear light to sRGB-encoded, any shape, unclipped; the inverse of `srgb_to_linear` (babl util.h)."""
    knee = 0.003130804954
    curved = 1.055 * power(clip(linear, knee), 1 / 2.4) - 0.055
    if is_numpy_array(linear):
        return np.where(linear > knee, curved, linear * 12.92)
    # torch's where takes longer than all the rest. So: the line up to the knee, and from there what the curve adds.
    return curved + 12.92 * (clip(linear, -math.inf, knee) - knee)


def luminance(linear: Array) -> Array:
    """Linear sRGB (..., height, width, 3) -> luminance Y (..., height, width), D50-adapted as in babl."""
    r, g, b = planes(linear)
    y = LUMINANCE[0] * r
    y += LUMINANCE[1] * g
    y += LUMINANCE[2] * b
    return y


def lab_curve(t: Array) -> Array:
    """CIE Lab's f, any shape, unclipped: the cube root, and below LAB_EPSILON its tangent."""
    if is_numpy_array(t) and t.min(initial=math.inf) >= LAB_EPSILON:  # as in most tiles of a photo
        return cube_root(t)
    tangent = clip(t, -math.inf, LAB_EPSILON) - LAB_EPSILON
    tangent *= LAB_SLOPE
    tangent += cube_root(clip(t, LAB_EPSILON))
    return tangent


def lab_curve_back(f: Array) -> Array:
    """The inverse of `lab_curve`."""
    if is_numpy_array(f) and f.min(initial=math.inf) >= LAB_EDGE:
        return _cube(f)
    tangent = clip(f, -math.inf, LAB_EDGE) - LAB_EDGE
    tangent *= 1 / LAB_SLOPE
    tangent += _cube(clip(f, LAB_EDGE))
    return tangent


def _cube(x: Array) -> Array:
    square = x * x
    square *= x
    return square


def linear_to_lab_curves(linear: Array) -> Array:
    """Linear sRGB (..., height, width, 3) -> f(X), f(Y), f(Z) of CIE Lab's curve f, of the same shape."""
    return lab_curve(mix(linear, LAB_FROM_RGB))


def lab_curves_to_linear(curves: Array) -> Array:
    """The inverse of `linear_to_lab_curves` (babl CIE.c)."""
    return mix(lab_curve_back(curves), RGB_FROM_LAB)


def linear_to_lab(linear: Array) -> tuple[Array, Array, Array]:
    """Linear sRGB (..., height, width, 3) -> CIE L, a, b (D50), each (..., height, width) (babl CIE.c)."""
    fx, fy, fz = planes(linear_to_lab_curves(linear))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def lab_to_linear(l_: Array, a: Array, b: Array) -> Array:
    """CIE L, a, b (D50), each (..., height, width) -> linear sRGB (..., height, width, 3) (babl CIE.c)."""
    fy = (l_ + 16) / 116
    return lab_curves_to_linear(join((fy + a / 500, fy, fy - b / 200)))
