# SPDX-License-Identifier: GPL-3.0-or-later
"""Every random number of a run. With several processes each draws for the whole batch and keeps its own rows, so that
together they learn from what one process would."""

from __future__ import annotations

import torch

from . import data, distributed
from .degradations import sample_degradations, sample_fitted, sample_target_jitter


class Draws:
    """Draws from one generator, on the CPU, so that a seed means the same on every device.

    n is always a number of photos in the whole batch; what comes back are this process's rows of it.
    """

    def __init__(self, generator: torch.Generator, smallest_crop: float, size: int) -> None:
        self.generator = generator
        self._smallest_crop, self._size = smallest_crop, size

    def photos(self, photos: data.Photos, n: int, before: int = 0, size: int | None = None) -> torch.Tensor:
        """Views of n photos, (rows, 3, size, size) in [0, 1]; they follow `before` others in the batch."""
        rows = distributed.local_rows(n, before)
        return data.draw(photos, n, self.generator, self._smallest_crop, rows, size or self._size)

    def faces(self, among: int, n: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Row numbers below `among`, int64 (rows,), and which of these faces are mirrored, bool (rows,): about half."""
        rows, mirrored = torch.randint(among, (n,), generator=self.generator), self.uniform(n) < 0.5
        return rows[distributed.local_rows(n)], mirrored

    def degradations(self, n: int, fitted: torch.Tensor | None = None, share: float = 0.0) -> torch.Tensor:
        """Degradations (rows, F), amounts of FAULTS. fitted: mean and standard deviation of each fault, (F, 2), from
        which a share of them is drawn."""
        drawn = sample_degradations(n, self.generator)
        if fitted is not None:
            some = torch.rand(n, generator=self.generator) < share
            drawn = torch.where(some[:, None], sample_fitted(fitted, n, self.generator), drawn)
        return drawn[distributed.local_rows(n)]

    def target_jitter(self, n: int) -> torch.Tensor:
        """Small degradations (rows, F) that leave a finished photo finished."""
        return sample_target_jitter(n, self.generator)[distributed.local_rows(n)]

    def uniform(self, n: int, *shape: int) -> torch.Tensor:
        """(rows, ...), even in [0, 1)."""
        return torch.rand(n, *shape, generator=self.generator)[distributed.local_rows(n)]

    def gumbel(self, n: int, *shape: int) -> torch.Tensor:
        """(rows, ...) of the standard Gumbel distribution: the largest of log p + Gumbel is a draw from p."""
        waiting_times = torch.empty(n, *shape).exponential_(generator=self.generator)[distributed.local_rows(n)]
        return -torch.log(waiting_times.clamp_(min=1e-20))

    def choice(self, n: int, among: int) -> torch.Tensor:
        """Different row numbers below `among`, int64 (rows,)."""
        return torch.randperm(among, generator=self.generator)[:n][distributed.local_rows(n)]
