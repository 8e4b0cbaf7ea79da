# SPDX-License-Identifier: GPL-3.0-or-later
import pytest

torch = pytest.importorskip("torch")

from trainer.config import recipe  # noqa: E402
from trainer.critic import Replay, update_critic  # noqa: E402
from trainer.draws import Draws  # noqa: E402
from trainer.statistics_critic import StatisticsCritic, statistics  # noqa: E402


def test_statistics_are_finite_and_do_not_know_the_scene():
    pictures = torch.rand(4, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    found = statistics(torch.cat([pictures, torch.zeros(1, 3, 16, 16), torch.ones(1, 3, 16, 16)]))
    assert bool(found.isfinite().all())
    turned = statistics(pictures.flip((2, 3)))
    assert torch.allclose(turned, found[:4], atol=1e-4)


def test_it_is_told_what_the_photo_was():
    """A night that stays dark is finished; a day that becomes dark is not."""
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(0)
    dark = torch.rand(32, 3, 16, 16, generator=generator) * 0.2
    light = torch.rand(32, 3, 16, 16, generator=generator) * 0.3 + 0.6
    critic, config = StatisticsCritic(), recipe("default", w_critic=0.1, hindsight_share=0.5, batch=64)
    critic.standardise(torch.cat([dark, light]))
    real = torch.cat([critic.represent(dark, dark), critic.represent(light, light)])
    fake = torch.cat([critic.represent(dark, light), critic.represent(light, dark)])
    optimizer = torch.optim.Adam(critic.parameters(), 1e-3, betas=(0.5, 0.9))
    replay, draws = Replay(200, critic.length), Draws(torch.Generator().manual_seed(0), 1.0, 16)
    for _ in range(20):
        update_critic(config, critic, optimizer, fake, real, replay, draws)
    with torch.no_grad():
        stayed, changed = critic.judge(torch.stack([dark, light], 1), dark).mean(0).tolist()
        assert stayed > changed
        stayed, changed = critic.judge(torch.stack([light, dark], 1), light).mean(0).tolist()
        assert stayed > changed
