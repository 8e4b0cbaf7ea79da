# SPDX-License-Identifier: GPL-3.0-or-later
"""What a thumbnail's colours say about its exposure, contrast and white balance, as numbers for a network.

Fixed formulas instead of learned ones: from a few hundred photos a network learns to read a histogram far sooner
than to make one (docs/experiments.md).
"""

from __future__ import annotations

import torch
from torch.nn import functional

FEATURE_SIZE = 32
"""Side of the picture that features are made of: the same colours as at 64, a quarter of the work."""
CELLS = 8
"""Cells a side of the joint histograms: twice as many tell training photos apart, not their degradations."""
BINS = 32
"""Of the histograms of one quantity."""
CHROMA = 1.2
"""Largest |log(red / green)| and |log(blue / green)| that the joint histograms tell apart: pure colours lie beyond."""
DARK = 0.03
"""Added to sRGB before the logarithm: 8 steps of 255, below which noise decides a dark pixel's chroma."""
DEEP = 0.02
"""The same for quantiles, which are less noisy than one pixel."""
DIM = 0.01
"""The same for means of linear light."""
RANKS = (0, 0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 0.995, 1)
"""Quantiles: closest together at the ends, where black and white points show."""
MEANS = (1, 3, 6)
"""Exponents of the means that guess the light's colour: from grey world (1) towards the brightest surface
(Finlayson and Trezzi 2004, "Shades of Gray")."""


def color_features(thumbnails: torch.Tensor) -> torch.Tensor:
    """Thumbnails (N, 3, 64, 64) or half that, sRGB in [0, 1] -> (N, F), numbers of about one size, but not centred."""
    pictures = functional.avg_pool2d(thumbnails, thumbnails.shape[-1] // FEATURE_SIZE)  # (N, 3, 32, 32)
    pixels = pictures.flatten(2)  # (N, 3, P)
    red, green, blue = pixels.unbind(1)  # (N, P)
    luma = lightness(pixels)
    highest, lowest = pixels.amax(1), pixels.amin(1)
    logs = torch.log(pixels + DARK)
    warm, cold = logs[:, 0] - logs[:, 1], logs[:, 2] - logs[:, 1]

    # joint histograms of lightness and the two chromas: a cast moves them as a whole
    in_luma = membership(luma, CELLS, 0.0, 1.0)  # (N, P, 8)
    in_warm, in_cold = (membership(chroma, CELLS, -CHROMA, CHROMA) for chroma in (warm, cold))
    pairs = ((in_luma, in_warm), (in_luma, in_cold), (in_warm, in_cold))
    joint = torch.cat([(a.transpose(1, 2) @ b).flatten(1) for a, b in pairs], 1) / pixels.shape[-1]  # (N, 192)

    # histograms of one quantity, as they are and summed up from below
    quantities = (red, green, blue, luma, highest, lowest, highest - lowest)
    single = torch.stack([membership(q, BINS, 0.0, 1.0).mean(1) for q in quantities], 1)  # (N, 7, 32)
    below = single[:, 3:] @ torch.ones(BINS, BINS, device=single.device).triu()  # (N, 4, 32)

    # quantiles of each channel, lightness, highest and lowest: where a histogram begins and ends, to the level
    place = torch.tensor([round(rank * (pixels.shape[-1] - 1)) for rank in RANKS], device=pixels.device)
    ranked = torch.cat([pixels, luma[:, None], highest[:, None], lowest[:, None]], 1).sort(-1).values  # (N, 6, P)
    quantiles = ranked[..., place]  # (N, 6, 13)
    ends = [each.flatten(1) for each in (2 * quantiles, torch.log(quantiles + DEEP), chromas(quantiles[:, :3], DEEP))]

    # estimates of the light's colour: means of linear light, of each lightness, and of edges
    linear = pixels**2.2  # near enough to the sRGB curve
    estimates = [chromas((linear**p).mean(2) ** (1 / p), DIM) for p in MEANS]
    share = in_luma.mean(1)  # (N, 8)
    of_luma = (linear @ in_luma) / (in_luma.sum(1, keepdim=True) + 8)  # (N, 3, 8); few pixels count for little
    estimates += list((chromas(of_luma, DIM) * share.sqrt()[:, None]).unbind(1))
    edges = (pictures.diff(dim=2).square().mean((2, 3)) + pictures.diff(dim=3).square().mean((2, 3))).sqrt()  # (N, 3)
    estimates += [chromas(edges, 0.005), torch.log(edges + 0.005)]

    spread = luma.std(1, keepdim=True)
    tones = [torch.log(luma.mean(1, keepdim=True) + DIM), torch.log(spread + DIM), share.sqrt()]
    return torch.cat([*ends, *estimates, *tones, below.flatten(1), 4 * _root(single).flatten(1), 4 * _root(joint)], 1)


def lightness(pixels: torch.Tensor) -> torch.Tensor:
    """(N, P) of sRGB pixels (N, 3, P): near enough to luma's weights."""
    red, green, blue = pixels.unbind(1)
    return 0.3 * red + 0.6 * green + 0.1 * blue


def luma(pictures: torch.Tensor) -> torch.Tensor:
    """`lightness` of pictures (N, 3, height, width), one channel: (N, 1, height, width)."""
    return lightness(pictures.flatten(2)).unflatten(1, pictures.shape[2:])[:, None]


def membership(values: torch.Tensor, bins: int, low: float, high: float) -> torch.Tensor:
    """How far each value (N, P) belongs to each of the bins between low and high: (N, P, bins), each value's sum 1."""
    place = ((values - low) / (high - low)).clamp(0, 1) * (bins - 1)
    return (1 - (place[..., None] - torch.arange(bins, device=values.device)).abs()).clamp(min=0)


def chromas(colours: torch.Tensor, dark: float) -> torch.Tensor:
    """log(red / green) and log(blue / green) of colours (N, 3, ...): (N, 2, ...)."""
    logs = torch.log(colours + dark)
    return torch.stack([logs[:, 0] - logs[:, 1], logs[:, 2] - logs[:, 1]], 1)


def _root(shares: torch.Tensor) -> torch.Tensor:
    """The square root of shares: its noise is the same for small and large bins."""
    return (shares + 1e-4).sqrt()
