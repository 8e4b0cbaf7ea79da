# SPDX-License-Identifier: GPL-3.0-or-later
"""Finished photos, degraded by the editor: what the agent learns to undo.

The distribution is the agent's idea of what is wrong with photos. It leans to dark, flat and pale, as straight
camera pictures are, has every degradation alone and together, and now and then none at all, so that the agent learns
to leave a good photo alone.
"""

from __future__ import annotations

import torch

from editor_ops import NEUTRAL_LEVEL, SLIDERS, chain
from editor_ops.color import linear_to_srgb, srgb_to_linear
from editor_ops.editor import run
from editor_ops.operations import rounded

TEMPERATURE, UNSHARP_MASK = "gegl:color-temperature", "gegl:unsharp-mask"

# Kinds of degradation, the share of the photos that have them, and how strong they are: the factor on the table's
# numbers, uniform between two ends. A dull photo is what cameras make: dark, flat and pale, strong enough that degraded
# photos have the features of such pictures. A mixture has anything, in every number. A cast is mainly that, or white
# balance is never learned beside tones that matter more. Overdone photos are blown out, harsh and garish. The rest are
# untouched, so that the agent learns to leave a good photo alone.
DULL, MIXED, CAST, OVERDONE = range(4)
SHARES = (0.38, 0.28, 0.12, 0.12)
STRENGTHS = ((0.3, 1.2), (0.2, 1.3), (0.3, 1.3), (0.3, 1.2))
FEWEST = 0.3
"""A mixture's probability of each slider is uniform between this and 1: some photos have one degradation, some all."""
TARGET_JITTER = 0.2
"""How far finished photos are varied, as a share of what spreads in a mixture: as much as two retouchers would differ.
Without it the agent learns the few hundred photos by heart (docs/experiments.md)."""

# Slider name -> for each kind, mean and standard deviation, as shares of the slider's range on its own scale (-1
# lowest, 1 highest); clamped to +-1. Clarity's degradation is softness, whatever the sign.
DEGRADATIONS = {
    # dull, mixed, cast, overdone
    "mid_tones": ((-0.3, 0.3), (0.0, 0.4), (0.0, 0.1), (0.2, 0.3)),
    "contrast": ((-0.4, 0.3), (0.0, 0.5), (0.0, 0.1), (0.3, 0.3)),
    "exposure": ((-0.25, 0.3), (0.0, 0.4), (0.0, 0.1), (0.3, 0.25)),
    "black_level": ((-0.25, 0.2), (-0.1, 0.3), (0.0, 0.1), (0.0, 0.15)),
    "temperature": ((0.0, 0.3), (0.0, 0.6), (0.0, 0.7), (0.0, 0.3)),
    "tint": ((0.0, 0.25), (0.0, 0.5), (0.0, 0.6), (0.0, 0.25)),
    "shadows": ((-0.1, 0.25), (0.0, 0.3), (0.0, 0.1), (0.0, 0.2)),
    "highlights": ((0.0, 0.25), (0.0, 0.3), (0.0, 0.1), (0.0, 0.2)),
    "saturation": ((-0.45, 0.3), (0.0, 0.5), (0.0, 0.1), (0.2, 0.4)),
    "clarity": ((0.0, 0.5), (0.0, 0.5), (0.0, 0.3), (0.0, 0.3)),
}


def sample_degradations(n: int, generator: torch.Generator, untouched: float | None = None) -> torch.Tensor:
    """Degradations (n, K) of n photos: for each slider, the share of its range (-1 to 1) that the photo is moved by.

    untouched: share of the photos that are not degraded, if not the one that SHARES leaves.
    """
    k = len(SLIDERS)
    table = torch.tensor([DEGRADATIONS[slider.name] for slider in SLIDERS])  # (K, kinds, 2)
    some = sum(SHARES) if untouched is None else 1 - untouched
    edges = torch.tensor(SHARES).cumsum(0) / sum(SHARES) * some
    kind = torch.bucketize(torch.rand(n, generator=generator), edges, right=True)  # the last: untouched
    mean, deviation = table[:, kind.clamp(max=len(SHARES) - 1)].movedim(1, 0).unbind(-1)  # (n, K) each
    low, high = torch.tensor((*STRENGTHS, (0.0, 0.0)))[kind].unbind(-1)  # (n,) each
    strength = torch.lerp(low, high, torch.rand(n, generator=generator))
    chance = torch.where(kind == MIXED, FEWEST + (1 - FEWEST) * torch.rand(n, generator=generator), 1.0)
    chosen = torch.rand(n, k, generator=generator) < chance[:, None]
    shares = mean + deviation * torch.randn(n, k, generator=generator)
    return (shares * strength[:, None]).clamp(-1, 1) * chosen


def sample_target_jitter(n: int, generator: torch.Generator) -> torch.Tensor:
    """Small edits (n, K), as degradations, that leave a finished photo finished: two retouchers differ as much."""
    deviation = torch.tensor([DEGRADATIONS[slider.name][MIXED][1] for slider in SLIDERS])
    return (TARGET_JITTER * deviation * torch.randn(n, len(SLIDERS), generator=generator)).clamp(-1, 1)


def inverse_levels(degradations: torch.Tensor) -> torch.Tensor:
    """The levels int64 (n, K) that undo degradations (n, K), but for what is clipped and rounded."""
    one_sided = torch.tensor([s.one_sided for s in SLIDERS], device=degradations.device)
    share = torch.where(one_sided, degradations.abs(), -degradations)
    return (NEUTRAL_LEVEL + NEUTRAL_LEVEL * share).round().long()


def degrade(finished: torch.Tensor, degradations: torch.Tensor) -> torch.Tensor:
    """Degrades finished photos (N, 3, height, width), sRGB in [0, 1], by (N, K); the same shape, 8-bit values.

    The editor's operations in reverse order, so that the editor undoes one after the other. Two are taken backwards:
    a colour temperature by exchanging its two ends, and an unsharp mask by taking away what it adds, which softens.
    """
    height, width = finished.shape[-2:]
    values = {}
    for i, slider in enumerate(SLIDERS):
        share = degradations[:, i].to(finished.device)
        if slider.operation == TEMPERATURE:
            share = -share
        elif slider.one_sided:
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
    return rounded(encoded, 255) / 255
