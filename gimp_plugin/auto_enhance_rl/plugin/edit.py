# SPDX-License-Identifier: GPL-3.0-or-later
"""The edit under the user's hand: what was chosen, how far to go, which sliders are left alone."""

from __future__ import annotations

from collections.abc import Iterable

from editor_ops import SLIDERS, Filter, Slider, filters
from models.decision import Choice, Decision

from .messages import _


class Edit:
    """Sliders with the values that they have at full strength, and what follows from them.

    size: of the layer, in pixels, for the filters' radii. colour: False for a grey layer. matrix: from linear sRGB to
    the image's linear RGB, as layers.from_srgb_matrix has it. beyond: as layers.holds_beyond has it.
    """

    def __init__(
        self, size: tuple[int, int], colour: bool, matrix: list[float] | None = None, beyond: bool = False
    ) -> None:
        self.size = size
        self.matrix, self.beyond = matrix, beyond
        self.sliders = [slider for slider in SLIDERS if colour or not slider.colour]
        self.strength = 1.0
        self.excluded: set[str] = set()  # names of the sliders that are left alone
        self.chosen = {slider.name: slider.neutral for slider in SLIDERS}
        self.moved: set[str] = set()  # names of the sliders that the choice moves, left alone or not
        self.agents: dict[str, Choice | None] = {slider.name: None for slider in SLIDERS}  # None: set by hand

    def choose(self, choices: Iterable[Choice]) -> None:
        """Takes the agent's choice, or one of its alternatives; values at strength 1."""
        for choice in choices:
            self.chosen[choice.slider.name], self.agents[choice.slider.name] = choice.value, choice
        self.moved = {slider.name for slider in SLIDERS if self.chosen[slider.name] != slider.neutral}

    def value(self, slider: Slider) -> float:
        """What the slider is set to now, in GIMP's unit."""
        if slider.name in self.excluded:
            return slider.neutral
        return slider.scaled(self.chosen[slider.name], self.strength)

    def set_value(self, slider: Slider, value: float) -> None:
        """By hand: the slider is at this value now. At strength 0 nothing moves, and nothing is set."""
        if self.strength > 0:
            self.chosen[slider.name] = slider.scaled(value, 1 / self.strength)
            self.agents[slider.name] = None

    def choice(self, slider: Slider) -> Choice:
        """What the slider is set to now, and how sure the agent was."""
        agents = self.agents[slider.name]
        if agents is None:
            return Choice(slider, self.value(slider), None)
        interval = None
        if agents.interval is not None and slider.name not in self.excluded:
            low, high = agents.interval
            interval = (slider.scaled(low, self.strength), slider.scaled(high, self.strength))
        return Choice(slider, self.value(slider), agents.probability, interval)

    def filters(self) -> list[Filter]:
        """Those for GIMP, named in the user's language."""
        return filters({slider.name: self.value(slider) for slider in SLIDERS}, *self.size, self.matrix, _, self.beyond)

    def decision(self, agents: Decision) -> Decision:
        """The agent's decision with what is set now."""
        return Decision(agents.model, agents.sha256, self.strength, tuple(self.choice(s) for s in SLIDERS))


def excluded_names(text: str | None) -> set[str]:
    """The sliders that a text names, separated by commas. ValueError with the names that there are.

    None is an empty text: GIMP makes it of one that it remembers from the session before.
    """
    found = {name.strip() for name in (text or "").split(",") if name.strip()}
    there = [slider.name for slider in SLIDERS]
    if unknown := sorted(found - set(there)):
        raise ValueError(_("no slider “{name}”; there are {names}").format(name=unknown[0], names=", ".join(there)))
    return found
