# SPDX-License-Identifier: GPL-3.0-or-later
"""Which levels the policy may choose for a photo: what would do harm for certain is masked, in training and in every
exported policy.

- A photo whose channels are equal is black-and-white: sliders that change colours alone stay neutral.
- Where paper, a studio's ground or a burnt sky is white, it stays white: exposure does not fall. Mid-tones, contrast,
  shadows and highlights leave white and black where they are, whatever their values.
- Where so much is white that it is the ground, its colour is right: temperature and tint stay neutral.
- Where a surround or a night is black, it stays black: the black level does not lift.
"""

from __future__ import annotations

import torch

from editor_ops import LEVELS, NAMES, NEUTRAL_LEVEL, SLIDERS

EQUAL = 3 / 255
"""Largest difference between a cell's channels in a black-and-white photo: JPEG's error, of which a mean of many pixels
keeps little."""
WHITE, BLACK = 250 / 255, 5 / 255
"""All channels above the one, or below the other: nobody tells them from white and black."""
SOME, GROUND = 0.02, 0.15
"""Share of the cells from which whites or blacks count, beyond lamps and keyholes; from which they are the ground."""
MASKED = -1e4
"""Logit of a level that is not allowed: no probability in 32-bit floats, and finite, as hosts ask."""
COLOUR = [NAMES.index(s.name) for s in SLIDERS if s.colour]
BALANCE = [NAMES.index(name) for name in ("temperature", "tint")]
EXPOSURE, BLACK_LEVEL = NAMES.index("exposure"), NAMES.index("black_level")


def allowed_levels(thumbnails: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The lowest and the highest level that each slider may have, float (N, K) each.

    thumbnails: (N, 3, size, size), sRGB in [0, 1].
    """
    highest, lowest = thumbnails.amax(1).flatten(1), thumbnails.amin(1).flatten(1)  # (N, P)
    grey = ((highest - lowest).amax(1) <= EQUAL)[:, None]  # (N, 1)
    white = (lowest > WHITE).to(thumbnails.dtype).mean(1, keepdim=True)
    black = (highest < BLACK).to(thumbnails.dtype).mean(1, keepdim=True)
    colour, balance, exposure, black_level = (
        _one_of(sliders).to(thumbnails.device) for sliders in (COLOUR, BALANCE, [EXPOSURE], [BLACK_LEVEL])
    )
    held = (grey & colour) | ((white >= GROUND) & balance)  # (N, K)
    not_below = held | ((white >= SOME) & exposure) | ((black >= SOME) & black_level)
    return not_below * float(NEUTRAL_LEVEL), LEVELS - 1 - held * float(LEVELS - 1 - NEUTRAL_LEVEL)


def masked(logits: torch.Tensor, thumbnails: torch.Tensor) -> torch.Tensor:
    """Logits (N, K, L) with those of levels that are not allowed at MASKED."""
    low, high = allowed_levels(thumbnails)
    level = torch.arange(LEVELS, device=logits.device)
    return torch.where((level < low[..., None]) | (level > high[..., None]), MASKED, logits)


def _one_of(sliders: list[int]) -> torch.Tensor:
    """bool (1, K)."""
    return torch.tensor([[k in sliders for k in range(len(SLIDERS))]])
