# SPDX-License-Identifier: GPL-3.0-or-later
"""The editor on batches of thumbnails: many edits of each photo at once."""

from __future__ import annotations

import functools
import itertools

import torch
from torch.nn import functional

from editor_ops import SLIDERS, chain
from editor_ops.chain import AMOUNT, Step, split_curves
from editor_ops.color import linear_to_srgb, srgb_to_linear
from editor_ops.editor import run
from editor_ops.primaries import MIXER

from .inverse_edit import quantised

AT_ONCE = 200_000
"""Pixels that a CPU's thread edits at once: they stay in its cache, which takes half the time of 500,000."""


TABLE_STEPS = {16: 255, 32: 4 * 255, 64: 255}
"""Side of a picture -> steps of the tables by which its values are looked up. At 32 a mean of four 8-bit values falls
on one; pictures of 16 have fewer pixels than such a table."""
ON_CHANNELS = (AMOUNT, "gegl:exposure", "gegl:color-temperature", MIXER)
"""Steps, of those a chain begins with, that treat each channel for itself, as the chain uses them."""
BUCKETS = 65535
"""Steps of linear light in the table of what 8-bit number becomes of it. Of random edits, 0.1% of the samples fall on
the wrong side of a bound between two numbers: 1 level."""


def downsample(pictures: torch.Tensor, size: int) -> torch.Tensor:
    """Box means (N, 3, size, size) of pictures (N, 3, 64, 64): a quarter of the work where only colours count."""
    return pictures if pictures.shape[-1] == size else functional.avg_pool2d(pictures, pictures.shape[-1] // size)


def edit_batch(state: torch.Tensor, action: torch.Tensor, levels: torch.Tensor) -> torch.Tensor:
    """Edits photos (B, 3, size, size) by levels (B, A, K): (B, A, 3, size, size), 8-bit values, as the editor would."""
    return edit_values(state, levels[torch.arange(levels.shape[0], device=levels.device), action])


def edit_values(state: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    """`edit_batch` by values in GIMP's units (B, A, K)."""
    photos = len(state)
    if state.device.type == "cpu":
        photos = max(1, AT_ONCE * torch.get_num_threads() // (values.shape[1] * state.shape[-1] ** 2))
    parts = zip(state.split(photos), values.split(photos), strict=True)
    return torch.cat([_edit_part(pictures, chosen) for pictures, chosen in parts])


def _edit_part(state: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    b, a, _ = values.shape
    size = state.shape[-1]
    named = {s.name: values[..., i].reshape(b * a) for i, s in enumerate(SLIDERS)}
    steps = chain(named, size, size)
    alone = list(itertools.takewhile(lambda step: step[0] in ON_CHANNELS, steps))
    linear = _looked_up(state, a, alone).reshape(b * a, 3, size, size).movedim(1, -1)  # in planes
    return _encoded(run(linear, steps[len(alone) :]).movedim(-1, 1)).reshape(b, a, 3, size, size)


def _looked_up(state: torch.Tensor, edits: int, steps: list[Step]) -> torch.Tensor:
    """Photos (B, 3, size, size) in linear light after an edit's steps of ON_CHANNELS: (B, A, 3, pixels).

    They treat every value of a channel alike, so each edit's are looked up in tables: a tenth of the time of working
    them out.
    """
    count = TABLE_STEPS.get(state.shape[-1], 4 * 255)
    values = torch.linspace(0, 1, count + 1, dtype=state.dtype, device=state.device)
    curves, rest = split_curves(steps)
    greys = run(srgb_to_linear(values)[:, None].expand(len(state) * edits, 1, -1, -1), curves)  # (B A, 1, count + 1, 1)
    table = run(greys.expand(-1, -1, -1, 3), rest).movedim(-1, 1)  # (B A, 3, 1, count + 1)
    place = (state * count + 0.5).long().flatten(2)  # (B, 3, pixels)
    return table.reshape(len(state), edits, 3, -1).gather(3, place[:, None].expand(-1, edits, -1, -1))


def _encoded(linear: torch.Tensor) -> torch.Tensor:
    """Linear light of any shape as an 8-bit picture would hold it, sRGB-encoded."""
    part = linear.clamp(0, 1)
    part *= BUCKETS
    part += 0.5
    numbers = _eight_bits(linear.device).index_select(0, part.int().flatten())  # a third of the time of [...]
    return numbers.reshape(linear.shape)


@functools.lru_cache(maxsize=2)
def _eight_bits(device: torch.device) -> torch.Tensor:
    """The 8-bit values of linear light from 0 to 1: (BUCKETS + 1,)."""
    return quantised(linear_to_srgb(torch.linspace(0, 1, BUCKETS + 1, device=device)))
