# SPDX-License-Identifier: GPL-3.0-or-later
"""A filter's blend mode and opacity.

GIMP blends what a filter's operation gives ("layer") onto what went in ("in"), channel by channel, in the mode's own
space (app/operations/layer-modes/gimpoperationlayermode-blend.c and gimp-layer-modes.c, GIMP_3_0_4), and then mixes
that with what went in by the filter's opacity and the pixel's own, in linear light (composite_clip_to_backdrop,
gimpoperationlayermode-composite.c): a pixel that is half transparent gets half the effect. GIMP 3.2.6 gives the same.

The modes bend a curve inside [0, 1] and fold back outside it (soft light of 1.5 is 0), so a slider that uses them clips
to [0, 1] first. In GIMP a filter `gegl:rgb-clip` does so wherever values may lie outside (chain.py).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .color import Array, linear_to_srgb, per_image, srgb_to_linear
from .scalars import clip


def rgb_clip(
    linear: Array,
    *,
    clip_low: bool = True,
    low_limit: float = 0.0,
    clip_high: bool = True,
    high_limit: float = 1.0,
    alpha: Array | None = None,
) -> Array:
    """Clips to [0, 1], or other limits: changes nothing of a picture from black to white.

    linear: (..., height, width, 3), linear light. low_limit, high_limit: sRGB-encoded, taken where clip_low and
    clip_high say so. Follows operations/common/rgb-clip.c of GEGL_0_4_62.
    """
    low, high = (float(srgb_to_linear(np.float64(limit))) for limit in (low_limit, high_limit))
    if not clip_low and not clip_high:
        return linear
    return clip(linear, low if clip_low else -math.inf, high if clip_high else math.inf)


def invert_gamma(linear: Array, *, alpha: Array | None = None) -> Array:
    """1 - x of sRGB-encoded values. (..., height, width, 3), linear light, unclipped.

    Follows operations/common/invert-gamma.c of GEGL_0_4_62.
    """
    return srgb_to_linear(1.0 - linear_to_srgb(linear))


def screen(below: Array, layer: Array) -> Array:
    """1 - (1 - in) (1 - layer), of sRGB-encoded values (gimp_operation_layer_mode_blend_screen)."""
    return 1.0 - (1.0 - below) * (1.0 - layer)


def multiply(below: Array, layer: Array) -> Array:
    """in * layer, of linear light (gimp_operation_layer_mode_blend_multiply)."""
    return below * layer


def soft_light(below: Array, layer: Array) -> Array:
    """(1 - in) multiply + in * screen, of sRGB-encoded values (gimp_operation_layer_mode_blend_softlight)."""
    return (1.0 - below) * multiply(below, layer) + below * screen(below, layer)


def replace(below: Array, layer: Array) -> Array:
    """The layer alone (gimpoperationreplace.c)."""
    return layer


ENCODED = ("screen", "softlight")
"""Modes that GIMP blends in its perceptual space, the sRGB curve; the others it blends in linear light."""
MODES: dict[str, Callable[[Array, Array], Array]] = {
    "replace": replace, "screen": screen, "multiply": multiply, "softlight": soft_light,
}  # fmt: skip
"""GIMP's name of a blend mode (GimpLayerMode, in small letters) -> (in, layer) -> blended, of any shape."""


def blend(linear: Array, layer: Array, mode: str = "replace", opacity: Any = 1.0, alpha: Array | None = None) -> Array:
    """What a filter makes of a picture: its operation's result blended onto the picture, and mixed in by opacity.

    linear, layer: (..., height, width, 3), linear light. opacity: 0 (nothing) to 1, a number or one for each image,
    (B,). alpha: (..., height, width) in [0, 1], the picture's own; in mode "replace" it has no part. mode: of `MODES`;
    ValueError for others.
    """
    if mode not in MODES:
        raise ValueError(f"no blend mode {mode!r}; there are {', '.join(MODES)}")
    if mode in ENCODED:
        below = linear_to_srgb(linear)
        blended = srgb_to_linear(MODES[mode](below, below if layer is linear else linear_to_srgb(layer)))
    else:
        blended = MODES[mode](linear, layer)
    return _mixed(linear, blended, opacity, None if mode == "replace" else alpha)


def _mixed(linear: Array, blended: Array, opacity: Any, alpha: Array | None) -> Array:
    share = per_image(opacity, linear)
    return linear + (blended - linear) * (share if alpha is None else share * alpha[..., None])


def amount(
    linear: Array, *, amount: Any, down: tuple[str, str], up: tuple[str, str], alpha: Array | None = None
) -> Array:
    """A slider whose amount is a filter's opacity, another filter for each direction. Clips to [0, 1] first.

    linear: (..., height, width, 3), linear light. amount: -1 to 1, a number or one for each image, (B,), of either
    sign; 0 is neutral. down, up: (operation, blend mode) of the filter for amounts below and above 0. alpha: as
    `blend` has it.
    """
    linear = rgb_clip(linear)
    if isinstance(amount, (int, float)):
        operation, mode = down if amount < 0 else up
        return blend(linear, LAYERS[operation](linear), mode, abs(amount), alpha)
    below, above = (blend(linear, LAYERS[operation](linear), mode) for operation, mode in (down, up))
    # Not abs(), whose gradient at 0 is 0: a slider that starts at neutral could not be learned.
    moved = _mixed(linear, above, clip(amount, 0.0), alpha)
    return moved + _mixed(linear, below, clip(-amount, 0.0), alpha) - linear


LAYERS: dict[str, Callable[[Array], Array]] = {"gegl:rgb-clip": rgb_clip, "gegl:invert-gamma": invert_gamma}
"""Operations that, blended onto what went in, bend a curve."""
