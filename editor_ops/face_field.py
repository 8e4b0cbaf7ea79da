# SPDX-License-Identifier: GPL-3.0-or-later
"""The shape of a face as a smooth field of displacements that never folds.

It is made on a grid in the face's own frame, so that it is the same in a miniature and at full size, and taken from it
bilinearly. It is linear in the sliders up to where a picture would begin to fold.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .color import Array, cast
from .face_frame import REACH, Box, Frame, face_frame, reach
from .face_landmarks import OVAL
from .face_shape import carried, move, moves
from .face_sliders import FACE_SHAPE, moved
from .sampling import bilinear, numbers, smooth_step
from .scalars import clip, namespace

GRID = 65
"""Lines of the grid each way: its cells are 4% of the eyes' distance, half the width of the narrowest bump."""
LEAST_JACOBIAN = 0.3
"""No part of a picture looks at less than this share of its area; at 0 it would fold. From pixel to pixel, which mixes
neighbouring cells, it is never less than 0.2."""
BUMP, CONTOUR_BUMP = 0.065, 0.16
"""Widths of the Gaussians by which a place follows the landmarks around it: those inside a face, those of its contour,
which carry what lies between them and the end of the field."""
STILL = 0.005
"""Weight of what stands still, so that far from all landmarks there is an answer."""
ROUND = 60.0
"""How narrowly the contour's radius is looked up around a direction: over some 7 degrees, two of its landmarks."""
DIRECTIONS = 128
"""In so many directions it is looked up, and taken linearly between them."""
EASE = 0.25
"""Of the way from the contour to the end of the field, what is eased at either end."""
FADE = 0.25
"""Width of the border of a box in which the field fades, in the frame's units."""


@dataclass(frozen=True)
class Field:
    """Backward displacements: out(p) = in(p + D(p)).

    nodes: (N, GRID, GRID, 2), of the grid's lines from top to bottom and from left to right, in the frame's units.
    first, step: (N, 2), x and y of the first node and between nodes.
    """

    frame: Frame
    nodes: Array
    first: Array
    step: Array

    def at(self, x0: int, y0: int, width: int, height: int, every: int = 1) -> Array:
        """The displacement in pixels at pixels' centres, (N, height, width, 2), by bilinear interpolation.

        x0, y0: the first pixel. every: from each one to the next, in pixels.
        """
        xp = namespace(self.nodes)
        x, y = (numbers(n, self.nodes) * every + (o + 0.5) for n, o in ((width, x0), (height, y0)))
        centres = xp.stack([x + 0 * y[:, None], y[:, None] + 0 * x], axis=-1)
        n = self.nodes.shape[0]
        centres = xp.broadcast_to(centres[None], (n, height, width, 2))
        places = (self.frame.to_face(centres) - self.first[:, None, None]) / self.step[:, None, None]
        inside = xp.all((places >= 0) & (places <= GRID - 1), axis=-1)
        taken = bilinear(self.nodes, places)
        taken = xp.where(inside[..., None], taken, xp.zeros_like(taken))
        return self.frame.to_pixels(taken, places=False)


def field(points: Array, values: Mapping[str, Any], box: Box | None = None) -> Field:
    """The field of N faces.

    points: (N, 468, 2), pixels. values: slider name -> value, a number or one for each face (N,); the skin's are passed
    over. box: pixels that may be touched; the field is 0 at its border. ValueError for values that the table lacks.
    """
    xp = namespace(points)
    frame = face_frame(points)
    face = frame.to_face(points)
    ends = reach(face)
    first, last = xp.min(ends, axis=1), xp.max(ends, axis=1)
    step = clip((last - first) / (GRID - 1), 1e-6)  # of landmarks that all lie in one place too
    lines = numbers(GRID, face)
    x = first[:, :1] + step[:, :1] * lines  # (N, GRID)
    y = first[:, 1:] + step[:, 1:] * lines
    down, across, share = _surroundings(face, x, y)
    moving = moves(face, moved(values, FACE_SHAPE))
    forward = xp.stack([xp.matmul(down * moving[:, None, :, k], across) for k in (0, 1)], axis=-1)
    inner = cast((lines > 0) & (lines < GRID - 1), lines.dtype)
    backward = -forward * (share * inner * inner[:, None])[..., None]
    if box is not None:
        backward = backward * _box_edge(frame, _crossings(x, y), step, box)[..., None]
    return Field(frame, unfolded(backward, step), first, step)


