# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.thumbnail import thumbnail

RNG = np.random.default_rng(11)


def by_hand(image, alpha=None):
    """The rule, cell by cell, in float64."""
    height, width = image.shape[:2]
    weight = np.ones((height, width)) if alpha is None else alpha.astype(float)
    cells = np.empty((3, 64, 64))
    for i in range(64):
        for j in range(64):
            rows = slice(i * height // 64, -(-(i + 1) * height // 64))
            columns = slice(j * width // 64, -(-(j + 1) * width // 64))
            w = weight[rows, columns][..., None]
            cells[:, i, j] = (image[rows, columns] * w).sum((0, 1)) / w.sum()
    return cells / 255


@pytest.mark.parametrize("size", [(64, 64), (128, 192), (100, 70), (65, 513), (1, 1), (3, 200), (1, 5000)])
def test_it_is_the_box_mean(size):
    image = RNG.integers(0, 256, (*size, 3), dtype=np.uint8)
    assert np.abs(thumbnail(image) - by_hand(image)).max() < 1e-6


def test_alpha_weighs():
    image = RNG.integers(0, 256, (130, 90, 3), dtype=np.uint8)
    alpha = RNG.integers(1, 256, (130, 90), dtype=np.uint8)
    assert np.abs(thumbnail(image, alpha) - by_hand(image, alpha)).max() < 1e-6
    assert np.array_equal(thumbnail(image, np.full((130, 90), 255, np.uint8)), thumbnail(image))


def test_an_empty_cell_takes_the_mean_of_the_rest():
    image = np.full((128, 128, 3), 200, np.uint8)
    image[:64] = 7
    alpha = np.full((128, 128), 255, np.uint8)
    alpha[:64] = 0
    assert thumbnail(image, alpha) == pytest.approx(200 / 255)
    assert thumbnail(image, np.zeros((128, 128), np.uint8))[:, 0].max() == pytest.approx(7 / 255)  # nothing visible


def test_precisions_agree():
    image = RNG.integers(0, 256, (100, 150, 3), dtype=np.uint8)
    eight = thumbnail(image)
    assert np.abs(thumbnail(image.astype(np.uint16) * 257) - eight).max() < 1e-6
    assert np.abs(thumbnail(image.astype(np.float32) / 255) - eight).max() < 1e-6


def test_grey_is_three_times_the_same():
    grey = RNG.integers(0, 256, (80, 90), dtype=np.uint8)
    assert np.array_equal(thumbnail(grey), thumbnail(np.stack([grey] * 3, axis=-1)))


@given(height=st.integers(1, 150), width=st.integers(1, 150), level=st.integers(0, 255))
def test_a_flat_picture_of_any_size_stays_flat(height, width, level):
    cells = thumbnail(np.full((height, width, 3), level, np.uint8))
    assert cells.shape == (3, 64, 64) and cells.dtype == np.float32
    assert cells == pytest.approx(level / 255, abs=1e-6)


def test_light_beyond_white_counts_as_white():
    assert thumbnail(np.full((70, 70, 3), 16.0, np.float32)).max() == 1.0


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.zeros((0, 5, 3), np.uint8), "shape"),
        (np.zeros((5, 5, 4), np.uint8), "shape"),
        (np.zeros((5, 5, 3), np.int32), "int32"),
        (np.full((5, 5, 3), np.nan, np.float32), "not finite"),
    ],
)
def test_what_is_no_picture_is_refused(image, message):
    with pytest.raises(ValueError, match=message):
        thumbnail(image)
    with pytest.raises(ValueError, match="alpha has shape"):
        thumbnail(np.zeros((5, 5, 3), np.uint8), np.zeros((4, 5), np.uint8))
