# SPDX-License-Identifier: GPL-3.0-or-later
"""Slider values -> GIMP's operations with their properties, in the table's order. Plain Python: GIMP's own runs it."""

from __future__ import annotations

import itertools
import numbers
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from .primaries import MIXER, in_primaries
from .sliders import NAMES, SLIDERS, Slider


class Filter(NamedTuple):
    """One GIMP filter, ready to be appended: operation, the name shown in GIMP, properties under GIMP's names, blend
    mode under GIMP's name in small letters (`Gimp.LayerMode`), opacity from 0 to 1."""

    operation: str
    label: str
    properties: dict[str, Any]
    mode: str = "replace"
    opacity: float = 1.0


Step = tuple[str, dict[str, Any]]
"""An operation, or AMOUNT, and its properties under Python names."""
AMOUNT = "amount"
"""In place of an operation in a `chain`: a slider that sets a filter's opacity (`blend.amount`)."""
CLIP = "gegl:rgb-clip"
MODE_WORDS = {"screen": "Screen", "multiply": "Multiply", "softlight": "Soft light"}
"""Blend mode -> as GIMP's menu has it."""


def chain(values: Mapping[str, Any], width: int, height: int) -> list[Step]:
    """The operations that slider values ask for, in order, with properties under Python names. AMOUNT stands for
    `blend.amount`.

    values: slider name -> value in GIMP's unit, or an array of them, one an image; sliders left out are
    neutral. Radii are for a picture of width x height pixels. An operation whose sliders are all neutral is
    left out. ValueError for a name that is not in the table or a value that GIMP would not take.
    """
    unknown = sorted(set(values) - set(NAMES))
    if unknown:
        raise ValueError(f"no slider {unknown[0]!r}; there are {', '.join(NAMES)}")
    moved = {s.name: values[s.name] for s in SLIDERS if s.name in values and _moved(s, values[s.name])}
    return steps_of(moved, max(width, height))


def steps_of(values: Mapping[str, Any], long_side: Any) -> list[Step]:
    """`chain`, unchecked, with every operation that has one of the sliders: for values that are not known yet."""
    steps: list[Step] = []
    for slider in SLIDERS:
        if slider.name not in values:
            continue
        value = values[slider.name]
        if slider.up:
            steps.append((AMOUNT, {"amount": value, "down": slider.down, "up": slider.up}))
            continue
        if not steps or steps[-1][0] != slider.operation:
            steps.append((slider.operation, {}))
        properties = steps[-1][1]
        properties[_python_name(slider.property)] = value
        if slider.radius_property:
            properties[_python_name(slider.radius_property)] = slider.radius(long_side)
    return steps


def split_curves(steps: Sequence[Step]) -> tuple[list[Step], list[Step]]:
    """The steps of AMOUNT with which a `chain` begins, which bend a tone curve, and the rest."""
    curves = list(itertools.takewhile(lambda step: step[0] == AMOUNT, steps))
    return curves, list(steps[len(curves) :])


def filters(
    values: Mapping[str, float],
    width: int,
    height: int,
    primaries: Sequence[float] | None = None,
    word: Callable[[str], str] = lambda text: text,
    beyond: bool = False,
) -> list[Filter]:
    """`chain` for GIMP: filters with GIMP's property names, each named after its moved sliders and their values.

    primaries: the 3x3 matrix from linear sRGB to the image's linear RGB, row by row, of an image that has others than
    sRGB's: then the filters give the look that the values have in sRGB (primaries.py). word: a translation of the
    sliders' labels and texts, for those names. beyond: the picture may hold values outside [0, 1], as float images do
    and as layers do that have filters of their own; then a filter clips them before sliders that set an opacity.
    """
    steps = chain(values, width, height)
    if primaries is not None:
        steps = in_primaries(steps, primaries)
    moved = [s for s in SLIDERS if s.name in values and _moved(s, values[s.name])]
    amounts = [s for s in moved if s.up]  # in the order of their steps
    made = [Filter(CLIP, word("Clip to black and white"), {})] if amounts and beyond else []
    for operation, properties in steps:
        if operation == AMOUNT:
            made.append(_opacity_filter(amounts.pop(0), properties["amount"], word))
            continue
        rows = [s for s in SLIDERS if s.operation == operation and not s.up]
        # In other primaries, the mixer is there for the temperature alone too.
        named = [s for s in rows if s in moved] or rows
        texts = [f"{word(s.label)} {word(s.text).format(values.get(s.name, s.neutral))}" for s in named]
        if primaries is not None and operation == MIXER:
            texts.append(word("as in sRGB"))
        made.append(Filter(operation, ", ".join(texts), {k.replace("_", "-"): v for k, v in properties.items()}))
    return made


def _opacity_filter(slider: Slider, amount: float, word: Callable[[str], str]) -> Filter:
    blend = slider.up if amount > 0 else slider.down
    assert blend is not None  # the caller's sliders have both
    operation, mode = blend
    text = f"{word(slider.label)} {word(slider.text).format(amount)} ({word(MODE_WORDS[mode])})"
    return Filter(operation, text, {}, mode, abs(float(amount)))


def _moved(slider: Slider, value: Any) -> bool:
    low, high = slider.property_range
    if isinstance(value, numbers.Real):
        if not low <= float(value) <= high:  # also catches NaN
            raise ValueError(f"{slider.name} is {value}; GIMP takes {low:g} to {high:g}")
        return float(value) != slider.neutral
    return bool((value != slider.neutral).any())


def _python_name(property_name: str) -> str:
    return property_name.replace("-", "_")
