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
from dataclasses import dataclass
from typing import Any

import numpy as np

from .blur import ALPHA_FLOOR, convolve, recursion_constants, recursive_pass
from .scalars import clip, floor

NODES_PER_DEVIATION = 8
"""Pixels at which the blur is taken, a standard deviation. With 8, the cubic between them is right to 2e-5 of a step
from black to white; the error falls with the fourth power."""
SETTLE = 3
"""Nodes beside those that are wanted, on either side: there the convolution sees nothing but the edge's colour."""
MOST_PRODUCTS = 200_000
"""Multiplications in one matrix product: so few that OpenBLAS does it in the calling thread (its limit is 2^18). Its
own threads would wait for each other beside ours, which took ten times as long on a busy machine."""
PIECE = 32
"""Nodes in a matrix product of `convolve_at_nodes`, so that these are small too: 192 products for each pixel of a step
below 200."""


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


@dataclass(frozen=True)
class Blurred:
    """A blurred picture, held at nodes (planes, rows, columns).

    Node j of a side lies at pixel (j - 1) * step, so that each pixel has two nodes on either side of it.
    weighted: the last plane is the blurred opacity, by which the others are divided (blur.weighted_blur).
    """

    nodes: np.ndarray
    step: int
    width: int
    weighted: bool

    def rows(self, rows: slice) -> np.ndarray:
        """(planes, rows, width) of these rows of the picture, float32."""
        cubic = _cubic(self.step)
        y = np.arange(rows.start, rows.stop)
        first = y // self.step
        lines = sum(cubic[k, y % self.step][:, None] * self.nodes[:, first + k] for k in range(4))
        windows = np.lib.stride_tricks.sliding_window_view(lines, 4, axis=-1)  # (planes, rows, columns, 4)
        fine = windows @ cubic  # (planes, rows, columns, step)
        fine = fine.reshape(*fine.shape[:2], -1)[..., : self.width]
        return fine[:-1] / np.clip(fine[-1], ALPHA_FLOOR, None) if self.weighted else fine


@functools.lru_cache(maxsize=8)
def _cubic(step: int) -> np.ndarray:
    """Lagrange's cubic through four nodes, for each of the `step` pixels from the second on: (4, step)."""
    return np.stack(lagrange(np.arange(step) / step)).astype(np.float32)


def convolve_at_nodes(lines: np.ndarray, std_dev: float) -> tuple[np.ndarray, np.ndarray]:
    """First half of a blur along lines (..., n), float32: the convolution at the nodes, and how the lines end.

    (..., nodes) float32 and (..., 3) float64; both for `recurse_nodes`.
    """
    n, step = lines.shape[-1], node_step(std_dev)
    if std_dev < 1.0:  # GEGL convolves instead
        padded = np.pad(lines, [(0, 0)] * (lines.ndim - 1) + [(1, 2)], mode="edge")
        return np.moveaxis(convolve(np.moveaxis(padded, -1, 0), std_dev), 0, -1), np.zeros((*lines.shape[:-1], 3))
    count = node_count(n, step) + 2 * SETTLE
    pieces = -(-(count + 5) // PIECE)
    before = (1 + SETTLE) * step + 3 * (step - 1)
    after = pieces * PIECE * step - before - n
    padded = np.pad(lines, [(0, 0)] * (lines.ndim - 1) + [(before, after)], mode="edge")
    parts = padded.reshape(*lines.shape[:-1], pieces, PIECE, step) @ _convolution(std_dev)
    parts = parts.reshape(*lines.shape[:-1], pieces * PIECE, 6)
    nodes = sum(parts[..., k : k + count, k] for k in range(6))
    return nodes, _line_ends(lines, std_dev)


def recurse_nodes(nodes: np.ndarray, ends: np.ndarray, n: int, std_dev: float) -> np.ndarray:
    """Second half, for all lines at once: nodes and ends as `convolve_at_nodes` gives them, of lines of n pixels.

    Returns (..., nodes), float32.
    """
    if std_dev < 1.0:
        return nodes
    step = node_step(std_dev)
    lines = np.moveaxis(nodes, -1, 0).astype(np.float64)  # (nodes, ...)
    _recurse(lines, _feedback(std_dev, step))
    blurred = np.moveaxis(lines[SETTLE : len(lines) - SETTLE], 0, -1)
    error = _boundary_error(std_dev, n)
    blurred[..., blurred.shape[-1] - len(error) :] += ends @ error.T
    return blurred.astype(np.float32)


def _feedback(std_dev: float, step: int) -> np.ndarray:
    """Coefficients (3,) of the recursion over every step-th pixel: the poles of GEGL's, to the power of step."""
    a = recursion_constants(std_dev)[0][1:]
    return a if step == 1 else -np.poly(np.roots([1, *-a]) ** step).real[1:]


@functools.lru_cache(maxsize=8)
def _convolution(std_dev: float) -> np.ndarray:
    """q, forwards and backwards, summing to 1, in pieces of a step: (step, 6), float32."""
    step = node_step(std_dev)
    a = recursion_constants(std_dev)[0][1:]
    q = np.ones(1)
    for pole in np.roots([1, *-a]):
        q = np.convolve(q, pole ** np.arange(step))
    both = np.convolve(q.real / q.real.sum(), q.real[::-1] / q.real.sum())  # (6 step - 5,)
    return np.pad(both, (0, 5)).reshape(6, step).T.astype(np.float32)


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
    response = np.zeros(n + 3)  # behind three zeros
    response[3] = 1.0
    for i in range(4, n + 3):
        response[i] = a @ response[i - 3 : i][::-1]
    return response[3:]


@functools.lru_cache(maxsize=8)
def _end_weights(std_dev: float) -> np.ndarray:
    """The last pixels of a line, less the very last -> the forward pass at n-1, n-2, n-3: (reach, 3), float64."""
    b, _ = recursion_constants(std_dev)
    forward = b[0] * _impulse(b[1:], _reach(std_dev))
    return np.stack([np.concatenate([np.zeros(k), forward])[: len(forward)][::-1] for k in range(3)], axis=-1)


def _line_ends(lines: np.ndarray, std_dev: float) -> np.ndarray:
    weights = _end_weights(std_dev)
    reach = min(len(weights), lines.shape[-1])
    # A short line is extended by its first pixel.
    weights = weights[-reach:] + np.eye(reach, 1) * weights[:-reach].sum(axis=0)
    flat = lines.reshape(-1, lines.shape[-1])
    some = max(1, MOST_PRODUCTS // weights.size)
    ends = np.empty((len(flat), 3))
    for first in range(0, len(flat), some):
        part = flat[first : first + some]
        ends[first : first + some] = (part[:, -reach:].astype(np.float64) - part[:, -1:]) @ weights
    return ends.reshape(*lines.shape[:-1], 3)


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
