# SPDX-License-Identifier: GPL-3.0-or-later
"""gegl:domain-transform: smooths, but not across edges (Gastal and Oliveira 2011)."""

from __future__ import annotations

import math
from typing import Any

from .color import Array, linear_to_srgb, srgb_to_linear
from .scalars import clip, namespace


def domain_transform(
    linear: Array,
    *,
    n_iterations: int = 3,
    spatial_factor: Any = 30.0,
    edge_preservation: Any = 0.8,
    alpha: Array | None = None,
) -> Array:
    """Each pixel becomes a mean along its row and its column, in which what lies behind an edge weighs little.

    linear: (..., height, width, 3), linear light, unclipped. n_iterations: 1 to 5. spatial_factor: standard deviation
    in pixels, 0 (neutral) to 1000. edge_preservation: 0 (a plain blur) to 1 (neutral). The last two are numbers, or one
    for each image of a batch, (B,). It works on sRGB-encoded values, and an edge is what differs in 8-bit numbers.
    Follows operations/common/domain-transform.c of GEGL_0_4_62; there alpha is smoothed like a colour and weights
    nothing.
    """
    xp = namespace(linear)
    if _is(edge_preservation, 1.0) or _is(spatial_factor, 0.0):
        return linear
    height, width = linear.shape[-3:-1]
    batch = math.prod(linear.shape[:-3])
    encoded = linear_to_srgb(linear)
    # (B, height, width, 3) -> (width, 3, B * height) and (height, 3, B * width): a line's steps are the first axis.
    shape = (batch, height, width, 3)
    steps = xp.floor(clip(xp.reshape(encoded, shape), 0.0, 1.0) * 255.0 + 0.5)
    across, down = (_differences(xp, steps, axis) for axis in (2, 1))
    pixels = xp.moveaxis(xp.reshape(encoded, shape), 3, 1)  # (B, 3, height, width)
    for n in range(n_iterations):
        share = _shares(n, n_iterations, spatial_factor, edge_preservation)
        pixels = _along(xp, pixels, across, share, 3)
        pixels = _along(xp, pixels, down, share, 2)
    return srgb_to_linear(xp.reshape(xp.moveaxis(pixels, 1, 3), linear.shape))


def _is(value: Any, number: float) -> bool:
    return isinstance(value, (int, float)) and value == number


def _differences(xp: Any, steps: Array, axis: int) -> Array:
    """(B, height, width): how far a pixel is from the one before it along an axis, summed over channels, 0 to 765."""
    ahead = steps[:, :, 1:] - steps[:, :, :-1] if axis == 2 else steps[:, 1:] - steps[:, :-1]
    return abs(ahead).sum(axis=-1)


def _shares(n: int, iterations: int, spatial: Any, preservation: Any) -> tuple[Any, Any]:
    """The logarithm of a neighbour's share on a plain, and what one 8-bit number of difference adds to it, in an
    iteration."""
    deviation = spatial * (math.sqrt(3) * 2.0 ** (iterations - n - 1) / math.sqrt(4.0**iterations - 1))
    plain = -math.sqrt(2) / deviation
    # 1 / range, where range = 1 / preservation - 1
    return plain, plain * spatial * preservation / (1.0 - preservation) / 255.0


def _along(xp: Any, pixels: Array, differences: Array, share: tuple[Any, Any], axis: int) -> Array:
    """One pass forth and back along an axis of (B, 3, height, width)."""
    plain, each = (v[:, None, None] if hasattr(v, "shape") and len(v.shape) == 1 else v for v in share)
    weight = xp.exp(plain + each * differences)  # (B, height, width), one short along the axis
    lines = xp.moveaxis(pixels, axis, 0)  # (length, B, 3, other)
    weights = xp.moveaxis(weight, axis - 1, 0)[:, :, None]  # (length - 1, B, 1, other)
    lines = lines + 0  # a copy of its own, in this order
    last = lines[0]
    for k in range(1, lines.shape[0]):
        last = lines[k] + weights[k - 1] * (last - lines[k])
        lines[k] = last
    for k in range(lines.shape[0] - 2, -1, -1):
        last = lines[k] + weights[k] * (last - lines[k])
        lines[k] = last
    return xp.moveaxis(lines, 0, axis)
