# SPDX-License-Identifier: GPL-3.0-or-later
"""Pixels moved along a face's field: where each pixel of a box looks, and the picture that it sees there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .color import Array, linear_to_srgb, srgb_to_linear
from .face_field import field
from .face_frame import Box
from .operations import as_float, max_value, to_dtype
from .sampling import bilinear, numbers, refined
from .scalars import namespace

SAMPLES = 8
"""Into so many parts, at least, a cell of the field's grid is cut; pixels between are interpolated."""


@dataclass(frozen=True)
class Ways:
    """How far each pixel of a box looks: out(p) = in(p + D(p)).

    across: (N, 2, rows, width), pixels, x and y, of every `every`-th row of the box from the first one on.
    """

    across: Array
    every: int

    def rows(self, first: int, last: int) -> Array:
        """(N, last - first, width, 2), of rows of the box. A view of (N, 2, last - first, width)."""
        above = first // self.every
        some = refined(self.across[:, :, above : 2 + (last - 1) // self.every], 2, self.every)
        begin = first - above * self.every
        return namespace(some).moveaxis(some[:, :, begin : begin + last - first], 1, -1)


def ways(points: Array, values: Mapping[str, Any], box: Box) -> Ways:
    """As `displacement`, of N faces, without all of it in memory. points: (N, 468, 2)."""
    made = field(points, values, box)
    x0, y0, width, height = box
    every = 1
    if points.shape[0] == 1:  # of a batch of miniatures every pixel is taken
        cell = float(namespace(points).min(made.step[0])) * float(made.frame.unit[0])
        every = max(1, int(cell) // SAMPLES)
    columns, rows = (2 + (size - 1) // every if every > 1 else size for size in (width, height))
    coarse = namespace(points).moveaxis(made.at(x0, y0, columns, rows, every), -1, 1)
    return Ways(refined(coarse, 3, every)[..., :width], every)


def displacement(points: Array, values: Mapping[str, Any], box: Box) -> Array:
    """How far to look for each pixel of a box: out(p) = in(p + D(p)). (height, width, 2), x then y, pixels.

    points: (468, 2), pixels of the picture, or (N, 468, 2); then the result is (N, height, width, 2). values: slider
    name -> value, a number or one for each face (N,); left out is neutral. box: from `face_box`. The field is 0 at the
    box's border, linear in the values up to where the picture would fold, and no longer grows there. ValueError for
    values that the table does not allow.
    """
    many = points if len(points.shape) == 3 else points[None]
    made = ways(many, values, box).rows(0, box[3])
    return made if len(points.shape) == 3 else made[0]


def warp(image: Array, displacements: Array) -> Array:
    """Pixels moved: out(p) = in(p + D(p)), bilinear in linear light, as gegl:map-relative with the linear sampler.

    image: (height, width, 3) or (N, height, width, 3), sRGB-encoded: uint8, uint16 or floats; the same comes back. A
    fourth channel is alpha, which moves too, and by which colours weigh. displacements: (height, width, 2) or (N,
    height, width, 2), pixels. Where they are 0, a pixel stays as it is. Beyond the picture's edge lies its nearest
    pixel.
    """
    many = image if len(image.shape) == 4 else image[None]
    each = displacements if len(displacements.shape) == 4 else displacements[None]
    xp = namespace(many)
    values = as_float(many)
    linear = srgb_to_linear(values[..., :3])
    if values.shape[-1] == 4:
        alpha = values[..., 3:]
        taken = pulled(xp.concatenate([linear * alpha, alpha], axis=-1), each)
        alpha = taken[..., 3:]
        encoded = linear_to_srgb(taken[..., :3] / xp.where(alpha > 0, alpha, xp.ones_like(alpha)))
        encoded = xp.concatenate([encoded, alpha], axis=-1)
    else:
        encoded = linear_to_srgb(pulled(linear, each))
    out = xp.where(xp.any(each != 0, axis=-1)[..., None], to_dtype(encoded, many.dtype, max_value(many)), many)
    return out if len(image.shape) == 4 else out[0]


def pulled(linear: Array, displacements: Array) -> Array:
    """(N, height, width, C) of anything that may be mixed linearly, moved as by `warp`."""
    _, height, width, _ = linear.shape
    x, y = numbers(width, displacements), numbers(height, displacements)[:, None]
    return bilinear(linear, namespace(linear).stack([displacements[..., 0] + x, displacements[..., 1] + y], axis=-1))
