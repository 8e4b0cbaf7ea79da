# SPDX-License-Identifier: GPL-3.0-or-later
"""The chain for large NumPy pictures: in tiles, on all cores, without a float copy of the picture.

Operations run one after the other on tiles that stay in the processor's cache. A blur needs its surroundings, so it is
a pass of its own before, which works the picture as far as that and keeps nothing but the blur; wide_blur.py has it.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from .blend import amount
from .blur import ALPHA_FLOOR
from .chain import Step, chain, split_curves
from .color import Array, linear_to_srgb, luminance, srgb_to_linear
from .operations import OPERATIONS, as_float, max_value, to_dtype
from .scalars import namespace
from .shadows_highlights import correct
from .tone_table import Curve, eight_bits, linear_table
from .wide_blur import Blurred, between_columns, blur_down, node_step

TILE = 28_000
"""Pixels worked at a time, measured: with fewer the calls weigh more, with more the planes leave the cache. And so few
that OpenBLAS does a matrix product of them in the calling thread (up to 2^18 multiplications): its own threads would
wait for each other beside ours, which took ten times as long on a busy machine."""
COLUMNS = 2048
"""Columns of a tile, at most: a blur, which goes down, has some rows of it."""
BANDS = 4
"""Into so many bands of columns, at least, a picture is cut for a blur, so that several threads have work; on any
machine alike, so that the same numbers come out.
"""
STRIP = 2**18
"""Pixels a thread takes at a time."""
MOST_THREADS = 8
"""Beyond it the memory, not the processor, sets the pace."""
# glibc's malloc gives freed memory back to the system, to be asked for again and cleared page by page, unless a block
# half as large has been freed once: without, tiles take twice the time. Elsewhere it changes nothing.
np.empty(2**22, np.uint8)
Tile = tuple[slice, slice]
"""Rows and columns of a picture."""
Work = Callable[[np.ndarray, Tile], np.ndarray]
"""Linear (3, rows, columns) of this part of the picture -> the same, edited. It may work in place."""

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

    def __call__(self, linear: np.ndarray) -> np.ndarray:
        """(3, ...) -> the same, float32."""
        mixed = self.matrix.astype(np.float32) @ linear.reshape(3, -1)
        mixed += self.offset.astype(np.float32)[:, None]
        return mixed.reshape(linear.shape)


def affine(operation: str, properties: dict[str, Any]) -> Affine:
    """An operation of AFFINE, which is known by what it does to black and to the three primaries."""
    corners = np.vstack([np.zeros(3), np.eye(3)])[None]  # (1, 4, 3)
    seen = OPERATIONS[operation](corners, **properties)[0]
    return Affine((seen[1:] - seen[0]).T, seen[0])


@dataclass(frozen=True)
class Spatial:
    """An operation with a blur in it: what is blurred, by which property's radius, and the point-wise rest."""

    radius: str
    blurred_part: Callable[[Array], Array] | None  # (3, rows, columns) -> (planes, ...); None: all of it
    finish: Callable[..., Array]  # (3, rows, columns), blurred (planes, rows, columns), properties -> (3, ...)


