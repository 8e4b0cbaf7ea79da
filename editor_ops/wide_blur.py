# SPDX-License-Identifier: GPL-3.0-or-later
"""GEGL's recursive blur with a wide radius, taken at every few pixels only; a cubic is laid through these.

The filter has three poles p a direction. Multiplying numerator and denominator by the same factors gives

    1 / ((1 - p z) ...) = q(z) / ((1 - p^h z^h) ...),   q(z) = (1 + p z + ... + (p z)^(h-1)) ...

so that at every h-th pixel the blur is exactly a short convolution by q forwards and backwards, followed by a
recursion over these pixels alone, with the poles p^h. The wider the blur, the larger h may be: it costs the same at
any radius, and the blurred picture takes next to no memory.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .blur import ALPHA_FLOOR, convolve, recursion_constants, recursive_pass
from .scalars import clip, floor

NODES_PER_DEVIATION = 8
"""Pixels at which the blur is taken, a standard deviation. With 8, the cubic between them is right to 2e-5 of a step
from black to white; the error falls with the fourth power."""
SETTLE = 3
"""Nodes beside those that are wanted, on either side: there the convolution sees nothing but the edge's colour."""


def node_step(std_dev: Any) -> Any:
    """Pixels from node to node, a whole number. std_dev: a number or an array."""
    return clip(floor(std_dev / NODES_PER_DEVIATION), 1)


def node_count(n: Any, step: Any) -> Any:
    """Nodes along n pixels: one before them, and two behind the last that lies on one or before one."""
    return floor((n + step - 1) / step) + 3


def lagrange(t: Any) -> tuple[Any, Any, Any, Any]:
    """Lagrange's cubic: what nodes at -1, 0, 1 and 2 weigh at t, of any shape, from 0 to 1."""
    before, at, next_, after = t + 1, t, t - 1, t - 2
    return -at * next_ * after / 6, before * next_ * after / 2, -before * at * after / 2, before * at * next_ / 6


Rows = Callable[[slice], np.ndarray]
"""Gives some rows of a picture: (planes, rows, columns), float32."""


@dataclass(frozen=True)
class Blurred:
    """A blurred picture, held at every step-th row (planes, rows, width).

    Row j lies at pixel (j - 1) * step, so that each pixel has two of them on either side of it.
    weighted: the last plane is the blurred opacity, by which the others are divided (blur.weighted_blur).
    then: what is made of each value of a tile.
    """

    lines: np.ndarray
    step: int
    weighted: bool
    then: Callable[[np.ndarray], np.ndarray] | None = None

    def mapped(self, function: Callable[[np.ndarray], np.ndarray]) -> Blurred:
        """What a smooth function makes of each value: of a few lines, that is, but for values with an opacity."""
        if self.weighted:
            return replace(self, then=function)
        return replace(self, lines=function(self.lines))

    def tile(self, rows: slice, columns: slice) -> np.ndarray:
        """(planes, rows, columns) of this part of the picture, float32."""
        weights, first = _line_weights(rows.start, rows.stop, self.step)
        fine = weights @ self.lines[:, first : first + weights.shape[1], columns]
        if self.weighted:
            fine = fine[:-1] / np.clip(fine[-1], ALPHA_FLOOR, None)
        return self.then(fine) if self.then else fine


def between_columns(nodes: np.ndarray, step: int, width: int) -> np.ndarray:
    """From (planes, rows, nodes), node j at column (j - 1) * step, to every column: (planes, rows, width), float32."""
    windows = np.lib.stride_tricks.sliding_window_view(nodes, 4, axis=-1)  # (planes, rows, columns, 4)
    fine = np.ascontiguousarray(windows) @ _cubic(step)  # (planes, rows, columns, step)
    return np.ascontiguousarray(fine.reshape(*fine.shape[:2], -1)[..., :width])


def blur_down(part: Rows, n: int, std_dev: float, at_once: int) -> np.ndarray:
    """Blurs columns of n pixels, which are had some rows at a time, at every step-th row.

    at_once: rows to ask for at a time; a step of them at least. (planes, nodes, columns), float32: node j at row
    (j - 1) * step.
    """
    if std_dev < 1.0:  # GEGL convolves instead
        lines = np.pad(part(slice(0, n)), [(0, 0), (1, 2), (0, 0)], mode="edge")
        return np.moveaxis(convolve(np.moveaxis(lines, 1, 0), std_dev), 0, 1)
    nodes, ends = _convolve_at_nodes(part, n, std_dev, at_once)
    lines = np.moveaxis(nodes, 1, 0).astype(np.float64)  # (nodes, planes, columns)
    _recurse(lines, _feedback(std_dev, node_step(std_dev)))
    blurred = np.moveaxis(lines[SETTLE : len(lines) - SETTLE], 0, 1)
    error = _boundary_error(std_dev, n)
    blurred[:, blurred.shape[1] - len(error) :] += error @ ends
    return blurred.astype(np.float32)


