# SPDX-License-Identifier: GPL-3.0-or-later
import pytest

torch = pytest.importorskip("torch")

from editor_ops import LEVELS, NAMES, NEUTRAL_LEVEL, SLIDERS  # noqa: E402
from trainer.allowed_levels import allowed_levels, masked  # noqa: E402

COLOURS = {s.name for s in SLIDERS if s.colour}


def held(picture):
    """Sliders that may not go down, and those that may not move."""
    low, high = (bound[0] for bound in allowed_levels(picture[None]))
    below = {name for name, level in zip(NAMES, low.tolist(), strict=True) if level == NEUTRAL_LEVEL}
    return below, {name for name, level in zip(NAMES, high.tolist(), strict=True) if level == NEUTRAL_LEVEL}


def photo():
    return torch.rand(3, 64, 64, generator=torch.Generator().manual_seed(0)) * 0.6 + 0.2


def test_an_ordinary_photo_may_have_every_level():
    assert held(photo()) == (set(), set())


def test_a_black_and_white_photo_keeps_its_channels_equal():
    grey = photo()[:1].expand(3, -1, -1)
    assert held(grey)[1] == COLOURS
    assert held(grey + torch.tensor([0.0, 1.0, 0.5])[:, None, None] / 255)[1] == COLOURS  # JPEG's error
    toned = grey * torch.tensor([1.0, 0.95, 0.9])[:, None, None]
    assert held(toned)[1] == set()


def test_white_stays_white_and_black_stays_black():
    page, lamp, night = photo(), photo(), photo()
    page[:, :16] = 1
    lamp[:, :2, :2] = 1
    night[:, :16] = 0.01
    assert held(page) == ({"exposure", "temperature", "tint"}, {"temperature", "tint"})
    assert held(lamp) == (set(), set())
    assert held(night) == ({"black_level"}, set())


def test_levels_that_are_not_allowed_have_no_probability():
    night = photo()
    night[:, :16] = 0
    probabilities = masked(torch.zeros(1, len(SLIDERS), LEVELS), night[None]).softmax(-1)[0]
    black_level = probabilities[NAMES.index("black_level")]
    assert (black_level[:NEUTRAL_LEVEL] == 0).all() and float(black_level.sum()) == pytest.approx(1)
    assert (probabilities[NAMES.index("exposure")] > 0).all()


def test_bounds_are_made_on_the_photo_s_device():
    """The meta device refuses tensors of another one, as a GPU does."""
    low, high = allowed_levels(torch.zeros(2, 3, 64, 64, device="meta"))
    assert low.device.type == high.device.type == "meta" and low.shape == high.shape == (2, len(SLIDERS))
