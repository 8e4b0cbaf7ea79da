# SPDX-License-Identifier: GPL-3.0-or-later
"""What the stored pixels of GIMP do not say of gegl:domain-transform."""

from __future__ import annotations

import numpy as np
import pytest

from editor_ops.domain_transform import TILE, domain_transform, transformed

NOISE = np.random.default_rng(0).random((40, 30, 3), dtype=np.float32)


@pytest.mark.parametrize("neutral", [{"spatial_factor": 0.0}, {"edge_preservation": 1.0}])
def test_neutral_changes_nothing(neutral):
    assert domain_transform(NOISE, **neutral) is NOISE


def test_a_plain_stays_and_more_radius_smooths_more():
    plain = np.full((20, 20, 3), 0.3, np.float32)
    np.testing.assert_allclose(domain_transform(plain), plain, atol=1e-6)
    spread = [float(domain_transform(NOISE, spatial_factor=s, edge_preservation=0.2).std()) for s in (1.0, 4.0, 16.0)]
    assert spread == sorted(spread, reverse=True) and spread[-1] < spread[0] / 2


def test_an_edge_is_kept():
    step = np.zeros((10, 40, 3), np.float32)
    step[:, 20:] = 0.5
    smooth = domain_transform(step, spatial_factor=20.0, edge_preservation=0.9)
    assert np.abs(smooth - step).max() < 0.01
    assert np.abs(domain_transform(step, spatial_factor=20.0, edge_preservation=0.0) - step).max() > 0.05


def test_a_batch_with_radii_of_its_own_equals_a_loop_in_numpy_and_torch():
    torch = pytest.importorskip("torch")
    batch = np.stack([NOISE, NOISE[::-1], NOISE[:, ::-1]])
    radii = np.array([2.0, 5.0, 11.0], np.float32)
    made = domain_transform(batch, spatial_factor=radii)
    for k in range(3):
        np.testing.assert_allclose(domain_transform(batch[k], spatial_factor=float(radii[k])), made[k], atol=2e-6)
    before = batch.copy()
    theirs = domain_transform(torch.from_numpy(batch), spatial_factor=torch.from_numpy(radii))
    np.testing.assert_allclose(theirs.numpy(), made, atol=2e-6)
    np.testing.assert_array_equal(batch, before)


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_integers_are_taken_as_they_are_at_any_size(dtype):
    height, width = 3 * TILE + 5, 2 * TILE + 3  # turned in tiles, the last ones smaller
    white = np.iinfo(dtype).max
    image = np.random.default_rng(1).integers(0, white, (1, height, width, 3)).astype(dtype)
    made = transformed(image, 2, 6.0, 0.8)
    assert made.shape == (height, 3, 1, width)
    floats = transformed((image / white).astype(np.float64), 2, 6.0, 0.8)
    np.testing.assert_allclose(made, floats, atol=1e-5)
