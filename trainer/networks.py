# SPDX-License-Identifier: GPL-3.0-or-later
"""Policy with value head, and critic: the paper's networks (section 3.3; layer sizes from its official code)."""

from __future__ import annotations

import itertools
import math

import torch
from torch import nn

from editor_ops import LEVELS, SLIDERS

WIDTHS = (16, 32, 48, 48, 64)
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

    The pooled features are read as a signal of L + 12 samples; six valid convolutions of width 3 leave L, so
    that neighbouring levels of a slider are related. To that we add one learned number for each level, the same
    for every photo. prior_width: in levels, of the bell around neutral that these numbers begin as, so that the
    agent starts from small edits; 0 begins them at nothing and keeps them there, as in the paper.
    """

    def __init__(self, prior_width: float = 0.0, sliders: int = len(SLIDERS), levels: int = LEVELS) -> None:
        super().__init__()
        signal = levels + 2 * 6  # each of the six convolutions takes two samples away
        self.trunk = _trunk(signal, norm=True, activation=nn.ReLU())
        self.value = nn.Linear(signal * HEAD * HEAD, 1)
        layers: list[nn.Module] = []
        for before, after in zip((1, *WIDTHS), WIDTHS, strict=False):
            layers += [nn.Conv1d(before, after, 3), nn.BatchNorm1d(after), nn.ReLU()]
        layers.append(nn.Conv1d(WIDTHS[-1], sliders, 3))
        self.levels = nn.Sequential(*layers)
        _initialise(self)
        away = torch.arange(levels, dtype=torch.float32) - levels // 2
        bell = -0.5 * (away / prior_width) ** 2 if prior_width else torch.zeros(levels)
        self.prior = nn.Parameter(bell.expand(sliders, levels).clone(), requires_grad=prior_width > 0)  # (K, L)

    def forward(self, thumbnails: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        features = self.trunk(thumbnails)  # (N, L + 12, 3, 3)
        signal = features.mean(dim=(2, 3))[:, None]  # (N, 1, L + 12)
        return self.levels(signal) + self.prior, self.value(features.flatten(1))[:, 0]  # (N, K, L), (N,)


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
