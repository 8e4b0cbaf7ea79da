# SPDX-License-Identifier: GPL-3.0-or-later
import pytest

torch = pytest.importorskip("torch")

from torch.distributions import Categorical, kl_divergence  # noqa: E402

from editor_ops import LEVELS  # noqa: E402
from trainer.distribution import LevelDistribution  # noqa: E402
from trainer.draws import Draws  # noqa: E402


def logits(seed, b=3, k=2):
    return 3 * torch.randn(b, k, LEVELS, generator=torch.Generator().manual_seed(seed))


def test_it_is_torchs_categorical():
    ours, theirs = LevelDistribution(logits(0)), Categorical(logits=logits(0))
    action = theirs.sample((5,)).movedim(0, 1)  # (B, A, K)
    assert torch.allclose(ours.log_prob(action), theirs.log_prob(action.movedim(1, 0)).movedim(0, 1), atol=1e-5)
    assert torch.allclose(ours.entropy(), theirs.entropy(), atol=1e-5)
    assert torch.equal(ours.mode(), logits(0).argmax(-1))
    other = kl_divergence(theirs, Categorical(logits=logits(1))).sum(-1)
    assert torch.allclose(ours.kl(LevelDistribution(logits(1))), other, atol=1e-4)
    assert torch.allclose(ours.kl(ours), torch.zeros(3), atol=1e-6)


def test_sampled_levels_follow_the_policy():
    distribution = LevelDistribution(torch.randn(1, 2, LEVELS, generator=torch.Generator().manual_seed(0)))
    gumbel = Draws(torch.Generator().manual_seed(1), 1.0, 32).gumbel(1, 40_000, 2, LEVELS)
    drawn = distribution.sample(gumbel)  # (1, 40000, 2)
    for k in range(2):
        share = torch.bincount(drawn[0, :, k], minlength=LEVELS) / 40_000
        assert (share - distribution.log_probs[0, k].exp()).abs().max() < 0.01
