# SPDX-License-Identifier: GPL-3.0-or-later
"""What a policy chose for one picture, and its JSON: one writer and one reader. Plain Python: GIMP's own runs it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from editor_ops.chain import Filter
from editor_ops.sliders import SLIDERS, Slider

from .errors import UserError

FORMAT_VERSION = 2
"""Of the policy file's metadata and of the Decision JSON; raised when an older reader would misread a newer file."""
MALFORMED = (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError)
"""What reading JSON of another form can raise."""
LONGEST_NAME = 256
"""Characters. A policy's name has 64 at most, as has a SHA-256."""
LARGEST_SUM = 1.0001
"""Of probabilities that are 32-bit floats."""


class DecisionError(UserError):
    """JSON that is no Decision of this version's slider table."""


@dataclass(frozen=True)
class Choice:
    """One slider's value in GIMP's unit, after strength, its level's probability and the two ends of what the policy
    finds likely (`models.policy.INTERVAL`); None where a person set it, the ends also where the slider is left alone.
    """

    slider: Slider
    value: float
    probability: float | None
    interval: tuple[float, float] | None = None

    def to_json(self) -> dict[str, Any]:
        """What `read_choices` reads."""
        interval = None if self.interval is None else list(self.interval)
        return {"name": self.slider.name, "value": self.value, "probability": self.probability, "interval": interval}


@dataclass(frozen=True)
class Decision:
    """What the policy chose for one picture, in the table's order. sha256: the policy file's."""

    model: str
    sha256: str
    strength: float
    choices: tuple[Choice, ...]

    @property
    def values(self) -> dict[str, float]:
        """Slider name -> value in GIMP's unit, after strength: what `editor_ops.edit` takes."""
        return {choice.slider.name: choice.value for choice in self.choices}

    def to_json(self, filters: Iterable[Filter] | None = None) -> dict[str, Any]:
        """The Decision as plain values. filters: those that GIMP gets, as `editor_ops.filters` makes them."""
        decision: dict[str, Any] = {
            "format": FORMAT_VERSION,
            "model": {"name": self.model, "sha256": self.sha256},
            "strength": self.strength,
            "sliders": [
                c.to_json()
                | {
                    "label": c.slider.label,
                    "operation": c.slider.operation,
                    "property": c.slider.property,
                    "unit": c.slider.unit,
                    "neutral": c.slider.neutral,
                    "text": c.slider.format(c.value),
                }
                for c in self.choices
            ],
        }
        if filters is not None:
            decision["filters"] = [f._asdict() for f in filters]
        return decision

    @classmethod
    def from_json(cls, decision: Any) -> Decision:
        """A Decision as `to_json` writes it, whatever its sender meant. DecisionError where it is none."""
        try:
            check_format(decision)
            model, sha256, strength = decision["model"]["name"], decision["model"]["sha256"], decision["strength"]
            if not all(isinstance(text, str) and len(text) <= LONGEST_NAME for text in (model, sha256)):
                raise ValueError("the model's name is no text, or too long")
            for row, slider in zip(decision["sliders"], SLIDERS, strict=True):
                if (row["operation"], row["property"]) != (slider.operation, slider.property):
                    raise ValueError(f"{slider.name} sets {row['operation']} {row['property']}")
            return cls(model, sha256, number_in(strength, "strength", 0.0, 2.0), read_choices(decision["sliders"]))
        except MALFORMED as error:
            raise malformed(error) from error


def read_choices(rows: Any) -> tuple[Choice, ...]:
    """Rows with name, value, probability and, if known, interval of every slider in the table -> choices.
    DecisionError otherwise."""
    try:
        choices = []
        for row, slider in zip(rows, SLIDERS, strict=True):
            if row["name"] != slider.name:
                raise ValueError(f"slider {row['name']!r} in place of {slider.name!r}")
            value = number_in(row["value"], slider.name, *slider.property_range)
            probability = row["probability"]
            if probability is not None:  # else set by hand
                probability = number_in(probability, f"{slider.name}'s probability", 0.0, LARGEST_SUM)
            interval = row.get("interval")  # earlier versions wrote none
            if interval is not None:
                low, high = (number_in(end, f"{slider.name}'s interval", *slider.property_range) for end in interval)
                interval = (low, high)
            choices.append(Choice(slider, value, probability, interval))
        return tuple(choices)
    except MALFORMED as error:
        raise malformed(error) from error


def check_format(answer: Any) -> None:
    """DecisionError where an answer is of another version of the format than this one."""
    try:
        if answer["format"] != FORMAT_VERSION:
            raise ValueError(f"format {answer['format']!r}, and this version knows {FORMAT_VERSION}")
    except MALFORMED as error:
        raise malformed(error) from error


def malformed(error: Exception) -> DecisionError:
    if isinstance(error, DecisionError):
        return error
    return DecisionError(f"{type(error).__name__}: {error}"[:300], "malformed")


def number_in(number: Any, name: str, low: float, high: float) -> float:
    """A number from JSON, from low to high. ValueError for anything else."""
    if isinstance(number, bool) or not isinstance(number, (int, float)):
        raise ValueError(f"{name} is {number!r}, not a number")
    if not low <= number <= high:  # catches NaN, too
        raise ValueError(f"{name} is {number!r}, not from {low:g} to {high:g}")
    return float(number)
