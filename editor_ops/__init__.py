# SPDX-License-Identifier: GPL-3.0-or-later
"""GIMP's colour tools again, in Python, for NumPy arrays and torch tensors alike.

The slider table and the chain are plain Python; NumPy is imported with the first picture, for GIMP's own Python, which
reads the table too, mostly has none.

GEGL_0_4_62, which the operations cite, is the GEGL of GIMP 3.0.4; GIMP 3.2.6 has GEGL_0_4_72. Both give the same
pixels: the operations are held to both.
"""

from typing import TYPE_CHECKING, Any

from .chain import Filter, chain, filters
from .sliders import LEVELS, NAMES, NEUTRAL_LEVEL, SLIDERS, Slider

if TYPE_CHECKING:
    from .editor import apply, edit

__all__ = ["LEVELS", "NAMES", "NEUTRAL_LEVEL", "SLIDERS", "Filter", "Slider", "apply", "chain", "edit", "filters"]


def __getattr__(name: str) -> Any:
    if name in ("apply", "edit"):
        from . import editor

        return getattr(editor, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
