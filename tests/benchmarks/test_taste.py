# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest

pytest.importorskip("torch")

from benchmarks import taste
from editor_ops import NAMES, SLIDERS


def test_values_of_levels_are_those_levels():
    for slider in SLIDERS:
        if slider.lowest < slider.neutral:
            for level in (-16, -5, 0, 9, 16):
                found = taste.known_levels({slider.name: slider.values()[16 + level]})
                assert found[slider.name] == pytest.approx(level, abs=1e-6)


def test_known_levels_of_the_looks():
    """By hand, in mired: (1e6 / 6500 - 1e6 / 8500) / ((1e6 / 6500 - 1e6 / 12000) / 16) levels."""
    warm, cool = taste.LOOKS["warm and pale"], taste.LOOKS["cool and contrasty"]
    assert taste.known_levels(warm) == pytest.approx({"temperature": 8.2, "saturation": -8.0}, abs=0.1)
    assert taste.known_levels(cool) == pytest.approx({"temperature": -7.9, "contrast": 9.6}, abs=0.1)


def test_what_moved_is_the_mean_change():
    class Fixed:
        def __init__(self, level):
            self.level = level

        def logits(self, pictures):
            return None, np.full((len(pictures), len(NAMES)), self.level)

    assert taste.moved(Fixed(20), Fixed(17), np.zeros((3, 3, 64, 64), np.float32)).tolist() == [3.0] * len(NAMES)


def test_targets_are_edited_copies(tmp_path):
    from PIL import Image

    picture = np.tile(np.linspace(40, 200, 48, dtype=np.uint8)[None, :, None], (32, 1, 3))
    Image.fromarray(picture).save(tmp_path / "grey.png")
    taste.write_targets([tmp_path / "grey.png"], {"temperature": 8500.0}, tmp_path / "warm")
    warm = np.asarray(Image.open(tmp_path / "warm" / "grey.png")).astype(int)
    assert (warm[..., 0] > warm[..., 2]).all() and (warm[..., 0] - warm[..., 2]).mean() > 10