def basis(face: Array, x: Array, y: Array) -> Array:
    """How a place moves, forward, for a value of 1 of each slider of `FACE_SHAPE`: (N, 14, rows, columns, 2).

    A field is their sum, weighted by the values, backward, and `unfolded`. face: (N, 468, 2). x: (N, columns), y: (N,
    rows), the lines on which the places lie. All in the frame, and its unit.
    """
    xp = namespace(face)
    down, across, share = _surroundings(face, x, y)
    made = []
    for slider in FACE_SHAPE:
        landmarks = carried(slider.name)
        some_down, some_across = down[:, :, landmarks], across[:, landmarks]
        for way in move(face, slider.name):
            if way is None:
                made.append(xp.zeros_like(share))
            else:
                made.append(xp.matmul(some_down * way[:, None, landmarks], some_across) * share)
    n, rows, columns = share.shape
    return xp.moveaxis(xp.reshape(xp.stack(made, axis=1), (n, len(FACE_SHAPE), 2, rows, columns)), 2, -1)


def _surroundings(face: Array, x: Array, y: Array) -> tuple[Array, Array, Array]:
    """How much each landmark counts at places: down (N, rows, 468) times across (N, 468, columns) times a share.

    The share, (N, rows, columns), makes means of sums, and has the falloff in it.
    """
    xp = namespace(face)
    width = face[0, :, 0] * 0 + BUMP
    width[list(OVAL)] = CONTOUR_BUMP
    # A Gaussian on a grid is the product of one along each line: so their sums are products of matrices.
    across = _gaussian(face[:, :, None, 0] - x[:, None, :], width[:, None])
    down = _gaussian(face[:, None, :, 1] - y[:, :, None], width)
    return down, across, falloff(face, _crossings(x, y)) / (xp.matmul(down, across) + STILL)


def _gaussian(way: Array, width: Array) -> Array:
    # No farther: a processor is slow with numbers that are almost too small for a float32.
    return namespace(way).exp(clip(-0.5 * (way / width) ** 2, -80.0))


def _crossings(x: Array, y: Array) -> Array:
    """Lines x (N, columns) and y (N, rows) -> where they cross, (N, rows, columns, 2)."""
    return namespace(x).stack([x[:, None, :] + 0 * y[:, :, None], y[:, :, None] + 0 * x[:, None, :]], axis=-1)


def falloff(face: Array, places: Array) -> Array:
    """1 within the contour, falling to 0 at REACH. face: (N, 468, 2). places: (N, rows, columns, 2)."""
    xp = namespace(face)
    oval = face[:, list(OVAL)]
    middle = oval.mean(axis=1)[:, None]
    rays = places - middle[:, None]
    length = xp.sqrt(rays[..., 0] ** 2 + rays[..., 1] ** 2)
    turn = xp.arctan2(rays[..., 1], rays[..., 0]) * (DIRECTIONS / math.tau) + DIRECTIONS / 2
    before = clip(xp.floor(turn), 0.0, DIRECTIONS - 1.0)
    radii = _radii(oval - middle)  # (N, DIRECTIONS + 1)
    n = face.shape[0]
    row = xp.reshape(cast(numbers(n, face), xp.int64), (n, 1, 1)) * (DIRECTIONS + 1)
    flat, at = xp.reshape(radii, (-1,)), row + cast(before, xp.int64)
    radius = flat[at] + (flat[at + 1] - flat[at]) * (turn - before)
    return 1 - _slope((length / radius - 1.0) / (REACH - 1.0))