def _convolve_at_nodes(part: Rows, n: int, std_dev: float, at_once: int) -> tuple[np.ndarray, np.ndarray]:
    """First half of `blur_down`: the convolution at the nodes, and how the columns end.

    (planes, nodes, columns) float32, with SETTLE nodes more on either side, and (planes, 3, columns) float64: the
    forward pass at the last three rows, less the last row.
    """
    step = node_step(std_dev)
    count, before = node_count(n, step) + 2 * SETTLE, (1 + SETTLE) * step + 3 * (step - 1)
    convolution, end_weights = _convolution(std_dev), _end_weights(std_dev, n)
    first_end, group = n - len(end_weights), max(1, at_once // step)
    nodes, lines, ends = np.zeros((0, 0, 0), np.float32), np.zeros((0, 0, 0), np.float32), np.zeros((0, 0, 0))
    # Node i's convolution is the sum of the first part of step i, the second of step i + 1, and so on to the sixth.
    for first in range(0, count + 5, group):
        top, bottom = (g * step - before for g in (first, min(first + group, count + 5)))
        rows = slice(min(max(top, 0), n - 1), max(min(bottom, n), 1))
        lines = part(rows)
        planes, _, columns = lines.shape
        if first == 0:
            nodes = np.zeros((planes, count + 10, columns), np.float32)  # with 5 on either side that nobody asks for
            ends = np.zeros((planes, 3, columns))
        here = max(rows.start, first_end)
        if bottom > 0 and top < n and here < rows.stop:
            weights = end_weights[here - first_end : rows.stop - first_end].T
            ends += weights @ lines[:, here - rows.start :].astype(np.float64)
        if rows.stop - rows.start < bottom - top:
            lines = lines[:, np.clip(np.arange(top, bottom), rows.start, rows.stop - 1) - rows.start]
        parts = convolution @ lines.reshape(planes, -1, step, columns)  # (planes, steps, 6, columns)
        for k in range(6):
            nodes[:, 5 + first - k : 5 + first - k + parts.shape[1]] += parts[:, :, k]
    ends -= end_weights.sum(axis=0)[:, None] * lines[:, -1:]
    return nodes[:, 5 : 5 + count], ends


@functools.lru_cache(maxsize=64)  # threads work on the same rows at about the same time
def _line_weights(start: int, stop: int, step: int) -> tuple[np.ndarray, int]:
    """What lines at every step-th row weigh in rows from start to stop: (rows, lines) float32, and the first line."""
    y = np.arange(start, stop)
    first = y // step - start // step
    weights = np.zeros((len(y), first[-1] + 4), np.float32)
    for k in range(4):
        weights[np.arange(len(y)), first + k] = _cubic(step)[k, y % step]
    return weights, start // step


@functools.lru_cache(maxsize=8)
def _cubic(step: int) -> np.ndarray:
    """Lagrange's cubic through four nodes, for each of the `step` pixels from the second on: (4, step)."""
    return np.stack(lagrange(np.arange(step) / step)).astype(np.float32)


def _feedback(std_dev: float, step: int) -> np.ndarray:
    """Coefficients (3,) of the recursion over every step-th pixel: the poles of GEGL's, to the power of step."""
    a = recursion_constants(std_dev)[0][1:]
    return a if step == 1 else -np.poly(np.roots([1, *-a]) ** step).real[1:]


@functools.lru_cache(maxsize=8)
def _convolution(std_dev: float) -> np.ndarray:
    """q, forwards and backwards, summing to 1, in pieces of a step: (6, step), float32."""
    step = node_step(std_dev)
    a = recursion_constants(std_dev)[0][1:]
    q = np.ones(1)
    for pole in np.roots([1, *-a]):
        q = np.convolve(q, pole ** np.arange(step))
    both = np.convolve(q.real / q.real.sum(), q.real[::-1] / q.real.sum())  # (6 step - 5,)
    return np.pad(both, (0, 5)).reshape(6, step).astype(np.float32)


def _recurse(lines: np.ndarray, a: np.ndarray) -> None:
    """The recursion with feedback a, forwards and backwards, along the first axis (nodes, ...), in place.

    The first and last lines are extended constantly.
    """
    gain, first, last = 1 - a.sum(), lines[0].copy(), lines[-1].copy()
    w = recursive_pass(lines, [first] * 3, gain, a)
    u = [line - last for line in w]
    w = [sum((row[k] * u[k] for k in range(3)), last) for row in _backward_start(a)]
    lines[-1] = w[0]  # w: the last line and two behind it
    recursive_pass(lines[-2::-1], w, gain, a)


def _backward_start(a: np.ndarray) -> np.ndarray:
    """What the backward pass gives at n-1, n, n+1, from the forward pass at n-1, n-2, n-3: (3, 3).

    Both less the last pixel, which is extended constantly. It is the matrix of Triggs and Sdika (2006): with u the
    three values and C what the forward pass makes of them one pixel on, v(n-1) = g u, where
    g = gain (1, 0, 0) + a1 g C + a2 g C^2 + a3 g C^3.
    """
    c = np.array([a, [1, 0, 0], [0, 1, 0]])
    g = np.linalg.solve((np.eye(3) - a[0] * c - a[1] * c @ c - a[2] * c @ c @ c).T, [1 - a.sum(), 0, 0])
    return np.stack([g, g @ c, g @ c @ c])


def _reach(std_dev: float) -> int:
    """Pixels after which the impulse response has decayed: the slowest pole to 1e-8."""
    return int(14 * std_dev) + 4


def _impulse(a: np.ndarray, n: int) -> np.ndarray:
    """1, and what the recursion with feedback a makes of it: (n,)."""
    response = [0.0, 0.0, 1.0]
    a1, a2, a3 = map(float, a)  # in plain Python: NumPy's calls for three numbers take ten times as long
    for _ in range(n - 1):
        response.append(a1 * response[-1] + a2 * response[-2] + a3 * response[-3])
    return np.array(response[2:])


@functools.lru_cache(maxsize=8)
def _end_weights(std_dev: float, n: int) -> np.ndarray:
    """The last of n pixels, less the very last -> the forward pass at n-1, n-2, n-3: (reach, 3), float64."""
    b, _ = recursion_constants(std_dev)
    forward = b[0] * _impulse(b[1:], _reach(std_dev))
    weights = np.stack([np.concatenate([np.zeros(k), forward])[: len(forward)][::-1] for k in range(3)], axis=-1)
    reach = min(len(weights), n)
    # A short line is extended by its first pixel.
    return weights[-reach:] + np.eye(reach, 1) * weights[:-reach].sum(axis=0)


@functools.lru_cache(maxsize=8)
def _boundary_error(std_dev: float, n: int) -> np.ndarray:
    """GEGL's boundary error at the end of a line of n pixels: (last nodes, 3), float64.

    The columns multiply the values of the forward pass at n-1, n-2, n-3. GEGL's backward pass begins with
    the values that belong to n-1, n, n+1 as if they were those of n, n+1, n+2 (gblur-1d.c, fix_right_boundary): a
    one-sample delay of the forward pass f. So the error is the backward pass over f(n-1) - f(n), f(n) - f(n+1), ...,
    where f continues by its recursion without input. (For deviations above 1000 pixels, pictures of 33,000, GEGL's
    matrix for those values has rounding errors itself; the results then differ by 3e-3 at most.)
    """
    b, _ = recursion_constants(std_dev)
    a, step, reach = b[1:], node_step(std_dev), _reach(std_dev)
    onwards = np.zeros((reach + 4, 3))  # f from n-3 on, of the three values that are given
    onwards[:3] = np.eye(3)[::-1]
    for i in range(3, len(onwards)):
        onwards[i] = a @ onwards[i - 3 : i][::-1]
    delayed = onwards[2:-1] - onwards[3:]  # (reach + 1, 3)
    backward = b[0] * _impulse(a, 2 * reach + 2)

    places = n - (np.arange(node_count(n, step)) - 1) * step  # pixels from a node to n
    places = places[places <= reach]
    before = np.stack([backward[place : place + len(delayed)] @ delayed for place in places if place > 0])
    # Nodes beyond the line, which the cubic needs: the backward recursion, solved for its oldest term.
    edge = [backward[place : place + len(delayed)] @ delayed for place in (3, 2, 1)]
    while len(edge) < 3 + 1 - places[-1]:
        edge.append((edge[-3] - a[:2] @ np.array(edge[-2:])) / a[2])
    return np.vstack([before, [edge[3 - place] for place in places if place <= 0]])
