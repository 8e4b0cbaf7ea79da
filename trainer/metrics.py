# SPDX-License-Identifier: GPL-3.0-or-later
"""How near an edited picture is to its answer. All take uint8 sRGB (H, W, 3); no torch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from skimage import color, metrics

from editor_ops.color import srgb_to_linear

from .psnr import psnr_of_mean

BINS = 64
"""Of the histogram intersection: MonetGPT's table (SIGGRAPH 2025), the only public one that has this measure."""
STRIP = 256
"""Rows converted to Lab at a time: Lab and its differences take twenty times the memory of the picture."""
WINDOW = 7
"""Side of SSIM's window, scikit-image's default."""


def psnr(edited: np.ndarray, answer: np.ndarray) -> float:
    """Peak signal-to-noise ratio in dB over all three channels; at most 100 (psnr.py)."""
    difference = edited.astype(np.int32) - answer
    return float(psnr_of_mean(np.mean(np.square(difference)) / 255**2))  # the mean is summed in float64


def ssim_rgb(edited: np.ndarray, answer: np.ndarray) -> float:
    """Structural similarity, the mean over the three channels."""
    return float(np.mean([_ssim(edited[..., c], answer[..., c], 255) for c in range(3)]))


def ssim_grey(edited: np.ndarray, answer: np.ndarray) -> float:
    """Structural similarity of the luma; papers report either, and they differ by some hundredths."""
    return _ssim(color.rgb2gray(edited), color.rgb2gray(answer), 1.0)


def ciede2000(edited: np.ndarray, answer: np.ndarray) -> float:
    """Mean CIEDE2000 colour difference; 1 can just be seen."""
    total = sum(
        float(color.deltaE_ciede2000(*map(_lab, pair)).sum(dtype=np.float64)) for pair in _strips(edited, answer)
    )
    return total / (edited.shape[0] * edited.shape[1])


def histogram_intersection(edited: np.ndarray, answer: np.ndarray) -> float:
    """Common part of the two pictures' histograms, 64 bins a channel, mean of the channels, percent."""
    shares = [
        [np.bincount(image[..., c].ravel() // (256 // BINS), minlength=BINS) / image[..., c].size for c in range(3)]
        for image in (edited, answer)
    ]
    return 100 * float(np.minimum(*np.array(shares)).sum() / 3)


MEASURES = {
    "psnr": psnr,
    "ssim_rgb": ssim_rgb,
    "ssim_grey": ssim_grey,
    "ciede2000": ciede2000,
    "histogram_intersection": histogram_intersection,
}


def measure(edited: np.ndarray, answer: np.ndarray) -> dict[str, float]:
    """All measures of one picture. ValueError where the two do not have the same shape and type."""
    if edited.shape != answer.shape or edited.dtype != np.uint8 or answer.dtype != np.uint8:
        raise ValueError(f"measures compare uint8 pictures of one size, not {edited.shape} with {answer.shape}")
    return {name: function(edited, answer) for name, function in MEASURES.items()}


class Clipped(NamedTuple):
    """Shares of a picture's pixels, 0 to 1, that have lost detail to the ends of 8 bits.

    white: pixels with any channel at 255: one channel is enough to shift the colour of what is bright. black: pixels
    with all three channels at 0: a single channel at 0 is only a saturated colour. No pixel is in both.
    """

    white: float
    black: float

    @property
    def total(self) -> float:
        return self.white + self.black


def clipped(image: np.ndarray) -> Clipped:
    """How much of a uint8 picture (H, W, 3) is clipped."""
    brightest = np.maximum(np.maximum(image[..., 0], image[..., 1]), image[..., 2])  # ten times as fast as max(axis=-1)
    return Clipped(float((brightest == 255).mean()), float((brightest == 0).mean()))


def cast_angle(image: np.ndarray, answer: np.ndarray) -> float:
    """Degrees (0 to 90) between the mean colours of two pictures, as vectors of linear-light RGB.

    It is the angular error by which white-balance papers compare illuminants. A change of exposure alone leaves it at
    0; it is 0 too where a picture is all black, which has no colour.
    """
    one, other = (_mean_colour(side) for side in (image, answer))
    # by the tangent: the arc cosine of nearly parallel vectors has few digits
    return float(np.degrees(np.arctan2(np.linalg.norm(np.cross(one, other)), np.dot(one, other))))


def _mean_colour(image: np.ndarray) -> np.ndarray:
    """Mean linear-light RGB, float64 (3,): by the counts of the 256 levels, each decoded once."""
    light = srgb_to_linear(np.arange(256, dtype=np.float64) / 255)
    return np.array([np.bincount(image[..., c].ravel(), minlength=256) @ light for c in range(3)]) / image[..., 0].size


def _lab(image: np.ndarray) -> np.ndarray:
    """In float32: half the time of float64, and the mean difference agrees to six digits."""
    return color.rgb2lab(image.astype(np.float32) / 255)


def _ssim(edited: np.ndarray, answer: np.ndarray, white: float) -> float:
    """Of one channel (H, W). A side with fewer pixels than the window is repeated at its ends until it has as many.

    In float32: a third of the time of float64, and the mean agrees to six digits.
    """
    short = [(0, max(0, WINDOW - side)) for side in edited.shape]
    channels = (np.pad(channel.astype(np.float32), short, mode="edge") for channel in (edited, answer))
    return float(metrics.structural_similarity(*channels, data_range=white, win_size=WINDOW))


def _strips(*images: np.ndarray) -> Iterator[tuple[np.ndarray, ...]]:
    for top in range(0, len(images[0]), STRIP):
        yield tuple(image[top : top + STRIP] for image in images)
