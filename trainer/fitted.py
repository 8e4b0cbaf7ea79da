# SPDX-License-Identifier: GPL-3.0-or-later
"""Degradations fitted to a source folder: which faults, and how strong, make finished photos look like its photos.

The source folder says nothing about a single photo, but much about all of them: after the right degradations, finished
photos have the colours that source photos have.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

import torch
from rich.console import Console

from models.decision import MALFORMED
from models.errors import UserError
from models.files import write_text

from . import distributed
from .console import steps
from .data import Photos, evenly_spaced
from .degradations import FAULTS, USUAL, bounded, degrade_smoothly
from .edits import downsample
from .features import FEATURE_SIZE
from .style_shift import colours

MOST_PHOTOS = 384
"""Photos of each folder, at most, that are compared: their distances to each other are some 100,000 numbers."""
ROUNDS = 150
"""Of Adam; one or two minutes' work, and the distance stands still by then."""
RATE = 0.05
"""Of Adam, in usual amounts of the faults."""
FIRST_SPREAD = 0.5
"""Usual amounts: the faults' standard deviations before anything is seen."""
PRICE = 0.02
"""Of the mean square of the faults' means, and of how far the logarithms of their spreads are from the first one's, in
energy distance: a fault that explains nothing is not taken up. Two halves of one folder are about this far apart."""


class FittedError(UserError):
    """A file that holds no degradations fitted to a folder. The message says what to do."""


def fitted_of_run(out: Path, sources: Photos, finished: Photos, resume: bool, printed: Console) -> torch.Tensor:
    """Mean and standard deviation of each fault, (F, 2), fitted to a run's source photos.

    Kept in the run's fitted.json, from which a resumed run has them.
    """
    path = out / "fitted.json"
    if distributed.rank() == 0 and not resume:
        wanted, given = (downsample(evenly_spaced(each, MOST_PHOTOS), FEATURE_SIZE) for each in (sources, finished))
        fitted, before, after = fit_degradations(given, wanted, printed)
        printed.print(f"Degradations fitted to the source photos: energy distance {before:.2f} -> {after:.2f}")
        write_fitted(path, fitted)
    distributed.barrier()
    fitted = read_fitted(path)
    printed.print("  " + described(fitted))
    return fitted


def fit_degradations(
    finished: torch.Tensor, sources: torch.Tensor, printed: Console | None = None
) -> tuple[torch.Tensor, float, float]:
    """Mean and standard deviation of each fault, (F, 2), by which finished photos (N, 3, 32, 32) have the `colours` of
    source photos (M, 3, 32, 32); and the energy distance before and after. printed: where a bar is shown."""
    generator = torch.Generator().manual_seed(0)
    wanted = colours(sources)
    centre, scale = wanted.mean(0), 1 / (wanted.std(0) + 0.02)
    wanted = (wanted - centre) * scale
    mean = torch.zeros(len(FAULTS), requires_grad=True)  # in usual amounts
    spread = torch.full((len(FAULTS),), FIRST_SPREAD).log().requires_grad_()
    optimizer = torch.optim.Adam([mean, spread], RATE)

    def distance(amounts: torch.Tensor) -> torch.Tensor:
        return energy_distance((colours(degrade_smoothly(finished, amounts)) - centre) * scale, wanted)

    with torch.no_grad():
        before = float(distance(torch.zeros(len(finished), len(FAULTS))))
    after = before
    for _ in steps("Fitting degradations to the source photos", ROUNDS, printed or Console(quiet=True)):
        noise = torch.randn(len(finished), len(FAULTS), generator=generator)
        found = distance(bounded((mean + spread.exp() * noise) * USUAL))
        loss = found + PRICE * (mean.square() + (spread - math.log(FIRST_SPREAD)).square()).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        after = 0.9 * after + 0.1 * float(found.detach())
    return torch.stack([mean.detach() * USUAL, spread.detach().exp() * USUAL], 1), before, after


def energy_distance(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """Between the distributions of two clouds (N, F), (M, F): 0 if they are the same (Szekely and Rizzo 2013)."""
    (n, _), (m, _) = one.shape, other.shape
    within = torch.pdist(one).sum() * 2 / (n * (n - 1)), torch.pdist(other).sum() * 2 / (m * (m - 1))
    return 2 * torch.cdist(one, other).mean() - within[0] - within[1]


def described(fitted: torch.Tensor) -> str:
    """For people: means and standard deviations of the faults."""
    rows = zip(FAULTS, fitted.tolist(), strict=True)
    return ", ".join(f"{name} {mean:+.2f}±{deviation:.2f}" for name, (mean, deviation) in rows)


def write_fitted(path: Path, fitted: torch.Tensor) -> None:
    """As JSON: for each fault, mean and standard deviation."""
    write_text(path, json.dumps(dict(zip(FAULTS, fitted.tolist(), strict=True)), indent=1) + "\n")


def read_fitted(path: Path) -> torch.Tensor:
    """What `write_fitted` wrote, (F, 2). FittedError for anything else."""
    try:
        found = json.loads(path.read_text())
        fitted = torch.tensor([[float(number) for number in found[name]] for name in FAULTS])
        if fitted.shape != (len(FAULTS), 2) or not bool(fitted.isfinite().all()):
            raise ValueError("a fault has no mean and standard deviation")
    except (OSError, *MALFORMED) as error:
        message = f"{path}: holds no fitted degradations of a run ({error!s:.80}); start the run again"
        raise FittedError(message, "damaged") from error
    return fitted
