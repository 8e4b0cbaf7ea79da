# SPDX-License-Identifier: GPL-3.0-or-later
"""What was decided for each face of a picture, and its JSON: one writer, one reader. Plain Python."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from editor_ops.face_sliders import FACE_SLIDERS

from ..decision import LONGEST_NAME, MALFORMED, malformed, number_in

FORMAT_VERSION = 1
"""Of the JSON and of a face policy's metadata; raised when an older reader would misread a newer one."""
LANDMARKS = 468
MOST_FACES = 100
"""The largest are taken where a picture has more: a crowd's other faces are too small for an edit to be seen."""
FARTHEST = 2.0
"""Of the picture's long side: how far out of the picture a landmark of a face at its edge may lie."""
DIGITS = 2
"""Of a landmark's pixels after the point: the network is not nearly as exact."""

Point = tuple[float, float]
Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class FaceEdit:
    """One face. points: its 468 landmarks, in pixels. box: left, top, width, height of what its edit may change. unit:
    pixels between the outer corners of its eyes, by which radii go. sliders: name -> value after strength, all of
    them. on: whether the edit is wanted."""

    presence: float
    points: tuple[Point, ...]
    box: Box
    unit: float
    sliders: Mapping[str, float]
    on: bool = True

    def to_json(self) -> dict[str, Any]:
        """What `from_json` reads."""
        return {
            "presence": round(self.presence, 4),
            "points": [[round(x, DIGITS), round(y, DIGITS)] for x, y in self.points],
            "box": list(self.box),
            "unit": round(self.unit, DIGITS),
            "sliders": dict(self.sliders),
            "on": self.on,
        }


@dataclass(frozen=True)
class FaceDecision:
    """What was decided for the faces of a picture of width x height pixels, the largest face first. style: its name;
    sha256: its file's."""

    width: int
    height: int
    style: str
    sha256: str
    strength: float
    faces: tuple[FaceEdit, ...] = field(default=())

    def to_json(self) -> dict[str, Any]:
        """The decision as plain values."""
        return {
            "format": FORMAT_VERSION,
            "width": self.width,
            "height": self.height,
            "style": self.style,
            "sha256": self.sha256,
            "strength": self.strength,
            "faces": [face.to_json() for face in self.faces],
        }

    @classmethod
    def from_json(cls, decision: Any) -> FaceDecision:
        """A decision as `to_json` writes it, whatever its sender meant. DecisionError where it is none."""
        try:
            if decision["format"] != FORMAT_VERSION:
                raise ValueError(f"format {decision['format']!r}, and this version knows {FORMAT_VERSION}")
            width, height = (_whole(decision[side], side, 1, 2**20) for side in ("width", "height"))
            style, sha256 = decision["style"], decision["sha256"]
            if not all(isinstance(text, str) and len(text) <= LONGEST_NAME for text in (style, sha256)):
                raise ValueError("the style's name is no text, or too long")
            strength = number_in(decision["strength"], "strength", 0.0, 2.0)
            if len(decision["faces"]) > MOST_FACES:
                raise ValueError(f"{len(decision['faces'])} faces, and {MOST_FACES} at most")
            faces = tuple(_face(face, width, height) for face in decision["faces"])
            return cls(width, height, style, sha256, strength, faces)
        except MALFORMED as error:
            raise malformed(error) from error


def read_points(points: Any, width: int, height: int) -> tuple[Point, ...]:
    """A face's landmarks from JSON. DecisionError where they are none of a face in a picture of that size."""
    try:
        if len(points) != LANDMARKS:
            raise ValueError(f"{len(points)} landmarks, and a face has {LANDMARKS}")
        far = FARTHEST * max(width, height)
        return tuple((number_in(x, "a landmark", -far, width + far), number_in(y, "a landmark", -far, height + far))
                     for x, y in points)  # fmt: skip
    except MALFORMED as error:
        raise malformed(error) from error


def read_sliders(sliders: Any) -> dict[str, float]:
    """Values of face sliders by name from JSON, in the table's order; those left out stay out. DecisionError where one
    is not known or not in its range."""
    try:
        rows = {slider.name: slider for slider in FACE_SLIDERS}
        if unknown := sorted(set(sliders) - set(rows)):
            raise ValueError(f"no slider {unknown[0]!r}")
        return {n: number_in(sliders[n], n, *row.property_range) for n, row in rows.items() if n in sliders}
    except MALFORMED as error:
        raise malformed(error) from error


def _face(face: Any, width: int, height: int) -> FaceEdit:
    points = read_points(face["points"], width, height)
    x, y, w, h = (_whole(n, "box", 0, max(width, height)) for n in face["box"])
    if x + w > width or y + h > height:
        raise ValueError("a face's box leaves the picture")
    sliders = read_sliders(face["sliders"])
    if len(sliders) != len(FACE_SLIDERS):
        raise ValueError(f"{len(sliders)} sliders of a face in place of {len(FACE_SLIDERS)}")
    if not isinstance(face["on"], bool):
        raise ValueError(f"on is {face['on']!r}")
    unit = number_in(face["unit"], "unit", 0.0, FARTHEST * math.hypot(width, height))
    return FaceEdit(number_in(face["presence"], "presence", 0.0, 1.0), points, (x, y, w, h), unit, sliders, face["on"])


def _whole(number: Any, name: str, low: int, high: int) -> int:
    if isinstance(number, bool) or not isinstance(number, int) or not low <= number <= high:
        raise ValueError(f"{name} is {number!r}, not a whole number from {low} to {high}")
    return number
