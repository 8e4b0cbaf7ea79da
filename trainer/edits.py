# SPDX-License-Identifier: GPL-3.0-or-later
"""The editor on batches of thumbnails: many edits of each photo at once."""

from __future__ import annotations

import torch
from torch.nn import functional

from editor_ops import SLIDERS, chain
from editor_ops.chain import Step, split_curves
from editor_ops.color import linear_to_srgb, srgb_to_linear
from editor_ops.editor import run

from .inverse_edit import quantised

AT_ONCE = 200_000
"""Pixels that a CPU's thread edits at once: they stay in its cache, which takes half the time of 500,000."""


TABLE_STEPS = {16: 255, 32: 4 * 255, 64: 255}
"""Side of a picture -> steps of the tables by which curves are looked up. At 32 a mean of four 8-bit values falls on
one; pictures of 16 have fewer pixels than such a table."""


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
    curves, rest = split_curves(chain(named, size, size))
    linear = _curved(state, a, curves).reshape(b * a, 3, size, size).movedim(1, -1)  # in planes
    edited = linear_to_srgb(run(linear, rest))
    return quantised(edited.movedim(-1, 1)).reshape(b, a, 3, size, size)


def _curved(state: torch.Tensor, edits: int, curves: list[Step]) -> torch.Tensor:
    """Photos (B, 3, size, size) decoded to linear light and bent by an edit's curves: (B, A, pixels of all channels).

    Curves treat every value alike, so each edit's is looked up in a table: a tenth of the time of working it out.
    """
    count = TABLE_STEPS.get(state.shape[-1], 4 * 255)
    steps = torch.linspace(0, 1, count + 1, dtype=state.dtype, device=state.device)
    table = run(srgb_to_linear(steps).expand(len(state) * edits, -1), curves).reshape(len(state), edits, -1)
    place = (state * count + 0.5).long().flatten(1)  # (B, pixels)
    return table.gather(2, place[:, None].expand(-1, edits, -1))
