# SPDX-License-Identifier: GPL-3.0-or-later
"""A judge of faces: a small network that learns a number for each of some faces, and is asked about others."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from torch import nn

from models.errors import UserError
from models.files import atomic_write

WIDTHS = (24, 48, 72, 96)
"""Channels of its four convolutions, each of which halves the sides; wider ones judge little better."""
EPOCHS, BATCH = 16, 32
RATE, DECAY = 4e-3, 1e-2
"""Of AdamW, the rate at its highest, a third of the way; about the largest that learns steadily."""
SHIFT = 3
"""Pixels by which faces are shifted while it learns, at most, each way."""
CONTRAST, LIGHT = 0.2, 0.1
"""How far faces' channels are scaled and shifted while it learns, from end to end: lamps shall count for nothing."""
DROPOUT = 0.3


class JudgeError(UserError):
    """A file that holds no judge. The message says what to do."""


class Judge(nn.Module):
    """Faces (N, 3, 64, 64), sRGB in [0, 1] -> (N), in the units of what it learned."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for i, (before, after) in enumerate(itertools.pairwise((3, *WIDTHS))):
            kernel = 5 if i == 0 else 3
            layers += [nn.Conv2d(before, after, kernel, 2, kernel // 2, bias=False), nn.BatchNorm2d(after), nn.ReLU()]
        self.body = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(DROPOUT))
        self.head = nn.Linear(WIDTHS[-1], 1)
        self.centre = nn.Buffer(torch.zeros(()))
        self.scale = nn.Buffer(torch.ones(()))

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        standardised = self.head(self.body(2 * pictures - 1))[:, 0]
        return standardised * self.scale + self.centre


Watch = Callable[[str, int], Iterator[int]]
"""Text and n -> the numbers below n, with a bar or without."""


def learn(crops: torch.Tensor, scores: torch.Tensor, seed: int, watch: Watch, epochs: int) -> Judge:
    """A judge of faces uint8 (N, 3, 64, 64) that have scores (N,), by least squares; the same for the same seed.

    Half of the faces are mirrored each time, and all are shifted a little and lit otherwise.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)  # first weights, and dropout
        judge = Judge().train().to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stubs lack it
        judge.centre.copy_(scores.mean())
        judge.scale.copy_(scores.std().clamp(min=1e-6))
        generator = torch.Generator().manual_seed(seed)
        batches = max(1, len(crops) // BATCH)
        optimizer = torch.optim.AdamW(judge.parameters(), RATE, weight_decay=DECAY)
        rates = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=epochs * batches)
        for _ in watch("Teaching a judge", epochs):
            for rows in torch.randperm(len(crops), generator=generator).split(BATCH)[:batches]:
                seen = varied(crops[rows].float() / 255, generator)
                error = (judge(seen) - scores[rows]) / judge.scale
                optimizer.zero_grad(set_to_none=True)
                error.square().mean().backward()
                optimizer.step()
                rates.step()
    return still(judge)


def varied(pictures: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Pictures (N, 3, 64, 64), half of them mirrored, all shifted by the same whole pixels and lit otherwise."""
    n = len(pictures)
    mirrored = torch.rand(n, 1, 1, 1, generator=generator) < 0.5
    pictures = torch.where(mirrored, pictures.flip(-1), pictures)
    shift = torch.randint(-SHIFT, SHIFT + 1, (2,), generator=generator).tolist()
    pictures = torch.roll(pictures, shift, (2, 3))
    gain, offset = torch.rand(2, n, 3, 1, 1, generator=generator) - 0.5
    return pictures * (1 + CONTRAST * gain) + LIGHT * offset


@torch.no_grad()
def judged(judge: nn.Module, pictures: torch.Tensor) -> torch.Tensor:
    """Of pictures (N, 3, 64, 64), any number: (N,)."""
    return torch.cat([judge(part.contiguous(memory_format=torch.channels_last)) for part in pictures.split(256)])


def pearson(one: torch.Tensor, other: torch.Tensor) -> float:
    """Correlation of two series (N,); nan where one is constant."""
    return float(torch.corrcoef(torch.stack([one, other]).double())[0, 1])


def write(judge: Judge, path: Path) -> None:
    with atomic_write(path) as file:
        torch.save(judge.state_dict(), file)


def read(path: Path) -> Judge:
    """JudgeError where the file holds none. weights_only: a file from anywhere runs no code."""
    judge = Judge()
    try:
        judge.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    except Exception as error:  # torch raises many kinds for a damaged file
        message = f"{path}: holds no judge ({type(error).__name__}); remove it, it is made again"
        raise JudgeError(message, "damaged") from error
    return still(judge)


def still(judge: Judge) -> Judge:
    """A judge that learns no more."""
    return judge.eval().requires_grad_(False).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
