# SPDX-License-Identifier: GPL-3.0-or-later
"""Squares of a picture, and the picture in several sizes."""

from __future__ import annotations

import numpy as np
import pytest

from models.faces.pyramid import MOST_PIXELS, corners, levels, resized, tile
from models.faces.square import Square, box_mean, cut

RNG = np.random.default_rng(2)


def test_places_go_both_ways() -> None:
    square = Square(40.0, 25.0, 12.0, 0.7)
    points = RNG.uniform(0, 1, (9, 2))
    assert np.allclose(square.from_picture(square.to_picture(points)), points)
    assert np.allclose(Square(40, 25, 12, np.pi / 2).to_picture(np.array([1.0, 0.5])), [40, 31])  # clockwise, as seen


@pytest.mark.parametrize("step", [1, 2, 3, 17])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_box_mean(step: int, dtype: type) -> None:
    white = 1.0 if dtype is np.float32 else float(np.iinfo(dtype).max)
    image = (RNG.uniform(0, 1, (6 * step, 4 * step, 3)) * white).astype(dtype)
    expected = (image / white).reshape(6, step, 4, step, 3).mean(axis=(1, 3))
    assert np.abs(box_mean(image, step) - expected).max() < 1e-6
    odd = box_mean(image[: 5 * step + 1], step)
    assert odd.shape == (6, 4, 3) and np.allclose(odd[:5], expected[:5], atol=1e-6)


def test_a_square_as_it_lies_is_the_pixels() -> None:
    image = RNG.integers(0, 256, (30, 40, 3), np.uint8)
    assert np.abs(cut(image, Square(20, 14, 16), 16) - image[6:22, 12:28] / 255).max() < 1e-6
    quarter = cut(image, Square(20, 14, 16, np.pi / 2), 16)
    assert np.abs(quarter - np.rot90(image[6:22, 12:28]) / 255).max() < 1e-4
    assert np.abs(cut(image, Square(20, 14, 16), 8) - box_mean(image[6:22, 12:28], 2)).max() < 1e-6


def test_beyond_the_border_lies_its_colour() -> None:
    image = np.full((10, 12, 3), 77, np.uint8)
    for square in (Square(0, 0, 30), Square(-500, 900, 20, 0.3), Square(6, 5, 1e-3)):
        assert np.allclose(cut(image, square, 8), 77 / 255)


@pytest.mark.parametrize("shape", [(1, 1), (100, 90), (700, 500), (40, 3000)])
def test_levels_double_up_to_the_picture(shape: tuple[int, int]) -> None:
    image = RNG.integers(0, 256, (*shape, 3), np.uint8)
    made = levels(image, 64)
    long = max(shape)
    for i, level in enumerate(made):
        assert max(level.pixels.shape[:2]) == 64 * 2**i and level.scale == long / (64 * 2**i)
    assert 64 * 2 ** (len(made) - 1) < 2 * max(long, 64)
    assert np.prod(made[-1].pixels.shape[:2]) <= MOST_PIXELS


def test_squares_cover_a_level() -> None:
    for height, width in ((50, 400), (128, 128), (129, 300)):
        seen = np.zeros((height, width), bool)
        for left, top in corners(height, width, 128):
            seen[max(top, 0) : top + 128, max(left, 0) : left + 128] = True
        assert seen.all()
    picture = RNG.uniform(0, 1, (50, 400, 3)).astype(np.float32)
    left, top = corners(50, 400, 128)[0]
    assert (left, top) == (0, -39)
    part = tile(picture, left, top, 128)
    assert (part[:39] == 0).all() and (part[39:89] == picture[:, :128]).all() and (part[89:] == 0).all()


def test_resized_keeps_places() -> None:
    ramp = np.broadcast_to(np.linspace(0, 1, 301, dtype=np.float32)[None, :, None], (50, 301, 3))
    smaller = resized(np.ascontiguousarray(ramp), 100)
    assert smaller.shape == (17, 100, 3)
    expected = ((np.arange(100) + 0.5) * 3.01 - 0.5) / 300
    assert np.abs(smaller[8, 2:-2, 0] - expected[2:-2]).max() < 1e-3
