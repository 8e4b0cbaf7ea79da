# SPDX-License-Identifier: GPL-3.0-or-later
"""Slider values -> edited picture: GIMP's operations in the table's order, in float, one rounding at the end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from array_api_compat import is_numpy_array

from .blend import amount, blend
from .chain import AMOUNT, chain
from .color import Array, is_floating, linear_to_srgb, srgb_to_linear
from .full_size import edit_full_size
from .operations import OPERATIONS, as_float, max_value, to_dtype

FULL_SIZE_FROM = 200_000
"""Pixels from which a NumPy picture is worked in tiles. Measured: without a blur it pays from 15,000 on, six times at
200,000; with one, whose passes over few pixels are mostly overhead, from 250,000 on."""


def apply(
    operation: str, image: Array, *, alpha: Array | None = None, mode: str = "replace", opacity: Any = 1.0,
    **properties: Any,
) -> Array:  # fmt: skip
    """Does one GIMP filter under GIMP's own names, as a float GIMP image would hold the result.

    operation: e.g. "gegl:exposure". image: (..., height, width, 3), sRGB-encoded floats, unclipped, NumPy or
    torch; the same comes back. Properties are GIMP's, dashes as underscores; those not given are neutral or
    GIMP's default. alpha: (..., height, width) in [0, 1], weights blurs. mode, opacity: the filter's, as `blend.blend`.
    ValueError for an operation, property or mode that is not known, and for pictures that aren't float RGB.
    """
    if operation not in OPERATIONS:
        raise ValueError(f"apply: no operation {operation!r}; there are {', '.join(OPERATIONS)}")
    _check_rgb(image)
    if not is_floating(image):
        raise ValueError(f"apply: image is {image.dtype}; give sRGB-encoded floats (edit() takes integers)")
    linear = srgb_to_linear(image)
    try:
        edited = OPERATIONS[operation](linear, alpha=alpha, **properties)
    except TypeError as error:
        raise ValueError(f"apply: {operation}: {error}") from error
    return linear_to_srgb(
        edited if mode == "replace" and opacity == 1.0 else blend(linear, edited, mode, opacity, alpha)
    )


def run(linear: Array, steps: list[tuple[str, dict[str, Any]]], alpha: Array | None = None) -> Array:
    """Runs a `chain` over linear light (..., height, width, 3), unclipped in between and at the end."""
    for operation, properties in steps:
        function = amount if operation == AMOUNT else OPERATIONS[operation]
        linear = function(linear, alpha=alpha, **properties)
    return linear


def edit(image: Array, values: Mapping[str, Any], alpha: Array | None = None) -> Array:
    """Edits a picture by slider values, as GIMP's stack of filters does.

    image: (..., height, width, 3), sRGB-encoded: uint8, uint16, or floats where 1.0 is white; NumPy or torch.
    The same type comes back: integers clipped and rounded once at the end, floats unclipped, but where
    mid-tones or contrast are moved, which clip first.
    values: slider name -> value in GIMP's unit (or one for each image, shape (B,)); left out is neutral, and
    with nothing moved the picture comes back unchanged. alpha: (..., height, width), of the image's type.
    ValueError for shapes, types, names and values that don't fit.
    """
    _check_rgb(image)
    steps = chain(values, image.shape[-2], image.shape[-3])
    if not steps:
        return image
    if is_numpy_array(image) and image.ndim == 3 and image.shape[0] * image.shape[1] >= FULL_SIZE_FROM:
        return edit_full_size(image, values, alpha)
    weight = None if alpha is None else as_float(alpha)
    edited = linear_to_srgb(run(srgb_to_linear(as_float(image)), steps, weight))
    return to_dtype(edited, image.dtype, max_value(image))


def _check_rgb(image: Array) -> None:
    if len(image.shape) < 3 or image.shape[-1] != 3 or 0 in image.shape:
        raise ValueError(f"pictures have shape (..., height, width, 3); this one has {tuple(image.shape)}")
