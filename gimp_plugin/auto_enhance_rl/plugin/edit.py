# SPDX-License-Identifier: GPL-3.0-or-later
"""The edit under the user's hand: what was chosen, how far to go, which sliders are left alone."""

from __future__ import annotations

from typing import Any

from editor_ops import SLIDERS, Slider, filters

from .filters import Filter
from .messages import _


class Edit:
    """Sliders with the values that they have at full strength, and what follows from them.

    size: of the layer, in pixels, for the filters' radii. colour: False for a grey layer. primaries: of the image, as
    layers.primaries has them.
    """

    def __init__(self, size: tuple[int, int], colour: bool, primaries: list[float] | None = None) -> None:
        self.size = size
        self.primaries = primaries
        self.sliders = [slider for slider in SLIDERS if colour or not slider.colour]
        self.strength = 1.0
        self.left: set[str] = set()  # names of the sliders that are left alone
        self.chosen = {slider.name: slider.neutral for slider in SLIDERS}
        self.moved: set[str] = set()  # names of the sliders that the choice moves, left alone or not
        self.probabilities: dict[str, float | None] = {slider.name: None for slider in SLIDERS}  # None: by hand

    def choose(self, values: dict[str, tuple[float, float]]) -> None:
        """Takes the agent's choice, or one of its alternatives: name -> (value at strength 1, probability)."""
        for name, (value, probability) in values.items():
            self.chosen[name], self.probabilities[name] = value, probability
        self.moved = {slider.name for slider in SLIDERS if self.chosen[slider.name] != slider.neutral}

    def value(self, slider: Slider) -> float:
        """What the slider is set to now, in GIMP's unit."""
        if slider.name in self.left:
            return slider.neutral
        return slider.scaled(self.chosen[slider.name], self.strength)

    def set_value(self, slider: Slider, value: float) -> None:
        """By hand: the slider is at this value now. At strength 0 nothing moves, and nothing is set."""
        if self.strength > 0:
            self.chosen[slider.name] = slider.scaled(value, 1 / self.strength)
            self.probabilities[slider.name] = None

    def filters(self) -> list[Filter]:
        values = {slider.name: self.value(slider) for slider in SLIDERS}
        made = filters(values, *self.size, self.primaries, _)
        return [(each.operation, each.label, each.properties) for each in made]

    def decision(self, answer: dict[str, Any]) -> dict[str, Any]:
        """The Decision JSON that the agent answered, with what is set now."""
        rows = []
        for row, slider in zip(answer["sliders"], SLIDERS, strict=True):
            value = self.value(slider)
            changes = {"value": value, "text": slider.format(value), "probability": self.probabilities[slider.name]}
            rows.append(row | changes)
        made = [dict(zip(("operation", "label", "properties"), each, strict=True)) for each in self.filters()]
        return answer | {"strength": self.strength, "sliders": rows, "filters": made}


def names(text: str | None) -> set[str]:
    """The sliders that a text names, separated by commas. ValueError with the names that there are.

    None is an empty text: GIMP makes it of one that it remembers from the session before.
    """
    found = {name.strip() for name in (text or "").split(",") if name.strip()}
    there = [slider.name for slider in SLIDERS]
    if unknown := sorted(found - set(there)):
        raise ValueError(_("no slider “{name}”; there are {names}").format(name=unknown[0], names=", ".join(there)))
    return found
