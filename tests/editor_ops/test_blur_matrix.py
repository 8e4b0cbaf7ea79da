# SPDX-License-Identifier: GPL-3.0-or-later
"""The blur's matrices in closed form against the recursion itself."""

from __future__ import annotations

import numpy as np
import pytest

from editor_ops import blur_matrix
from editor_ops.blur import blur_planes
from editor_ops.wide_blur import node_count, node_step

SIZES = [
    (1, 0.1), (2, 0.3), (5, 0.15), (20, 0.6), (32, 0.96), (1, 1.02), (2, 1.02), (34, 1.02), (60, 1.8), (83, 2.49),
    (84, 2.52), (200, 6.0), (10, 180.0), (700, 21.0), (900, 180.0),
]  # fmt: skip
"""Pixels of a line and standard deviations: convolved and recursive ones, long and short lines."""


def weights(places: np.ndarray, pixels: np.ndarray, n: int, std_dev: float) -> blur_matrix.Weights:
    sides, deviation = np.full((1, 1), float(n)), np.full((1, 1), float(np.float32(std_dev)))
    if std_dev < 1.0:
        return blur_matrix.convolved_weights(places, pixels, sides, deviation)
    return blur_matrix.recursive_weights(blur_matrix.poles(deviation), places, pixels, sides)


@pytest.mark.parametrize(("n", "std_dev"), SIZES)
def test_every_pixels_weight_is_the_recursions(n: int, std_dev: float) -> None:
    pixels = np.arange(float(n))[None]
    made = weights(pixels.T, pixels, n, std_dev)
    matrix = made.smooth + np.where(pixels == 0, made.first, 0) + np.where(pixels == n - 1, made.last, 0)
    assert matrix.sum(axis=1) == pytest.approx(np.ones(n), abs=1e-6)
    exact = blur_planes(np.eye(n)[:, None], std_dev)[:, 0].T  # of a line for each pixel
    assert np.abs(matrix - exact).max() < 2e-7


@pytest.mark.parametrize(("n", "std_dev"), SIZES)
def test_by_way_of_nodes(n: int, std_dev: float) -> None:
    step = int(node_step(std_dev))
    numbers = np.arange(float(node_count(n, step)))[None]
    places = blur_matrix.node_places(numbers, step)
    pixels = np.arange(float(n))[:, None]
    cubic = blur_matrix.interpolation(pixels, numbers, step)  # (n, nodes)
    assert cubic.sum(axis=1) == pytest.approx(np.ones(n))
    made = weights(places.T, places, n, std_dev)
    line = np.random.default_rng(n).random(n)
    blurred = cubic @ (made.smooth @ (cubic.T @ line) + made.first[:, 0] * line[0] + made.last[:, 0] * line[-1])
    assert blurred == pytest.approx(blur_planes(line[None], std_dev)[0], abs=1e-5)
