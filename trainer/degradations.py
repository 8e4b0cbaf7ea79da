# SPDX-License-Identifier: GPL-3.0-or-later
"""Finished photos edited the wrong way: what the agent learns to put right.

The distribution is the agent's idea of what is wrong with photos. It leans to dark, flat and pale, as straight
camera pictures do, has every fault alone and together, and now and then none at all, so that the agent learns to
leave a good photo alone.
"""

from __future__ import annotations

import torch

from editor_ops import NEUTRAL_LEVEL, SLIDERS, chain
from editor_ops.color import linear_to_srgb, srgb_to_linear
from editor_ops.editor import run

TEMPERATURE, UNSHARP_MASK = "gegl:color-temperature", "gegl:unsharp-mask"

# What is wrong with photos: kinds, the share of the photos that have them, and how strong they are, as the factor that
# the table's numbers are multiplied by, even between two ends. A dull photo is what cameras make: dark, flat and pale,
# strong enough that spoiled photos have the statistics of such pictures. A mixture has anything, in every number. A
# cast is mainly that, or white balance is never learned beside tones that matter more. Overdone photos are burnt out,
# harsh and garish. The rest have nothing wrong, so that the agent learns to leave a good photo alone.
DULL, MIXED, CAST, OVERDONE = range(4)
SHARES = (0.38, 0.28, 0.12, 0.12)
STRENGTHS = ((0.3, 1.2), (0.2, 1.3), (0.3, 1.3), (0.3, 1.2))
FEWEST = 0.3
"""A mixture's chance of each fault lies between this and 1, evenly: some photos have one fault, some have all."""
TASTE = 0.2
"""How far finished photos are varied, as a share of what spreads in a mixture: as much as two retouchers would differ.
Without it the agent learns the few hundred photos by heart (docs/experiments.md)."""

# Slider name -> for each kind, where the fault lies on average and how far it spreads, as shares of the slider's
# range on its own scale (-1 lowest, 1 highest); held to +-1 in the end. Clarity's fault is softness, whatever the sign.
FAULTS = {
    # dull, mixed, cast, overdone
    "exposure": ((-0.5, 0.35), (0.0, 0.5), (0.0, 0.1), (0.4, 0.25)),
    "black_level": ((-0.1, 0.3), (0.0, 0.4), (0.0, 0.1), (0.1, 0.2)),
    "temperature": ((0.0, 0.3), (0.0, 0.6), (0.0, 0.7), (0.0, 0.3)),
    "tint": ((0.0, 0.25), (0.0, 0.5), (0.0, 0.6), (0.0, 0.25)),
    "shadows": ((-0.1, 0.25), (0.0, 0.3), (0.0, 0.1), (0.0, 0.2)),
    "highlights": ((0.0, 0.25), (0.0, 0.3), (0.0, 0.1), (0.0, 0.2)),
    "contrast": ((-0.35, 0.35), (0.0, 0.5), (0.0, 0.1), (0.2, 0.3)),
    "white_point": ((0.15, 0.25), (0.0, 0.25), (0.0, 0.1), (-0.1, 0.2)),
    "saturation": ((-0.45, 0.3), (0.0, 0.5), (0.0, 0.1), (0.2, 0.4)),
    "clarity": ((0.0, 0.5), (0.0, 0.5), (0.0, 0.3), (0.0, 0.3)),
}


def sample_faults(n: int, generator: torch.Generator, nothing_wrong: float | None = None) -> torch.Tensor:
    """Faults (n, K) of n photos: for each slider, the share of its range (-1 to 1) that it is put wrong by.

    nothing_wrong: share of the photos that have no fault, if not the one that SHARES leaves.
    """
    k = len(SLIDERS)
    table = torch.tensor([FAULTS[slider.name] for slider in SLIDERS])  # (K, kinds, 2)
    some_wrong = sum(SHARES) if nothing_wrong is None else 1 - nothing_wrong
    edges = torch.tensor(SHARES).cumsum(0) / sum(SHARES) * some_wrong
    kind = torch.bucketize(torch.rand(n, generator=generator), edges, right=True)  # the last: nothing wrong
    mean, deviation = table[:, kind.clamp(max=len(SHARES) - 1)].movedim(1, 0).unbind(-1)  # (n, K) each
    low, high = torch.tensor((*STRENGTHS, (0.0, 0.0)))[kind].unbind(-1)  # (n,) each
    strength = torch.lerp(low, high, torch.rand(n, generator=generator))
    chance = torch.where(kind == MIXED, FEWEST + (1 - FEWEST) * torch.rand(n, generator=generator), 1.0)
    faulty = torch.rand(n, k, generator=generator) < chance[:, None]
    shares = mean + deviation * torch.randn(n, k, generator=generator)
    return (shares * strength[:, None]).clamp(-1, 1) * faulty


def sample_tastes(n: int, generator: torch.Generator) -> torch.Tensor:
    """Small edits (n, K), as faults, that make of a finished photo another that is finished as well."""
    deviation = torch.tensor([FAULTS[slider.name][MIXED][1] for slider in SLIDERS])
    return (TASTE * deviation * torch.randn(n, len(SLIDERS), generator=generator)).clamp(-1, 1)


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
