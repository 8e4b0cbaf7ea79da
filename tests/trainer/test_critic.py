# SPDX-License-Identifier: GPL-3.0-or-later
"""The critic learns to tell edits from finished photos, and its replay holds what it saw."""

import pytest

torch = pytest.importorskip("torch")

from trainer.config import recipe  # noqa: E402
from trainer.critic import Replay, update_critic  # noqa: E402
from trainer.draws import Draws  # noqa: E402
from trainer.networks import Critic  # noqa: E402

CPU = torch.device("cpu")


def draws():
    return Draws(torch.Generator().manual_seed(0), 1.0, 64)


def pictures(n, grey):
    return torch.full((n, 3, 64, 64), grey / 255)


def test_the_replay_keeps_the_newest_and_their_pairs():
    replay = Replay(5)
    for grey in range(4):  # edits 0, 0, 1, 1 ... with finished photos ten lighter
        replay.add(pictures(2, grey), pictures(2, grey + 10))
    assert replay.fake[:, 0, 0, 0].tolist() == [1, 2, 2, 3, 3]
    fake, real = replay.draw(5, draws(), CPU)
    assert sorted((fake[:, 0, 0, 0] * 255).round().tolist()) == [1, 2, 2, 3, 3]  # each once
    assert torch.allclose(real - fake, torch.tensor(10 / 255))


def test_a_replay_comes_back_from_its_state():
    replay, other = Replay(5), Replay(5)
    replay.add(pictures(3, 7), pictures(3, 9))
    other.load_state_dict(replay.state_dict())
    assert torch.equal(other.fake, replay.fake) and torch.equal(other.real, replay.real)


def test_later_updates_wait_until_the_replay_has_enough():
    """As in the official code: the first policy update has one critic update, the second two, until all five."""
    config, replay, critic = recipe("paper", batch=2, replay=8), Replay(8), Critic()
    optimizer = torch.optim.SGD(critic.parameters(), 0.0)
    made = []
    optimizer.register_step_post_hook(lambda *_: made.append(1))
    counts = []
    for _ in range(6):
        made.clear()
        update_critic(config, critic, optimizer, pictures(2, 50), pictures(2, 200), replay, draws())
        counts.append(len(made))
    assert counts == [1, 2, 3, 4, 5, 5]


def test_the_critic_learns_to_tell_light_from_dark():
    torch.manual_seed(0)
    config, replay, critic = recipe("paper", batch=4), Replay(40), Critic()
    optimizer = torch.optim.Adam(critic.parameters(), 1e-3, betas=(0.5, 0.999))
    logged = [
        update_critic(config, critic, optimizer, pictures(4, 50), pictures(4, 200), replay, draws()) for _ in range(6)
    ]
    assert logged[-1]["critic_gap"] > logged[0]["critic_gap"] + 0.5
    with torch.no_grad():
        assert critic(pictures(1, 200)) > critic(pictures(1, 50))
