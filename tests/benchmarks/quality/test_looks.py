# SPDX-License-Identifier: GPL-3.0-or-later
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from benchmarks.quality import looks


def test_the_look_of_a_picture_in_two_colours() -> None:
    """A quarter red, the rest white: luma 0.2126 and 1."""
    picture = np.full((64, 64, 3), 255, np.uint8)
    picture[:16, :, 1:] = 0
    found = looks.look(picture)
    assert found["luma"] == pytest.approx(0.75 + 0.25 * 0.2126)
    assert found["luma_spread"] == pytest.approx((1 - 0.2126) * np.sqrt(0.25 * 0.75))
    assert found["luma_dark"] == pytest.approx(0.2126)
    assert found["chroma"] == pytest.approx(0.25)


@given(arrays(np.uint8, (3, 5, 3)))
def test_looks_are_shares_and_a_grey_picture_has_no_chroma(picture: np.ndarray) -> None:
    found = looks.look(picture)
    assert all(0 <= value <= 1.000001 for value in found.values())
    assert found["luma_dark"] <= found["luma"] + 1e-6 or found["luma_spread"] == 0
    assert looks.look(np.repeat(picture[..., :1], 3, -1))["chroma"] == 0


@given(arrays(np.uint8, (2, 4, 3)), arrays(np.uint8, (2, 4, 3)))
def test_moved_is_a_distance(one: np.ndarray, other: np.ndarray) -> None:
    assert looks.moved(one, one) == 0 and looks.moved(one, other) == looks.moved(other, one) <= 255


def test_moved_is_in_levels() -> None:
    black = np.zeros((2, 2, 3), np.uint8)
    white = black.copy()
    white[0, 0] = 200  # a quarter of the pixels
    assert looks.moved(black, white) == 50


@given(st.lists(st.floats(0, 255), min_size=1))
def test_quartiles_are_in_order(distances: list[float]) -> None:
    found = looks.distribution(distances)
    assert min(distances) <= found["moved_low"] <= found["moved_median"] <= found["moved_high"] <= max(distances)
    assert found["moved_unseen"] == sum(distance < 1.5 for distance in distances) / len(distances)


def test_the_mean_look_of_photo_files(tmp_path: Path) -> None:
    paths = [tmp_path / "a.png", tmp_path / "b.png"]
    for path, level in zip(paths, (0, 255), strict=True):
        Image.new("RGB", (9, 7), (level,) * 3).save(path)
    assert looks.mean_look(paths) == pytest.approx({"luma": 0.5, "luma_spread": 0, "luma_dark": 0.5, "chroma": 0})
