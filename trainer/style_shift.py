# SPDX-License-Identifier: GPL-3.0-or-later
"""The style shift: the one edit that sets a folder of finished photos apart from another folder's photos.

A policy that learns from degraded finished photos guesses, for each photo, how it was degraded. Where a photo may be
warm by nature or by degradation, its guess is small, and so is all that it learns of a taste for warmth. Over many
photos the nature of each averages out, and what is left is the taste.
"""

from __future__ import annotations

import json
from pathlib import Path

import torch
from rich.console import Console
from torch import nn

from editor_ops import NAMES, NEUTRAL_LEVEL, SLIDERS
from models.decision import MALFORMED
from models.errors import UserError
from models.files import write_text

from . import distributed
from .data import Photos, evenly_spaced
from .distribution import LevelDistribution
from .edits import downsample, edit_batch
from .features import DIM, FEATURE_SIZE, MEANS, chromas, lightness
from .inverse_edit import undo_edit, value_at

MOST_PHOTOS = 512
"""Photos of each folder, at most, that are compared: enough for its means, some seconds' work."""
STEP = 0.1
"""Share of a slider's range over which its effect is measured: large beside the rounding to 8 bits."""
ROUNDS = 6
"""Of Gauss-Newton, by half steps: after the fifth no slider moves by half a level any more."""
USUAL = 0.4
"""Share of a slider's range by which styles usually differ: the spread of a style shift before anything is seen."""
UNLIKE = 2.0
"""Scenes differ between two folders more than chance would have it; factor of the covariance."""
TINY = 1e-24
"""So that roots of black and even pictures have a gradient, which `fitted` needs."""
RANKS = (0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98)
"""Quantiles of lightness that are compared."""


class StyleShiftError(UserError):
    """A file that holds no style shift. The message says why and what to do."""


def style_shift_of_run(
    out: Path,
    sources: Photos,
    finished: Photos,
    policy: nn.Module,
    levels: torch.Tensor,
    resume: bool,
    printed: Console,
) -> torch.Tensor:
    """The style shift (K,) of a run's finished photos from its first policy's own edits of source photos.

    Kept in the run's look.json, from which a resumed run has it. levels: (K, L) values of the sliders' levels.
    """
    path = out / "look.json"
    if distributed.rank() == 0 and not resume:
        with printed.status("Comparing the finished photos with the policy's edits of source photos"):
            own = _own_edits(policy, evenly_spaced(sources, MOST_PHOTOS), levels)
            write_style_shift(path, find_style_shift(evenly_spaced(finished, MOST_PHOTOS), own))
    distributed.barrier()
    shift = read_style_shift(path)
    printed.print(f"The style of the finished photos: {described(shift)}")
    return shift


@torch.no_grad()
def _own_edits(policy: nn.Module, state: torch.Tensor, levels: torch.Tensor) -> torch.Tensor:
    """The most probable edits of photos (N, 3, 64, 64): (N, 3, 32, 32)."""
    state = state.to(levels.device)
    chosen = LevelDistribution(policy.eval()(state)[0]).mode()  # (N, K)
    return edit_batch(downsample(state, FEATURE_SIZE), chosen[:, None], levels)[:, 0].cpu()


