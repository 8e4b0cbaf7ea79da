# SPDX-License-Identifier: GPL-3.0-or-later
"""Other good edits of the same picture, drawn from the policy's own probabilities."""

from __future__ import annotations

import numpy as np

from editor_ops import SLIDERS, edit
from editor_ops.color import linear_to_lab, srgb_to_linear

from .policy import Decision, Policy

COUNT = 4
DRAWS = 192
"""Edits drawn, of which the few are taken: enough to find some that differ, few enough for some tenths of a second."""
LIKELY = 0.25
"""How probable a drawn level must be beside its slider's best. One slider far out spoils an edit: tint made it pink."""
MORE_CLIPPED = 0.01
"""Share of pixels that an alternative may clip beyond what the policy's own choice does."""
END = 1 / 255
"""From an end of the range: there the 8-bit value is 0 or 255."""
VISIBLE = 1.0
"""Mean CIE76 difference below which two edits look alike: about what an eye sees side by side."""


def alternatives(policy: Policy, thumbnail: np.ndarray, colour: bool = True, count: int = COUNT) -> list[Decision]:
    """`count` edits beside the policy's own choice, each as different to look at from it and the others as can be.

    thumbnail: float32 (3, 64, 64), sRGB in [0, 1]. colour: as `Policy.decide`. Strength is 1. The same picture gives
    the same alternatives. Fewer come where the policy is so sure that its draws are all alike.
    """
    probabilities, best = policy.probabilities(thumbnail)
    random = np.random.default_rng(0)
    cumulated = np.cumsum(probabilities, axis=-1)  # (K, L)
    drawn = (random.random((DRAWS, len(probabilities), 1)) > cumulated).sum(axis=-1)  # (D, K)
    drawn = np.minimum(drawn, probabilities.shape[1] - 1)  # a sum of probabilities may fall short of 1 by rounding
    probability = np.take_along_axis(probabilities[None], drawn[..., None], axis=-1)[..., 0]  # (D, K)
    drawn = drawn[(probability >= LIKELY * probabilities.max(axis=-1)).all(axis=-1)]
    rows = np.concatenate([best[None], drawn])  # (R, K)
    pictures = _edited(policy, thumbnail, rows, colour)  # (R, S, S, 3)
    clipped = ((pictures <= END) | (pictures >= 1 - END)).any(axis=-1).mean(axis=(1, 2))  # (R,)
    kept = clipped <= clipped[0] + MORE_CLIPPED
    rows, looks = rows[kept], np.stack(linear_to_lab(srgb_to_linear(np.clip(pictures[kept], 0, 1))), axis=-1)
    return [policy.decision(rows[i], probabilities, colour=colour) for i in _far_apart(looks, count)]


def _edited(policy: Policy, thumbnail: np.ndarray, rows: np.ndarray, colour: bool) -> np.ndarray:
    """The thumbnail edited by each row of levels: (R, K) -> float32 (R, S, S, 3), sRGB."""
    picture = thumbnail.transpose(1, 2, 0)  # (S, S, 3)
    moved = [(k, slider) for k, slider in enumerate(SLIDERS) if colour or not slider.colour]
    values = {slider.name: policy.levels[k, rows[:, k]].astype(np.float32) for k, slider in moved}  # (R,) each
    return edit(np.broadcast_to(picture, (len(rows), *picture.shape)), values)


def _far_apart(looks: np.ndarray, count: int) -> list[int]:
    """Indices of pictures in Lab (R, S, S, 3), each the farthest from the first and those before it."""
    chosen: list[int] = []
    nearest = np.full(len(looks), np.inf)
    newest = 0
    for _ in range(min(count, len(looks) - 1)):
        distance = np.sqrt(((looks - looks[newest]) ** 2).sum(axis=-1)).mean(axis=(1, 2))  # CIE76, (R,)
        nearest = np.minimum(nearest, distance)
        newest = int(nearest.argmax())
        if nearest[newest] < VISIBLE:
            break
        chosen.append(newest)
    return chosen