SPATIAL = {
    "gegl:shadows-highlights": Spatial(
        "radius",
        lambda linear: luminance(_channels_last(linear))[None],
        lambda linear, blurred, **properties: _channels_first(
            correct(_channels_last(linear), blurred[0], **_both_amounts(properties))
        ),
    ),
    "gegl:unsharp-mask": Spatial(
        "std_dev",
        None,
        lambda linear, blurred, scale: linear + (linear - blurred) * scale,
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
    work = list[Work | Affine]()
    # Sliders that bend a curve work on the picture's own channels, as in GIMP. So they are a part of its tone curve,
    # which is a table for integers; but with alpha each pixel has its own.
    source = Source(image, functools.partial(_bent, decode, curves) if curves and alpha is None else decode)
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
                blurred = _blur(pool, source, work, spatial.blurred_part, radius, alpha)
                work.append(_finished(spatial, blurred, rest))
        if to_srgb is not None:
            _append(work, Affine(np.linalg.inv(np.asarray(to_srgb, np.float64)), np.zeros(3)))
        return _stored(pool, source, work, encode)


@dataclass(frozen=True)
class Source:
    """A picture as it is stored, and its tone curve to linear light."""

    image: np.ndarray
    decode: Curve

    def after(self, work: list[Work | Affine]) -> Callable[[Tile], np.ndarray]:
        """What gives a part of the picture in linear light after all work: (3, rows, columns), float32."""
        tables: list[np.ndarray] = []
        if self.image.dtype.kind == "u":
            tables = [linear_table(self.image.dtype.name, self.decode)] * 3
            first = work[0] if work and self.image.dtype == np.uint8 else None
            if isinstance(first, Affine) and first.is_diagonal():
                # 8-bit channels have few values: the first stretch of the chain is done on the tables that decode them.
                changed = tables[0] * np.diag(first.matrix)[:, None] + first.offset[:, None]
                tables, work = list(changed.astype(np.float32)), work[1:]

        def worked(tile: Tile) -> np.ndarray:
            stored = self.image[tile]
            if not tables:
                linear = np.array(self.decode(np.moveaxis(stored, -1, 0).astype(np.float32, order="C")), np.float32)
            else:
                linear = np.empty((3, *stored.shape[:2]), np.float32)
                for k in range(3):  # "clip": no number is beyond the table, but to check that takes longer
                    tables[k].take(stored[..., k], out=linear[k], mode="clip")
            for step in work:
                linear = step(linear) if isinstance(step, Affine) else step(linear, tile)
            return linear

        return worked


def _stored(pool: ThreadPoolExecutor, source: Source, work: list[Work | Affine], encode: Curve) -> np.ndarray:
    """The picture after all work, stored as it was: (height, width, 3)."""
    height, width, _ = source.image.shape
    dtype, white = source.image.dtype, max_value(source.image)
    result = np.empty(source.image.shape, dtype)
    worked = source.after(work)
    store = eight_bits(encode) if dtype == np.uint8 else lambda linear: to_dtype(encode(linear), dtype, white)

    def strip(rows: slice) -> None:
        for tile in _tiles(rows, width):
            for k, channel in enumerate(store(worked(tile))):
                result[*tile, k] = channel

    _each(pool, strip, height, _rows_of_tile(width) * max(1, STRIP // (TILE * -(-width // COLUMNS))))
    return result


def _bent(decode: Curve, curves: Sequence[Step], samples: np.ndarray) -> np.ndarray:
    """Stored samples of any shape to linear light, bent by steps of AMOUNT."""
    linear = decode(samples)
    for _, properties in curves:
        linear = amount(linear, **properties)
    return linear


def _curve_within(alpha: np.ndarray, properties: dict[str, Any]) -> Work:
    return lambda linear, tile: _channels_first(
        amount(_channels_last(linear), alpha=as_float(alpha[tile]), **properties)
    )


def _channels_last(linear: Array) -> Array:
    return namespace(linear).moveaxis(linear, 0, -1)


def _channels_first(linear: Array) -> Array:
    return namespace(linear).moveaxis(linear, -1, 0)


def _append(work: list[Work | Affine], step: Affine) -> None:
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
    return lambda linear, tile: spatial.finish(linear, blurred.tile(*tile), **rest)


def _rows_of_tile(width: int) -> int:
    return max(1, TILE // min(width, COLUMNS))


def _tiles(rows: slice, width: int) -> list[Tile]:
    step = _rows_of_tile(width)
    return [
        (slice(top, min(top + step, rows.stop)), slice(left, min(left + COLUMNS, width)))
        for top in range(rows.start, rows.stop, step)
        for left in range(0, width, COLUMNS)
    ]


def _each(pool: ThreadPoolExecutor, task: Callable[[slice], None], n: int, step: int) -> None:
    """Runs the task for all of n rows or columns, a step at a time, on all threads; an error in one ends it."""
    for _ in pool.map(task, [slice(first, min(first + step, n)) for first in range(0, n, step)]):
        pass


def _blur(
    pool: ThreadPoolExecutor,
    source: Source,
    work: list[Work | Affine],
    part: Callable[[np.ndarray], np.ndarray] | None,
    std_dev: float,
    alpha: np.ndarray | None,
) -> Blurred:
    """Blurs a part of the worked picture by GEGL's filter, edges clamped. Down first, then across: it is the same."""
    height, width, _ = source.image.shape
    step = node_step(std_dev)
    columns = max(1, min(COLUMNS, TILE // step, -(-width // BANDS)))
    down: dict[int, np.ndarray] = {}
    # What is done to the blurred picture comes out as what is blurred of the picture it is done to, and is less work.
    last = work[-1] if work and part is None and alpha is None else None
    worked = source.after(work[:-1] if isinstance(last, Affine) else work)

    def blur(columns: slice) -> None:
        def rows(some: slice) -> np.ndarray:
            linear = worked((some, columns))
            linear = part(linear) if part else linear
            if alpha is None:
                return linear
            opacity = as_float(alpha[some, columns])[None]
            return np.concatenate([linear * np.clip(opacity, ALPHA_FLOOR, None), opacity])

        down[columns.start] = blur_down(rows, height, std_dev, TILE // (columns.stop - columns.start))

    _each(pool, blur, width, columns)
    across = np.concatenate([down.pop(left) for left in sorted(down)], axis=-1)  # (planes, nodes down, width)
    nodes = blur_down(lambda some: np.moveaxis(across[..., some], -1, 1), width, std_dev, TILE // across.shape[1])
    nodes = np.moveaxis(nodes, 1, -1)  # (planes, nodes down, nodes across)
    if isinstance(last, Affine):
        nodes = last(nodes)
    return Blurred(between_columns(nodes, step, width), step, alpha is not None)
