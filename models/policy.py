# SPDX-License-Identifier: GPL-3.0-or-later
"""An exported policy: ONNX file -> Decision. Needs onnxruntime and NumPy, never torch."""

from __future__ import annotations

import math
from collections.abc import Collection
from pathlib import Path

import numpy as np

from editor_ops import NAMES, SLIDERS

from .decision import FORMAT_VERSION, Choice, Decision
from .errors import UserError
from .policy_file import PHOTOS, PolicyFile, Task, one_line
from .thumbnail import thumbnail
from .thumbnail_rule import RULE

SHIPPED = Path(__file__).with_name("photo.onnx")
INTERVAL = 0.8
"""Probability of the levels from one end of an interval to the other: in four photos of five the best value should lie
there, and a model's card says how often it does."""

TASK = Task(PHOTOS, SLIDERS, FORMAT_VERSION, "thumbnail", RULE)


class Policy:
    """A policy file, checked and ready. Make one with `Policy.load`."""

    def __init__(self, file: PolicyFile) -> None:
        self.file = file
        self.path = file.path
        self.name = file.name
        self.metadata = file.metadata
        self.description = file.description
        self.levels = file.levels  # (K, L) values in GIMP's units
        self.sha256 = file.sha256
        self.logits = file.logits

    @classmethod
    def load(cls, path: str | Path | None = None) -> Policy:
        """Reads and checks a policy file; None is the shipped one. PolicyError if it is not a policy of ours."""
        return cls(PolicyFile(Path(path) if path is not None else SHIPPED, TASK))

    def decide(
        self,
        image: np.ndarray,
        strength: float = 1.0,
        alpha: np.ndarray | None = None,
        colour: bool = True,
        leave: Collection[str] = (),
    ) -> Decision:
        """Chooses slider values for one picture.

        image, alpha: as `models.thumbnail` takes them, in sRGB. strength: 0 (nothing) to 2; 1 is what the policy
        chose. colour=False leaves the sliders alone that only change colours (a grey picture). leave: names of
        sliders to leave alone. ValueError for a picture, strength or name that doesn't fit.
        """
        return self.decide_thumbnail(thumbnail(image, alpha), strength, colour, leave)

    def decide_thumbnail(
        self, thumbnail_: np.ndarray, strength: float = 1.0, colour: bool = True, leave: Collection[str] = ()
    ) -> Decision:
        """`decide` for a thumbnail float32 (3, 64, 64)."""
        probabilities, levels = self.probabilities(thumbnail_)
        return self.decision(levels, probabilities, strength, colour, leave)

    def probabilities(self, thumbnail_: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """For a thumbnail float32 (3, 64, 64): the probability of each slider's levels (K, L); the likeliest (K,)."""
        logits, levels = self.logits(thumbnail_[None])
        probabilities = np.exp(logits[0] - logits[0].max(axis=-1, keepdims=True))  # (K, L)
        return probabilities / probabilities.sum(axis=-1, keepdims=True), levels[0]

    def decision(
        self,
        levels: np.ndarray,
        probabilities: np.ndarray,
        strength: float = 1.0,
        colour: bool = True,
        leave: Collection[str] = (),
    ) -> Decision:
        """The Decision that puts each slider on a level. levels: (K,); probabilities: (K, L); the rest as `decide`."""
        if not (math.isfinite(strength) and 0.0 <= strength <= 2.0):
            raise UserError(f"strength is {strength}; it goes from 0 to 2", "out of range")
        if unknown := sorted(set(leave) - set(NAMES)):
            message = f"no slider {one_line(unknown[0], 48)!r} to leave alone; there are {', '.join(NAMES)}"
            raise UserError(message, "unknown slider")
        choices = []
        for k, (slider, level) in enumerate(zip(SLIDERS, levels, strict=True)):
            moves = slider.name not in leave and (colour or not slider.colour)
            value = float(self.levels[k, level]) if moves else slider.neutral
            ends = self.levels[k, list(interval(probabilities[k], int(level)))]  # (2,)
            low, high = (slider.scaled(float(end), strength) for end in ends)
            choices.append(
                Choice(
                    slider,
                    slider.scaled(value, strength),
                    float(probabilities[k, level]),
                    (low, high) if moves else None,
                )
            )
        return Decision(self.name, self.sha256, float(strength), tuple(choices))


def interval(probabilities: np.ndarray, level: int) -> tuple[int, int]:
    """The lowest and the highest level that are likely: as little of a slider's probabilities (L,) lies below as above,
    and INTERVAL between. `level`, the chosen one, is always among them."""
    below = np.cumsum(probabilities)  # (L,)
    outside = (1 - INTERVAL) / 2
    low, high = (int(np.searchsorted(below, share)) for share in (outside, 1 - outside))
    return min(low, level), max(min(high, len(probabilities) - 1), level)
