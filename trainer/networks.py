# SPDX-License-Identifier: GPL-3.0-or-later
"""Policies with value heads, and the critic. PaperPolicy and Critic are the paper's networks (section 3.3; layer sizes
from its official code)."""

from __future__ import annotations

import itertools
import math
import re
from typing import Any

import torch
from torch import nn

from editor_ops import LEVELS, SLIDERS
from models.thumbnail_rule import SIZE

from .allowed_levels import masked
from .config import Config
from .features import color_features
from .tasks import TASKS

WIDTHS = (16, 32, 48, 48, 64)
HIDDEN = 128
"""Units of each of the policy's two hidden layers."""
NARROWEST = 0.5
"""Smallest spread, in levels: below it all levels but one have no probability, and the agent stops trying."""
HEAD = 3
"""Side of the last feature map, pooled to one; six halvings of 64 with padding end there."""


def _trunk(last: int, norm: bool, activation: nn.Module) -> nn.Sequential:
    """Six convolutions, (N, 3, 64, 64) -> (N, last, 3, 3)."""
    widths = (3, *WIDTHS, last)
    layers: list[nn.Module] = []
    for i, (before, after) in enumerate(itertools.pairwise(widths)):
        kernel, stride = ((3, 1), (3, 2), (2, 2))[min(i, 2)]
        layers.append(nn.Conv2d(before, after, kernel, stride, padding=1))
        if norm and i > 0:
            layers.append(nn.BatchNorm2d(after))
        layers.append(activation)
    return nn.Sequential(*layers)


def _initialise(network: nn.Module) -> None:
    """Weights from N(0, 1 / fan-in), biases 0: LeCun's, the default of the official code's framework."""
    for layer in network.modules():
        if isinstance(layer, (nn.Conv1d, nn.Conv2d, nn.Linear)):
            nn.init.normal_(layer.weight, std=1 / math.sqrt(layer.weight[0].numel()))
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


class Policy(nn.Module):
    """Thumbnails (N, 3, 64, 64), sRGB in [0, 1] -> logits (N, K, L) and value (N).

    A slider's distribution is a discretised Gaussian over its levels, of which the network gives mean and spread: what
    one level teaches, its neighbours learn too, and the most probable level is the middle of all that seems possible.
    The network reads the picture's colour features. Levels that would do harm for certain have no probability
    (allowed_levels.py). width: in levels, the spread around neutral that it begins with.
    """

    def __init__(self, width: float = 4.0, sliders: int = len(SLIDERS), levels: int = LEVELS) -> None:
        super().__init__()
        n_features = color_features(torch.zeros(1, 3, SIZE, SIZE)).shape[1]
        self.centre = nn.Buffer(torch.zeros(n_features))
        self.scale = nn.Buffer(torch.ones(n_features))
        self.body = nn.Sequential(nn.Linear(n_features, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, HIDDEN), nn.ReLU())
        self.head = nn.Linear(HIDDEN, 2 * sliders)
        self.value = nn.Linear(HIDDEN, 1)
        _initialise(self)
        nn.init.zeros_(self.head.weight)  # every photo begins with the same distributions
        self.width, self.levels = width, levels

    @torch.no_grad()
    def standardise(self, thumbnails: torch.Tensor) -> None:
        """Learns each feature's mean and size from thumbnails (N, 3, 64, 64); once, before the first update."""
        features = color_features(thumbnails)
        self.centre.copy_(features.mean(0))
        self.scale.copy_(1 / (features.std(0) + 0.02))  # floor on the scale of rarely filled bins

    def forward(self, thumbnails: torch.Tensor, mask: torch.Tensor | None = None) -> tuple[torch.Tensor, torch.Tensor]:
        """mask: factors (N, F) of the features, while learning (dropout)."""
        features = (color_features(thumbnails) - self.centre) * self.scale  # (N, F)
        hidden = self.body(features if mask is None else features * mask)  # (N, HIDDEN)
        logits = gaussian_logits(self.head(hidden), self.width, self.levels)  # (N, K, L)
        return masked(logits, thumbnails), self.value(hidden)[:, 0]


def gaussian_logits(head: torch.Tensor, first_width: float, levels: int) -> torch.Tensor:
    """Logits (N, K, L) of discretised Gaussians over the levels, from what a network says of their means and spreads
    (N, 2 K): 0 is the middle level, and a spread of first_width levels."""
    place, spread = head.unflatten(1, (2, -1)).unbind(1)  # (N, K) each
    middle = levels // 2
    width = (first_width * spread.exp()).clamp(NARROWEST, float(levels))
    away = torch.arange(levels, device=place.device) - middle * (1 + place[..., None])  # (N, K, L)
    return -0.5 * (away / width[..., None]).square()


