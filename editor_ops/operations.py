# SPDX-License-Identifier: GPL-3.0-or-later
"""GIMP's operations by name, the kinds of samples that pictures have, and the one rounding."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .blend import invert_gamma, rgb_clip
from .brightness_contrast import brightness_contrast
from .channel_mixer import channel_mixer
from .color import Array, cast, is_floating
from .color_temperature import color_temperature
from .domain_transform import domain_transform
from .exposure import exposure
from .levels import levels
from .saturation import saturation
from .scalars import clip, namespace
from .shadows_highlights import shadows_highlights
from .unsharp_mask import unsharp_mask

OPERATIONS: dict[str, Callable[..., Array]] = {
    f"gegl:{function.__name__.replace('_', '-')}": function
    for function in (
        exposure, color_temperature, channel_mixer, shadows_highlights,
        brightness_contrast, levels, saturation, unsharp_mask, rgb_clip, invert_gamma, domain_transform,
    )
}  # fmt: skip
"""GIMP's name -> function on linear light (..., height, width, 3); properties under GIMP's names, with underscores."""


def max_value(image: Array) -> float:
    """The number that stands for white: 255, 65535 or 1.0. ValueError for other kinds of samples."""
    if is_floating(image):
        return 1.0
    white = {"uint8": 255.0, "uint16": 65535.0}.get(str(image.dtype).removeprefix("torch."))
    if white is None:
        raise ValueError(f"pictures are uint8, uint16 or floats; this one is {image.dtype}")
    return white


def as_float(image: Array) -> Array:
    """Integers to float32 in [0, 1]; floats as they are. ValueError as `max_value`."""
    white = max_value(image)
    return image if white == 1.0 else cast(image, namespace(image).float32) * (1 / white)


def rounded(values: Array, steps: float) -> Array:
    """Floats of any shape, clipped to [0, 1], to whole numbers from 0 to `steps`, halves up; still floats."""
    return namespace(values).floor(clip(values, 0.0, 1.0) * steps + 0.5)


def to_dtype(values: Array, dtype: Any, white: float) -> Array:
    """Floats where 1.0 is white to samples of a kind whose white is `white`: integers rounded, floats as they are."""
    return values if white == 1.0 else cast(rounded(values, white), dtype)
