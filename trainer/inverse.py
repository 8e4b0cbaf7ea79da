# SPDX-License-Identifier: GPL-3.0-or-later
"""What the editor would have to do about a degradation, from the degradation itself: what the agent imitates.

A degradation is no edit backwards, so the best sliders must be sought: for some hundred pairs by trying edits
(Gauss-Newton with differences, so the editor stays a black box), for all others by a regression on the amounts.
"""

from __future__ import annotations

import torch
from rich.console import Console

from editor_ops import SLIDERS

from . import data
from .console import steps
from .degradations import FAULTS, USUAL, degrade, sample_degradations
from .edits import edit_values
from .features import FEATURE_SIZE
from .inverse_edit import values_of

PAIRS = 1024
"""Pairs whose best sliders are sought: ten for each number of the regression."""
ROUNDS = 5
"""Of Gauss-Newton: after the fourth the mean error falls by less than a hundredth."""
STEP = 0.06
"""Share of a range by which a slider is tried: a level, large beside the rounding to 8 bits."""
PRICE = 6e-4
"""Of a slider's squared share: as if the answer were known to 3 levels of 255, and sliders spread over half their
range. Of two ways to the same picture the one that moves less is taken."""
AT_ONCE = 64
"""Pairs at once: their differences take 80 MB."""


def best_shares(degraded: torch.Tensor, finished: torch.Tensor, printed: Console | None = None) -> torch.Tensor:
    """The shares (N, K) of the sliders' ranges that bring pictures (N, 3, 32, 32) nearest to the finished ones.

    printed: where a bar is shown.
    """
    parts = list(zip(degraded.split(AT_ONCE), finished.split(AT_ONCE), strict=True))
    found = steps("Seeking the edits that mend degraded photos", len(parts), printed or Console(quiet=True))
    return torch.cat([_sought(*parts[i]) for i in found])


def _sought(degraded: torch.Tensor, finished: torch.Tensor) -> torch.Tensor:
    n, k = len(degraded), len(SLIDERS)
    lowest = torch.tensor([0.0 if s.one_sided else -1.0 for s in SLIDERS])
    shares, step = torch.zeros(n, k), torch.ones(n, 1)
    edited, error = _edited(degraded, finished, shares[:, None])
    for _ in range(ROUNDS):
        move = torch.where(shares > 0, -STEP, STEP)  # (N, K), towards the middle
        pictures, _ = _edited(degraded, finished, shares[:, None] + torch.diag_embed(move))  # (N, K, 3, size, size)
        slope = ((pictures - edited).flatten(2) / move[..., None]).double()  # (N, K, P)
        missing = (finished[:, None] - edited).flatten(2).double()  # (N, 1, P)
        normal = slope @ slope.mT / slope.shape[-1] + PRICE * torch.eye(k, dtype=torch.float64)
        wanted = (slope @ missing.mT)[..., 0] / slope.shape[-1] - PRICE * shares
        further = shares + step * torch.linalg.solve(normal, wanted).float().clamp(-0.5, 0.5)
        further = further.maximum(lowest).clamp(max=1)
        further_edited, further_error = _edited(degraded, finished, further[:, None])
        better = further_error < error  # (N, 1)
        step = torch.where(better, 1.0, step / 3)
        shares = torch.where(better, further, shares)
        edited = torch.where(better[..., None, None, None], further_edited, edited)
        error = torch.where(better, further_error, error)
    return shares


def _edited(degraded: torch.Tensor, finished: torch.Tensor, shares: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Pictures edited by shares (N, A, K): (N, A, 3, size, size); their errors with the price: (N, A)."""
    edited = edit_values(degraded, values_of(shares))
    return edited, (edited - finished[:, None]).square().mean((2, 3, 4)) + PRICE * shares.square().sum(-1)


class Inverse:
    """A regression of the best sliders on a degradation's amounts: squares and products of them too."""

    def __init__(self, finished: torch.Tensor, degradations: torch.Tensor, printed: Console | None = None) -> None:
        """finished: pictures (N, 3, 32, 32); degradations: (N, F). printed: where a bar is shown."""
        wanted = best_shares(degrade(finished, degradations), finished, printed)
        terms = _terms(degradations)
        ridge = 1e-3 * len(terms) * torch.eye(terms.shape[1], dtype=torch.float64)
        self.weights = torch.linalg.solve(terms.T @ terms + ridge, terms.T @ wanted.double())

    def __call__(self, degradations: torch.Tensor) -> torch.Tensor:
        """Shares (N, K) of the sliders' ranges that mend degradations (N, F)."""
        return (_terms(degradations) @ self.weights).float().clamp(-1, 1)


def _terms(degradations: torch.Tensor) -> torch.Tensor:
    """(N, T): the amounts, of about one size, their products in pairs, and the parts above 0; 0 for an untouched
    photo."""
    amounts = degradations.double() / USUAL
    first, second = torch.triu_indices(len(FAULTS), len(FAULTS))
    return torch.cat([amounts, amounts[:, first] * amounts[:, second], amounts.clamp(min=0)], 1)


def fit_inverse(finished: data.Photos, seed: int, smallest_crop: float, printed: Console | None = None) -> Inverse:
    """The regression for a run's finished photos; the same for the same seed, as a resumed run needs."""
    generator = torch.Generator().manual_seed(seed)
    shown = data.draw(finished, PAIRS, generator, smallest_crop, size=FEATURE_SIZE)
    return Inverse(shown, sample_degradations(PAIRS, generator), printed)
