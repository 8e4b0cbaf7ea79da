# SPDX-License-Identifier: GPL-3.0-or-later
"""gegl:domain-transform: smooths, but not across edges (Gastal and Oliveira 2011)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from array_api_compat import is_numpy_array

from .color import Array, cast, is_floating, is_number, linear_to_srgb, srgb_to_linear
from .scalars import clip, namespace

LEVELS = 3 * 255 + 1
"""Differences that there are between two 8-bit colours, summed over the channels."""
TILE = 128
"""Rows and columns that are turned at a time: both sides then lie in the processor's cache."""


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
    if is_number(edge_preservation, 1.0) or is_number(spatial_factor, 0.0):
        return linear
    xp = namespace(linear)
    encoded = xp.reshape(linear_to_srgb(linear), (-1, *linear.shape[-3:]))
    smooth = transformed(encoded, n_iterations, spatial_factor, edge_preservation)
    return srgb_to_linear(xp.reshape(xp.moveaxis(smooth, (2, 0, 3, 1), (0, 1, 2, 3)), linear.shape))


def transformed(encoded: Array, n_iterations: int, spatial_factor: Any, edge_preservation: Any) -> Array:
    """The same of sRGB-encoded samples. (B, height, width, 3), integers or floats -> (height, 3, B, width), floats."""
    xp = namespace(encoded)
    white, values = 1.0, encoded
    if not is_floating(encoded):
        white = 255.0 if str(encoded.dtype).endswith("uint8") else 65535.0
        values = encoded if is_numpy_array(encoded) else cast(encoded, xp.float32)
    steps = encoded if white == 255.0 else xp.floor(clip(values / white, 0.0, 1.0) * 255.0 + 0.5)
    # A line after the other along the first axis: (width, 3, B, height), later (height, 3, B, width).
    lines = _turned(xp.moveaxis(values, (1, 3), (0, 1)))
    if not is_floating(encoded):
        lines *= 1 / white
    across, down = (_differences(xp, xp.moveaxis(steps, axis, 0)) for axis in (2, 1))
    for n in range(n_iterations):
        plain, each = _shares(n, n_iterations, spatial_factor, edge_preservation)
        _smooth(lines, _weights(xp, across, plain, each, lines.dtype))
        lines = _turned(lines)
        _smooth(lines, _weights(xp, down, plain, each, lines.dtype))
        if n < n_iterations - 1:
            lines = _turned(lines)
    return lines


def _smooth(lines: Array, weights: Array) -> None:
    """One pass forth and back, in place: a line becomes its own and what the one before it became.

    lines: (length, 3, B, other). weights: (length - 1, 1, B, other), of the line before.
    """
    length = lines.shape[0]
    last = lines[0]
    for k in range(1, length):
        line = lines[k]
        line += weights[k - 1] * (last - line)
        last = line
    for k in range(length - 2, -1, -1):
        line = lines[k]
        line += weights[k] * (last - line)
        last = line


def _differences(xp: Any, lines: Array) -> Array:
    """8-bit numbers (length, B, other, 3) -> how far each line is from the one before, over all channels: one fewer."""
    if not is_numpy_array(lines):
        lines = cast(lines, xp.float32)
        return abs(lines[1:] - lines[:-1]).sum(axis=-1)
    apart = np.empty((lines.shape[0] - 1, *lines.shape[1:-1]), np.uint16)
    for k in range(0, len(apart), TILE):
        some = lines[k : k + TILE + 1].astype(np.int16)
        ways = np.abs(some[1:] - some[:-1])
        apart[k : k + TILE] = ways[..., 0] + ways[..., 1] + ways[..., 2]
    return apart


def _shares(n: int, iterations: int, spatial: Any, preservation: Any) -> tuple[Any, Any]:
    """The logarithm of a neighbour's share on a plain, and what each number of difference adds; of iteration n."""
    deviation = spatial * (math.sqrt(3) * 2.0 ** (iterations - n - 1) / math.sqrt(4.0**iterations - 1))
    plain = -math.sqrt(2) / deviation
    # GEGL's range factor is 1 / preservation - 1.
    return plain, plain * spatial * preservation / (1.0 - preservation) / 255.0


def _weights(xp: Any, differences: Array, plain: Any, each: Any, dtype: Any) -> Array:
    """(length, 1, B, other): the shares of the lines before."""
    if is_numpy_array(differences) and isinstance(plain, float) and isinstance(each, float):
        table = np.exp(plain + each * np.arange(LEVELS)).astype(dtype)
        return np.asarray(table.take(differences, mode="clip")[:, None])  # "clip": they fit, but to check takes longer
    plain, each = (v[None, :, None] if hasattr(v, "shape") and len(v.shape) == 1 else v for v in (plain, each))
    return cast(xp.exp(plain + each * cast(differences, dtype)), dtype)[:, None]


def _turned(lines: Array) -> Array:
    """(length, 3, B, other) -> (other, 3, B, length), a copy, of floats."""
    if not is_numpy_array(lines):
        return (namespace(lines).moveaxis(lines, (0, 3), (3, 0)) + 0).contiguous()
    length, _, batch, other = lines.shape
    dtype = lines.dtype if is_floating(lines) else np.float32
    if batch > 1 or length * other < 4 * TILE**2:
        return np.array(np.moveaxis(lines, (0, 3), (3, 0)), dtype, order="C")
    turned = np.empty((other, 3, 1, length), dtype)
    for channel in range(3):
        for k in range(0, length, TILE):
            for j in range(0, other, TILE):
                turned[j : j + TILE, channel, 0, k : k + TILE] = lines[k : k + TILE, channel, 0, j : j + TILE].T
    return turned
