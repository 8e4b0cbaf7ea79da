# SPDX-License-Identifier: GPL-3.0-or-later
"""Arrays looked up between their samples, for NumPy and torch."""

from __future__ import annotations

from array_api_compat import device, to_device

from .color import Array, cast
from .scalars import clip, namespace


def numbers(count: int, like: Array) -> Array:
    """0 to count - 1, (count,), of the type of `like` and where that is."""
    return cast(to_device(namespace(like).arange(count), device(like)), like.dtype)


def smooth_step(t: Array) -> Array:
    """0 up to 0, 1 from 1 on, 3 t^2 - 2 t^3 between; any shape."""
    t = clip(t, 0.0, 1.0)
    return t * t * (3 - 2 * t)


def bilinear(grid: Array, places: Array) -> Array:
    """Values between an array's samples, (N, ..., C); beyond its ends the nearest.

    grid: (N, rows, columns, C), at least two rows and columns. places: (N, ..., 2), x then y; the first sample lies at
    0, 0.
    """
    xp = namespace(grid)
    n, rows, columns, depth = grid.shape
    (i, a), (j, b) = _between(places[..., 0], columns), _between(places[..., 1], rows)
    flat = xp.reshape(grid, (n * rows * columns, depth))
    number = xp.reshape(to_device(xp.arange(n), device(grid)), (n,) + (1,) * (len(j.shape) - 1))
    here = (number * rows + j) * columns + i
    a, b = a[..., None], b[..., None]
    upper = flat[here] * (1 - a) + flat[here + 1] * a
    lower = flat[here + columns] * (1 - a) + flat[here + columns + 1] * a
    return upper * (1 - b) + lower * b


def enlarged(small: Array, height: int, width: int, factor: int) -> Array:
    """(N, rows, columns), means of factor x factor pixels -> (N, height, width), linear between their middles."""
    if factor == 1:
        return small
    i, a = _between((numbers(height, small) + 0.5) / factor - 0.5, small.shape[1])
    j, b = _between((numbers(width, small) + 0.5) / factor - 0.5, small.shape[2])
    wide = small[:, :, j] * (1 - b) + small[:, :, j + 1] * b
    a = a[:, None]
    return wide[:, i] * (1 - a) + wide[:, i + 1] * a


def refined(samples: Array, axis: int, every: int) -> Array:
    """What lies linearly between n samples along an axis, and they: (n - 1) * every + 1 in place of n."""
    if every == 1:
        return samples
    xp = namespace(samples)
    lines = xp.moveaxis(samples, axis, 0)
    shape = list(samples.shape)
    shape[axis] = (shape[axis] - 1) * every + 1
    whole = to_device(xp.empty(shape, dtype=samples.dtype), device(samples))
    made = xp.moveaxis(whole, axis, 0)  # a view
    way = lines[1:] - lines[:-1]
    for k in range(every):
        made[k:-1:every] = lines[:-1] + way * (k / every)
    made[-1] = lines[-1]
    return whole


def shrunk(image: Array, factor: int) -> Array:
    """(N, height, width, C) -> the means of factor x factor pixels; a rest at the right and below is lost."""
    if factor == 1:
        return image
    n, rows, columns, depth = image.shape[0], image.shape[1] // factor, image.shape[2] // factor, image.shape[3]
    cut = image[:, : rows * factor, : columns * factor]
    return namespace(image).reshape(cut, (n, rows, factor, columns, factor, depth)).mean(axis=4).mean(axis=2)


def _between(places: Array, count: int) -> tuple[Array, Array]:
    """The sample before each place, a whole number up to count - 2, and how far the place is on the way to the next."""
    xp = namespace(places)
    held = clip(places, 0.0, count - 1.0)
    before = clip(xp.floor(held), 0.0, count - 2.0)
    return cast(before, xp.int64), held - before
