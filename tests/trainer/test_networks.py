# SPDX-License-Identifier: GPL-3.0-or-later
import pytest

torch = pytest.importorskip("torch")

from editor_ops import LEVELS, NEUTRAL_LEVEL, SLIDERS  # noqa: E402
from trainer.config import recipe  # noqa: E402
from trainer.features import color_features  # noqa: E402
from trainer.networks import Critic, PaperPolicy, Policy, make_policy  # noqa: E402


def test_shapes():
    for policy in (Policy(), PaperPolicy()):
        logits, value = policy(torch.rand(5, 3, 64, 64))
        assert logits.shape == (5, len(SLIDERS), LEVELS) and value.shape == (5,)
    assert Critic()(torch.rand(5, 3, 64, 64)).shape == (5,)


def test_the_policy_is_the_papers():
    """The official weights' file holds 71,501 numbers, BatchNorm's statistics and counters included; its 12 sliders."""
    assert sum(t.numel() for t in PaperPolicy(sliders=12).state_dict().values()) == 71_501
    assert isinstance(make_policy(recipe("paper")), PaperPolicy) and isinstance(make_policy(recipe("default")), Policy)


@pytest.mark.parametrize("make", [Policy, PaperPolicy])
def test_gradients_reach_every_weight(make):
    policy = make()
    logits, value = policy(torch.rand(4, 3, 64, 64))
    if make is Policy:  # its head begins the same for every photo, so that the layers before them wait
        torch.nn.init.normal_(policy.head.weight, std=0.1)
        logits, value = policy(torch.rand(4, 3, 64, 64))
    (logits.square().sum() + value.square().sum()).backward()
    # BatchNorm takes away what the bias before it adds, so those gradients are only rounding
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in policy.parameters())
    assert all(p.grad.abs().max() > 0 for p in policy.parameters() if p.ndim > 1)


def test_the_agent_begins_near_neutral_and_spreads_as_asked():
    probability = Policy(width=4.0)(torch.rand(8, 3, 64, 64))[0].softmax(-1)  # (N, K, L)
    away = torch.arange(LEVELS) - NEUTRAL_LEVEL
    assert torch.allclose((probability * away).sum(-1), torch.zeros(8, len(SLIDERS)), atol=1e-4)
    assert torch.allclose((probability * away.square()).sum(-1).sqrt(), torch.full((8, len(SLIDERS)), 4.0), atol=0.01)


def test_features_are_standardised_by_what_was_shown():
    policy, pictures = Policy(), torch.rand(64, 3, 64, 64) ** torch.linspace(0.5, 2, 64)[:, None, None, None]
    policy.standardise(pictures)
    features = (color_features(pictures) - policy.centre) * policy.scale
    assert features.mean(0).abs().max() < 1e-3 and features.std(0).max() <= 1.001


def test_statistics_left_unheeded_change_nothing():
    policy = Policy()
    torch.nn.init.normal_(policy.head.weight)
    picture, nothing = torch.rand(1, 3, 64, 64), torch.zeros(1, len(policy.centre))
    assert torch.equal(policy(picture, nothing)[0], policy(1 - picture, nothing)[0])
    assert not torch.equal(policy(picture)[0], policy(1 - picture)[0])


def test_the_critic_takes_each_picture_by_itself():
    critic, pictures = Critic(), torch.rand(6, 3, 64, 64)
    assert torch.allclose(critic(pictures)[2:3], critic(pictures[2:3]), atol=1e-5)
