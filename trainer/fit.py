# SPDX-License-Identifier: GPL-3.0-or-later
"""Teaches a policy: advantage actor-critic on one-step episodes, the editor as a black box.

Kosugi and Yamasaki, "Unpaired Image Enhancement Featuring Reinforcement-Learning-Controlled Image Editing
Software" (AAAI 2020), section 3. To it we add hindsight pairs: finished photos edited the wrong way by the editor
itself, where the reward is how near the policy's edit comes back. To be read from `fit` downwards.
"""

from __future__ import annotations

import hashlib
import json
import math
import signal
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from torch import nn
from torch.nn import functional
from torch.utils.tensorboard import SummaryWriter

from editor_ops import SLIDERS
from models.thumbnail import SIZE

from . import checkpoint, data, distributed
from .cache import open_cache
from .config import Config
from .degradations import sample_faults, sample_tastes, spoil, undoing_levels
from .edits import edit_batch, shrunk
from .features import LOOK
from .init_weights import load_weights
from .networks import Critic, Policy, make_policy
from .style_shift import described, find_look, read_look, write_look
from .validation import Examination, examine, held_out_pairs, sample_sheet

NEAR_ENOUGH = 0.05
"""Mean difference, added before the logarithm: about as much as two retouchers differ by. With 0.01 the agent is paid
so much for being exactly right that it leaves dull photos alone, since some finished photos look like them."""
KNOWN = 1024
"""Spoiled photos from which the policy learns the size of each statistic."""
LOOKED_AT = 512
"""Photos of each folder, at most, that are compared for the look: enough for its means, and some seconds' work."""
LOG_EVERY = 10
"""Updates between lines in metrics.jsonl: the curves stay smooth and the file small."""


