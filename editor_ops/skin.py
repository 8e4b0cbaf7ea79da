# SPDX-License-Identifier: GPL-3.0-or-later
"""The skin's filters, shown through a mask."""

from __future__ import annotations

from collections.abc import Sequence

from .blend import blend
from .chain import Filter
from .color import Array, is_floating, linear_to_srgb, srgb_to_linear
from .domain_transform import transformed
from .face_sliders import SMOOTH
from .operations import OPERATIONS, as_float, max_value, to_dtype
from .scalars import clip, namespace

SMOOTHING = SMOOTH[0]


def smoothed(part: Array, step: Filter) -> Array:
    """A filter of SMOOTHING on N boxes (N, height, width, 3), sRGB-encoded -> (height, 3, N, width), encoded floats."""
    values = {name.replace("-", "_"): value for name, value in step.properties.items()}
    return transformed(part, **values)


def filtered(linear: Array, steps: Sequence[Filter], smooth: Array | None) -> Array:
    """The filters one after the other. linear: (..., height, width, 3), linear light.

    smooth: what SMOOTHING, which stands first, makes of the picture, in linear light.
    """
    for step in steps:
        if step.operation == SMOOTHING:
            layer = smooth
        else:
            properties = {name.replace("-", "_"): value for name, value in step.properties.items()}
            layer = OPERATIONS[step.operation](linear, **properties)
        linear = blend(linear, layer, step.mode, step.opacity)
    return linear


def stored_range(linear: Array, part: Array) -> Array:
    """What the filters make, held to what samples can tell: a layer of integers is clipped before its mask.

    linear: of any shape, linear light. part: of the picture's type.
    """
    return linear if is_floating(part) else clip(linear, 0.0, 1.0)


def skin(part: Array, mask: Array, steps: Sequence[Filter]) -> Array:
    """N boxes with the filters shown through a mask; where it is 0, a pixel stays as it is.

    part: (N, height, width, 3), sRGB-encoded: uint8, uint16 or floats; the same comes back; a fourth channel, alpha, as
    it is. mask: (N, height, width), 0 to 1: the filtered picture is mixed in by it in linear light, as GIMP's mode
    Normal does. Pixels that are not finite stay, and have no part in what is filtered: one alone would spread along its
    row and its column.
    """
    xp = namespace(part)
    given = as_float(part[..., :3])
    finite = xp.all(xp.isfinite(given), axis=-1)
    clean = xp.where(finite[..., None], given, xp.zeros_like(given))
    linear = srgb_to_linear(clean)
    smooth = next((smoothed(clean, step) for step in steps if step.operation == SMOOTHING), None)
    if smooth is not None:
        smooth = srgb_to_linear(xp.moveaxis(smooth, (2, 0, 3, 1), (0, 1, 2, 3)))
    layer = stored_range(filtered(linear, steps, smooth), part)
    mixed = linear + (layer - linear) * mask[..., None]
    made = to_dtype(linear_to_srgb(mixed), part.dtype, max_value(part))
    made = xp.where((finite & (mask > 0))[..., None], made, part[..., :3])
    return made if part.shape[-1] == 3 else xp.concatenate([made, part[..., 3:]], axis=-1)
