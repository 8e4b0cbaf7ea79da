# SPDX-License-Identifier: GPL-3.0-or-later
"""Edits as shares of the sliders' ranges, and the way back from them: (N, K), -1 lowest, 0 neutral, 1 highest."""

from __future__ import annotations

import torch

from editor_ops import NAMES, NEUTRAL_LEVEL, SLIDERS, chain
from editor_ops.color import linear_to_srgb, srgb_to_linear
from editor_ops.editor import run
from editor_ops.operations import rounded

TEMPERATURE, UNSHARP_MASK = "gegl:color-temperature", "gegl:unsharp-mask"


def levels_of(shares: torch.Tensor) -> torch.Tensor:
    """The levels int64 (N, K) nearest to shares (N, K)."""
    return (NEUTRAL_LEVEL + NEUTRAL_LEVEL * shares.clamp(-1, 1)).round().long()


def undo_edit(pictures: torch.Tensor, shares: torch.Tensor) -> torch.Tensor:
    """Pictures as they would have been before an edit (N, K), nearly; the same shape, 8-bit values.

    The editor's operations by the opposite shares in reverse order. Two are taken backwards: a colour temperature by
    exchanging its two ends, and an unsharp mask by taking away what it adds, which softens.
    """
    opposite = torch.stack(
        [
            shares[:, i].abs() if s.one_sided else shares[:, i] if s.operation == TEMPERATURE else -shares[:, i]
            for i, s in enumerate(SLIDERS)
        ],
        1,
    )
    steps = []
    for operation, properties in reversed(chain(_values(opposite), pictures.shape[-1], pictures.shape[-2])):
        if operation == TEMPERATURE:
            daylight = torch.full_like(properties["intended_temperature"], 6500.0)
            properties = {"original_temperature": properties["intended_temperature"], "intended_temperature": daylight}
        elif operation == UNSHARP_MASK:
            properties = {**properties, "scale": -properties["scale"]}
        steps.append((operation, properties))
    return quantised(_run(pictures, steps))


def values_of(shares: torch.Tensor) -> torch.Tensor:
    """Shares (..., K) of the sliders' ranges as values in GIMP's units, between two levels where a share falls so."""
    return torch.stack([value_at(slider.values(), shares[..., i]) for i, slider in enumerate(SLIDERS)], -1)


def _values(shares: torch.Tensor) -> dict[str, torch.Tensor]:
    return dict(zip(NAMES, values_of(shares).unbind(-1), strict=True))


def _run(pictures: torch.Tensor, steps: list[tuple[str, dict[str, torch.Tensor]]]) -> torch.Tensor:
    linear = srgb_to_linear(pictures.movedim(1, -1))  # (N, height, width, 3)
    return linear_to_srgb(run(linear, steps)).movedim(-1, 1)


def value_at(levels: tuple[float, ...], share: torch.Tensor) -> torch.Tensor:
    """The value a share (-1 to 1) of the way along a slider's levels, between two of them where it falls so."""
    table = torch.tensor(levels, dtype=torch.float32, device=share.device)
    position = (share + 1) / 2 * (len(levels) - 1)
    lower = position.floor().clamp(0, len(levels) - 2).long()
    return torch.lerp(table[lower], table[lower + 1], position - lower)


def quantised(encoded: torch.Tensor) -> torch.Tensor:
    """As an 8-bit picture would hold it: clipped to [0, 1] and rounded to 255 steps."""
    return rounded(encoded, 255) / 255
