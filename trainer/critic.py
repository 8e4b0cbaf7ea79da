# SPDX-License-Identifier: GPL-3.0-or-later
"""How the critic learns: WGAN-GP (Gulrajani et al. 2017) on edited and finished photos (paper, section 3.3)."""

from __future__ import annotations

import torch

from models.thumbnail_rule import SIZE

from . import distributed
from .config import Config
from .draws import Draws
from .networks import Critic
from .statistics_critic import StatisticsCritic


class Replay:
    """The newest `size` edits and finished photos that the critic saw, as rings: pictures as uint8, vectors as floats.
    Each process has those of all, so that it draws its rows of what one process would draw, and one checkpoint holds
    all."""

    def __init__(self, size: int, length: int | None = None) -> None:
        """length: of the vectors, where the critic sees such; else pictures."""
        self.size = size
        self.pictures = length is None
        self.fake = self.real = (
            torch.zeros(0, 3, SIZE, SIZE, dtype=torch.uint8) if length is None else torch.zeros(0, length)
        )

    def add(self, fake: torch.Tensor, real: torch.Tensor) -> None:
        self.fake, self.real = (
            torch.cat([old, distributed.all_gather(self._kept(new.detach())).cpu()])[-self.size :]
            for old, new in ((self.fake, fake), (self.real, real))
        )

    def draw(self, n: int, draws: Draws, device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
        """This process's rows of n different edits, each with the finished photo that it met."""
        rows = draws.choice(n, len(self.fake))
        fake, real = (kept[rows].to(device).float() / (255 if self.pictures else 1) for kept in (self.fake, self.real))
        return fake, real

    def _kept(self, new: torch.Tensor) -> torch.Tensor:
        return (new * 255).round().to(torch.uint8) if self.pictures else new

    def state_dict(self) -> dict[str, torch.Tensor]:
        return {"fake": self.fake, "real": self.real}

    def load_state_dict(self, state: dict[str, torch.Tensor]) -> None:
        self.fake, self.real = state["fake"], state["real"]


def update_critic(
    config: Config,
    critic: Critic | StatisticsCritic,
    optimizer: torch.optim.Optimizer,
    fake: torch.Tensor,
    real: torch.Tensor,
    replay: Replay,
    draws: Draws,
) -> dict[str, float]:
    """Updates the critic U times: on this update's edits first, then on those of earlier updates, of which there must
    be as many as are drawn; so the first updates have fewer, as in the official code. Returns what is logged.

    fake, real: what the critic makes (`represent`) of edits and of finished photos, (B, ...) each.
    """
    newest = fake, real
    batch = len(fake) * distributed.world_size()
    gap = penalty = torch.zeros(())
    for update in range(config.critic_updates):
        if update:
            if len(replay.fake) < min(update * batch, replay.size):
                break
            fake, real = replay.draw(batch, draws, fake.device)
        # gradient penalty between a finished and an edited photo
        mix = draws.uniform(batch, *[1] * (fake.ndim - 1)).to(fake.device)
        between = (mix * real + (1 - mix) * fake).requires_grad_()
        slope = torch.autograd.grad(critic(between).sum(), between, create_graph=True)[0].flatten(1).norm(dim=1)
        penalty = (slope - 1).square().mean()
        gap = critic(real).mean() - critic(fake).mean()
        optimizer.zero_grad(set_to_none=True)
        (config.gradient_penalty * penalty - gap).backward()
        distributed.average_gradients(critic)
        torch.nn.utils.clip_grad_norm_(critic.parameters(), config.critic_max_grad_norm)
        optimizer.step()
    replay.add(*newest)
    return distributed.all_mean({"critic_gap": gap, "gradient_norm": slope.mean(), "gradient_penalty": penalty})
