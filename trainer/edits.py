# SPDX-License-Identifier: GPL-3.0-or-later
"""The editor on batches of thumbnails: many edits of each photo at once."""

from __future__ import annotations

import torch
from torch.nn import functional

from editor_ops import NEUTRAL_LEVEL, SLIDERS, chain
from editor_ops.chain import Step, split_curves
from editor_ops.color import linear_to_srgb, srgb_to_linear
from editor_ops.editor import run

from .inverse_edit import quantised

AT_ONCE = 200_000
"""Pixels that a CPU's thread edits at once: they stay in its cache, which takes half the time of 500,000."""


REGIONS = (4, 8)
"""Rows and columns of the regions whose lightest and darkest cells are edited: as many cells, in twice as many rows, as
a square of 8."""
TABLE_STEPS = {8: 255, 16: 255, 32: 4 * 255, 64: 255}
"""Side of a picture -> steps of the tables by which curves are looked up. At 32 a mean of four 8-bit values falls on
one; pictures of 8 and 16 have fewer pixels than such a table."""


def downsample(pictures: torch.Tensor, size: int) -> torch.Tensor:
    """Box means (N, 3, size, size) of pictures (N, 3, 64, 64): a quarter of the work where only colours count."""
    return pictures if pictures.shape[-1] == size else functional.avg_pool2d(pictures, pictures.shape[-1] // size)


def extremes(pictures: torch.Tensor) -> torch.Tensor:
    """The lightest cell of each of 4 x 8 regions of pictures (N, 3, size, size), and below them the darkest ones:
    (N, 3, 8, 8). Where highlights and shadows are clipped shows here, and in means of many cells it does not."""
    n, channels, size, _ = pictures.shape
    rows, columns = REGIONS
    cells = pictures.reshape(n, channels, rows, size // rows, columns, size // columns)
    cells = cells.movedim(3, -2).flatten(-2)  # (N, 3, 4, 8, cells of a region)
    highest = cells.amax(1, keepdim=True)  # (N, 1, 4, 8, cells)
    ends = [highest.argmax(-1, keepdim=True), highest.argmin(-1, keepdim=True)]
    return torch.cat([cells.gather(-1, end.expand(-1, channels, -1, -1, -1))[..., 0] for end in ends], 2)


def without_spatial(action: torch.Tensor) -> torch.Tensor:
    """Levels (B, A, K) with those sliders neutral that look at a cell's surroundings, which `extremes` tears apart."""
    spatial = torch.tensor([s.radius_property is not None for s in SLIDERS], device=action.device)
    return torch.where(spatial, NEUTRAL_LEVEL, action)


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
