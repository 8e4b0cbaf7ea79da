# SPDX-License-Identifier: GPL-3.0-or-later
import pytest

torch = pytest.importorskip("torch")

from trainer.degradations import (  # noqa: E402
    FAULTS,
    KINDS,
    SHARES,
    bounded,
    degrade,
    degrade_smoothly,
    sample_degradations,
    sample_fitted,
    sample_target_jitter,
)


def photos(n, size=32):
    """Smooth pictures with some detail, in the middle of the range, where nothing clips."""
    generator = torch.Generator().manual_seed(1)
    small = torch.rand(n, 3, 4, 4, generator=generator) * 0.5 + 0.2
    smooth = torch.nn.functional.interpolate(small, size=size, mode="bilinear")
    return smooth + 0.1 * torch.rand(n, 1, size, size, generator=generator)


def one(fault, amount, n=4):
    degradations = torch.zeros(n, len(FAULTS))
    degradations[:, FAULTS.index(fault)] = amount
    return degradations


def test_every_kind_has_every_fault_and_some_photos_are_untouched():
    assert all(len(kind[2]) == len(FAULTS) for kind in KINDS) and 0.03 < 1 - float(SHARES.sum()) < 0.2
    degradations = sample_degradations(4000, torch.Generator().manual_seed(0))
    assert (degradations == 0).all(1).float().mean() == pytest.approx(1 - float(SHARES.sum()), abs=0.02)
    assert (sample_degradations(400, torch.Generator(), untouched=1.0) == 0).all()
    assert (sample_degradations(400, torch.Generator(), untouched=0.0) != 0).any(1).all()


def test_photos_are_dark_and_their_blacks_lifted_more_often_than_not():
    degradations = sample_degradations(4000, torch.Generator().manual_seed(0))
    exposure, lift = degradations[:, FAULTS.index("exposure")], degradations[:, FAULTS.index("lift")]
    assert exposure.mean() < -0.05 and lift.mean() > 0.02 and lift.min() >= -0.031


def test_a_seed_means_the_same_faults():
    for sample in (sample_degradations, sample_target_jitter):
        one, two = (sample(5, torch.Generator().manual_seed(3)) for _ in range(2))
        assert torch.equal(one, two) and not torch.equal(one, sample(5, torch.Generator().manual_seed(4)))


def test_fitted_degradations_have_their_means_and_spreads():
    fitted = torch.zeros(len(FAULTS), 2)
    fitted[FAULTS.index("exposure")] = torch.tensor([-0.5, 0.2])
    drawn = sample_fitted(fitted, 2000, torch.Generator().manual_seed(0))[:, FAULTS.index("exposure")]
    assert drawn.mean() == pytest.approx(-0.5, abs=0.02) and drawn.std() == pytest.approx(0.2, abs=0.02)


@pytest.mark.parametrize(
    ("fault", "amount", "mean", "spread", "chroma"),
    [
        ("gamma", 0.5, -1, 0, 0),
        ("flat", 0.8, 0, -1, 0),
        ("lift", 0.1, 1, -1, 0),
        ("exposure", -0.7, -1, 0, 0),
        ("pale", 0.5, 0, 0, -1),
        ("haze", 0.4, 1, -1, -1),
        ("soft", 1.0, 0, -1, 0),
        ("backlight", 0.8, 0, 1, 0),
    ],
)
def test_what_each_fault_does(fault, amount, mean, spread, chroma):
    """Signs of the change of mean, standard deviation and difference of the channels; 0 is not asked."""
    before, after = photos(4), degrade(photos(4), one(fault, amount))
    changes = [
        float((measure(after) - measure(before)).mean())
        for measure in (torch.mean, torch.std, lambda x: x.amax(1) - x.amin(1))
    ]
    for change, sign in zip(changes, (mean, spread, chroma), strict=True):
        assert sign == 0 or change * sign > 1 / 255


def test_casts_are_gains_of_linear_light():
    warm = degrade_smoothly(photos(1), one("warm", 0.2, 1)) / degrade_smoothly(photos(1), one("warm", 0.0, 1))
    red, green, blue = warm.mean((0, 2, 3)).tolist()
    assert red > 1.03 and green == pytest.approx(1, abs=1e-3) and blue < 0.97


def test_no_degradation_changes_nothing_and_results_are_eight_bit():
    assert torch.allclose(degrade(photos(3), one("soft", 0.0, 3)), photos(3), atol=0.5 / 255 + 1e-3)
    soft = degrade(photos(3), one("soft", 1.0, 3))
    assert torch.equal((soft * 255).round() / 255, soft)


def test_a_degradation_looks_the_same_at_any_size():
    amounts = sample_degradations(6, torch.Generator().manual_seed(2), untouched=0.0)
    large = torch.nn.functional.interpolate(photos(6), size=256, mode="bilinear")
    small = torch.nn.functional.avg_pool2d(degrade(large, amounts), 8)
    assert (small - degrade(torch.nn.functional.avg_pool2d(large, 8), amounts)).abs().mean() < 2 / 255


def test_amounts_stay_where_they_make_sense():
    wild = bounded(torch.full((1, len(FAULTS)), -9.0))[0]
    assert wild[FAULTS.index("haze")] == 0 and wild[FAULTS.index("lift")] == pytest.approx(-0.03)
