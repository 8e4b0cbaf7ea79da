# SPDX-License-Identifier: GPL-3.0-or-later
import pytest

torch = pytest.importorskip("torch")

from editor_ops import NAMES, SLIDERS  # noqa: E402
from trainer.wrong_way import FAULT, FAULTS, NOTHING_WRONG, sample_faults, spoil, value_at  # noqa: E402


def test_every_slider_has_a_fault():
    assert set(FAULTS) == set(NAMES)


def test_faults_stay_in_the_sliders_ranges_and_some_photos_have_none():
    faults = sample_faults(4000, torch.Generator().manual_seed(0))
    neutral = torch.ones(4000, dtype=torch.bool)
    for slider in SLIDERS:
        value = faults[slider.name]
        low = -slider.highest if slider.name == "clarity" else slider.lowest
        assert low - 1e-4 <= value.min() and value.max() <= slider.highest * (1 + 1e-6)
        neutral &= value == slider.neutral
        moved = (value != slider.neutral).float().mean()
        assert moved == pytest.approx(FAULT * (1 - NOTHING_WRONG), abs=0.03)
    assert neutral.float().mean() == pytest.approx(NOTHING_WRONG, abs=0.02)


def test_a_seed_means_the_same_faults():
    one, two = (sample_faults(5, torch.Generator().manual_seed(3)) for _ in range(2))
    assert all(torch.equal(one[n], two[n]) for n in NAMES)


def test_values_between_levels():
    levels = SLIDERS[0].values()
    assert value_at(levels, torch.tensor([-1.0, 0.0, 0.5, 1.0])).tolist() == pytest.approx([-2, 0, 1, 2])


def test_spoiled_pictures_are_eight_bit_and_soften_too():
    photos = torch.rand(3, 3, 64, 64, generator=torch.Generator().manual_seed(1)) * 0.6 + 0.2
    faults = {s.name: torch.full((3,), s.neutral) for s in SLIDERS}
    assert torch.allclose(spoil(photos, faults), photos, atol=0.5 / 255 + 1e-5)
    soft = spoil(photos, faults | {"clarity": torch.full((3,), -0.5)})
    assert soft.std() < photos.std() * 0.9
    assert torch.equal((soft * 255).round() / 255, soft)
