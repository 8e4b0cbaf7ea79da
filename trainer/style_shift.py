# SPDX-License-Identifier: GPL-3.0-or-later
"""The look of a folder of finished photos: the one edit that sets them apart from another folder's photos.

A policy that learns from finished photos edited the wrong way guesses, for each photo, what was done to it. Where a
photo may be as warm by nature as by mistake, its guess is small, and with it would be all that it learns of a taste for
warmth. But over many photos the nature of each averages out, and what is left is the taste.
"""

from __future__ import annotations

import json
from pathlib import Path

import torch

from editor_ops import NAMES, NEUTRAL_LEVEL, SLIDERS

from .checkpoint import write_text
from .degradations import FAULTS, MIXED, spoil, value_at
from .edits import shrunk
from .features import DIM, LOOK, MEANS, chromas, lightness

STEP = 0.1
"""Share of a slider's range over which its effect is measured: large beside the rounding to 8 bits."""
ROUNDS = 6
"""Of Gauss-Newton, by half steps: after the fifth no slider moves by half a level any more."""
UNLIKE = 2.0
"""Scenes differ between two folders more than chance would have it; factor of the covariance."""
RANKS = (0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98)
"""Quantiles of lightness that are compared."""


class LookError(ValueError):
    """A file that holds no look. The message says why and what to do."""


def find_look(finished: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
    """The edit (K,) that sets finished photos apart from others: for each slider, a share of its range, -1 to 1.

    finished (N, 3, 64, 64) and others (M, 3, 64, 64): sRGB in [0, 1], or half that size. Sought is the fault whose
    opposite it is: the one that makes the mean `colours` of finished photos those of the others. It is the most
    probable one (maximum a posteriori), where a look is as large as faults usually are, and means differ by chance as
    those of so few photos would. Sliders that go one way only have no part in it.
    """
    spread = torch.tensor([FAULTS[slider.name][MIXED][1] * (slider.lowest < slider.neutral) for slider in SLIDERS])
    finished, known = shrunk(finished, LOOK), colours(shrunk(others, LOOK))
    by_chance = UNLIKE * _covariance(colours(finished), known) * (1 / len(finished) + 1 / len(known))
    wanted = known.mean(0).double()

    def without(look: torch.Tensor) -> torch.Tensor:  # mean colours (F,) of finished photos without a look
        return colours(spoil(finished, -look.float().clamp(-1, 1).expand(len(finished), -1))).mean(0).double()

    look, each = torch.zeros(len(SLIDERS), dtype=torch.float64), torch.eye(len(SLIDERS), dtype=torch.float64)
    for _ in range(ROUNDS):
        effect = torch.stack([(without(look + s) - without(look - s)) / (2 * STEP) for s in STEP * each], 1)  # (F, K)
        weighted = torch.linalg.solve(by_chance, effect).T * spread[:, None]  # (K, F)
        normal = weighted @ effect * spread + each  # (K, K), in spreads
        there = spread * torch.linalg.solve(normal, weighted @ (wanted - without(look) + effect @ look))
        look = (look + there) / 2  # whole steps swing: a black level has no effect where all is black already
    return look.float().clamp(-1, 1)


def _covariance(*clouds: torch.Tensor) -> torch.Tensor:
    """(F, F) in double precision, of clouds (N, F) around their own means. A little is added, or a direction in which
    a few photos happen to agree would count for more than all others."""
    away = torch.cat([cloud.double() - cloud.double().mean(0) for cloud in clouds])
    return away.T @ away / len(away) + 1e-4 * torch.eye(away.shape[1], dtype=torch.float64)


def colours(pictures: torch.Tensor) -> torch.Tensor:
    """Pictures (N, 3, 32, 32), sRGB in [0, 1] -> (N, F): tones, saturation, the colour of all and of the brightest,
    and sharpness. Few numbers, so that a few dozen photos say something about each."""
    pixels = pictures.flatten(2)
    tones = torch.quantile(lightness(pixels), torch.tensor(RANKS), dim=1).T
    saturation = (pixels.amax(1) - pixels.amin(1)).mean(1, keepdim=True)
    linear = pixels**2.2
    casts = [chromas((linear**p).mean(2) ** (1 / p), DIM) for p in (MEANS[0], MEANS[-1])]  # (N, 2) each
    steps = pictures.diff(dim=2).square().mean((1, 2, 3)) + pictures.diff(dim=3).square().mean((1, 2, 3))
    return torch.cat([tones, saturation, *casts, torch.log(steps.sqrt() + 0.005)[:, None]], 1)


def described(look: torch.Tensor) -> str:
    """For people: the sliders that a look moves by a level or more."""
    shares = dict(zip(SLIDERS, look.tolist(), strict=True))
    moved = [
        f"{slider.label.lower()} {slider.format(float(value_at(slider.values(), torch.tensor(share))))}"
        for slider, share in shares.items()
        if abs(share) * NEUTRAL_LEVEL >= 1
    ]
    return ", ".join(moved) or "none"


def write_look(path: Path, look: torch.Tensor) -> None:
    """As JSON: for each slider, the share of its range."""
    write_text(path, json.dumps(dict(zip(NAMES, look.tolist(), strict=True)), indent=1) + "\n")


def read_look(path: Path) -> torch.Tensor:
    """What `write_look` wrote, (K,). LookError for anything else."""
    try:
        shares = json.loads(path.read_text())
        look = torch.tensor([float(shares[name]) for name in NAMES])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LookError(f"{path}: is no look of a run ({error}); start the run anew") from error
    if not bool((look.abs() <= 1).all()):
        raise LookError(f"{path}: is no look of a run, whose shares lie from -1 to 1; start the run anew")
    return look
