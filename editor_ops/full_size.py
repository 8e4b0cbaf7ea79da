# SPDX-License-Identifier: GPL-3.0-or-later
"""The chain for large NumPy pictures: in tiles, on all cores, without a float copy of the picture.

Operations run one after the other on tiles that stay in the processor's cache. A blur needs its surroundings, so it is
a pass of its own before, which works the picture as far as that and keeps nothing but the blur; wide_blur.py has it.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from .affine import AFFINE, Affine, affine
from .blend import amount
from .blur import ALPHA_FLOOR
from .chain import Step, chain, split_curves
from .color import linear_to_srgb, srgb_to_linear
from .operations import as_float, max_value, to_dtype
from .spatial import SPATIAL, Spatial, channels_first, channels_last
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


def edit_full_size(
    image: np.ndarray,
    values: Mapping[str, Any],
    alpha: np.ndarray | None = None,
    to_srgb: np.ndarray | None = None,
    decode: Curve = srgb_to_linear,
    encode: Curve = linear_to_srgb,
    threads: int = MOST_THREADS,
    out: np.ndarray | None = None,
) -> np.ndarray:
    """`edit` for one large picture: the same result within float rounding, faster and with less memory.

    image: (height, width, 3): uint8, uint16 or floats; the same type comes back. alpha: (height, width), of the
    image's type. to_srgb: (3, 3), the picture's linear RGB to linear sRGB, where it has other primaries: the same look
    as in sRGB, nothing clipped on the way. decode, encode: its tone curve, stored samples to linear light and back.
    threads: at most; fewer where the process may use fewer cores. out: where the result goes, like the image; a new
    one if it is left out. With nothing moved the image itself comes back. ValueError as `edit`.
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
        _append(work, Affine.of(to_srgb))
    with ThreadPoolExecutor(min(cores(), threads)) as pool:
        for operation, properties in steps:
            if operation in AFFINE:
                _append(work, affine(operation, properties))
            else:
                spatial, rest = SPATIAL[operation], dict(properties)
                radius = rest.pop(spatial.radius)
                blurred = _blur(pool, source, work, spatial.blurred_part, radius, alpha)
                if spatial.space:
                    _append(work, Affine.of(spatial.space[0]))
                work.append(_finished(spatial, blurred, rest))
                if spatial.space:
                    _append(work, Affine.of(spatial.space[1]))
        if to_srgb is not None:
            _append(work, Affine.of(np.linalg.inv(to_srgb)))
        return _stored(pool, source, work, encode, np.empty(image.shape, image.dtype) if out is None else out)


@dataclass(frozen=True)
class Source:
    """A picture as it is stored, and its tone curve to linear light."""

    image: np.ndarray
    decode: Curve

    def tables(self, work: list[Work | Affine]) -> tuple[list[np.ndarray], list[Work | Affine]]:
        """What each channel's numbers are in linear light, float32, none for floats; and what work they leave over."""
        if self.image.dtype.kind != "u":
            return [], work
        tables = [linear_table(self.image.dtype.name, self.decode)] * 3
        first = work[0] if work else None
        # Channels have few values: the first stretch of the chain is done on the tables that decode them. 16-bit ones
        # have more, and three tables less room in the cache than one: that pays where nothing is left over.
        if isinstance(first, Affine) and first.is_diagonal() and (self.image.dtype == np.uint8 or len(work) == 1):
            changed = tables[0] * np.diag(first.matrix)[:, None] + first.offset[:, None]
            return list(changed.astype(np.float32)), work[1:]
        return tables, work

    def after(self, work: list[Work | Affine]) -> Callable[[Tile], np.ndarray]:
        """What gives a part of the picture in linear light after all work: (3, rows, columns), float32."""
        tables, work = self.tables(work)

        def worked(tile: Tile) -> np.ndarray:
            stored = self.image[tile]
            if not tables:
                linear = np.array(self.decode(np.moveaxis(stored, -1, 0).astype(np.float32, order="C")), np.float32)
            else:
                linear = np.empty((3, *stored.shape[:2]), np.float32)
                for k in range(3):
                    _look_up(tables[k], stored[..., k], linear[k])
            for step in work:
                linear = step(linear) if isinstance(step, Affine) else step(linear, tile)
            return linear

        return worked


def _look_up(table: np.ndarray, numbers: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    return table.take(numbers, out=out, mode="clip")  # no number is beyond the table, but to check that takes longer


def _stored(
    pool: ThreadPoolExecutor, source: Source, work: list[Work | Affine], encode: Curve, out: np.ndarray
) -> np.ndarray:
    """The picture after all work, stored as it was: (height, width, 3), which is `out`."""
    height, width, _ = source.image.shape
    dtype, white = source.image.dtype, max_value(source.image)
    store = eight_bits(encode) if dtype == np.uint8 else lambda linear: to_dtype(encode(linear), dtype, white)
    tables, rest = source.tables(work)
    if tables and not rest:  # each channel for itself, so that the tables need no linear light in between
        numbers = [store(table) for table in tables]

        def channels(tile: Tile) -> Iterable[np.ndarray]:
            return (_look_up(numbers[k], source.image[*tile, k]) for k in range(3))
    else:
        worked = source.after(work)

        def channels(tile: Tile) -> Iterable[np.ndarray]:
            return store(worked(tile))

    def strip(rows: slice) -> None:
        for tile in _tiles(rows, width):
            for k, channel in enumerate(channels(tile)):
                out[*tile, k] = channel

    _each(pool, strip, height, _rows_of_tile(width) * max(1, STRIP // (TILE * -(-width // COLUMNS))))
    return out


def _bent(decode: Curve, curves: Sequence[Step], samples: np.ndarray) -> np.ndarray:
    """Stored samples of any shape to linear light, bent by steps of AMOUNT."""
    linear = decode(samples)
    for _, properties in curves:
        linear = amount(linear, **properties)
    return linear


def _curve_within(alpha: np.ndarray, properties: dict[str, Any]) -> Work:
    return lambda linear, tile: channels_first(amount(channels_last(linear), alpha=as_float(alpha[tile]), **properties))


def _append(work: list[Work | Affine], step: Affine) -> None:
    """Adds an affine step, to the one before where that is affine too."""
    if work and isinstance(last := work[-1], Affine):
        work[-1] = last.then(step)
    else:
        work.append(step)


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _finished(spatial: Spatial, blurred: Blurred, rest: dict[str, Any]) -> Work:
    surroundings = blurred.mapped(spatial.surroundings) if spatial.surroundings else blurred
    return lambda colours, tile: spatial.finish(colours, surroundings.tile(*tile), **rest)


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
