# SPDX-License-Identifier: GPL-3.0-or-later
"""What pictures look like in four numbers, and how far an edit moves them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from enhancer import photo
from models.thumbnail import thumbnail

LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)
"""Weights of R'G'B' in luma: ITU-R BT.709, the primaries of sRGB."""
DARK = 2
"""Percentile of luma that stands for the blacks: the darkest value itself is often a single pixel's noise."""
UNSEEN = 1.5
"""Levels of 255, mean absolute difference, below which an edit does not show."""


def look(picture: np.ndarray) -> dict[str, float]:
    """Of a picture uint8 (H, W, 3): the measures of its 64x64 thumbnail, each 0 to 1."""
    return _look(thumbnail(picture))


def _look(small: np.ndarray) -> dict[str, float]:
    """Of a thumbnail (3, 64, 64): mean, standard deviation and 2nd percentile of luma, mean chroma (max - min)."""
    luma = np.tensordot(LUMA, small, 1)  # (64, 64)
    return {
        "luma": float(luma.mean()),
        "luma_spread": float(luma.std()),
        "luma_dark": float(np.percentile(luma, DARK)),
        "chroma": float((small.max(0) - small.min(0)).mean()),
    }


def mean_look(paths: Sequence[Path]) -> dict[str, float]:
    """The mean of each measure over photo files. PhotoError where one cannot be read."""
    return mean([_look(photo.thumbnail(photo.read(path))) for path in paths])


def mean(looks: Sequence[dict[str, float]]) -> dict[str, float]:
    return {measure: float(np.mean([one[measure] for one in looks])) for measure in looks[0]}


def moved(image: np.ndarray, edited: np.ndarray) -> float:
    """Mean absolute difference of two pictures uint8 (H, W, 3), in levels of 255."""
    return float(np.abs(edited.astype(np.int16) - image).mean())


def distribution(distances: Sequence[float]) -> dict[str, float]:
    """Median and quartiles of how far pictures are moved, in levels, and the share that does not show."""
    low, median, high = (float(value) for value in np.percentile(distances, (25, 50, 75)))
    unseen = float(np.mean(np.less(distances, UNSEEN)))
    return {"moved_median": median, "moved_low": low, "moved_high": high, "moved_unseen": unseen}