class FitError(ValueError):
    """A run that can't start or go on. The message says why and what to do."""


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

    out gets config.json, look.json where a look is sought, metrics.jsonl, TensorBoard events, checkpoints/, samples/,
    held-out.txt (names of finished photos that are not learned from) and at last policy.onnx. Decoded photos are kept
    in cache (the user's, if None). files: the photos of both folders that are wanted, where not all are. start: a
    policy file or a run to begin with.
    With resume, the run in `out` goes on from its newest checkpoint that loads, under the settings it was started
    with; on a CPU, with as many threads, it ends bit for bit as one that was never stopped. Ctrl-C ends the update at
    hand, writes a checkpoint and returns False. Under torchrun, config.batch is the photos of each process, and only
    the first writes. FitError for folders that don't fit; ValueError for folders without photos.
    """
    if start is not None and not resume:
        load_weights(make_policy(config), start)  # before anything is written
    if config.look and start is None and not resume:
        raise FitError("a look is sought beside the edits of a policy: give one with --from, or --no-look")
    config = _open_run(source, target, out, config, resume)
    device = pick_device(config.device)
    with distributed.together(device):
        return _learn(source, target, out, config, device, resume, quiet or distributed.rank() > 0, cache, files, start)


def _learn(
    source: Path, target: Path, out: Path, config: Config, device: torch.device, resume: bool, quiet: bool,
    cache: Path | None, files: tuple[list[Path], list[Path]] | None, start: Path | None,
) -> bool:  # fmt: skip
    if distributed.count() > 1 and config.w_critic and config.replay < config.batch * distributed.count():
        raise FitError(
            f"replay is {config.replay}, fewer than the {config.batch * distributed.count()} photos of an update in "
            "all processes: raise --replay or lower --batch"
        )
    console = Console(stderr=True, quiet=quiet)
    writes = distributed.rank() == 0
    torch.manual_seed(config.seed)  # the networks' first weights
    generator = torch.Generator().manual_seed(config.seed)  # everything drawn while learning; in every process

    cache = open_cache(cache)
    source_files, target_files = files or (None, None)
    sources = _load(source, quiet, cache, source_files, device)
    finished, held_out = data.split(_load(target, quiet, cache, target_files, device), config.holdout)
    if writes:
        checkpoint.write_text(out / "held-out.txt", "".join(f"{name}\n" for name in held_out.names))
    console.print(
        f"{len(sources.names)} source photos, {len(finished.names)} finished photos, "
        f"{len(held_out.names)} of those held out; on {device}"
        + (f", {distributed.count()} processes" if distributed.count() > 1 else "")
    )
    glance = data.whole(sources, range(min(16, len(sources.names))))  # for the sample sheets

    # channels last: half the convolutions' time on a CPU
    policy, critic = make_policy(config).to(device), Critic().to(device)
    if start is not None and not resume:
        load_weights(policy, start)
    elif isinstance(policy, Policy) and not resume:
        some = data.draw(finished, KNOWN, generator, config.smallest_crop)
        policy.standardise(spoil(some, sample_faults(KNOWN, generator)).to(device))
    levels = torch.tensor([s.values() for s in SLIDERS], dtype=torch.float32, device=device)  # (K, L)
    look = _look(out / "look.json", config, sources, finished, policy, levels, resume, console)  # (K,)
    pairs = held_out_pairs(held_out if held_out.names else finished, look)
    distributed.shared_statistics(policy)
    for network in (policy, critic):
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stubs lack it
    average = make_policy(config).to(device)
    average.load_state_dict(policy.state_dict())
    policy_optimiser = torch.optim.Adam(policy.parameters(), config.learning_rate, betas=(config.beta1, 0.999))
    critic_optimiser = torch.optim.Adam(
        critic.parameters(), config.critic_learning_rate, betas=(config.critic_beta1, 0.999)
    )
    replay = Replay(config.replay)
    parts = {
        "policy": policy, "average": average, "critic": critic, "policy_optimiser": policy_optimiser,
        "critic_optimiser": critic_optimiser, "replay": replay, "generator": generator,
    }  # fmt: skip
    first = checkpoint.restore_newest(out / "checkpoints", parts) if resume else 0
    if writes:
        _cut_metrics(out / "metrics.jsonl", first)
    board = SummaryWriter(str(out / "tensorboard"), purge_step=first + 1) if writes else None
    # The critic is not wrapped so: its penalty's gradient is a gradient of a gradient, which DistributedDataParallel
    # can't follow. update_critic averages its gradients itself.
    learner = distributed.parallel(policy)

    size = SIZE if config.network == "paper" else max(LOOK, config.edit_size)
    started, edits = time.monotonic(), 0
    with _progress(console, config.steps, first) as (bar, task), _interrupt() as stop:
        for step in range(first + 1, config.steps + 1):
            fall = _fall(step, config)
            for group in policy_optimiser.param_groups:
                group["lr"] = config.learning_rate * fall

            # the photos of this update: wrong-way pairs first, then source photos
            batch = config.batch * distributed.count()
            n_pairs = round(batch * config.hindsight_share)
            mine = distributed.rows(n_pairs)  # all random numbers are drawn for the whole batch
            answer = data.draw(finished, n_pairs, generator, config.smallest_crop, mine).to(device)
            answer = shrunk(answer, size)  # (P, 3, 64, 64), or 32 where nobody looks closer
            faults = (sample_faults(n_pairs, generator)[mine] - look).clamp(-1, 1).to(device)  # (P, K)
            tastes = sample_tastes(n_pairs, generator)[mine].to(device)  # (P, K)
            answer = spoil(answer, tastes) if len(answer) else answer
            spoiled = spoil(answer, faults) if len(answer) else answer
            mine = distributed.rows(batch - n_pairs, before=n_pairs)
            plain = shrunk(data.draw(sources, batch - n_pairs, generator, config.smallest_crop, mine).to(device), size)
            state = torch.cat([spoiled, plain]).contiguous(memory_format=torch.channels_last)  # (B, 3, 64, 64)

            # edit each photo in several ways
            policy.train()
            heed = sample_heed(config, policy, len(state), generator)
            logits, value = learner(state, *heed)  # (B, K, L), (B,)
            log_p = functional.log_softmax(config.focus * logits, dim=-1)  # near the level that will be chosen
            action = sample_actions(log_p.detach(), config.actions, generator)  # (B, A, K)
            if config.by_slider:
                action = with_each_slider_redrawn(action, log_p.detach(), generator)  # A is now A (1 + K)
            with torch.no_grad():
                before, goal = shrunk(state, config.edit_size), shrunk(answer, config.edit_size)  # smaller ones stay
                edited = edit_batch(before, action, levels)  # (B, A, 3, 64, 64), or 32 without a critic
                reward = rewards(config, critic, before, edited, goal)  # (B, A)
            edits += reward.numel() * distributed.count()

            # policy gradient
            chosen = (
                log_p[:, None].expand(-1, action.shape[1], -1, -1).gather(-1, action[..., None])[..., 0]
            )  # (B, A, K)
            entropy = -(log_p.exp() * log_p).sum(-1)  # (B, K)
            if config.by_slider:
                policy_loss = loss_by_slider(config, reward, chosen)
            else:
                baseline = others_mean(reward) if config.actions > 1 else value.detach()[:, None]
                advantage = reward - baseline
                if config.normalise_advantage:
                    advantage = advantage / (distributed.gathered(advantage).std() + 1e-8)
                policy_loss = -(advantage * chosen.sum(-1)).mean()
            imitation = imitation_weight(step, config)
            imitation_loss = torch.zeros((), device=device)
            if imitation and n_pairs:  # this process's part of the mean over all pairs, of which it may have none
                believed = functional.log_softmax(logits[: len(faults)], dim=-1)
                undone = believed.gather(-1, undoing_levels(faults)[..., None])  # (P, K, 1)
                imitation_loss = -undone.sum() * distributed.count() / n_pairs
            value_loss = 0.5 * (value - reward.mean(1)).square().mean()
            bonus = config.entropy * fall * entropy.sum(-1).mean()
            loss = policy_loss + value_loss - bonus + imitation * imitation_loss
            update_policy(config, policy, policy_optimiser, loss)
            average_into(average, policy, config.average, step)

            # critic
            numbers: dict[str, float] = {}
            if config.w_critic > 0:
                real = data.draw(finished, batch, generator, config.smallest_crop, distributed.rows(batch)).to(device)
                numbers = update_critic(config, critic, critic_optimiser, edited[:, 0], real, replay, generator)

            if step % LOG_EVERY == 0 or step == config.steps:
                seen = {
                    "reward": reward.mean(),
                    "entropy": entropy.mean(),
                    "value_loss": value_loss,
                    "imitation_loss": imitation_loss,
                }
                numbers |= distributed.means(seen)
                numbers |= {
                    "learning_rate": policy_optimiser.param_groups[0]["lr"],
                    "edits_per_second": edits / (time.monotonic() - started),
                }
                _log(out, board, step, numbers)
                bar.update(task, numbers=f"reward {numbers['reward']:+.4f}  entropy {numbers['entropy']:.2f}")
            bar.update(task, completed=step)

            due = step % config.evaluate_every == 0 or step == config.steps
            if due and writes:
                examination = examine(average, pairs, levels)
                _log(out, board, step, examination.numbers())
                sample_sheet(average, glance, levels, out / "samples" / f"step-{step:06d}.png")
                console.print(_line(step, config, examination))
            stopped = distributed.any_of(bool(stop), device)
            if (due or stopped) and writes:
                checkpoint.write(out / "checkpoints", step, parts)
            if stopped:
                break
    if board is not None:
        board.close()
        from .export import export_run  # needs onnx, which only the end of a run needs

        export_run(out, out / "policy.onnx")
    if edits:
        console.print(f"{edits} edits, {edits / (time.monotonic() - started):.0f} a second")
    if step < config.steps:
        console.print(f"Stopped after update {step} of {config.steps}. To go on: the same command with --resume")
    return step == config.steps


def _look(
    path: Path, config: Config, sources: data.Photos, finished: data.Photos, policy: nn.Module, levels: torch.Tensor,
    resume: bool, console: Console,
) -> torch.Tensor:  # fmt: skip
    """The look (K,) of the finished photos beside the policy's own edits of source photos, kept in a file; or zeros."""
    if not config.look:
        return torch.zeros(len(SLIDERS))
    if distributed.rank() == 0 and not resume:
        state, liked = (
            data.whole(photos, range(0, len(photos.names), -(-len(photos.names) // LOOKED_AT))).float() / 255
            for photos in (sources, finished)
        )
        with torch.no_grad(), console.status("Comparing the finished photos with the policy's edits of source photos"):
            chosen = policy.eval()(state.to(levels.device))[0].argmax(-1)  # (M, K)
            own = edit_batch(shrunk(state, LOOK).to(levels.device), chosen[:, None], levels)[:, 0].cpu()
            look = find_look(liked, own)
        write_look(path, look)
    distributed.wait()
    look = read_look(path)
    console.print(f"The look of the finished photos: {described(look)}")
    return look


def sample_actions(log_p: torch.Tensor, actions: int, generator: torch.Generator) -> torch.Tensor:
    """Levels int64 (B, A, K), drawn independently for each slider from log-probabilities (B, K, L).

    By the largest of log p + Gumbel noise; the noise is drawn on the CPU, so a seed means the same everywhere.
    """
    b, k, n = log_p.shape
    everyones = torch.empty(b * distributed.count(), actions, k, n).exponential_(generator=generator)
    waiting = everyones[distributed.rows(len(everyones))]
    gumbel = -torch.log(waiting.clamp_(min=1e-20))
    return (log_p[:, None] + gumbel.to(log_p.device)).argmax(-1)


def sample_heed(
    config: Config, policy: nn.Module, n: int, generator: torch.Generator
) -> tuple[()] | tuple[torch.Tensor]:
    """Dropout's factors (B, F) for the policy's statistics, or nothing: drawn by our generator, for the whole batch."""
    if not config.dropout:
        return ()
    known = policy.get_buffer("centre")
    everyones = torch.rand(n * distributed.count(), len(known), generator=generator)
    kept = everyones[distributed.rows(len(everyones))] >= config.dropout
    return (kept.to(known) / (1 - config.dropout),)


def with_each_slider_redrawn(action: torch.Tensor, log_p: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Levels (B, A, K) -> (B, A (1 + K), K): after each edit, K edits that differ from it in one slider, drawn anew."""
    b, a, k = action.shape
    anew = sample_actions(log_p, a, generator)  # (B, A, K)
    one = torch.eye(k, dtype=torch.bool, device=action.device)
    redrawn = torch.where(one, anew[:, :, None], action[:, :, None])  # (B, A, K, K)
    return torch.cat([action[:, :, None], redrawn], dim=2).reshape(b, a * (1 + k), k)


def loss_by_slider(config: Config, reward: torch.Tensor, chosen: torch.Tensor) -> torch.Tensor:
    """Policy loss where each slider is judged by what it alone changes.

    reward (B, A (1 + K)) and log-probabilities (B, A (1 + K), K) are of `with_each_slider_redrawn`. A slider's two
    draws in otherwise equal edits are each other's baseline, so the estimate is as unbiased as with `others_mean`,
    and the other sliders' noise, which mostly drowns temperature and tint, is not in it.
    """
    k = chosen.shape[-1]
    reward = reward.unflatten(1, (-1, 1 + k))  # (B, A, 1 + K)
    chosen = chosen.unflatten(1, (-1, 1 + k))  # (B, A, 1 + K, K)
    advantage = (reward[..., 1:] - reward[..., :1]) / 2  # (B, A, K)
    if config.normalise_advantage:
        # the log reward's steps that matter are larger than a thousandth
        advantage = advantage / (distributed.gathered(advantage).std(dim=(0, 1)) + 1e-3)
    difference = chosen[..., 1:, :].diagonal(dim1=-2, dim2=-1) - chosen[..., 0, :]  # (B, A, K)
    return -(advantage * difference).sum(-1).mean()


def rewards(
    config: Config, critic: Critic, state: torch.Tensor, edited: torch.Tensor, answer: torch.Tensor
) -> torch.Tensor:
    """Rewards (B, A) of the edits (B, A, 3, 64, 64); the first photos of the batch have an answer (P, 3, 64, 64)."""
    reward = torch.zeros(edited.shape[:2], device=edited.device)
    if config.w_critic > 0:
        reward += config.w_critic * critic(edited.flatten(0, 1)).reshape(reward.shape)
    if config.content > 0:
        reward -= config.content * (edited - state[:, None]).square().mean(dim=(2, 3, 4))
    n_pairs = len(answer)
    if n_pairs:
        reward[:n_pairs] += config.w_hindsight * closeness(edited[:n_pairs], answer[:, None], config.w_chroma)
    if config.w_lost:
        bearable = lost(state[:, None])  # (B, 1)
        bearable[:n_pairs] = torch.maximum(bearable[:n_pairs], lost(answer[:, None]))
        reward -= config.w_lost * (lost(edited) - bearable).clamp(min=0)
    return reward


def closeness(edited: torch.Tensor, answer: torch.Tensor, w_chroma: float) -> torch.Tensor:
    """How near edits (P, A, 3, size, size) come to their answers (P, 1, 3, size, size): (P, A).

    -log of the mean difference, so that halving it counts nearly the same on a photo that is far off and on one that
    is nearly right. And w_chroma times the same of what is left of the difference without its mean over the channels:
    a wrong white balance hardly shows in a mean difference, but to the eye.
    """
    difference = edited - answer
    chroma = difference - difference.mean(2, keepdim=True)
    near = -torch.log(difference.abs().mean(dim=(2, 3, 4)) + NEAR_ENOUGH)
    return near - w_chroma * torch.log(chroma.abs().mean(dim=(2, 3, 4)) + NEAR_ENOUGH) if w_chroma else near


def lost(pictures: torch.Tensor) -> torch.Tensor:
    """How much of pictures (P, A, 3, size, size) is burnt out or drowned: (P, A), 0 to 1.

    Counted from a thirtieth below white in any channel and from a sixtieth above black in all of them: small pictures
    are means of many pixels, so that lost spots show as nearly white or black ones.
    """
    highest = pictures.amax(2)  # (P, A, size, size)
    burnt = (30 * highest - 29).clamp(min=0)
    drowned = (1 - 60 * highest).clamp(min=0)
    return (burnt + drowned).mean(dim=(2, 3))


def update_policy(config: Config, policy: nn.Module, optimiser: torch.optim.Optimizer, loss: torch.Tensor) -> None:
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(policy.parameters(), config.clip)
    optimiser.step()


def others_mean(reward: torch.Tensor) -> torch.Tensor:
    """For each edit of a photo, the mean reward of the photo's other edits (B, A): a baseline without bias."""
    n = reward.shape[1]
    return (reward.sum(1, keepdim=True) - reward) / (n - 1)


def update_critic(
    config: Config,
    critic: Critic,
    optimiser: torch.optim.Optimizer,
    fake: torch.Tensor,
    real: torch.Tensor,
    replay: Replay,
    generator: torch.Generator,
) -> dict[str, float]:
    """Updates the critic U times: on this update's edits first, then on those of earlier updates, of which there must
    be as many as are drawn; so the first updates have fewer, as in the official code."""
    newest = fake, real
    gap = penalty = torch.zeros(())
    for update in range(config.critic_updates):
        if update:
            if len(replay.fake) < min(update * len(fake) * distributed.count(), replay.size):
                break
            fake, real = replay.draw(len(fake), generator, fake.device)
        batch = len(fake) * distributed.count()
        mix = torch.rand(batch, 1, 1, 1, generator=generator)[distributed.rows(batch)].to(fake.device)
        between = (mix * real + (1 - mix) * fake).requires_grad_()
        slope = torch.autograd.grad(critic(between).sum(), between, create_graph=True)[0].flatten(1).norm(dim=1)
        penalty = (slope - 1).square().mean()
        gap = critic(real).mean() - critic(fake).mean()
        optimiser.zero_grad(set_to_none=True)
        (config.gradient_penalty * penalty - gap).backward()
        distributed.average_gradients(critic)
        torch.nn.utils.clip_grad_norm_(critic.parameters(), config.critic_clip)
        optimiser.step()
    replay.add(*newest)
    return distributed.means({"critic_gap": gap, "gradient_norm": slope.mean(), "gradient_penalty": penalty})


class Replay:
    """The newest `size` edits and finished photos that the critic saw, as uint8 rings; those of all processes in each,
    so that each draws its rows of what one process would draw, and one checkpoint holds all."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.fake = self.real = torch.zeros(0, 3, SIZE, SIZE, dtype=torch.uint8)

    def add(self, fake: torch.Tensor, real: torch.Tensor) -> None:
        self.fake, self.real = (
            torch.cat([old, distributed.gathered((new.detach() * 255).round().to(torch.uint8)).cpu()])[-self.size :]
            for old, new in ((self.fake, fake), (self.real, real))
        )

    def draw(self, n: int, generator: torch.Generator, device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
        """n different edits for this process, each with the finished photo that it met."""
        n *= distributed.count()
        rows = torch.randperm(len(self.fake), generator=generator)[:n][distributed.rows(n)]
        fake, real = (kept[rows].to(device).float() / 255 for kept in (self.fake, self.real))
        return fake, real

    def state_dict(self) -> dict[str, torch.Tensor]:
        return {"fake": self.fake, "real": self.real}

    def load_state_dict(self, state: dict[str, torch.Tensor]) -> None:
        self.fake, self.real = state["fake"], state["real"]


@torch.no_grad()
def average_into(average: nn.Module, policy: nn.Module, decay: float, step: int) -> None:
    """Moves the averaged weights towards the policy's. The decay grows in, so that the first weights soon count
    for nothing."""
    decay = min(decay, step / (step + 10))
    for kept, new in zip(average.state_dict().values(), policy.state_dict().values(), strict=True):
        if kept.dtype.is_floating_point:
            kept.lerp_(new, 1 - decay)
        else:
            kept.copy_(new)


def pick_device(name: str) -> torch.device:
    """cpu, cuda, or for auto a GPU where there is one. FitError for cuda where there is none."""
    if name == "cuda" and not torch.cuda.is_available():
        raise FitError("device is cuda, but no GPU can be used here; give --device cpu")
    if name == "cpu" or not torch.cuda.is_available():
        return torch.device("cpu")
    number = distributed.local_rank()
    if number >= torch.cuda.device_count():
        raise FitError(f"{number + 1} processes or more, but {torch.cuda.device_count()} GPUs; give one process each")
    torch.cuda.set_device(number)
    return torch.device("cuda", number)


def _fall(step: int, config: Config) -> float:
    """From 1 at the first update to a hundredth at the last, on a cosine; 1 throughout where nothing falls."""
    if not config.learning_rate_falls:
        return 1.0
    return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * (step - 1) / max(1, config.steps - 1)))


def imitation_weight(step: int, config: Config) -> float:
    """From `imitation` at the first update straight down to 0 at `imitation_until` of them all."""
    until = config.imitation_until * config.steps
    return config.imitation * max(0.0, 1 - (step - 1) / until) if until else 0.0


def _open_run(source: Path, target: Path, out: Path, config: Config, resume: bool) -> Config:
    """The run's settings: the given ones written to config.json, or with resume, those that it holds."""
    path = out / "config.json"
    if resume:
        try:
            kept = json.loads(path.read_text())
            return Config(**kept["settings"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise FitError(f"{path}: no run to resume ({error}); start one without --resume") from error
    if distributed.rank() > 0:  # the first process does it for all
        return config
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise FitError(f"{out}: is not empty; give --resume to go on with the run in it, or another folder")
    out.mkdir(parents=True, exist_ok=True)
    record = {"source": str(source), "target": str(target), "settings": asdict(config)}
    checkpoint.write_text(path, json.dumps(record, indent=1) + "\n")
    return config


def _load(folder: Path, quiet: bool, cache: Path, files: list[Path] | None, device: torch.device) -> data.Photos:
    """The photos of a folder. Of several processes on a machine, one decodes them, and the others find them done."""
    if distributed.local_rank() == 0:
        photos = data.load(folder, quiet, cache, files)
        distributed.wait()
    else:
        distributed.wait()
        with warnings.catch_warnings(action="ignore"):  # the first has told
            photos = data.load(folder, quiet, cache, files)
    listed = hashlib.sha256(repr((photos.names, photos.keys)).encode(errors="surrogateescape")).digest()
    if not distributed.same(listed[:8], device):
        raise FitError(f"{folder}: the processes see different photos in it; give all of them the same folder")
    return photos


def _cut_metrics(path: Path, step: int) -> None:
    """Takes away the lines after `step`, which the run is about to write again."""
    if path.exists():
        lines = path.read_text().splitlines(keepends=True)
        checkpoint.write_text(path, "".join(line for line in lines if _step_of(line) <= step))


def _step_of(line: str) -> float:
    try:
        return float(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError):
        return math.inf  # a line cut short by a crash


def _log(out: Path, board: SummaryWriter | None, step: int, numbers: dict[str, Any]) -> None:
    if board is None:  # not the first process
        return
    with (out / "metrics.jsonl").open("a") as file:
        file.write(json.dumps({"step": step} | numbers) + "\n")
    for name, number in numbers.items():
        board.add_scalar(name, number, step)


def _line(step: int, config: Config, e: Examination) -> str:
    return (
        f"update {step}/{config.steps}: held-out wrong-way pairs {e.psnr_input:.2f} -> {e.psnr:.2f} dB "
        f"({e.psnr - e.psnr_input:+.2f}); sliders that move: {sum(s >= 2 for s in e.spread.values())} of {len(SLIDERS)}"
    )


@contextmanager
def _progress(console: Console, steps: int, first: int) -> Iterator[tuple[Progress, Any]]:
    columns = (TextColumn("Learning"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
               TextColumn("{task.fields[numbers]}"))  # fmt: skip
    with Progress(*columns, console=console, transient=True) as bar:
        yield bar, bar.add_task("", total=steps, completed=first, numbers="")


@contextmanager
def _interrupt() -> Iterator[list[bool]]:
    """A list that turns true at the first Ctrl-C or SIGTERM, so that an update is never cut in half; the second one
    raises."""
    stop: list[bool] = []

    def handle(signum: int, frame: Any) -> None:
        if stop:
            raise KeyboardInterrupt
        stop.append(True)

    numbers = (signal.SIGINT, signal.SIGTERM)
    try:
        before = [signal.signal(number, handle) for number in numbers]
    except ValueError:  # not the main thread: whoever runs us there stops us some other way
        yield stop
        return
    try:
        yield stop
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