def find_style_shift(finished: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
    """The edit (K,) that sets finished photos apart from others: for each slider, a share of its range, -1 to 1.

    finished (N, 3, 64, 64) and others (M, 3, 64, 64): sRGB in [0, 1], or half that size. It is the opposite of the
    degradation that makes the mean `colours` of finished photos those of the others: the most probable one (maximum a
    posteriori), where a style shift is as large as degradations usually are, and means differ by chance as those of
    so few photos would. Sliders that go one way only have no part in it.
    """
    spread = torch.tensor([USUAL * (not slider.one_sided) for slider in SLIDERS])
    finished, reference = downsample(finished, FEATURE_SIZE), colours(downsample(others, FEATURE_SIZE))
    by_chance = UNLIKE * _covariance(colours(finished), reference) * (1 / len(finished) + 1 / len(reference))
    wanted = reference.mean(0).double()

    def without(shift: torch.Tensor) -> torch.Tensor:  # mean colours (F,) of finished photos without a shift
        return colours(undo_edit(finished, shift.float().clamp(-1, 1).expand(len(finished), -1))).mean(0).double()

    shift, each = torch.zeros(len(SLIDERS), dtype=torch.float64), torch.eye(len(SLIDERS), dtype=torch.float64)
    for _ in range(ROUNDS):
        steps = STEP * each
        effect = torch.stack([(without(shift + s) - without(shift - s)) / (2 * STEP) for s in steps], 1)  # (F, K)
        weighted = torch.linalg.solve(by_chance, effect).T * spread[:, None]  # (K, F)
        normal = weighted @ effect * spread + each  # (K, K), in spreads
        optimum = spread * torch.linalg.solve(normal, weighted @ (wanted - without(shift) + effect @ shift))
        shift = (shift + optimum) / 2  # whole steps swing: a black level has no effect where all is black already
    return shift.float().clamp(-1, 1)


def _covariance(*clouds: torch.Tensor) -> torch.Tensor:
    """(F, F) in double precision, of clouds (N, F) around their own means. A little is added, or a direction in which
    a few photos happen to agree would count for more than all others."""
    away = torch.cat([cloud.double() - cloud.double().mean(0) for cloud in clouds])
    return away.T @ away / len(away) + 1e-4 * torch.eye(away.shape[1], dtype=torch.float64)


def colours(pictures: torch.Tensor) -> torch.Tensor:
    """Pictures (N, 3, 32, 32), sRGB in [0, 1] -> (N, F): tones, saturation, the colour of all and of the brightest,
    and sharpness. Few numbers, so that a few dozen photos say something about each."""
    pixels = pictures.flatten(2)
    tones = torch.quantile(lightness(pixels), torch.tensor(RANKS, device=pixels.device), dim=1).T
    saturation = (pixels.amax(1) - pixels.amin(1)).mean(1, keepdim=True)
    linear = pixels**2.2
    casts = [chromas((linear**p).mean(2).clamp(min=TINY) ** (1 / p), DIM) for p in (MEANS[0], MEANS[-1])]  # (N, 2) each
    steps = pictures.diff(dim=2).square().mean((1, 2, 3)) + pictures.diff(dim=3).square().mean((1, 2, 3))
    return torch.cat([tones, saturation, *casts, torch.log((steps + TINY).sqrt() + 0.005)[:, None]], 1)


def described(shift: torch.Tensor) -> str:
    """For people: the sliders that a style shift moves by a level or more."""
    shares = dict(zip(SLIDERS, shift.tolist(), strict=True))
    moved = [
        f"{slider.label.lower()} {slider.format(float(value_at(slider.values(), torch.tensor(share))))}"
        for slider, share in shares.items()
        if abs(share) * NEUTRAL_LEVEL >= 1
    ]
    return ", ".join(moved) or "none"


def write_style_shift(path: Path, shift: torch.Tensor) -> None:
    """As JSON: for each slider, the share of its range."""
    write_text(path, json.dumps(dict(zip(NAMES, shift.tolist(), strict=True)), indent=1) + "\n")


def read_style_shift(path: Path) -> torch.Tensor:
    """What `write_style_shift` wrote, (K,). StyleShiftError for anything else."""
    try:
        shares = json.loads(path.read_text())
        shift = torch.tensor([float(shares[name]) for name in NAMES])
    except (OSError, *MALFORMED) as error:
        message = f"{path}: is no style shift of a run ({error!s:.80}); start the run again"
        raise StyleShiftError(message, "damaged") from error
    if not bool((shift.abs() <= 1).all()):
        message = f"{path}: is no style shift of a run, whose shares lie from -1 to 1; start the run again"
        raise StyleShiftError(message, "damaged")
    return shift
