# SPDX-License-Identifier: GPL-3.0-or-later
import pytest

torch = pytest.importorskip("torch")

from trainer import made_pictures  # noqa: E402
from trainer.allowed_levels import allowed_levels  # noqa: E402
from trainer.made_pictures import CHANCES, KINDS, make  # noqa: E402


@pytest.fixture
def made(monkeypatch):
    monkeypatch.setattr(made_pictures, "PAGES", 4)
    photos = torch.rand(40, 3, 32, 32, generator=torch.Generator().manual_seed(0)) * 0.6 + 0.2
    chance = torch.rand(40, CHANCES, generator=torch.Generator().manual_seed(1))
    chance[:, -1] = (torch.arange(40) % len(KINDS) + 0.5) / len(KINDS)
    return {kind: make(photos, chance)[i :: len(KINDS)] for i, kind in enumerate(KINDS)}


def test_pages_and_grounds_are_white_or_black(made):
    def share(pictures, test):
        return test(pictures).all(1).float().mean((1, 2))

    assert (share(made["page"], lambda x: x > 250 / 255) > 0.1).all()
    assert (share(made["on white"], lambda x: x > 250 / 255) > 0.1).all()
    assert (share(made["on black"], lambda x: x < 6 / 255) > 0.1).all()


def test_nights_are_dark_and_grey_ones_without_colour(made):
    assert made["night"].mean() < 0.25
    assert (made["grey"].amax(1) - made["grey"].amin(1)).max() < 1e-6
    assert (allowed_levels(made["grey"])[1] < 32).any(1).all()
