# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run learns in: where its states come from, what the critic is shown, how it is validated. This is of photos;
faces/environment.py is of faces."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch
from rich.console import Console

from editor_ops import SLIDERS
from models.files import write_text

from . import data, distributed
from .batches import Batch, sample_batch
from .config import Config
from .edits import downsample
from .fitted import fitted_of_run
from .learner import Learner, make_learner
from .style_shift import style_shift_of_run
from .validation import held_out_pairs, sample_sheet, validate


class Shown(Protocol):
    """What a validation found."""

    def metrics(self) -> dict[str, float]:
        """Under the names that metrics.jsonl and TensorBoard have them."""

    def line(self, step: int, steps: int) -> str:
        """For a person who watches."""


@dataclass(frozen=True)
class Environment:
    """sample: the states of the next update. compared: of a batch and its edits (B, 3, 64, 64), what the critic is to
    tell apart, as it sees it: edits (B, ...) and as many finished pictures (B, ...). validate: how good the averaged
    policy is. sheet: a picture of some of its edits."""

    learner: Learner
    sample: Callable[[], Batch]
    compared: Callable[[Batch, torch.Tensor], tuple[torch.Tensor, torch.Tensor]]
    validate: Callable[[], Shown]
    sheet: Callable[[Path], None]


def photo_environment(
    photos: tuple[data.Photos, data.Photos], out: Path, config: Config, device: torch.device, resume: bool,
    start: Path | None, printed: Console,
) -> Environment:  # fmt: skip
    """Of source photos and finished ones. out: the run's folder, which gets held-out.txt, and look.json and fitted.json
    where the settings ask for them. start: a policy file or a run to begin with."""
    sources, (finished, held_out) = photos[0], data.split(photos[1], config.holdout)
    if distributed.rank() == 0:
        write_text(out / "held-out.txt", "".join(f"{name}\n" for name in held_out.names))
    printed.print(
        f"{len(sources.names)} source photos, {len(finished.names)} finished photos, "
        f"{len(held_out.names)} of those held out; {distributed.described(device)}"
    )
    learner = make_learner(config, finished, device, None if resume else start, resume, printed)
    style_shift = torch.zeros(len(SLIDERS))  # (K,)
    if config.style_shift:
        style_shift = style_shift_of_run(out, sources, finished, learner.policy, learner.levels, resume, printed)
    if config.fitted_share:
        learner.fitted = fitted_of_run(out, sources, finished, resume, printed)
    pairs = held_out_pairs(held_out if held_out.names else finished, style_shift)
    preview = data.whole(sources, range(min(16, len(sources.names))))  # for the sample sheets
    policy = learner.ema.module
    return Environment(
        learner,
        sample=lambda: sample_batch(config, learner, sources, finished, style_shift, device),
        compared=lambda batch, edited: critic_batch(config, learner, batch, edited, finished),
        validate=lambda: validate(policy, pairs, learner.levels),
        sheet=lambda path: sample_sheet(policy, preview, learner.levels, path),
    )


def critic_batch(
    config: Config, learner: Learner, batch: Batch, edited: torch.Tensor, finished: data.Photos
) -> tuple[torch.Tensor, torch.Tensor]:
    """The paper's critic gets new finished photos; that of statistics the pairs' own, each beside itself degraded."""
    if config.critic == "paper":
        real = learner.draws.photos(finished, config.batch * distributed.world_size()).to(edited.device)
        return edited, real
    state, target = (downsample(pictures, config.edit_size) for pictures in (batch.state, batch.finished))
    rows = torch.arange(len(edited), device=edited.device) % len(target)
    represent = learner.critic.represent
    return represent(edited, state), represent(target, state[: len(target)])[rows]
