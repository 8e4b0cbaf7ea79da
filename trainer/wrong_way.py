# SPDX-License-Identifier: GPL-3.0-or-later
"""Finished photos edited the wrong way: what the agent learns to put right.

The distribution is the agent's idea of what is wrong with photos. It leans to dark, flat and pale, as straight
camera pictures do, has every fault alone and together, and now and then none at all, so that the agent learns to
leave a good photo alone.
"""

from __future__ import annotations

import torch

from editor_ops import NEUTRAL_LEVEL, SLIDERS
from editor_ops.color import linear_to_srgb, srgb_to_linear
from editor_ops.editor import chain, run

TEMPERATURE, UNSHARP_MASK = "gegl:color-temperature", "gegl:unsharp-mask"

NOTHING_WRONG = 0.15
"""Share of photos with no fault."""
FEWEST = 0.3
"""A photo's chance of each fault lies between this and 1, evenly: some photos have one fault, some have all."""
WORST = 1.3
"""A photo's faults are all multiplied by a number between 0 and this: from hardly visible to spoiled at the ends."""

# Slider name -> where its fault lies on average and how far it spreads, as shares of the slider's range on
# its own scale (-1 lowest, 1 highest); held to +-1 in the end. Photos come out of cameras dark, flat
# and pale, rarely the other way. Clarity's fault is softness, whatever the sign.
FAULTS = {
    "exposure": (-0.2, 0.5),
    "black_level": (-0.05, 0.4),
    "temperature": (0.0, 0.7),
    "tint": (0.0, 0.7),
    "shadows": (-0.1, 0.3),
    "highlights": (-0.05, 0.3),
    "contrast": (-0.2, 0.5),
    "white_point": (0.05, 0.25),
    "saturation": (-0.25, 0.5),
    "clarity": (0.0, 0.5),
}


def sample_faults(n: int, generator: torch.Generator, nothing_wrong: float = NOTHING_WRONG) -> torch.Tensor:
    """Faults (n, K) of n photos: for each slider, the share of its range (-1 to 1) that it is put wrong by.

    nothing_wrong: share of the photos that have no fault.
    """
    k = len(SLIDERS)
    mean, deviation = torch.tensor([FAULTS[slider.name] for slider in SLIDERS]).T  # (K,) each
    shares = mean + deviation * torch.randn(n, k, generator=generator)
    severity = WORST * torch.rand(n, 1, generator=generator)
    chance = FEWEST + (1 - FEWEST) * torch.rand(n, 1, generator=generator)
    faulty = torch.rand(n, k, generator=generator) < chance
    faulty &= torch.rand(n, 1, generator=generator) >= nothing_wrong
    return (shares * severity).clamp(-1, 1) * faulty


def undoing_levels(faults: torch.Tensor) -> torch.Tensor:
    """The levels int64 (n, K) that undo faults (n, K), but for what is clipped and rounded."""
    one_way = torch.tensor([s.lowest == s.neutral for s in SLIDERS], device=faults.device)
    share = torch.where(one_way, faults.abs(), -faults)
    return (NEUTRAL_LEVEL + NEUTRAL_LEVEL * share).round().long()


def spoil(finished: torch.Tensor, faults: torch.Tensor) -> torch.Tensor:
    """Edits finished photos (N, 3, height, width), sRGB in [0, 1], the wrong way; the same shape, 8-bit values.

    The editor's operations in reverse order, so that the editor undoes one after the other. Two are taken backwards:
    a colour temperature by exchanging its two ends, and an unsharp mask by taking away what it adds, which softens.
    """
    height, width = finished.shape[-2:]
    values = {}
    for i, slider in enumerate(SLIDERS):
        share = faults[:, i].to(finished.device)
        if slider.operation == TEMPERATURE:
            share = -share
        elif slider.lowest == slider.neutral:
            share = share.abs()
        values[slider.name] = value_at(slider.values(), share)
    linear = srgb_to_linear(finished.movedim(1, -1))  # (N, height, width, 3)
    for operation, properties in reversed(chain(values, width, height)):
        if operation == TEMPERATURE:
            daylight = torch.full_like(properties["intended_temperature"], 6500.0)
            properties = {"original_temperature": properties["intended_temperature"], "intended_temperature": daylight}
        elif operation == UNSHARP_MASK:
            properties = {**properties, "scale": -properties["scale"]}
        linear = run(linear, [(operation, properties)])
    return quantised(linear_to_srgb(linear).movedim(-1, 1))


def value_at(levels: tuple[float, ...], share: torch.Tensor) -> torch.Tensor:
    """The value a share (-1 to 1) of the way along a slider's levels, between two of them where it falls so."""
    table = torch.tensor(levels, dtype=torch.float32, device=share.device)
    position = (share + 1) / 2 * (len(levels) - 1)
    lower = position.floor().clamp(0, len(levels) - 2).long()
    return torch.lerp(table[lower], table[lower + 1], position - lower)


def quantised(encoded: torch.Tensor) -> torch.Tensor:
    """As an 8-bit picture would hold it: clipped to [0, 1] and rounded to 255 steps."""
    return (encoded.clamp(0, 1) * 255 + 0.5).floor() / 255
