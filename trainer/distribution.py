# SPDX-License-Identifier: GPL-3.0-or-later
"""The policy's distribution over actions: an independent categorical one for each slider (paper, section 3.2)."""

from __future__ import annotations

import torch
from torch.nn import functional


class LevelDistribution:
    """Independent categorical distributions over the L levels of K sliders. logits: (B, K, L)."""

    def __init__(self, logits: torch.Tensor) -> None:
        self.log_probs = functional.log_softmax(logits, dim=-1)  # (B, K, L)

    def mode(self) -> torch.Tensor:
        """The most probable levels, int64 (B, K)."""
        return self.log_probs.argmax(-1)

    def sample(self, gumbel: torch.Tensor) -> torch.Tensor:
        """A levels for each photo, int64 (B, A, K). gumbel: noise (B, A, K, L), see `Draws.gumbel`."""
        return (self.log_probs.detach()[:, None] + gumbel.to(self.log_probs.device)).argmax(-1)

    def log_prob(self, action: torch.Tensor) -> torch.Tensor:
        """Of levels (B, A, K), for each slider: (B, A, K)."""
        log_probs = self.log_probs[:, None].expand(-1, action.shape[1], -1, -1)  # (B, A, K, L)
        return log_probs.gather(-1, action[..., None])[..., 0]

    def entropy(self) -> torch.Tensor:
        """Of each slider, in nats: (B, K)."""
        return -(self.log_probs.exp() * self.log_probs).sum(-1)

    def kl(self, other: LevelDistribution) -> torch.Tensor:
        """Kullback-Leibler divergence of `other` from this one, in nats, summed over the sliders: (B,)."""
        return (self.log_probs.exp() * (self.log_probs - other.log_probs)).sum((-2, -1))
