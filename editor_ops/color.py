# SPDX-License-Identifier: GPL-3.0-or-later
"""Colour maths that the operations share, as babl does it, for NumPy and torch.

Pictures have shape (..., height, width, 3). In memory the channels may lie in planes: a picture made by
`join` is a view of (..., 3, height, width), which makes channel-wise work contiguous.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from array_api_compat import array_namespace

Array = Any
"""A NumPy array or a torch tensor: the array API has no common type to name."""

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
LAB_EPSILON = 216.0 / 24389.0
LAB_KAPPA = 24389.0 / 27.0


def per_image(value: Any, image: Array) -> Any:
    """A property for each image of a batch (shape (B,)) shaped to act on (B, height, width, 3); a number as it is."""
    if hasattr(value, "shape") and len(value.shape) == 1:
        return value.reshape(value.shape + (1,) * (image.ndim - 1))
    return value


def signs(x: Array) -> Array:
    """-1 where x is negative, else 1, of the type of x."""
    xp = array_namespace(x)
    return xp.copysign(xp.ones_like(x), x)


def planes(image: Array) -> tuple[Array, Array, Array]:
    """(..., height, width, 3) -> its three channels, each (..., height, width)."""
    return image[..., 0], image[..., 1], image[..., 2]


def join(channels: tuple[Array, Array, Array]) -> Array:
    """Three channels (..., height, width) -> (..., height, width, 3), the channels in planes in memory."""
    xp = array_namespace(channels[0])
    return xp.moveaxis(xp.stack(channels, axis=-3), -3, -1)


def srgb_to_linear(encoded: Array) -> Array:
    """sRGB-encoded to linear light, any shape, unclipped; values below the knee, negative ones too, are linear.

    IEC 61966-2-1; babl util.h gamma_2_2_to_linear. 0 and 1 stay themselves.
    """
    xp = array_namespace(encoded)
    curved = ((xp.clip(encoded, 0.04045, None) + 0.055) / 1.055) ** 2.4
    return xp.where(encoded > 0.04045, curved, encoded / 12.92)


def linear_to_srgb(linear: Array) -> Array:
    """Linear light to sRGB-encoded, any shape, unclipped; the inverse of `srgb_to_linear` (babl util.h)."""
    xp = array_namespace(linear)
    knee = 0.003130804954
    curved = 1.055 * xp.clip(linear, knee, None) ** (1 / 2.4) - 0.055
    return xp.where(linear > knee, curved, linear * 12.92)


def luminance(linear: Array) -> Array:
    """Linear sRGB (..., height, width, 3) -> luminance Y (..., height, width), D50-adapted as in babl."""
    r, g, b = planes(linear)
    return LUMINANCE[0] * r + LUMINANCE[1] * g + LUMINANCE[2] * b


def _lab_curve(t: Array) -> Array:
    xp = array_namespace(t)
    return xp.where(t > LAB_EPSILON, xp.clip(t, LAB_EPSILON, None) ** (1 / 3), (LAB_KAPPA * t + 16) / 116)


def lightness(y: Array) -> Array:
    """Luminance Y in [0, 1] -> CIE L in [0, 100], any shape, unclipped (babl CIE.c, Yf_to_Lf)."""
    return 116 * _lab_curve(y) - 16


def linear_to_lab(linear: Array) -> tuple[Array, Array, Array]:
    """Linear sRGB (..., height, width, 3) -> CIE L, a, b (D50), each (..., height, width) (babl CIE.c)."""
    r, g, b = planes(linear)
    x, y, z = (m[0] * r + m[1] * g + m[2] * b for m in RGB_TO_XYZ)
    fx, fy, fz = _lab_curve(x / WHITE_D50[0]), _lab_curve(y), _lab_curve(z / WHITE_D50[2])
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def lab_to_linear(l_: Array, a: Array, b: Array) -> Array:
    """CIE L, a, b (D50), each (..., height, width) -> linear sRGB (..., height, width, 3) (babl CIE.c)."""
    xp = array_namespace(l_)
    fy = (l_ + 16) / 116
    fx, fz = fy + a / 500, fy - b / 200
    cube_x, cube_z = fx * fx * fx, fz * fz * fz
    x = xp.where(cube_x > LAB_EPSILON, cube_x, (116 * fx - 16) / LAB_KAPPA) * WHITE_D50[0]
    y = xp.where(l_ > LAB_KAPPA * LAB_EPSILON, fy * fy * fy, l_ / LAB_KAPPA)
    z = xp.where(cube_z > LAB_EPSILON, cube_z, (116 * fz - 16) / LAB_KAPPA) * WHITE_D50[2]
    rows = tuple(m[0] * x + m[1] * y + m[2] * z for m in XYZ_TO_RGB)
    return join((rows[0], rows[1], rows[2]))
