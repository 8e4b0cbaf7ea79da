# SPDX-License-Identifier: GPL-3.0-or-later
"""The chain for large NumPy pictures: in strips, on all cores, without a float copy of the picture for each operation.

Point-wise operations run one after the other on blocks that stay in the processor's cache. A blur needs its
surroundings, so it is a pass of its own before; wide_blur.py has it.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from array_api_compat import array_namespace

from .blend import amount
from .blur import ALPHA_FLOOR
from .chain import Step, chain, split_curves
from .color import Array, linear_to_srgb, luminance, srgb_to_linear
from .operations import OPERATIONS, as_float, max_value, to_dtype
from .shadows_highlights import correct
from .wide_blur import Blurred, convolve_at_nodes, node_step, recurse_nodes

BLOCK = 24_000
"""Pixels worked at a time, measured: with fewer the calls weigh more, with more the planes leave the cache."""
STRIP = 2**18
"""Pixels a thread takes at a time: some 3 MB as a float picture."""
MOST_THREADS = 8
"""Beyond it the memory, not the processor, sets the pace."""
Curve = Callable[[np.ndarray], np.ndarray]
"""A tone curve, on samples of any shape in [0, 1] and beyond."""
Work = Callable[[np.ndarray, slice], np.ndarray]
"""Linear (rows, width, 3) of these rows of the picture -> the same, edited."""

AFFINE = frozenset(
    f"gegl:{name}"
    for name in (
        "exposure", "color-temperature", "channel-mixer", "saturation",
    )
)  # fmt: skip
"""Operations that are a matrix and an offset in linear light, as the chain uses them; several in a row are one."""


@dataclass(frozen=True)
class Affine:
    """Linear RGB -> matrix (3, 3) times RGB plus offset (3,)."""

    matrix: np.ndarray
    offset: np.ndarray

    def then(self, other: Affine) -> Affine:
        return Affine(other.matrix @ self.matrix, other.matrix @ self.offset + other.offset)

    def is_diagonal(self) -> bool:
        return bool((self.matrix == np.diag(np.diag(self.matrix))).all())

    def __call__(self, linear: np.ndarray, rows: slice) -> np.ndarray:
        result = np.empty((3, *linear.shape[:2]), np.float32)
        for channel, weights, offset in zip(result, self.matrix.tolist(), self.offset.tolist(), strict=True):
            first, *others = [k for k in range(3) if weights[k]] or [0]
            np.multiply(linear[..., first], weights[first], out=channel)
            for k in others:
                channel += linear[..., k] * weights[k]
            channel += offset
        return np.moveaxis(result, 0, -1)


def affine(operation: str, properties: dict[str, Any]) -> Affine:
    """An operation of AFFINE, which is known by what it does to black and to the three primaries."""
    corners = np.vstack([np.zeros(3), np.eye(3)])[None]  # (1, 4, 3)
    seen = OPERATIONS[operation](corners, **properties)[0]
    return Affine((seen[1:] - seen[0]).T, seen[0])


@dataclass(frozen=True)
class Spatial:
    """An operation with a blur in it: what is blurred, by which property's radius, and the point-wise rest."""

    radius: str
    blurred_part: Callable[[Array], Array]  # (rows, width, 3) -> (planes, rows, width)
    finish: Callable[..., Array]  # (rows, width, 3), blurred (planes, rows, width), properties -> (rows, width, 3)


SPATIAL = {
    "gegl:shadows-highlights": Spatial(
        "radius",
        lambda linear: luminance(linear)[None],
        lambda linear, blurred, **properties: correct(linear, blurred[0], **_both_amounts(properties)),
    ),
    "gegl:unsharp-mask": Spatial(
        "std_dev",
        lambda linear: array_namespace(linear).moveaxis(linear, -1, 0),
        lambda linear, blurred, scale: linear + (linear - array_namespace(blurred).moveaxis(blurred, 0, -1)) * scale,
    ),
}


