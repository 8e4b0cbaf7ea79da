# SPDX-License-Identifier: GPL-3.0-or-later
"""GIMP's colour tools again, in Python, for NumPy arrays and torch tensors alike."""

from .editor import Filter, apply, chain, edit, filters
from .sliders import LEVELS, NAMES, NEUTRAL_LEVEL, SLIDERS, Slider

__all__ = ["LEVELS", "NAMES", "NEUTRAL_LEVEL", "SLIDERS", "Filter", "Slider", "apply", "chain", "edit", "filters"]
