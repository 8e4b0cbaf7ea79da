# SPDX-License-Identifier: GPL-3.0-or-later
import math
import re

import numpy as np
import pytest
import skimage.metrics
from skimage import color

from trainer import metrics
from trainer.psnr import MOST_PSNR

RNG = np.random.default_rng(11)
IMAGE = RNG.integers(0, 256, (300, 41, 3), np.uint8)  # more rows than are taken to Lab at a time


def test_equal_pictures() -> None:
    found = metrics.measure(IMAGE, IMAGE)
    assert found == pytest.approx(
        {"psnr": MOST_PSNR, "ssim_rgb": 1, "ssim_grey": 1, "ciede2000": 0, "histogram_intersection": 100}
    )


def test_psnr_of_a_known_difference() -> None:
    """One level everywhere: 20 log10 255; 255 everywhere: 0 dB."""
    assert metrics.psnr(np.full_like(IMAGE, 7), np.full_like(IMAGE, 8)) == pytest.approx(48.1308, abs=1e-4)
    assert metrics.psnr(np.zeros_like(IMAGE), np.full_like(IMAGE, 255)) == pytest.approx(0)


def test_ciede2000_is_the_mean_over_all_rows() -> None:
    other = RNG.integers(0, 256, IMAGE.shape, np.uint8)
    expected = color.deltaE_ciede2000(color.rgb2lab(IMAGE), color.rgb2lab(other)).mean()
    assert metrics.ciede2000(IMAGE, other) == pytest.approx(expected)


def test_ciede2000_of_black_and_white() -> None:
    assert metrics.ciede2000(np.zeros((2, 2, 3), np.uint8), np.full((2, 2, 3), 255, np.uint8)) == pytest.approx(
        100, abs=0.1
    )


def test_histogram_intersection() -> None:
    """Halves of two greys, one of which both have: half in common. A move within a bin is none."""
    one, other = np.zeros((2, 2, 3), np.uint8), np.zeros((2, 2, 3), np.uint8)
    one[0], other[0] = 100, 200
    assert metrics.histogram_intersection(one, other) == pytest.approx(50)
    other[0] = 103
    assert metrics.histogram_intersection(one, other) == pytest.approx(100)
    other[0] = 104
    assert metrics.histogram_intersection(one, other) == pytest.approx(50)


def test_ssim_falls_with_noise_and_differs_between_rgb_and_grey() -> None:
    smooth = np.add.outer(np.arange(64), np.arange(64)).astype(np.uint8)[..., None].repeat(3, -1)
    rows = []
    for noise in (2, 10, 40):
        noisy = np.clip(smooth + RNG.normal(0, noise, smooth.shape), 0, 255).astype(np.uint8)
        rows.append((metrics.ssim_rgb(noisy, smooth), metrics.ssim_grey(noisy, smooth)))
    assert rows[0] > rows[1] > rows[2]
    assert all(grey > rgb for rgb, grey in rows), "the luma averages the noise of three channels"


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 50, 3), (4, 6, 3)])
def test_small_pictures(shape: tuple[int, ...]) -> None:
    image = RNG.integers(0, 256, shape, np.uint8)
    found = metrics.measure(image, 255 - image)
    assert all(np.isfinite(value) for value in found.values())


def test_what_cannot_be_compared_is_refused() -> None:
    for edited, answer in ((IMAGE, IMAGE[1:]), (IMAGE / 255, IMAGE)):
        with pytest.raises(ValueError, match=re.escape(str(edited.shape))):
            metrics.measure(edited, answer)


def test_single_precision_is_enough() -> None:
    """Against scikit-image in double precision."""
    other = np.clip(IMAGE.astype(int) + RNG.integers(-9, 10, IMAGE.shape), 0, 255).astype(np.uint8)
    expected = [
        skimage.metrics.structural_similarity(IMAGE[..., c], other[..., c], data_range=255, win_size=7)
        for c in range(3)
    ]
    assert metrics.ssim_rgb(IMAGE, other) == pytest.approx(np.mean(expected), abs=1e-5)
    bright = np.full((40, 40, 3), 250, np.uint8)  # the worst case: little variance far from black
    off = bright.copy()
    off[::2, ::2] += 1
    expected = [
        skimage.metrics.structural_similarity(bright[..., c], off[..., c], data_range=255, win_size=7) for c in range(3)
    ]
    assert metrics.ssim_rgb(bright, off) == pytest.approx(np.mean(expected), abs=1e-4)


def test_clipped_counts_one_channel_at_white_and_all_three_at_black() -> None:
    image = np.full((2, 5, 3), 100, np.uint8)
    image[0, 0] = (255, 100, 0)  # white: one channel is enough
    image[0, 1] = 255
    image[0, 2] = 0
    image[0, 3] = (0, 0, 1)  # no black: one channel is left
    image[0, 4] = (254, 254, 254)
    found = metrics.clipped(image)
    assert found == (0.2, 0.1)
    assert found.total == pytest.approx(0.3)


def test_cast_angle() -> None:
    """Linear light (1, 0, 0) to (1, 1, 0) is 45 degrees; brightness alone is none; black has no colour."""
    red, yellow, blue = (np.full((3, 4, 3), colour, np.uint8) for colour in ((255, 0, 0), (255, 255, 0), (0, 0, 9)))
    assert metrics.cast_angle(red, yellow) == pytest.approx(45)
    assert metrics.cast_angle(red, blue) == pytest.approx(90)
    assert metrics.cast_angle(np.full((3, 4, 3), 40, np.uint8), np.full((3, 4, 3), 240, np.uint8)) < 1e-4
    assert metrics.cast_angle(np.zeros((3, 4, 3), np.uint8), red) == 0


def test_cast_angle_is_of_the_mean_in_linear_light() -> None:
    """Half red, half black is red; red beside green is as far from either."""
    red, green = (np.full((2, 2, 3), colour, np.uint8) for colour in ((255, 0, 0), (0, 255, 0)))
    half = red.copy()
    half[0] = 0
    assert metrics.cast_angle(half, red) == pytest.approx(0, abs=1e-6)
    assert metrics.cast_angle(np.concatenate([red, green]), green) == pytest.approx(45)
    # 188 is 0.5029 of white in linear light
    assert metrics.cast_angle(np.full((2, 2, 3), (255, 188, 0), np.uint8), red) == pytest.approx(
        math.degrees(math.atan(0.5029)), abs=0.01
    )
