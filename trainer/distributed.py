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

import torch
from torch import distributed, nn
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


def world_size() -> int:
    """How many processes there are."""
    return int(os.environ["WORLD_SIZE"]) if distributed.is_torchelastic_launched() else 1


def described(device: torch.device) -> str:
    """Where a run learns, for a person."""
    return f"on {device}" + (f", {world_size()} processes" if world_size() > 1 else "")


@contextmanager
def process_group(device: torch.device) -> Iterator[None]:
    """Joins the process group, and leaves it."""
    if world_size() == 1:
        yield
        return
    distributed.init_process_group("nccl" if device.type == "cuda" else "gloo", timeout=PATIENCE)
    yield
    distributed.destroy_process_group()  # not after an error: others may be in a sum that now never ends


def local_rows(n: int, before: int = 0) -> slice:
    """Which of n rows that follow `before` others in the batch are this process's."""
    return slice((rank() - before) % world_size(), n, world_size())


def all_gather(local: torch.Tensor) -> torch.Tensor:
    """The rows of all processes in the batch's order, from this one's: (n, ...) -> (n N, ...). No gradient."""
    if world_size() == 1:
        return local
    everyone = [torch.empty_like(local) for _ in range(world_size())]
    distributed.all_gather(everyone, local.detach().contiguous())
    return torch.stack(everyone, 1).flatten(0, 1)


def all_mean(numbers: dict[str, torch.Tensor]) -> dict[str, float]:
    """The means of numbers over all processes."""
    values = torch.stack([number.detach().double() for number in numbers.values()])
    if world_size() > 1:
        distributed.all_reduce(values)
    return dict(zip(numbers, (values / world_size()).tolist(), strict=True))


def all_equal(numbers: bytes, device: torch.device) -> bool:
    """Whether all processes have the same 8 bytes."""
    local = torch.tensor([list(numbers)], dtype=torch.uint8, device=device)
    return bool((all_gather(local) == local).all())


def any_rank(flag: bool, device: torch.device) -> bool:
    """Whether the flag is up in any process."""
    if world_size() == 1:
        return flag
    up = torch.tensor([flag], dtype=torch.int32, device=device)
    distributed.all_reduce(up)
    return bool(up)


def barrier() -> None:
    """Until all processes are here."""
    if world_size() > 1:
        distributed.barrier()


def average_gradients(network: nn.Module) -> None:
    """Replaces each gradient by its mean over the processes: that of a mean over the whole batch."""
    if world_size() == 1:
        return
    gradients = [p.grad for p in network.parameters() if p.grad is not None]
    flat = torch.cat([gradient.reshape(-1) for gradient in gradients])
    distributed.all_reduce(flat)
    for gradient, mean in zip(gradients, (flat / world_size()).split([g.numel() for g in gradients]), strict=True):
        gradient.copy_(mean.view(gradient.shape))


def parallel(network: nn.Module) -> nn.Module:
    """The network with gradients averaged over the processes; to be called after `with_common_batch_norm`."""
    if world_size() == 1:
        return network
    # the statistics are the same in all processes already, so they need no broadcast before each pass
    return DistributedDataParallel(network, broadcast_buffers=False)


def with_common_batch_norm(network: nn.Module) -> nn.Module:
    """Has each batch normalisation work over the whole batch; weights and their names stay. On GPUs alone."""
    return network if world_size() == 1 else nn.SyncBatchNorm.convert_sync_batchnorm(network)
