# SPDX-License-Identifier: GPL-3.0-or-later
"""The photos of an update: finished ones, degraded, and source photos."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

from . import data, distributed
from .config import Config
from .degradations import FAULTS, degrade
from .draws import Draws
from .inverse_edit import undo_edit
from .learner import Learner
from .made_pictures import CHANCES, make

UNTOUCHED_MADE = 0.5
"""Share of the made pictures that are not degraded: mostly they come to the agent as they are."""


@dataclass
class Batch:
    """The photos of an update, P degraded ones first, then source photos; this process's rows of them."""

    state: torch.Tensor  # (B, 3, size, size)
    finished: torch.Tensor  # (P, 3, size, size), what the degraded ones were made of
    inverse: torch.Tensor | None  # (P, K), shares of the sliders' ranges that undo the degradations; None: unknown
    n_pairs: int  # P in all processes
    edit: Callable[[torch.Tensor, torch.Tensor], torch.Tensor] | None = None
    """Of faces: levels (B, A, K) and their values (K, L) -> edits (B, A, 3, 64, 64). None: the photos' editor."""


def sample_batch(
    config: Config, learner: Learner, sources: data.Photos, finished: data.Photos, style_shift: torch.Tensor,
    device: torch.device,
) -> Batch:  # fmt: skip
    """Hindsight pairs and source photos. Finished photos are varied a little, as two retouchers would differ."""
    draws = learner.draws
    n = config.batch * distributed.world_size()
    n_pairs = round(n * config.hindsight_share)
    target = draws.photos(finished, n_pairs).to(device)  # (P, 3, size, size)
    degradations = draws.degradations(n_pairs, learner.fitted, config.fitted_share)  # (P, F)
    inverse = None
    degraded = target
    if len(target):
        jittered = degrade(target, draws.target_jitter(n_pairs))
        target = replaced(jittered, degradations, config.made_share, draws, n_pairs)
        without = undo_edit(target, style_shift.to(device).expand(len(target), -1)) if style_shift.any() else target
        degraded = degrade(without, degradations)
        inverse = learner.inverse(degradations) + style_shift if learner.inverse else None
    plain = draws.photos(sources, n - n_pairs, before=n_pairs).to(device)
    # channels last: half the convolutions' time on a CPU
    state = torch.cat([degraded, plain]).contiguous(memory_format=torch.channels_last)  # (B, 3, size, size)
    return Batch(state, target, inverse, n_pairs)


def replaced(target: torch.Tensor, degradations: torch.Tensor, share: float, draws: Draws, n: int) -> torch.Tensor:
    """Finished photos, some of them replaced by made pictures. Half of these keep their degradation, but no false
    colours: a page is white, and a black-and-white photo without colour."""
    chance = draws.uniform(n, CHANCES + 2)
    some = chance[:, CHANCES] < share
    degradations[some & (chance[:, CHANCES + 1] < UNTOUCHED_MADE)] = 0
    for fault in ("warm", "green"):
        degradations[some, FAULTS.index(fault)] = 0
    target[some] = make(target[some].cpu(), chance[some, :CHANCES]).to(target)
    return target
