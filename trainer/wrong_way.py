# SPDX-License-Identifier: GPL-3.0-or-later
"""Finished photos edited the wrong way: what the agent learns to put right.

The distribution is the agent's idea of what is wrong with photos. It leans to dark, flat and pale, as straight
camera pictures do, has every fault alone and together, and now and then none at all, so that the agent learns to
leave a good photo alone.
"""

from __future__ import annotations

import torch

from editor_ops import SLIDERS
from editor_ops.color import linear_to_srgb, srgb_to_linear
from editor_ops.editor import chain, run

NOTHING_WRONG = 0.08
"""Share of photos with no fault."""
FAULT = 0.8
"""Chance of each fault on the others. With it and the faults below, spoiled photos lie 17 dB from the finished
ones and are as dark, flat and pale as FiveK's straight pictures, which lie 16.8 dB from an expert's."""

# Slider name -> where its fault lies on average and how far it spreads, as shares of the slider's range on
# its own scale (-1 lowest, 1 highest); both are held to +-1. Photos come out of cameras dark, flat
# and pale, rarely the other way. Clarity's fault is softness: GIMP's tool can't blur, so the share
# here is of its upper half, taken the other way.
FAULTS = {
    "exposure": (-0.45, 0.45),
    "black_level": (-0.10, 0.35),
    "temperature": (0.0, 0.55),
    "tint": (0.0, 0.45),
    "shadows": (-0.2, 0.5),
    "highlights": (-0.1, 0.5),
    "contrast": (-0.3, 0.45),
    "white_point": (0.15, 0.4),
    "saturation": (-0.45, 0.45),
    "clarity": (0.0, 0.5),
}
SOFTEN = "clarity"


def sample_faults(n: int, generator: torch.Generator, nothing_wrong: float = NOTHING_WRONG) -> dict[str, torch.Tensor]:
    """Slider name -> the values (n,) in GIMP's units that spoil n photos; clarity's are negative amounts.

    nothing_wrong: share of the photos that keep every slider neutral.
    """
    k = len(SLIDERS)
    spread = torch.randn(n, k, generator=generator)
    faulty = torch.rand(n, k, generator=generator) < FAULT
    faulty &= torch.rand(n, 1, generator=generator) >= nothing_wrong
    faults = {}
    for i, slider in enumerate(SLIDERS):
        mean, deviation = FAULTS[slider.name]
        share = (mean + deviation * spread[:, i]).clamp(-1, 1) * faulty[:, i]
        if slider.name == SOFTEN:
            faults[slider.name] = -slider.highest * share.abs()
        else:
            faults[slider.name] = value_at(slider.values(), share)
    return faults


def value_at(levels: tuple[float, ...], share: torch.Tensor) -> torch.Tensor:
    """The value a share (-1 to 1) of the way along a slider's levels, between two of them where it falls so."""
    table = torch.tensor(levels, dtype=torch.float32)
    position = (share + 1) / 2 * (len(levels) - 1)
    lower = position.floor().clamp(0, len(levels) - 2).long()
    return torch.lerp(table[lower], table[lower + 1], position - lower)


def spoil(finished: torch.Tensor, faults: dict[str, torch.Tensor]) -> torch.Tensor:
    """Edits finished photos (N, 3, height, width), sRGB in [0, 1], the wrong way; the same shape, 8-bit values.

    Softness comes last, as an unsharp mask taken the other way, which the editor refuses as GIMP does.
    """
    device = finished.device
    height, width = finished.shape[-2:]
    values = {name: v.to(device) for name, v in faults.items()}
    soften = values.pop(SOFTEN)
    steps = chain(values, width, height)
    sharpen = chain({SOFTEN: soften.abs()}, width, height)
    for operation, properties in sharpen:
        steps.append((operation, {**properties, "scale": -properties["scale"]}))
    linear = run(srgb_to_linear(finished.movedim(1, -1)), steps)  # (N, height, width, 3)
    return quantised(linear_to_srgb(linear).movedim(-1, 1))


def quantised(encoded: torch.Tensor) -> torch.Tensor:
    """As an 8-bit picture would hold it: clipped to [0, 1] and rounded to 255 steps."""
    return (encoded.clamp(0, 1) * 255 + 0.5).floor() / 255
