# SPDX-License-Identifier: GPL-3.0-or-later
"""Operations with a blur in them, taken apart: what is blurred, and what is done to each pixel with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .color import LAB_FROM_RGB, RGB_FROM_LAB, Array, Matrix, lab_curve, lab_curve_back, luminance, mix
from .scalars import namespace
from .shadows_highlights import correct_curves, darkness_of


def channels_last(linear: Array) -> Array:
    """(3, rows, columns) -> (rows, columns, 3), a view."""
    return namespace(linear).moveaxis(linear, 0, -1)


def channels_first(linear: Array) -> Array:
    """(rows, columns, 3) -> (3, rows, columns), a view."""
    return namespace(linear).moveaxis(linear, -1, 0)


@dataclass(frozen=True)
class Spatial:
    """An operation with a blur in it: what is blurred, by which property's radius, and the point-wise rest.

    space: linear RGB to the colours that `finish` works on, and back. surroundings: what `finish` needs to know of the
    blurred planes, value by value.
    """

    radius: str
    blurred_part: Callable[[Array], Array] | None  # (3, rows, columns) -> (planes, ...); None: all of it
    finish: Callable[..., Array]  # (3, rows, columns), surroundings (planes, rows, columns), properties -> (3, ...)
    space: tuple[Matrix, Matrix] | None = None
    surroundings: Callable[[Array], Array] | None = None

    def __call__(self, linear: Array, blurred: Array, **properties: Any) -> Array:
        """The point-wise rest on linear RGB (3, rows, columns), with the blurred planes."""
        surroundings = self.surroundings(blurred) if self.surroundings else blurred
        if self.space is None:
            return self.finish(linear, surroundings, **properties)
        there, back = self.space
        inner = self.finish(channels_first(mix(channels_last(linear), there)), surroundings, **properties)
        return channels_first(mix(channels_last(inner), back))


def _shadows_highlights(xyz: Array, darkness: Array, **properties: Any) -> Array:
    amounts = {"shadows": 0.0, "highlights": 0.0, **properties}
    curves = correct_curves(channels_last(lab_curve(xyz)), darkness[0], **amounts)
    return lab_curve_back(channels_first(curves))


def _unsharp_mask(linear: Array, blurred: Array, scale: Any) -> Array:
    sharper = linear - blurred
    sharper *= scale
    sharper += linear
    return sharper


SPATIAL = {
    "gegl:shadows-highlights": Spatial(
        "radius",
        lambda linear: luminance(channels_last(linear))[None],
        _shadows_highlights,
        (LAB_FROM_RGB, RGB_FROM_LAB),
        darkness_of,
    ),
    "gegl:unsharp-mask": Spatial("std_dev", None, _unsharp_mask),
}
