# SPDX-License-Identifier: GPL-3.0-or-later
"""What learns: the networks, their optimizers and averages, made for a run and put back from its checkpoints."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR
from torch.optim.swa_utils import AveragedModel

from models.thumbnail_rule import SIZE

from . import checkpoint, data, distributed
from .config import Config
from .critic import Replay
from .degradations import degrade, sample_degradations
from .draws import Draws
from .edits import downsample
from .features import FEATURE_SIZE
from .init_weights import load_weights
from .inverse import Inverse, fit_inverse
from .networks import Critic, Policy, make_policy
from .run_folder import FitError
from .statistics_critic import StatisticsCritic
from .tasks import TASKS

NORMALISATION_PHOTOS = 1024
"""Degraded photos from which the policy learns the mean and the size of each feature."""
LAST_RATE = 0.01
"""Of the first learning rate, at the last update: the policy stands still then."""


@dataclass
class Learner:
    """What learns, and all that a checkpoint holds."""

    policy: nn.Module
    parallel: nn.Module  # the policy again; its gradients are averaged over the processes
    ema: AveragedModel
    critic: Critic | StatisticsCritic
    policy_optimizer: torch.optim.Optimizer
    critic_optimizer: torch.optim.Optimizer
    replay: Replay
    draws: Draws
    levels: torch.Tensor  # (K, L) values of the sliders' levels
    inverse: Inverse | None = None  # None: nothing is imitated
    judge: nn.Module | None = None  # of faces, which folder they look to be of; it learns no more
    fitted: torch.Tensor | None = None  # (F, 2) mean and spread of each fault, fitted to the source photos
    scheduler: CosineAnnealingLR | None = None  # None: the learning rate stays

    def checkpoint_items(self) -> dict[str, Any]:
        return {
            "policy": self.policy, "average": self.ema.module, "critic": self.critic,
            "policy_optimiser": self.policy_optimizer, "critic_optimiser": self.critic_optimizer,
            "replay": self.replay, "generator": self.draws.generator,
        }  # fmt: skip


def make_learner(
    config: Config, finished: data.Photos, device: torch.device, start: Path | None, resume: bool, printed: Console
) -> Learner:
    """The learner before the first update. start: a policy file or a run whose weights it begins with."""
    torch.manual_seed(config.seed)  # the networks' first weights
    generator = torch.Generator().manual_seed(config.seed)  # everything drawn while learning; in every process
    policy: nn.Module = make_policy(config).to(device)
    critic = make_critic(config, finished, resume).to(device)
    if start is not None:
        load_weights(policy, start)
    elif isinstance(policy, Policy) and not resume:
        shown = data.draw(finished, NORMALISATION_PHOTOS, generator, config.smallest_crop)
        policy.standardise(degrade(shown, sample_degradations(NORMALISATION_PHOTOS, generator)).to(device))
    learner = assembled(config, policy, critic, generator)
    if config.imitation:
        learner.inverse = fit_inverse(finished, config.seed, config.smallest_crop, printed)
    return learner


def assembled(
    config: Config, policy: nn.Module, critic: Critic | StatisticsCritic, generator: torch.Generator
) -> Learner:
    """The learner of a policy and a critic that are on their device."""
    device = next(policy.parameters()).device
    policy = distributed.with_common_batch_norm(policy)
    for network in (policy, critic):  # channels last: half the convolutions' time on a CPU
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stubs lack it

    size = SIZE if config.network == "paper" else max(FEATURE_SIZE, config.edit_size)
    return Learner(
        policy=policy,
        # The critic is not wrapped so: its penalty's gradient is a gradient of a gradient, which
        # DistributedDataParallel can't follow. update_critic averages its gradients itself.
        parallel=distributed.parallel(policy),
        ema=_averaged(policy, config.ema_decay),
        critic=critic,
        policy_optimizer=torch.optim.Adam(policy.parameters(), config.learning_rate, betas=(config.beta1, 0.999)),
        critic_optimizer=torch.optim.Adam(
            critic.parameters(), config.critic_learning_rate, betas=(config.critic_beta1, 0.999)
        ),
        replay=Replay(config.replay, getattr(critic, "length", None)),
        draws=Draws(generator, config.smallest_crop, size),
        levels=torch.tensor([s.values() for s in TASKS[config.task].sliders], dtype=torch.float32, device=device),
    )


def make_critic(config: Config, finished: data.Photos, resume: bool) -> Critic | StatisticsCritic:
    """The critic before the first update; one of statistics knows what is usual among the finished photos."""
    if config.critic == "paper":
        return Critic()
    critic = StatisticsCritic()
    if not resume and config.w_critic:
        shown = data.draw(finished, NORMALISATION_PHOTOS, torch.Generator().manual_seed(config.seed), size=FEATURE_SIZE)
        critic.standardise(downsample(shown, config.edit_size))
    return critic


def begin(config: Config, learner: Learner, out: Path, resume: bool) -> int:
    """Puts the run's newest checkpoint into the learner, with resume, and sets its learning rate; the update after
    which the run goes on, 0 for a new one."""
    step = checkpoint.restore_newest(out / "checkpoints", learner.checkpoint_items()) if resume else 0
    learner.ema.n_averaged.fill_(step + 1)  # the first weights count as one: at 0 torch would overwrite them
    if config.anneal_lr:
        learner.scheduler = _scheduler(learner.policy_optimizer, config, step)
    return step


def _averaged(policy: nn.Module, decay: float) -> AveragedModel:
    """The exponential moving average of a policy's weights and running statistics.

    The decay warms up, n / (n + 10) in update n, so that the first weights soon count for nothing.
    """

    def average(averaged: torch.Tensor, current: torch.Tensor, n: torch.Tensor | int) -> torch.Tensor:
        if not averaged.is_floating_point():  # BatchNorm's count of batches
            return current
        return averaged.lerp(current, 1 - min(decay, float(n) / (float(n) + 10)))

    return AveragedModel(policy, avg_fn=average, use_buffers=True)


def _scheduler(optimizer: torch.optim.Optimizer, config: Config, step: int) -> CosineAnnealingLR:
    """The learning rate on a cosine from the first update to the last, as it is after `step` updates."""
    for group in optimizer.param_groups:
        group["lr"] = group["initial_lr"] = config.learning_rate
    scheduler = CosineAnnealingLR(optimizer, max(1, config.steps - 1), LAST_RATE * config.learning_rate)
    with warnings.catch_warnings(action="ignore"):  # that the optimizer made no steps, which it did before
        for _ in range(step):
            scheduler.step()
    return scheduler


def pick_device(name: str) -> torch.device:
    """cpu, cuda, or for auto a GPU where there is one. FitError for cuda where there is none."""
    if name == "cuda" and not torch.cuda.is_available():
        raise FitError("device is cuda, but no GPU can be used here; give --device cpu", "no GPU")
    if name == "cpu" or not torch.cuda.is_available():
        return torch.device("cpu")
    number = distributed.local_rank()
    if number >= torch.cuda.device_count():
        message = f"{number + 1} processes or more, but {torch.cuda.device_count()} GPUs; give one process each"
        raise FitError(message, "too many processes")
    torch.cuda.set_device(number)
    return torch.device("cuda", number)


def check_processes(config: Config, device: torch.device) -> None:
    """FitError where several processes can't learn together under these settings."""
    n = distributed.world_size()
    if n == 1:
        return
    if config.w_critic and config.replay < config.batch * n:
        message = f"replay is {config.replay}, fewer than the {config.batch * n} photos of an update in all processes"
        raise FitError(f"{message}: give --set replay={config.batch * n} or a smaller --batch", "replay too small")
    if config.network == "paper" and device.type == "cpu":
        message = "the paper's network normalises over the whole batch, which several processes can do on GPUs alone"
        raise FitError(f"{message}: start it without torchrun, or with --device cuda", "needs GPUs")
