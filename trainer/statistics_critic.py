# SPDX-License-Identifier: GPL-3.0-or-later
"""A critic of colour statistics in place of pixels: it costs a CPU almost nothing and can't learn scenes by heart.

It is told what the photo was before its edit, or it would want every night to look like the average finished photo,
which is a bright one. What it holds up as finished are finished photos, each beside itself degraded.
"""

from __future__ import annotations

import torch
from torch import nn

from .features import lightness
from .style_shift import colours

RANKS = (0.01, 0.05, 0.2, 0.5, 0.8, 0.95, 0.99)
"""Quantiles of each channel and of saturation that it sees."""
HIDDEN = 64
FLOOR = 0.02
"""Added to a statistic's standard deviation: one that hardly varies among finished photos counts for little."""


class StatisticsCritic(nn.Module):
    """Vectors (N, 2 S) of `represent` -> (N), higher for what looks finished."""

    def __init__(self) -> None:
        super().__init__()
        size = statistics(torch.zeros(1, 3, 16, 16)).shape[1]
        self.length = 2 * size
        self.centre = nn.Buffer(torch.zeros(size))
        self.scale = nn.Buffer(torch.ones(size))
        leaky = nn.LeakyReLU(0.2)
        self.score = nn.Sequential(
            nn.Linear(2 * size, HIDDEN), leaky, nn.Linear(HIDDEN, HIDDEN), leaky, nn.Linear(HIDDEN, 1)
        )

    @torch.no_grad()
    def standardise(self, pictures: torch.Tensor) -> None:
        """Learns each statistic's mean and size from finished pictures (N, 3, size, size); once, before any update."""
        found = statistics(pictures)
        self.centre.copy_(found.mean(0))
        self.scale.copy_(1 / (found.std(0) + FLOOR))

    @torch.no_grad()
    def represent(self, edited: torch.Tensor, before: torch.Tensor) -> torch.Tensor:
        """Pictures (N, 3, size, size) and what they were before -> (N, 2 S)."""
        return torch.cat(self._standardised(torch.cat([edited, before])).split(len(edited)), 1)

    def forward(self, vectors: torch.Tensor) -> torch.Tensor:
        return self.score(vectors)[:, 0]

    def judge(self, edited: torch.Tensor, state: torch.Tensor) -> torch.Tensor:
        """Of edits (B, A, 3, size, size) of photos (B, 3, size, size): (B, A)."""
        b, a = edited.shape[:2]
        told = self._standardised(state).repeat_interleave(a, 0)  # (B A, S)
        seen = self._standardised(edited.flatten(0, 1))
        return self(torch.cat([seen, told], 1)).reshape(b, a)

    def _standardised(self, pictures: torch.Tensor) -> torch.Tensor:
        """(N, S) of pictures (N, 3, size, size), each statistic about 0 and of about one size."""
        return (statistics(pictures) - self.centre) * self.scale


def statistics(pictures: torch.Tensor) -> torch.Tensor:
    """(N, S) of pictures (N, 3, size, size): `colours`, quantiles of the channels and of saturation, spread of luma."""
    pixels = pictures.flatten(2)  # (N, 3, P)
    saturation = (pixels.amax(1) - pixels.amin(1))[:, None]
    ranked = torch.cat([pixels, saturation], 1).sort(-1).values  # (N, 4, P)
    place = torch.tensor([round(rank * (pixels.shape[-1] - 1)) for rank in RANKS], device=pixels.device)
    spread = lightness(pixels).std(1, keepdim=True)
    return torch.cat([colours(pictures), ranked[..., place].flatten(1), 4 * spread], 1)
