# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest

from editor_ops import blur

NOISE = np.random.default_rng(5).random((2, 300, 40))


@pytest.mark.parametrize("std_dev", [0.0, 0.3, 0.9, 1.0, 2.4, 2.5, 9.0, 180.0])
def test_flat_stays_flat_and_the_mean_of_noise_is_kept(std_dev):
    flat = np.full((30, 50), 0.37)
    assert np.abs(blur.blur_planes(flat, std_dev) - 0.37).max() < 1e-6
    if std_dev < 10:  # a wider blur weighs the clamped edges
        assert blur.blur_planes(NOISE, std_dev).mean() == pytest.approx(NOISE.mean(), abs=0.01)


@pytest.mark.parametrize("std_dev", [0.7, 1.5, 6.0])
def test_matrix_and_recursion_are_the_same_filter(std_dev, monkeypatch):
    by_matrix = blur.blur_planes(NOISE[:, :200], std_dev)
    monkeypatch.setattr(blur, "MATRIX_UP_TO", 0)
    assert np.abs(blur.blur_planes(NOISE[:, :200], std_dev) - by_matrix).max() < 1e-9


def test_the_recursion_is_nearly_as_wide_as_it_says():
    """Young and van Vliet's filter has longer tails than a Gaussian: it spreads a tenth further."""
    impulse = np.zeros((1, 401))
    impulse[0, 200] = 1.0
    response = blur.blur_planes(impulse, 12.0)[0]
    x = np.arange(401) - 200
    assert np.sqrt((response * x**2).sum() / response.sum()) == pytest.approx(13.16, rel=0.01)


def test_nothing_opaque_gives_no_nan():
    picture = np.ones((10, 10, 3), np.float32)
    assert np.isfinite(blur.gaussian_blur(picture, 3.0, np.zeros((10, 10), np.float32))).all()
