# SPDX-License-Identifier: GPL-3.0-or-later
import pytest

torch = pytest.importorskip("torch")

from editor_ops import NAMES, NEUTRAL_LEVEL, SLIDERS  # noqa: E402
from trainer.degradations import (  # noqa: E402
    DEGRADATIONS,
    SHARES,
    degrade,
    inverse_levels,
    sample_degradations,
    sample_target_jitter,
    value_at,
)
from trainer.edits import edit_batch  # noqa: E402

LEVELS = torch.tensor([s.values() for s in SLIDERS])


def photos(n):
    """Smooth pictures with some detail, in the middle of the range, where nothing clips."""
    generator = torch.Generator().manual_seed(1)
    small = torch.rand(n, 3, 4, 4, generator=generator) * 0.5 + 0.2
    smooth = torch.nn.functional.interpolate(small, size=32, mode="bilinear")
    return smooth + 0.1 * torch.rand(n, 1, 32, 32, generator=generator)


def test_every_slider_has_a_degradation_of_every_kind():
    assert set(DEGRADATIONS) == set(NAMES)
    assert all(len(kinds) == len(SHARES) for kinds in DEGRADATIONS.values())


def test_faults_are_shares_of_the_ranges_and_some_photos_have_none():
    degradations = sample_degradations(4000, torch.Generator().manual_seed(0))
    assert degradations.shape == (4000, len(SLIDERS)) and degradations.abs().max() <= 1
    assert (degradations == 0).all(1).float().mean() == pytest.approx(1 - sum(SHARES), abs=0.02)
    always = sample_degradations(400, torch.Generator().manual_seed(0), untouched=0.0)
    assert (always != 0).any(1).float().mean() > 0.98  # a mixture may by chance have none
    assert (sample_degradations(400, torch.Generator(), untouched=1.0) == 0).all()
    exposure = degradations[:, NAMES.index("exposure")]
    assert exposure.mean() < -0.05  # photos are dark more often than bright


def test_a_seed_means_the_same_faults():
    for sample in (sample_degradations, sample_target_jitter):
        one, two = (sample(5, torch.Generator().manual_seed(3)) for _ in range(2))
        assert torch.equal(one, two) and not torch.equal(one, sample(5, torch.Generator().manual_seed(4)))


def test_values_between_levels():
    levels = SLIDERS[0].values()
    assert value_at(levels, torch.tensor([-1.0, 0.0, 0.5, 1.0])).tolist() == pytest.approx([-2, 0, 1, 2])


@pytest.mark.parametrize("slider", range(len(SLIDERS)), ids=NAMES)
@pytest.mark.parametrize("share", [-0.5, 0.5])
def test_one_degradation_is_undone_by_its_inverse_level(slider, share):
    degradations = torch.zeros(4, len(SLIDERS))
    degradations[:, slider] = share
    finished = photos(4)
    degraded = degrade(finished, degradations)
    undone = edit_batch(degraded, inverse_levels(degradations)[:, None], LEVELS)[:, 0]
    before, after = ((p - finished).abs().mean(dim=(1, 2, 3)) for p in (degraded, undone))
    assert (before > 0.2 / 255).all()  # shadows have little to do in bright pictures
    assert (after < (0.6 * before).clamp(min=0.5 / 255)).all()  # nobody sees less than half a step


def test_all_faults_together_are_mostly_undone():
    degradations = 0.4 * sample_degradations(64, torch.Generator().manual_seed(0), untouched=0.0)
    finished = photos(64)
    degraded = degrade(finished, degradations)
    undone = edit_batch(degraded, inverse_levels(degradations)[:, None], LEVELS)[:, 0]
    before, after = (float((p - finished).abs().mean()) for p in (degraded, undone))
    assert after < 0.3 * before


def test_no_degradation_asks_for_nothing():
    assert (inverse_levels(torch.zeros(2, len(SLIDERS))) == NEUTRAL_LEVEL).all()
    finished = photos(3)
    assert torch.allclose(degrade(finished, torch.zeros(3, len(SLIDERS))), finished, atol=0.5 / 255 + 1e-5)


def test_spoiled_pictures_are_eight_bit_and_soften_too():
    sharp = torch.rand(3, 3, 64, 64, generator=torch.Generator().manual_seed(1)) * 0.6 + 0.2
    degradations = torch.zeros(3, len(SLIDERS))
    degradations[:, NAMES.index("clarity")] = 1.0
    soft = degrade(sharp, degradations)
    assert soft.std() < sharp.std() * 0.9
    assert torch.equal((soft * 255).round() / 255, soft)
