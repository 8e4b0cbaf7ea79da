# SPDX-License-Identifier: GPL-3.0-or-later
"""Finished photos, degraded: what the agent learns to mend.

The distribution is the agent's idea of what is wrong with photos. It has kinds after real sources, and each is made
by means of its own, not by the editor's, so that there is no exact inverse to copy.
"""

from __future__ import annotations

import torch
from torch.nn import functional

from editor_ops.color import linear_to_srgb, srgb_to_linear

from .features import luma
from .inverse_edit import quantised

FAULTS = ("gamma", "flat", "lift", "exposure", "warm", "green", "pale", "haze", "backlight", "soft")
"""What a photo may have, in the order in which it is done to it; 0 is nothing of it.

gamma: mid-tones darker, log2 of the exponent on the sRGB curve. flat: share of the inverse of the S-curve 3x^2 - 2x^3;
below 0 of that curve. lift: where black lies on the sRGB curve; below 0 it is crushed. exposure: stops. warm: log2 of
the gain of red, and of what blue is divided by. green: log2 of the gain of green. pale: share of the colour that is
lost. haze: share of a light grey mixed in. backlight: stops by which a dark half of the picture is darker and a light
one lighter. soft: share of a blurred picture mixed in.

High ISO noise is not among them: a cell of a thumbnail is the mean of hundreds of pixels, and what is left of noise
there is that it lifts blacks and takes colour away.
"""
LIMITS = torch.tensor([1.5, 1.0, 0.3, 2.5, 1.2, 0.5, 1.0, 0.7, 1.0, 1.0])
"""Largest amounts, either sign: what lies beyond can't be mended by any slider."""
USUAL = torch.tensor([0.4, 0.4, 0.06, 0.6, 0.3, 0.12, 0.3, 0.2, 0.25, 0.3])
"""Usual amounts: the unit of fits and regressions."""
TARGET_JITTER = 0.15
"""Standard deviation, in usual amounts, by which finished photos are varied: as much as two retouchers would differ by.
Without it the agent learns the few hundred photos by heart (docs/experiments.md)."""
AIRLIGHT = (0.76, 0.78, 0.80)
"""Haze on the sRGB curve: light grey, a little blue."""

# Kind -> share of the photos, its strength (the factor on the table's row, uniform between two ends), and the mean and
# standard deviation of each fault. The rest of the photos are untouched: so the agent learns to leave a good photo
# alone.
KINDS: tuple[tuple[float, tuple[float, float], tuple[tuple[float, float], ...]], ...] = (
    # A raw file as it is developed without a hand: mid-tones dark, no S-curve, blacks lifted, pale, white balance
    # slightly off. The means are from real pairs of such renderings and an expert's versions; those of gamma, lift,
    # pale and soft were moved once more, to where a policy erred on all ten pairs alike (docs/experiments.md). Every
    # photo has some of it, hence the strength from 0.2.
    (0.52, (0.2, 1.2), ((0.55, 0.3), (0.45, 0.3), (0.08, 0.05), (-0.3, 0.5), (0.0, 0.15), (0.0, 0.08), (0.28, 0.2),
                        (0.0, 0.0), (0.1, 0.25), (0.1, 0.2))),
    # Cameras and phones have done their own part already: a third to a half of a raw file's faults.
    (0.10, (0.3, 1.2), ((0.2, 0.2), (0.2, 0.2), (0.04, 0.03), (-0.15, 0.35), (0.0, 0.2), (0.0, 0.08), (0.12, 0.15),
                        (0.0, 0.0), (0.15, 0.2), (0.1, 0.2))),
    # Bad shots. Too dark: with the lifted blacks and lost colour of a high ISO.
    (0.05, (0.5, 1.2), ((0.3, 0.3), (0.1, 0.3), (0.04, 0.04), (-1.2, 0.5), (0.1, 0.25), (0.0, 0.1), (0.25, 0.2),
                        (0.0, 0.0), (0.1, 0.3), (0.3, 0.3))),
    # Burnt: what is clipped is lost, the rest can be darkened.
    (0.06, (0.3, 1.2), ((-0.2, 0.25), (0.0, 0.3), (0.02, 0.03), (0.8, 0.35), (0.0, 0.15), (0.0, 0.08), (0.1, 0.2),
                        (0.0, 0.0), (-0.1, 0.2), (0.0, 0.3))),
    # Haze, fog, a window or flare: a quarter to a half of the light is not the scene's.
    (0.06, (0.3, 1.2), ((0.1, 0.3), (0.1, 0.2), (0.0, 0.02), (0.0, 0.3), (0.0, 0.15), (0.0, 0.08), (0.1, 0.2),
                        (0.35, 0.12), (0.0, 0.2), (0.4, 0.3))),
    # Lamps and shade: half a stop between red and blue each way is a lamp's light half corrected. Little else is
    # wrong, or white balance is never learned beside tones that matter more.
    (0.09, (0.3, 1.3), ((0.05, 0.15), (0.05, 0.15), (0.01, 0.02), (0.0, 0.2), (0.0, 0.45), (0.0, 0.18), (0.05, 0.15),
                        (0.0, 0.0), (0.0, 0.1), (0.0, 0.2))),
    # Anything, mildly, in both directions; but blacks are hardly ever crushed: few cameras do it.
    (0.06, (0.3, 1.0), ((0.0, 0.3), (0.0, 0.4), (0.02, 0.03), (0.0, 0.6), (0.0, 0.25), (0.0, 0.12), (0.0, 0.35),
                        (0.0, 0.0), (0.0, 0.3), (0.0, 0.4))),
)  # fmt: skip
SHARES = torch.tensor([kind[0] for kind in KINDS])
STRENGTHS = torch.tensor([kind[1] for kind in KINDS])  # (kinds, 2)
TABLE = torch.tensor([kind[2] for kind in KINDS])  # (kinds, F, 2): mean, standard deviation


