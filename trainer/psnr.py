# SPDX-License-Identifier: GPL-3.0-or-later
"""Peak signal-to-noise ratio, for NumPy arrays and torch tensors alike."""

from __future__ import annotations

from array_api_compat import array_namespace

from editor_ops.color import Array

MOST_PSNR = 100.0
"""dB that a perfect picture counts as, so that means stay finite."""


def psnr_of_mean(squared_error: Array) -> Array:
    """dB of mean squared errors, of any shape, of samples in [0, 1]; at most 100."""
    xp = array_namespace(squared_error)
    return -10 * xp.log10(xp.clip(squared_error, 10 ** (-MOST_PSNR / 10), None))
