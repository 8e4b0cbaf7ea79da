# SPDX-License-Identifier: GPL-3.0-or-later
import pytest

torch = pytest.importorskip("torch")

from editor_ops import LEVELS, NEUTRAL_LEVEL, SLIDERS  # noqa: E402
from trainer.networks import Critic, Policy  # noqa: E402


def test_shapes():
    logits, value = Policy()(torch.rand(5, 3, 64, 64))
    assert logits.shape == (5, len(SLIDERS), LEVELS) and value.shape == (5,)
    assert Critic()(torch.rand(5, 3, 64, 64)).shape == (5,)


def test_the_policy_is_the_papers():
    """The official weights' file holds 71,501 numbers, BatchNorm's statistics and counters included; its 12 sliders."""
    policy = Policy(sliders=12)
    numbers = sum(t.numel() for name, t in policy.state_dict().items() if name != "prior")
    assert numbers == 71_501


def test_gradients_reach_every_weight():
    policy = Policy(prior_width=4.0)
    logits, value = policy(torch.rand(4, 3, 64, 64))
    (logits.square().sum() + value.square().sum()).backward()
    # BatchNorm takes away what the bias before it adds, so those gradients are only rounding
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in policy.parameters())
    assert all(p.grad.abs().max() > 0 for p in policy.parameters() if p.ndim > 1)


def test_the_prior_starts_the_agent_near_neutral():
    torch.manual_seed(0)
    picture = torch.rand(8, 3, 64, 64)
    near = Policy(prior_width=4.0).eval()(picture)[0].softmax(-1)[..., NEUTRAL_LEVEL - 8 : NEUTRAL_LEVEL + 9].sum(-1)
    torch.manual_seed(0)
    free = Policy().eval()(picture)[0].softmax(-1)[..., NEUTRAL_LEVEL - 8 : NEUTRAL_LEVEL + 9].sum(-1)
    assert near.mean() > 0.9 > free.mean()
    assert not Policy().prior.requires_grad


def test_the_critic_takes_each_picture_by_itself():
    critic, pictures = Critic(), torch.rand(6, 3, 64, 64)
    assert torch.allclose(critic(pictures)[2:3], critic(pictures[2:3]), atol=1e-5)