def sample_degradations(n: int, generator: torch.Generator, untouched: float | None = None) -> torch.Tensor:
    """Degradations (n, F) of n photos, amounts of FAULTS.

    untouched: share of the photos that are not degraded, if not the one that KINDS leaves.
    """
    some = float(SHARES.sum()) if untouched is None else 1 - untouched
    edges = SHARES.cumsum(0) / SHARES.sum() * some
    kind = torch.bucketize(torch.rand(n, generator=generator), edges, right=True)  # the last: untouched
    touched = kind < len(KINDS)
    kind = kind.clamp(max=len(KINDS) - 1)
    low, high = STRENGTHS[kind].unbind(-1)  # (n,) each
    strength = torch.lerp(low, high, torch.rand(n, generator=generator)) * touched
    mean, deviation = TABLE[kind].unbind(-1)  # (n, F) each
    amounts = mean + deviation * torch.randn(n, len(FAULTS), generator=generator)
    return bounded(amounts * strength[:, None])


def sample_fitted(fitted: torch.Tensor, n: int, generator: torch.Generator) -> torch.Tensor:
    """Degradations (n, F) from fitted means and standard deviations (F, 2)."""
    mean, deviation = fitted.unbind(-1)
    return bounded(mean + deviation * torch.randn(n, len(FAULTS), generator=generator))


def sample_target_jitter(n: int, generator: torch.Generator) -> torch.Tensor:
    """Small degradations (n, F) that leave a finished photo finished: two retouchers differ as much."""
    return bounded(TARGET_JITTER * USUAL * torch.randn(n, len(FAULTS), generator=generator))


def bounded(amounts: torch.Tensor) -> torch.Tensor:
    """Amounts (N, F) within LIMITS; no negative haze, and blacks hardly crushed."""
    low = -LIMITS
    low[FAULTS.index("haze")], low[FAULTS.index("lift")] = 0.0, -0.03
    return amounts.maximum(low).minimum(LIMITS)


def degrade(finished: torch.Tensor, degradations: torch.Tensor) -> torch.Tensor:
    """Degrades finished photos (N, 3, height, width), sRGB in [0, 1], by (N, F); the same shape, 8-bit values."""
    return quantised(degrade_smoothly(finished, degradations))


def degrade_smoothly(finished: torch.Tensor, degradations: torch.Tensor) -> torch.Tensor:
    """`degrade` before it is rounded: with a gradient."""
    amounts = degradations.to(finished.device)[:, :, None, None, None]  # (N, F, 1, 1, 1)
    gamma, flat, lift, exposure, warm, green, pale, haze, backlight, soft = amounts.unbind(1)  # (N, 1, 1, 1) each
    x = finished.clamp(1e-4, 1) ** 2**gamma  # a power's slope at 0 has no end
    curve = 3 * x**2 - 2 * x**3
    x = x + flat.clamp(min=0) * (x - curve) + (-flat).clamp(min=0) * (curve - x)
    x = lift + (1 - lift) * x
    grey = luma(x)
    x = grey + (x - grey) * (1 - pale)
    around = functional.avg_pool2d(functional.adaptive_avg_pool2d(luma(x), 16), 5, 1, 2, count_include_pad=False)
    around = functional.interpolate(around, x.shape[-2:], mode="bilinear")  # means of a third, about a sky or a face
    gains = exposure + backlight * 2 * (around - around.mean((2, 3), keepdim=True))
    gains = gains + torch.cat([warm, green, -warm], 1)  # (N, 3, height, width), stops
    x = linear_to_srgb(srgb_to_linear(x.clamp(min=1e-4)) * 2**gains).clamp(0, 1)
    x = torch.lerp(x, x.new_tensor(AIRLIGHT)[:, None, None], haze)
    reach = max(1, max(x.shape[-2:]) // 32)  # a thirtieth of the picture each way, as clarity has it
    blurred = functional.avg_pool2d(x, (2 * reach + 1, 1), 1, (reach, 0), count_include_pad=False)
    blurred = functional.avg_pool2d(blurred, (1, 2 * reach + 1), 1, (0, reach), count_include_pad=False)
    return torch.lerp(x, blurred, soft).clamp(0, 1)  # below 0 it sharpens, beyond both ends
