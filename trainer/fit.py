# SPDX-License-Identifier: GPL-3.0-or-later
"""Teaches a policy: advantage actor-critic on one-step episodes, the editor as a black box. See docs/paper.md.

Kosugi and Yamasaki, "Unpaired Image Enhancement Featuring Reinforcement-Learning-Controlled Image Editing
Software" (AAAI 2020), section 3. To it we add hindsight pairs: degraded finished photos (degradations.py), where the
reward is how near the policy's edit comes back. To be read from `fit` downwards; rewards.py has what an edit is
paid, critic.py the critic's updates, draws.py every random number, run_folder.py the housekeeping.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from torch import nn

from . import checkpoint, data, distributed
from .allowed_levels import allowed_levels
from .batches import Batch
from .cache import open_cache
from .config import Config
from .console import progress
from .critic import update_critic
from .distribution import LevelDistribution
from .draws import Draws
from .edits import downsample, edit_batch
from .environment import Environment, photo_environment
from .faces.crops import Faces
from .faces.crops import load as load_faces
from .faces.environment import face_environment
from .init_weights import load_weights
from .inverse_edit import levels_of
from .learner import Learner, begin, check_processes, pick_device
from .networks import make_policy
from .rewards import rewards
from .run_folder import FitError, MetricsLog, clear, create_run, interruptible, load_photos, read_run
from .tasks import TASKS

LOG_EVERY = 10
"""Updates between lines in metrics.jsonl: the curves stay smooth and the file small."""


def fit(
    source: Path,
    target: Path,
    out: Path,
    config: Config,
    resume: bool = False,
    quiet: bool = False,
    cache: Path | None = None,
    files: tuple[list[Path], list[Path]] | None = None,
    start: Path | None = None,
) -> bool:
    """Learns from a folder of photos as they come and a folder of finished ones; True when it ran to its end.

    out gets config.json, look.json where a style shift is sought, fitted.json where degradations are fitted to the
    source photos, metrics.jsonl, TensorBoard events, checkpoints/, samples/ and held-out.txt (names of finished photos
    that are not learned from). Decoded photos are kept in cache (the user's, if None). files: the photos of both
    folders that are wanted, where not all are. start: a policy file or a run to begin with.
    With resume, the run in `out` goes on from its newest checkpoint that loads, under the settings it was started
    with; on a CPU, with as many threads, it ends bit for bit as one that was never stopped. Ctrl-C ends the update at
    hand, writes a checkpoint and returns False. Under torchrun, config.batch is the photos of each process, and only
    the first writes. FitError for folders that don't fit; ValueError for folders without photos.
    """
    goes_on = False
    if resume:
        run = read_run(out)
        config, start = run.config, start or (Path(run.start) if run.start else None)
        goes_on = checkpoint.is_any(out / "checkpoints")  # else it was killed before the first one, and begins again
    if start is not None and not goes_on:
        load_weights(make_policy(config), start, TASKS[config.task])  # before anything is written
    if config.style_shift and start is None and not goes_on:
        message = "a style shift is sought beside the edits of a policy: give one with --from, or --no-style-shift"
        raise FitError(message, "no policy")
    device = pick_device(config.device)
    check_processes(config, device)
    if distributed.rank() == 0:
        clear(out) if resume else create_run(source, target, out, config, start)
    printed = Console(stderr=True, quiet=quiet or distributed.rank() > 0)
    with distributed.process_group(device):
        load: Callable[..., Any] = data.load if config.task == "photos" else load_faces
        photos = load_photos(load, (source, target), files or (None, None), open_cache(cache), printed.quiet, device)
        return _learn(photos, out, config, device, goes_on, start, printed)


def _learn(
    photos: tuple[data.Photos, data.Photos] | tuple[Faces, Faces], out: Path, config: Config, device: torch.device,
    resume: bool, start: Path | None, printed: Console,
) -> bool:  # fmt: skip
    writes = distributed.rank() == 0
    make: Callable[..., Environment] = photo_environment if config.task == "photos" else face_environment
    environment = make(photos, out, config, device, resume, start, printed)
    learner = environment.learner
    first = begin(config, learner, out, resume)
    log, edits, started, step = MetricsLog(out, first, writes), 0, time.monotonic(), first
    with progress(printed, "learning") as bar, interruptible() as stop:
        task = bar.add_task("Learning", total=config.steps, completed=first, learning="")
        for step in range(first + 1, config.steps + 1):
            batch = environment.sample()
            logged = step % LOG_EVERY == 0 or step == config.steps
            metrics, edited = update(config, learner, batch, step, logged)
            edits += len(batch.state) * edited.shape[1] * distributed.world_size()
            if config.w_critic > 0 and edited.shape[1]:
                fake, real = environment.compared(batch, edited[:, 0])
                metrics |= update_critic(
                    config, learner.critic, learner.critic_optimizer, fake, real, learner.replay, learner.draws
                )
            if logged:
                metrics["edits_per_second"] = edits / (time.monotonic() - started)
                log.add(step, metrics)
                reward = f"reward {metrics['reward']:+.4f}  " if "reward" in metrics else "imitating  "
                bar.update(task, learning=f"{reward}entropy {metrics['entropy']:.2f}")
            bar.update(task, completed=step)
            due = step % config.evaluate_every == 0 or step == config.steps
            if due and writes:
                validation = environment.validate()
                log.add(step, validation.metrics())
                environment.sheet(out / "samples" / f"step-{step:06d}.png")
                printed.print(validation.line(step, config.steps))
            stopped = distributed.any_rank(bool(stop), device)
            if (due or stopped) and writes:
                checkpoint.write(out / "checkpoints", step, learner.checkpoint_items())
            if stopped:
                break
    log.close()
    if edits:
        printed.print(f"{edits} edits, {edits / (time.monotonic() - started):.0f} a second")
    if step < config.steps:
        printed.print(f"Stopped after update {step} of {config.steps}. To go on: the same command with --resume")
    return step == config.steps


def update(
    config: Config, learner: Learner, batch: Batch, step: int, logged: bool
) -> tuple[dict[str, float], torch.Tensor]:
    """One update of the policy. Returns what is logged, if it is, and the edits (B, A, 3, size, size), of which there
    are none while the agent only imitates."""
    optimizer, rate = learner.policy_optimizer, learner.policy_optimizer.param_groups[0]["lr"]
    before = _distribution(learner.policy, batch.state) if logged else None
    learner.policy.train()
    logits, value = learner.parallel(batch.state, *feature_mask(config, learner, len(batch.state)))  # (B, K, L), (B,)
    imitation_loss = inverse_levels_loss(logits, batch)
    edited = batch.state[:, None][:, :0]  # (B, 0, 3, size, size)
    reward = value.detach()[:, None]
    distribution = LevelDistribution(config.inverse_temperature * logits)  # near the level that will be chosen
    if step > config.imitation_alone * config.steps:
        # act: edit each photo in several ways
        action = sample_actions(config, distribution, learner.draws)  # (B, A, K)
        with torch.no_grad():
            state, finished = (downsample(pictures, config.edit_size) for pictures in (batch.state, batch.finished))
            edit = batch.edit or partial(edit_batch, state)
            edited = edit(action, learner.levels)  # (B, A, 3, size, size)
            reward = rewards(config, learner.critic, state, edited, finished, learner.judge)  # (B, A)
        policy_loss = loss_of(config, reward, distribution.log_prob(action), value)
    else:
        policy_loss = value.sum() * 0  # every weight has a gradient, as several processes need

    # policy loss, imitation, value loss, entropy bonus
    value_loss = 0.5 * (value - reward.mean(1)).square().mean()
    entropy = distribution.entropy()  # (B, K)
    bonus = config.entropy * (rate / config.learning_rate) * entropy.sum(-1).mean()  # falls with the rate
    loss = policy_loss + value_loss - bonus + imitation_weight(step, config) * imitation_loss

    # step
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(learner.policy.parameters(), config.max_grad_norm)
    optimizer.step()
    if learner.scheduler:
        learner.scheduler.step()
    learner.ema.update_parameters(learner.policy)
    if before is None:
        return {}, edited
    kl = before.kl(_distribution(learner.policy, batch.state)).mean()
    metrics = distributed.all_mean({"entropy": entropy.mean(), "imitation_loss": imitation_loss, "kl": kl})
    if edited.shape[1]:  # else there is no reward yet
        metrics |= distributed.all_mean({"reward": reward.mean(), "value_loss": value_loss})
        metrics["explained_variance"] = explained_variance(value, reward)
    return metrics | {"learning_rate": rate}, edited


def sample_actions(config: Config, distribution: LevelDistribution, draws: Draws) -> torch.Tensor:
    """Levels int64 (B, A, K). With by_slider (B, A (1 + K), K): after each edit, K edits that differ from it in one
    slider, drawn anew."""
    b, k, n_levels = distribution.log_probs.shape
    shape = (b * distributed.world_size(), config.actions, k, n_levels)
    action = distribution.sample(draws.gumbel(*shape))  # (B, A, K)
    if not config.by_slider:
        return action
    resampled = distribution.sample(draws.gumbel(*shape))  # (B, A, K)
    one_slider = torch.eye(k, dtype=torch.bool, device=action.device)
    others = torch.where(one_slider, resampled[:, :, None], action[:, :, None])  # (B, A, K, K)
    return torch.cat([action[:, :, None], others], dim=2).reshape(b, config.actions * (1 + k), k)


def loss_of(config: Config, reward: torch.Tensor, log_prob: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
    """Policy loss: reward (B, A), log_prob (B, A, K), value (B,)."""
    if config.by_slider:
        return loss_by_slider(config, reward, log_prob)
    return loss_by_edit(config, reward, log_prob, value)


def loss_by_edit(config: Config, reward: torch.Tensor, log_prob: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
    """Policy loss where all sliders of an edit share its advantage. reward (B, A), log_prob (B, A, K), value (B,).

    The baseline is the mean reward of the photo's other edits, or with one edit a photo the value head, as in the
    paper.
    """
    baseline = others_mean(reward) if config.actions > 1 else value.detach()[:, None]
    advantage = reward - baseline
    if config.normalise_advantage:
        advantage = advantage / (distributed.all_gather(advantage).std() + 1e-8)
    return -(advantage * log_prob.sum(-1)).mean()


def others_mean(reward: torch.Tensor) -> torch.Tensor:
    """For each edit of a photo, the mean reward of the photo's other edits (B, A): a baseline without bias."""
    n = reward.shape[1]
    return (reward.sum(1, keepdim=True) - reward) / (n - 1)


def loss_by_slider(config: Config, reward: torch.Tensor, log_prob: torch.Tensor) -> torch.Tensor:
    """Policy loss where each slider is judged by what it alone changes.

    reward (B, A (1 + K)) and log_prob (B, A (1 + K), K) are of `sample_actions`. A slider's two draws in otherwise
    equal edits are each other's baseline, so the estimate is as unbiased as with `others_mean`, and the other sliders'
    noise, which mostly hides temperature and tint, is not in it.
    """
    k = log_prob.shape[-1]
    reward = reward.unflatten(1, (-1, 1 + k))  # (B, A, 1 + K)
    log_prob = log_prob.unflatten(1, (-1, 1 + k))  # (B, A, 1 + K, K)
    advantage = (reward[..., 1:] - reward[..., :1]) / 2  # (B, A, K)
    if config.normalise_advantage:
        # the log reward's steps that matter are larger than a thousandth
        advantage = advantage / (distributed.all_gather(advantage).std(dim=(0, 1)) + 1e-3)
    difference = log_prob[..., 1:, :].diagonal(dim1=-2, dim2=-1) - log_prob[..., 0, :]  # (B, A, K)
    return -(advantage * difference).sum(-1).mean()


def inverse_levels_loss(logits: torch.Tensor, batch: Batch) -> torch.Tensor:
    """Negative log-likelihood of the levels that undo the degradations, this process's part of the mean over all
    pairs, of which it may have none."""
    if batch.inverse is None:
        return torch.zeros((), device=logits.device)
    pairs = len(batch.inverse)
    low, high = allowed_levels(batch.state[:pairs])
    wanted = levels_of(batch.inverse).to(logits.device).clamp(low.long(), high.long())  # (P, K)
    log_prob = LevelDistribution(logits[:pairs]).log_prob(wanted[:, None])  # (P, 1, K)
    return -log_prob.sum() * distributed.world_size() / batch.n_pairs


def imitation_weight(step: int, config: Config) -> float:
    """From `imitation` at the first update straight down to 0 at `imitation_until` of them all."""
    until = config.imitation_until * config.steps
    return config.imitation * max(0.0, 1 - (step - 1) / until) if until else 0.0


def explained_variance(value: torch.Tensor, reward: torch.Tensor) -> float:
    """Of the value head over the batch: 1 foretells every photo's mean reward, 0 is no better than a constant."""
    wanted, foretold = distributed.all_gather(reward.mean(1)), distributed.all_gather(value.detach())
    return float(1 - (wanted - foretold).var() / wanted.var().clamp(min=1e-12))


def feature_mask(config: Config, learner: Learner, n: int) -> tuple[()] | tuple[torch.Tensor]:
    """Dropout's factors (B, F) for the policy's features, or nothing."""
    if not config.dropout:
        return ()
    features = learner.policy.get_buffer("centre")
    kept = learner.draws.uniform(n * distributed.world_size(), len(features)) >= config.dropout
    return (kept.to(features) / (1 - config.dropout),)


@torch.no_grad()
def _distribution(policy: nn.Module, state: torch.Tensor) -> LevelDistribution:
    """Of the policy as it is used: without dropout, normalised by running statistics, which stay as they are."""
    return LevelDistribution(policy.eval()(state)[0])