def _radii(spokes: Array) -> Array:
    """How far the contour is from its middle in DIRECTIONS directions from -180 to 180 degrees, (N, DIRECTIONS + 1).

    spokes: (N, 36, 2), from the middle to the contour's landmarks.
    """
    xp = namespace(spokes)
    length = xp.sqrt((spokes**2).sum(axis=-1)) + 1e-6
    turn = (numbers(DIRECTIONS + 1, spokes) * (math.tau / DIRECTIONS) - math.pi)[:, None]
    cosine = xp.cos(turn) * (spokes[..., 0] / length)[:, None] + xp.sin(turn) * (spokes[..., 1] / length)[:, None]
    weight = xp.exp(ROUND * (cosine - 1)) + 1e-9
    return (weight * length[:, None]).sum(axis=-1) / weight.sum(axis=-1)


def _slope(t: Array) -> Array:
    """From 0 to 1 along a straight line that is eased at both ends.

    It is less steep than `smooth_step`, so that a picture may be moved farther before it folds.
    """
    t = clip(t, 0.0, 1.0)
    ends = clip(EASE - t, 0.0), clip(t - (1 - EASE), 0.0)
    # Beside the line through the middle, what a parabola at each end makes of it.
    return (t - EASE / 2 + (ends[0] ** 2 - ends[1] ** 2) / (2 * EASE)) / (1 - EASE)


def _box_edge(frame: Frame, nodes: Array, step: Array, box: Box) -> Array:
    """(N, rows, columns): 1 inside a box, falling to 0 a cell before its last pixels: 0 is interpolated there."""
    xp = namespace(nodes)
    x0, y0, width, height = box
    pixels = frame.to_pixels(nodes)
    x, y = pixels[..., 0], pixels[..., 1]
    inward = xp.minimum(xp.minimum(x - x0, x0 + width - x), xp.minimum(y - y0, y0 + height - y))
    unit = frame.unit[:, None, None]
    cell = xp.sqrt((step**2).sum(axis=-1))[:, None, None]
    return smooth_step(((inward - 1) / unit - cell) / FADE)  # the last pixels' centres lie within


def unfolded(backward: Array, step: Array) -> Array:
    """The nodes of a field, each face's scaled down by the largest factor that keeps the least Jacobian of its map.

    The Jacobian of a bilinear cell is least in one of its corners, so the corners of all cells say it exactly.
    backward: (N, rows, columns, 2). step: (N, 2).
    """
    xp = namespace(backward)
    dx = (backward[:, :, 1:] - backward[:, :, :-1]) / step[:, None, None, :1]  # (N, rows, columns - 1, 2)
    dy = (backward[:, 1:] - backward[:, :-1]) / step[:, None, None, 1:]
    share = None
    for above in (slice(None, -1), slice(1, None)):
        for left in (slice(None, -1), slice(1, None)):
            ax, ay = dx[:, above], dy[:, :, left]
            trace = ax[..., 0] + ay[..., 1]
            determinant = ax[..., 0] * ay[..., 1] - ax[..., 1] * ay[..., 0]
            most = _first_root(xp, determinant, trace, 1 - LEAST_JACOBIAN)
            most = xp.reshape(most, (most.shape[0], -1))
            least = xp.min(most, axis=1)
            share = least if share is None else xp.minimum(share, least)
    return backward * clip(share, 0.0, 1.0)[:, None, None, None]


def _first_root(xp: Any, a: Array, b: Array, c: float) -> Array:
    """The smallest s > 0 with a s^2 + b s + c = 0, or a large number where there is none. c > 0."""
    inner = b * b - 4 * a * c
    below = xp.sqrt(clip(inner, 0.0)) - b
    some = (inner >= 0) & (below > 1e-9)
    return xp.where(some, 2 * c / xp.where(some, below, xp.ones_like(below)), xp.full_like(below, 1e9))
