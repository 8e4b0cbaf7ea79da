# SPDX-License-Identifier: GPL-3.0-or-later
import pytest

torch = pytest.importorskip("torch")

from trainer import data, distributed  # noqa: E402
from trainer.draws import Draws  # noqa: E402


def test_processes_draw_the_rows_of_one(folders, monkeypatch):
    """Every kind of draw, in two processes whose generators stay in step."""
    photos = data.load(folders[0], quiet=True)

    def all_kinds(draws):
        return (
            draws.photos(photos, 7), draws.photos(photos, 5, before=7), draws.degradations(7), draws.target_jitter(7),
            draws.uniform(8, 2), draws.gumbel(8, 3), draws.choice(6, among=20),
            *draws.faces(30, 9),
        )  # fmt: skip

    one = all_kinds(Draws(torch.Generator().manual_seed(2), 0.5, 32))
    monkeypatch.setattr(distributed, "world_size", lambda: 2)
    shares = []
    for rank in range(2):
        monkeypatch.setattr(distributed, "rank", lambda rank=rank: rank)
        shares.append(all_kinds(Draws(torch.Generator().manual_seed(2), 0.5, 32)))
    for whole, first, second, before in zip(one, *shares, (0, 7, *[0] * 7), strict=True):
        ours = [first, second] if before % 2 == 0 else [second, first]
        for place, share in enumerate(ours):
            assert torch.equal(share, whole[place::2])


def test_gumbel_noise_is_finite():
    noise = Draws(torch.Generator().manual_seed(0), 1.0, 32).gumbel(1000, 100)
    assert bool(noise.isfinite().all()) and float(noise.mean()) == pytest.approx(0.5772, abs=0.02)
