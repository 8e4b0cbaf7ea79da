# SPDX-License-Identifier: GPL-3.0-or-later
"""How a run is validated while it learns: fixed hindsight pairs of held-out photos, and a sheet of its edits."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn

from editor_ops import LEVELS, SLIDERS, Slider
from editor_ops.operations import to_dtype

from .data import Photos, whole
from .degradations import degrade, sample_degradations
from .distribution import LevelDistribution
from .edits import edit_batch
from .inverse_edit import undo_edit
from .psnr import psnr_of_mean

PAIRS = 200
"""Enough that the mean PSNR stands to about a tenth of a decibel, few enough to take a second."""
MOVING = 2.0
"""Levels: standard deviation from which a slider counts as one that follows the photo."""
SEED = 1234
"""Of the pairs: the same for every run, so that runs can be compared."""


@dataclass(frozen=True)
class SliderStatistics:
    """Of each slider, over some pictures: the distribution's entropy in nats, mean and standard deviation of the chosen
    level, and the share of levels at either end."""

    entropy: dict[str, float]
    mean: dict[str, float]
    spread: dict[str, float]
    ends: dict[str, float]

    def metrics(self) -> dict[str, float]:
        kinds = ("entropy", "mean", "spread", "ends")
        return {f"{kind}/{name}": number for kind in kinds for name, number in getattr(self, kind).items()}


def slider_statistics(
    distribution: LevelDistribution, chosen: torch.Tensor, sliders: tuple[Slider, ...]
) -> SliderStatistics:
    """chosen: levels (N, K)."""
    entropy = distribution.entropy().mean(0)  # (K,)
    at_end = ((chosen == 0) | (chosen == LEVELS - 1)).float().mean(0)
    rows = zip(sliders, entropy, chosen.float().mean(0), chosen.float().std(0), at_end, strict=True)
    by_name = {s.name: (float(e), float(m), float(d), float(x)) for s, e, m, d, x in rows}
    return SliderStatistics(*({name: row[i] for name, row in by_name.items()} for i in range(4)))


@dataclass(frozen=True)
class Validation:
    """Mean PSNR in dB of the degraded photos and of their edits, and what became of the sliders."""

    psnr_input: float
    psnr: float
    sliders: SliderStatistics

    def metrics(self) -> dict[str, float]:
        """Under the names that metrics.jsonl and TensorBoard have them."""
        return {"psnr_input": self.psnr_input, "psnr": self.psnr} | self.sliders.metrics()

    def line(self, step: int, steps: int) -> str:
        """For a person who watches."""
        moving = sum(spread >= MOVING for spread in self.sliders.spread.values())
        return (
            f"update {step}/{steps}: held-out degraded photos {self.psnr_input:.2f} -> {self.psnr:.2f} dB "
            f"({self.psnr - self.psnr_input:+.2f}); sliders that move: {moving} of {len(SLIDERS)}"
        )


def held_out_pairs(photos: Photos, style_shift: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Degraded and finished photos, each (200, 3, 64, 64): whole photos in turn, each time degraded otherwise and
    without their style shift (K,)."""
    finished = whole(photos, [i % len(photos.names) for i in range(PAIRS)]).float() / 255
    degradations = sample_degradations(PAIRS, torch.Generator().manual_seed(SEED), untouched=0.0)
    without = undo_edit(finished, style_shift.expand(PAIRS, -1)) if style_shift.any() else finished
    return degrade(without, degradations), finished


@torch.no_grad()
def validate(policy: nn.Module, pairs: tuple[torch.Tensor, torch.Tensor], levels: torch.Tensor) -> Validation:
    """How near the most probable edits come to the finished photos; levels: their values (K, L)."""
    degraded, finished = (p.to(levels.device) for p in pairs)
    policy.eval()
    distribution = LevelDistribution(policy(degraded)[0])
    chosen = distribution.mode()  # (N, K)
    edited = edit_batch(degraded, chosen[:, None], levels)[:, 0]
    psnr_input, psnr = (float(psnr_of_mean((p - finished).square().mean((1, 2, 3))).mean()) for p in (degraded, edited))
    return Validation(psnr_input, psnr, slider_statistics(distribution, chosen, SLIDERS))


@torch.no_grad()
def sample_sheet(policy: nn.Module, photos: torch.Tensor, levels: torch.Tensor, path: Path) -> None:
    """Writes a picture: source photos uint8 (N, 3, 64, 64) in the upper row, their edits below."""
    state = photos.to(levels.device).float() / 255
    policy.eval()
    chosen = LevelDistribution(policy(state)[0]).mode()
    edited = edit_batch(state, chosen[:, None], levels)[:, 0]
    write_sheet([state, edited], path)


def write_sheet(pictures: list[torch.Tensor], path: Path) -> None:
    """Writes a picture: rows of pictures (N, 3, 64, 64), one below the other."""
    rows = [torch.cat(list(row), dim=-1) for row in pictures]  # each (3, 64, 64 N)
    sheet = to_dtype(torch.cat(rows, dim=1).movedim(0, -1).cpu().numpy(), np.uint8, 255)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(sheet).save(path)
