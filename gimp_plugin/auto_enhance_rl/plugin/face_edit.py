# SPDX-License-Identifier: GPL-3.0-or-later
"""The edit of a photo's faces under the user's hand: which faces, what was chosen for each, how far to go."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from editor_ops import Slider
from editor_ops.face_sliders import FACE_SHAPE, FACE_SLIDERS, SKIN
from models.faces.decision import FaceChoice, FacesDecision


class Face:
    """One face: where it is, what the style chose and what is set, at full strength, and whether it is edited."""

    def __init__(self, found: FaceChoice) -> None:
        self.found = found
        self.chosen = dict(found.sliders)
        self.on = found.on

    @property
    def middle(self) -> tuple[float, float]:
        """Of its landmarks, in the layer's pixels."""
        xs, ys = zip(*self.found.points, strict=True)
        return sum(xs) / len(xs), sum(ys) / len(ys)

    @property
    def reach(self) -> float:
        """Half the longer side of its box: another face's middle is farther away."""
        return max(self.found.box[2:]) / 2


class FaceEdit:
    """Faces with the sliders' values that each has at full strength, and what follows from them.

    colour: False for a grey layer.
    """

    def __init__(self, colour: bool) -> None:
        self.sliders = [slider for slider in FACE_SLIDERS if colour or not slider.colour]
        self.strength = 1.0
        self.style = ""
        self.faces: list[Face] = []

    def take(self, decision: FacesDecision, counts: Callable[[float, float], bool]) -> None:
        """Takes the faces that were found. counts: whether a face with its middle at x, y of the layer does."""
        self.style = decision.style
        faces = [Face(found) for found in decision.faces]
        self.faces = [face for face in faces if counts(*face.middle)]

    def restyle(self, decision: FacesDecision) -> None:
        """Takes what another style chose for the faces that there are. What was set by hand is gone then."""
        self.style = decision.style
        found = {face.points: face for face in decision.faces}
        for face in self.faces:
            if face.found.points in found:
                face.found = found[face.found.points]
                face.chosen = dict(face.found.sliders)

    def take_over(self, earlier: FacesDecision) -> None:
        """Sets each face as an earlier run left it, where it is about the same one."""
        for face in self.faces:
            for other in map(Face, earlier.faces):
                if math.dist(face.middle, other.middle) < min(face.reach, other.reach) / 2:
                    face.chosen, face.on = dict(other.chosen), other.on

    def value(self, face: Face, slider: Slider) -> float:
        """What the slider is set to now, in its own unit."""
        if slider not in self.sliders:
            return slider.neutral
        return float(slider.scaled(face.chosen.get(slider.name, slider.neutral), self.strength))

    def values(self, face: Face) -> dict[str, float]:
        """Those that are not neutral; none of a face that is off."""
        if not face.on:
            return {}
        there = {slider: self.value(face, slider) for slider in self.sliders}
        return {slider.name: value for slider, value in there.items() if value != slider.neutral}

    def set_value(self, face: Face, slider: Slider, value: float) -> None:
        """By hand: the slider is at this value now. At strength 0 nothing moves, and nothing is set."""
        if self.strength > 0:
            face.chosen[slider.name] = slider.scaled(value, 1 / self.strength)

    def reset(self, face: Face) -> None:
        """Back to what the style chose."""
        face.chosen = dict(face.found.sliders)

    def decision(self) -> FacesDecision:
        """What is set now, at full strength, with every face that was found."""
        faces = tuple(face.found.replaced(face.chosen, face.on) for face in self.faces)
        return FacesDecision(faces, self.strength, self.style)


def moves(values: Mapping[str, float], rows: tuple[Slider, ...]) -> bool:
    """Whether any of these rows, FACE_SHAPE or SKIN, is in values that are not neutral."""
    return any(slider.name in values for slider in rows)


__all__ = ["FACE_SHAPE", "SKIN", "Face", "FaceEdit", "moves"]
