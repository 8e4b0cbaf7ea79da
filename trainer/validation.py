# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run is asked while it learns: fixed wrong-way pairs of held-out photos, and a look at its edits."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn

from editor_ops import LEVELS, SLIDERS

from .data import Photos, whole
from .degradations import sample_faults, spoil
from .edits import edit_batch

PAIRS = 200
"""Enough that the mean PSNR stands to about a tenth of a decibel, few enough to take a second."""
SEED = 1234
"""Of the pairs: the same for every run, so that runs can be compared."""


@dataclass(frozen=True)
class Examination:
    """Mean PSNR in dB of the spoiled photos and of their edits; for each slider, levels over the pairs."""

    psnr_input: float
    psnr: float
    entropy: dict[str, float]
    mean: dict[str, float]
    spread: dict[str, float]
    ends: dict[str, float]

    def numbers(self) -> dict[str, float]:
        numbers = {"psnr_input": self.psnr_input, "psnr": self.psnr}
        for kind in ("entropy", "mean", "spread", "ends"):
            numbers |= {f"{kind}/{name}": number for name, number in getattr(self, kind).items()}
        return numbers


def held_out_pairs(photos: Photos, look: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Spoiled and finished photos, each (200, 3, 64, 64): whole photos in turn, each time with other faults and
    without their look (K,)."""
    finished = whole(photos, [i % len(photos.names) for i in range(PAIRS)]).float() / 255
    faults = sample_faults(PAIRS, torch.Generator().manual_seed(SEED), nothing_wrong=0.0)
    return spoil(finished, (faults - look).clamp(-1, 1)), finished


def psnr(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Peak signal-to-noise ratio in dB of pictures (N, 3, height, width) in [0, 1]: (N,), at most 100."""
    return -10 * torch.log10((a - b).square().mean(dim=(1, 2, 3)).clamp(min=1e-10))


@torch.no_grad()
def examine(policy: nn.Module, pairs: tuple[torch.Tensor, torch.Tensor], levels: torch.Tensor) -> Examination:
    """How near the most probable edits come to the finished photos; levels: their values (K, L)."""
    spoiled, finished = (p.to(levels.device) for p in pairs)
    policy.eval()
    logits, _ = policy(spoiled)
    chosen = logits.argmax(-1)  # (N, K)
    edited = edit_batch(spoiled, chosen[:, None], levels)[:, 0]
    p = logits.softmax(-1)
    entropy = -(p * p.clamp(min=1e-20).log()).sum(-1).mean(0)  # (K,)
    at_end = ((chosen == 0) | (chosen == LEVELS - 1)).float().mean(0)
    rows = zip(SLIDERS, entropy, chosen.float().mean(0), chosen.float().std(0), at_end, strict=True)
    by_name = {s.name: (float(e), float(m), float(d), float(x)) for s, e, m, d, x in rows}
    kinds = [{name: row[i] for name, row in by_name.items()} for i in range(4)]
    return Examination(float(psnr(spoiled, finished).mean()), float(psnr(edited, finished).mean()), *kinds)


@torch.no_grad()
def sample_sheet(policy: nn.Module, photos: torch.Tensor, levels: torch.Tensor, path: Path) -> None:
    """Writes a picture: source photos uint8 (N, 3, 64, 64) in the upper row, their edits below."""
    state = photos.to(levels.device).float() / 255
    policy.eval()
    chosen = policy(state)[0].argmax(-1)
    edited = edit_batch(state, chosen[:, None], levels)[:, 0]
    rows = [torch.cat(list(pictures), dim=-1) for pictures in (state, edited)]  # each (3, 64, 64 N)
    sheet = (torch.cat(rows, dim=1).movedim(0, -1).cpu().numpy() * 255 + 0.5).astype(np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(sheet).save(path)