def edit_full_size(
    image: np.ndarray,
    values: Mapping[str, Any],
    alpha: np.ndarray | None = None,
    to_srgb: np.ndarray | None = None,
    decode: Curve = srgb_to_linear,
    encode: Curve = linear_to_srgb,
    threads: int = MOST_THREADS,
) -> np.ndarray:
    """`edit` for one large picture: the same result within float rounding, faster and with less memory.

    image: (height, width, 3): uint8, uint16 or floats; the same type comes back. alpha: (height, width), of the
    image's type. to_srgb: (3, 3), the picture's linear RGB to linear sRGB, where it has other primaries: the same look
    as in sRGB, nothing clipped on the way. decode, encode: its tone curve, stored samples to linear light and back.
    threads: at most; fewer where the process may use fewer cores. At most one float32 copy of the picture is held, and
    that only where two operations with a blur follow each other. ValueError as `edit`.
    """
    height, width, _ = image.shape
    steps = chain(values, width, height)
    if not steps:
        return image
    curves, steps = split_curves(steps)
    source, work, blurs = image, list[Work](), 0
    # `decoder` is None where the source is linear light.
    # Sliders that bend a curve work on the picture's own channels, as in GIMP. So they are a part of its tone curve,
    # which is a table for integers; but with alpha each pixel has its own.
    decoder: Curve | None = functools.partial(_bent, decode, curves) if curves and alpha is None else decode
    if alpha is not None:
        work += [_curve_within(alpha, properties) for _, properties in curves]
    if to_srgb is not None:
        _append(work, Affine(np.asarray(to_srgb, np.float64), np.zeros(3)))
    with ThreadPoolExecutor(min(cores(), threads)) as pool:
        for operation, properties in steps:
            if operation in AFFINE:
                _append(work, affine(operation, properties))
            else:
                spatial, rest = SPATIAL[operation], dict(properties)
                radius = rest.pop(spatial.radius)
                # Up to the first blur it is cheaper to compute a strip again than to hold it; after that it is not.
                keep = np.empty((3, height, width), np.float32) if blurs else None
                blurred = _blur(pool, source, decoder, work, spatial.blurred_part, radius, alpha, keep)
                if keep is not None:
                    source, decoder, work = np.moveaxis(keep, 0, -1), None, []
                work.append(_finished(spatial, blurred, rest))
                blurs += 1
        if to_srgb is not None:
            _append(work, Affine(np.linalg.inv(np.asarray(to_srgb, np.float64)), np.zeros(3)))
        result = np.empty(image.shape, image.dtype)
        white = max_value(image)

        def store(rows: slice) -> None:
            for block in _blocks(rows, width):
                result[block] = to_dtype(encode(_worked(source, decoder, work, block)), image.dtype, white)

        _each(pool, store, height, width)
    return result


def _bent(decode: Curve, curves: Sequence[Step], samples: np.ndarray) -> np.ndarray:
    """Stored samples of any shape to linear light, bent by steps of AMOUNT."""
    linear = decode(samples)
    for _, properties in curves:
        linear = amount(linear, **properties)
    return linear


def _curve_within(alpha: np.ndarray, properties: dict[str, Any]) -> Work:
    return lambda linear, rows: amount(linear, alpha=as_float(alpha[rows]), **properties)


def _append(work: list[Work], step: Affine) -> None:
    """Adds an affine step, to the one before where that is affine too."""
    if work and isinstance(last := work[-1], Affine):
        work[-1] = last.then(step)
    else:
        work.append(step)


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _both_amounts(properties: dict[str, Any]) -> dict[str, Any]:
    return {"shadows": 0.0, "highlights": 0.0, **properties}


def _finished(spatial: Spatial, blurred: Blurred, rest: dict[str, Any]) -> Work:
    return lambda linear, rows: spatial.finish(linear, blurred.rows(rows), **rest)


