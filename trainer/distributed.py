# SPDX-License-Identifier: GPL-3.0-or-later
"""A run in several processes, as torchrun starts them, that makes the same updates as one process with all photos.

Each process draws every random number for the whole batch, from a generator that is the same in all, and works on its
own rows of the batch: every N-th. Without torchrun there is one process, and nothing here does anything.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import torch
from torch import distributed, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.parallel import DistributedDataParallel

PATIENCE = timedelta(hours=24)
"""How long a process waits for the others: one decodes the photos of a first start for all of them, which may take
hours. It needn't be short, since torchrun ends all processes when one of them fails."""


def rank() -> int:
    """The number of this process; the first, 0, is the one that prints and writes."""
    return int(os.environ["RANK"]) if distributed.is_torchelastic_launched() else 0


def local_rank() -> int:
    """The number of this process on its machine, which says which GPU is its own."""
    return int(os.environ["LOCAL_RANK"]) if distributed.is_torchelastic_launched() else 0


def count() -> int:
    """How many processes there are."""
    return int(os.environ["WORLD_SIZE"]) if distributed.is_torchelastic_launched() else 1


@contextmanager
def together(device: torch.device) -> Iterator[None]:
    """Meets the other processes and parts from them."""
    if count() == 1:
        yield
        return
    distributed.init_process_group("nccl" if device.type == "cuda" else "gloo", timeout=PATIENCE)
    yield
    distributed.destroy_process_group()  # not after an error: others may be in a sum that now never ends


def rows(n: int, before: int = 0) -> slice:
    """Which of n rows that follow `before` others in the batch are this process's."""
    return slice((rank() - before) % count(), n, count())


def gathered(mine: torch.Tensor) -> torch.Tensor:
    """The rows of all processes in the batch's order, from this one's: (n, ...) -> (n N, ...). No gradient."""
    if count() == 1:
        return mine
    everyone = [torch.empty_like(mine) for _ in range(count())]
    distributed.all_gather(everyone, mine.detach().contiguous())
    return torch.stack(everyone, 1).flatten(0, 1)


def means(numbers: dict[str, torch.Tensor]) -> dict[str, float]:
    """The means of numbers over all processes."""
    values = torch.stack([number.detach().double() for number in numbers.values()])
    if count() > 1:
        distributed.all_reduce(values)
    return dict(zip(numbers, (values / count()).tolist(), strict=True))


def same(numbers: bytes, device: torch.device) -> bool:
    """Whether all processes have the same 8 bytes."""
    mine = torch.tensor([list(numbers)], dtype=torch.uint8, device=device)
    return bool((gathered(mine) == mine).all())


def any_of(flag: bool, device: torch.device) -> bool:
    """Whether the flag is up in any process."""
    if count() == 1:
        return flag
    up = torch.tensor([flag], dtype=torch.int32, device=device)
    distributed.all_reduce(up)
    return bool(up)


def wait() -> None:
    """Until all processes are here."""
    if count() > 1:
        distributed.barrier()


def average_gradients(network: nn.Module) -> None:
    """Replaces each gradient by its mean over the processes: that of a mean over the whole batch."""
    if count() == 1:
        return
    gradients = [p.grad for p in network.parameters() if p.grad is not None]
    flat = torch.cat([gradient.reshape(-1) for gradient in gradients])
    distributed.all_reduce(flat)
    for gradient, mean in zip(gradients, (flat / count()).split([g.numel() for g in gradients]), strict=True):
        gradient.copy_(mean.view(gradient.shape))


def parallel(network: nn.Module) -> nn.Module:
    """The network with gradients averaged over the processes; to be called after `shared_statistics`."""
    if count() == 1:
        return network
    # the statistics are the same in all processes already, so they need no broadcast before each pass
    return DistributedDataParallel(network, broadcast_buffers=False)


def shared_statistics(network: nn.Module) -> None:
    """Exchanges each batch normalisation for one over the whole batch; weights and their names stay."""
    if count() == 1:
        return
    for name, layer in list(network.named_modules()):
        if isinstance(layer, _BatchNorm):
            tracked = layer.track_running_stats
            exchanged = BatchNorm(layer.num_features, layer.eps, layer.momentum, layer.affine, tracked)
            exchanged.load_state_dict(layer.state_dict())
            network.set_submodule(name, exchanged)


class _Sum(torch.autograd.Function):
    """Sum over the processes. Each one's result depends on all, so the gradients are summed too."""

    @staticmethod
    def forward(ctx: Any, mine: torch.Tensor) -> torch.Tensor:
        total = mine.clone()
        distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> torch.Tensor:
        total = gradients[0].clone()
        distributed.all_reduce(total)
        return total


class BatchNorm(_BatchNorm):
    """Batch normalisation, (N, C, ...) of any rank, with the statistics of all processes' batches together.

    torch's own SyncBatchNorm works on GPUs alone. All processes must have batches of one size.
    """

    def _check_input_dim(self, input: torch.Tensor) -> None:
        pass

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return super().forward(input)
        others = [i for i in range(input.ndim) if i != 1]
        shape = [-1 if i == 1 else 1 for i in range(input.ndim)]
        n = input.numel() // input.shape[1] * count()
        mean = _Sum.apply(input.mean(others)) / count()  # (C,)
        centred = input - mean.view(shape)
        variance = _Sum.apply(centred.square().mean(others)) / count()  # (C,)
        if self.running_mean is not None and self.running_var is not None and self.num_batches_tracked is not None:
            with torch.no_grad():
                self.num_batches_tracked += 1
                share = 1 / float(self.num_batches_tracked) if self.momentum is None else self.momentum
                self.running_mean.lerp_(mean, share)
                self.running_var.lerp_(variance * (n / (n - 1)), share)
        normal = centred * (variance + self.eps).rsqrt().view(shape)
        return normal * self.weight.view(shape) + self.bias.view(shape) if self.affine else normal
