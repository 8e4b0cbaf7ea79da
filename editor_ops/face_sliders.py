# SPDX-License-Identifier: GPL-3.0-or-later
"""The sliders of a face: its shape, and the GIMP filters on its skin. Plain Python: GIMP's own runs it.

Rows as in sliders.py. A shape slider has no GIMP operation: face_warp.py moves the pixels. The skin's sliders are
filters on the face's box, shown through a mask of skin.
"""

from __future__ import annotations

import numbers
from collections.abc import Callable, Mapping
from typing import Any

from .chain import Filter
from .sliders import Blend, Slider

SHAPE_OPERATION = "face-shape"
"""Stands where other rows name GIMP's operation."""
SMOOTH: Blend = ("gegl:domain-transform", "replace")
SMOOTH_PROPERTIES = {"n-iterations": 2, "edge-preservation": 0.8}
"""Besides the radius. GIMP's own edge preservation: rims of nostrils and eyelids stay. Two iterations take two thirds
of the time of GIMP's three; what a third one would even out can't be seen through an opacity of 60%."""


def _shape(name: str, label: str, unit: str, end: float, text: str = "{:+.0%}") -> Slider:
    limit = 2 * end  # a strength of 2 reaches it
    return Slider(name, label, SHAPE_OPERATION, name.replace("_", "-"), "Layer of its own", unit, -end, 0.0, end,
                  "linear", (-limit, limit), text)  # fmt: skip


# Ends: where portraits that were looked at still seemed natural; of sliders that looked strong there, 60% of it.
FACE_SHAPE: tuple[Slider, ...] = (
    _shape("eye_size", "Eye size", "of the eye's size", 0.20),
    _shape("eye_height", "Eye height", "of the eye's height", 0.30),
    _shape("eye_distance", "Eye distance", "of the eyes' distance", 0.06, "{:+.1%}"),
    _shape("eye_tilt", "Eye tilt", "degrees, outer corners up", 9.0, "{:+.1f}°"),
    _shape("nose_width", "Nose width", "of the nose's width", 0.24),
    _shape("nose_height", "Nose height", "of the eyes' distance", 0.036, "{:+.1%}"),
    _shape("mouth_width", "Mouth width", "of the mouth's width", 0.16),
    _shape("lips", "Lips", "of the lips' height", 0.35),
    _shape("smile", "Smile", "of the eyes' distance", 0.036, "{:+.1%}"),
    _shape("jaw_width", "Jaw width", "of the jaw's width", 0.16),
    _shape("chin_height", "Chin height", "of the eyes' distance", 0.06, "{:+.1%}"),
    _shape("face_width", "Face width", "of the face's width", 0.10),
    _shape("forehead", "Forehead", "of the eyes' distance", 0.06, "{:+.1%}"),
    _shape("brow_height", "Brow height", "of the eyes' distance", 0.05, "{:+.1%}"),
)

# - smoothing: the opacity of the smoothed picture. At 60% the pores can still be seen. The radius, 6% of the eyes'
#   distance, is about a blemish's.
# - brightness: a quarter of a stop, a weak reflector. With more, the eyes, which stay as they are, stand out.
# - warmth: 25 mired each way, a weak warming gel.
# - saturation: pale to rosy.
SKIN: tuple[Slider, ...] = (
    Slider("skin_smoothing", "Skin smoothing", "gegl:domain-transform", "opacity",
           "Layer Effects list only", "opacity", 0.0, 0.0, 0.6, "linear", (0.0, 1.0), "{:.0%}",
           radius_property="spatial-factor", radius_share=0.06, up=SMOOTH),
    Slider("skin_brightness", "Skin brightness", "gegl:exposure", "exposure", "Colors > Exposure",
           "stops", -0.25, 0.0, 0.25, "linear", (-10.0, 10.0), "{:+.2f} stops"),
    Slider("skin_warmth", "Skin warmth", "gegl:color-temperature", "intended-temperature",
           "Colors > Color Temperature", "kelvin", 1e6 / (1e6 / 6500 + 25), 6500.0, 1e6 / (1e6 / 6500 - 25),
           "mired", (1000.0, 12000.0), "{:.0f} K", colour=True),
    Slider("skin_saturation", "Skin saturation", "gegl:saturation", "scale", "Colors > Saturation",
           "gain", 0.75, 1.0, 1.25, "linear", (0.0, 10.0), "{:.3f}", colour=True),
)  # fmt: skip

FACE_SLIDERS: tuple[Slider, ...] = FACE_SHAPE + SKIN
FACE_NAMES: tuple[str, ...] = tuple(slider.name for slider in FACE_SLIDERS)


def moved(values: Mapping[str, Any], rows: tuple[Slider, ...] = FACE_SLIDERS) -> dict[str, Any]:
    """The values of these rows that are not neutral, in the table's order; an array of values is never neutral.

    ValueError for a name that no row of `FACE_SLIDERS` has, and for a value outside its row's `property_range`.
    """
    unknown = sorted(set(values) - set(FACE_NAMES))
    if unknown:
        raise ValueError(f"no slider {unknown[0]!r} of a face; there are {', '.join(FACE_NAMES)}")
    found = {}
    for slider in rows:
        value = values.get(slider.name, slider.neutral)
        if isinstance(value, numbers.Real):
            low, high = slider.property_range
            if not low <= float(value) <= high:  # also catches NaN
                raise ValueError(f"{slider.name} is {value}; it goes from {low:g} to {high:g}")
            if float(value) == slider.neutral:
                continue
        found[slider.name] = value
    return found


def skin_filters(values: Mapping[str, Any], unit: Any, word: Callable[[str], str] = lambda text: text) -> list[Filter]:
    """The filters that the skin's sliders ask for, first one first.

    values: slider name -> value, those of the shape are passed over. unit: the eyes' distance in pixels (`face_unit` of
    face_frame.py). word: a translation of labels and texts, for the filters' names. ValueError as `moved`.
    """
    given = moved(values, SKIN)
    made = []
    for slider in (row for row in SKIN if row.name in given):
        value = given[slider.name]
        text = f"{word(slider.label)} {word(slider.text).format(value)}" if isinstance(value, numbers.Real) else ""
        if slider.up:
            operation, mode = slider.up
            properties = {str(slider.radius_property): slider.radius(unit), **SMOOTH_PROPERTIES}
            made.append(Filter(operation, text, properties, mode, value))
        else:
            made.append(Filter(slider.operation, text, {slider.property: value}))
    return made