def _worked(source: np.ndarray, decode: Curve | None, work: list[Work], rows: slice) -> np.ndarray:
    """These rows of the source in linear light, after all work; channels in planes in memory. decode: the source's tone
    curve, None where it is linear light."""
    strip = np.moveaxis(source[rows], -1, 0)
    if decode is None:
        linear = strip
    elif strip.dtype.kind == "u":
        table = _linear_table(strip.dtype.name, decode)
        if strip.dtype == np.uint8 and work and isinstance(first := work[0], Affine) and first.is_diagonal():
            # 8-bit channels have few values: the first stretch of the chain is done on the tables that decode them.
            tables = table * np.diag(first.matrix)[:, None] + first.offset[:, None]
            linear = np.stack([t[channel] for t, channel in zip(tables.astype(np.float32), strip, strict=True)])
            work = work[1:]
        else:
            linear = table[strip]
    else:
        linear = np.asarray(decode(np.ascontiguousarray(strip, dtype=np.float32)), dtype=np.float32)
    linear = np.moveaxis(linear, 0, -1)
    for step in work:
        linear = step(linear, rows)
    return linear


@functools.lru_cache(maxsize=8)  # a process edits pictures of few kinds
def _linear_table(dtype: str, decode: Curve) -> np.ndarray:
    """Linear light of every uint8 or uint16 number, float32."""
    numbers = np.arange(np.iinfo(dtype).max + 1, dtype=dtype)
    return np.asarray(decode(as_float(numbers)), dtype=np.float32)


def _blocks(rows: slice, width: int) -> list[slice]:
    step = max(1, BLOCK // width)
    return [slice(top, min(top + step, rows.stop)) for top in range(rows.start, rows.stop, step)]


def _each(pool: ThreadPoolExecutor, task: Callable[[slice], None], height: int, width: int) -> None:
    """Runs the task for strips of rows on all threads, and waits; an error in one ends it."""
    step = max(1, STRIP // width)
    for _ in pool.map(task, [slice(top, min(top + step, height)) for top in range(0, height, step)]):
        pass


def _blur(
    pool: ThreadPoolExecutor,
    source: np.ndarray,
    decode: Curve | None,
    work: list[Work],
    part: Callable[[np.ndarray], np.ndarray],
    std_dev: float,
    alpha: np.ndarray | None,
    keep: np.ndarray | None,
) -> Blurred:
    """Blurs a part of the worked picture by GEGL's filter: horizontally, then vertically, edges clamped.

    keep (3, height, width) takes the worked picture itself.
    """
    height, width, _ = source.shape
    planes = len(part(np.zeros((1, 1, 3), np.float32))) + (alpha is not None)
    strips: dict[int, tuple[np.ndarray, np.ndarray]] = {}

    def across(rows: slice) -> None:
        strip = np.empty((planes, rows.stop - rows.start, width), np.float32)
        for block in _blocks(rows, width):
            linear = _worked(source, decode, work, block)
            here = slice(block.start - rows.start, block.stop - rows.start)
            if keep is not None:
                keep[:, block] = np.moveaxis(linear, -1, 0)
            if alpha is None:
                strip[:, here] = part(linear)
            else:
                opacity = as_float(alpha[block])
                strip[:-1, here] = part(linear) * np.clip(opacity, ALPHA_FLOOR, None)
                strip[-1, here] = opacity
        strips[rows.start] = convolve_at_nodes(strip, std_dev)

    _each(pool, across, height, width)
    nodes, ends = (np.concatenate([strips[top][k] for top in sorted(strips)], axis=1) for k in range(2))
    columns = np.ascontiguousarray(np.moveaxis(recurse_nodes(nodes, ends, width, std_dev), 1, -1))
    down = recurse_nodes(*convolve_at_nodes(columns, std_dev), height, std_dev)  # (planes, nodes across, nodes down)
    return Blurred(np.ascontiguousarray(np.moveaxis(down, -1, 1)), node_step(std_dev), width, alpha is not None)