class PixelPolicy(nn.Module):
    """Pictures (N, 3, 64, 64), sRGB in [0, 1] -> logits (N, K, L) and value (N).

    The critic's convolutions, and a discretised Gaussian for each slider as in `Policy`. It has no batch normalisation,
    so that several processes can learn together on CPUs too.
    """

    def __init__(self, width: float, sliders: int, levels: int = LEVELS) -> None:
        super().__init__()
        self.trunk = _trunk(WIDTHS[-1], norm=False, activation=nn.LeakyReLU(0.2))
        self.body = nn.Sequential(nn.Flatten(), nn.Linear(WIDTHS[-1] * HEAD * HEAD, HIDDEN), nn.ReLU())
        self.head = nn.Linear(HIDDEN, 2 * sliders)
        self.value = nn.Linear(HIDDEN, 1)
        _initialise(self)
        nn.init.zeros_(self.head.weight)  # every picture begins with the same distributions
        self.width, self.levels = width, levels

    def forward(self, pictures: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        hidden = self.body(self.trunk(2 * pictures - 1))  # (N, HIDDEN)
        return gaussian_logits(self.head(hidden), self.width, self.levels), self.value(hidden)[:, 0]


class PaperPolicy(nn.Module):
    """The paper's network: thumbnails (N, 3, 64, 64), sRGB in [0, 1] -> logits (N, K, L) and value (N).

    The pooled features are read as a signal of L + 12 samples; six valid convolutions of width 3 leave L, so
    that neighbouring levels of a slider are related.
    """

    def __init__(self, sliders: int = len(SLIDERS), levels: int = LEVELS) -> None:
        super().__init__()
        signal = levels + 2 * 6  # each of the six convolutions takes two samples away
        self.trunk = _trunk(signal, norm=True, activation=nn.ReLU())
        self.value = nn.Linear(signal * HEAD * HEAD, 1)
        layers: list[nn.Module] = []
        for before, after in zip((1, *WIDTHS), WIDTHS, strict=False):
            layers += [nn.Conv1d(before, after, 3), nn.BatchNorm1d(after), nn.ReLU()]
        layers.append(nn.Conv1d(WIDTHS[-1], sliders, 3))
        self.head = nn.Sequential(*layers)
        _initialise(self)

    def forward(self, thumbnails: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        features = self.trunk(thumbnails)  # (N, L + 12, 3, 3)
        signal = features.mean(dim=(2, 3))[:, None]  # (N, 1, L + 12)
        return self.head(signal), self.value(features.flatten(1))[:, 0]  # (N, K, L), (N,)


def current_names(state: dict[str, Any]) -> dict[str, Any]:
    """A policy's weights under the names that its layers have now; files of earlier versions have other ones."""
    return {re.sub(r"^(bells|levels)\.", "head.", name): value for name, value in state.items()}


def make_policy(config: Config) -> Policy | PixelPolicy | PaperPolicy:
    """The untrained policy that a run's settings ask for."""
    sliders = len(TASKS[config.task].sliders)
    if config.network == "paper":
        return PaperPolicy(sliders)
    return PixelPolicy(config.width, sliders) if config.network == "pixels" else Policy(config.width, sliders)


class Critic(nn.Module):
    """Pictures (N, 3, 64, 64), sRGB in [0, 1] -> (N), higher for what looks finished. No normalisation: WGAN-GP
    penalises the gradient of each picture by itself (Gulrajani et al. 2017, section 4)."""

    def __init__(self) -> None:
        super().__init__()
        self.trunk = _trunk(64, norm=False, activation=nn.LeakyReLU(0.2))
        self.score = nn.Linear(64 * HEAD * HEAD, 1)
        _initialise(self)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        return self.score(self.trunk(pictures).flatten(1))[:, 0]

    def represent(self, edited: torch.Tensor, before: torch.Tensor) -> torch.Tensor:
        """What it judges: the edited pictures as they are."""
        return edited

    def judge(self, edited: torch.Tensor, state: torch.Tensor) -> torch.Tensor:
        """Of edits (B, A, 3, 64, 64) of photos: (B, A)."""
        return self(edited.flatten(0, 1)).reshape(edited.shape[:2])
