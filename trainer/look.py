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
from torch.nn import functional

from editor_ops import NAMES, NEUTRAL_LEVEL, SLIDERS

from .checkpoint import write_text
from .statistics import DIM, LOOK, MEANS
from .wrong_way import FAULTS, MIXED, spoil, value_at

PICTURES = 192
"""Finished photos that each guess is tried on; of fewer photos, some come twice, with other faults."""
GUESSES, BEST, ROUNDS = 24, 6, 20
"""Of the cross-entropy method (Rubinstein 1999): tried in a round, kept of them, and rounds; then the guesses lie
within a level of each other for every slider that shows."""
FIRST_SPREAD = 0.25
"""Of the guesses, as a share of each slider's range."""
MODEST = 0.005
"""Price of a slider's move as large as its faults usually are, squared: sliders that do nearly the same aren't set
against each other, and what the few photos show by chance counts little."""
RANKS = (0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98)
"""Quantiles of lightness that are compared."""


class LookError(ValueError):
    """A file that holds no look. The message says why and what to do."""


def find_look(finished: torch.Tensor, others: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """The edit (K,) that brings others nearest to finished photos: for each slider, a share of its range, -1 to 1.

    finished (N, 3, 64, 64) and others (M, 3, 64, 64): sRGB in [0, 1], or half that size. Sought is the fault whose
    opposite it is: the one that makes finished photos look like the others. Faults vary around it by an amount that is
    sought too, since photos as they come differ more than finished ones. Near is in the sense of the energy distance
    (Szekely and Rizzo 2013) between the two clouds of `colours`. Sliders that go one way only have no part in a look.
    """
    both_ways = torch.tensor([float(slider.lowest < slider.neutral) for slider in SLIDERS])  # (K,)
    finished = finished[torch.arange(PICTURES) % len(finished)]
    known = colours(others)
    centre, scale = known.mean(0), known.std(0) + 0.02
    known = (known - centre) / scale
    spread = torch.tensor([FAULTS[slider.name][MIXED][1] for slider in SLIDERS])  # (K,)
    noise = spread * torch.randn(PICTURES, len(SLIDERS), generator=generator)  # (N, K), the same for all guesses

    def price(guess: torch.Tensor) -> float:  # (K + 1,): a share for each slider, and the logarithm of the variation
        share = guess[:-1] * both_ways
        spoiled = spoil(finished, (guess[-1].exp() * noise - share).clamp(-1, 1))
        distance = energy_distance((colours(spoiled) - centre) / scale, known)
        return float(distance + MODEST * (share / spread).square().sum())

    mean = torch.cat([torch.zeros(len(SLIDERS)), torch.tensor([-1.0])])
    deviation = torch.full_like(mean, FIRST_SPREAD)
    for _ in range(ROUNDS):
        guesses = mean + deviation * torch.randn(GUESSES, len(mean), generator=generator)
        order = torch.tensor([price(guess) for guess in guesses]).argsort()
        best = guesses[order[:BEST]]
        # the old values stay in with a part, or a few lucky guesses end the search too soon
        mean = 0.2 * mean + 0.8 * best.mean(0)
        deviation = 0.6 * deviation + 0.4 * (best.std(0) + 0.01)
    return (mean[:-1] * both_ways).clamp(-1, 1)


def colours(pictures: torch.Tensor) -> torch.Tensor:
    """Pictures (N, 3, side, side), sRGB in [0, 1] -> (N, F): tones, saturation, the colour of all and of the brightest,
    and sharpness. Few numbers, so that a few dozen photos say something about each."""
    pictures = functional.avg_pool2d(pictures, pictures.shape[-1] // LOOK)  # (N, 3, 32, 32)
    pixels = pictures.flatten(2)
    luma = 0.3 * pixels[:, 0] + 0.6 * pixels[:, 1] + 0.1 * pixels[:, 2]
    tones = torch.quantile(luma, torch.tensor(RANKS), dim=1).T
    chroma = (pixels.amax(1) - pixels.amin(1)).mean(1, keepdim=True)
    linear = pixels**2.2
    lights = [torch.log((linear**p).mean(2) ** (1 / p) + DIM) for p in (MEANS[0], MEANS[-1])]  # (N, 3) each
    casts = [light[:, [i]] - light[:, [1]] for light in lights for i in (0, 2)]
    steps = pictures.diff(dim=2).square().mean((1, 2, 3)) + pictures.diff(dim=3).square().mean((1, 2, 3))
    return torch.cat([tones, chroma, *casts, torch.log(steps.sqrt() + 0.005)[:, None]], 1)


def energy_distance(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Between clouds (N, F) and (M, F): 0 where they are the same."""
    return 2 * torch.cdist(a, b).mean() - torch.cdist(a, a).mean() - torch.cdist(b, b).mean()


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
