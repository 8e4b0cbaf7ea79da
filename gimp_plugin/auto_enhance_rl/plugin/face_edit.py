# SPDX-License-Identifier: GPL-3.0-or-later
"""The edit of a photo's faces under the user's hand: which faces, what was chosen for each, how far to go."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

from editor_ops import Slider
from editor_ops.face_sliders import FACE_SLIDERS
from models.decision import MALFORMED, number_in
from models.faces.decision import FaceDecision, FaceEdit


class Face:
    """One face: what the style chose, what is set now, both at full strength, and whether it is edited."""

    def __init__(self, found: FaceEdit) -> None:
        self.found = found
        self.chosen = dict(found.sliders)
        self.on = found.on

    @property
    def middle(self) -> tuple[float, float]:
        """Of its landmarks, in the layer's pixels."""
        xs, ys = zip(*self.found.points, strict=True)
        return sum(xs) / len(xs), sum(ys) / len(ys)


class FacesEdit:
    """Faces with the sliders' values that each has at full strength, and what follows from them.

    colour: False for a grey layer.
    """

    def __init__(self, colour: bool) -> None:
        self.sliders = [slider for slider in FACE_SLIDERS if colour or not slider.colour]
        self.strength = 1.0
        self.faces: list[Face] = []
        self._decision: FaceDecision | None = None  # the style's

    @property
    def style(self) -> str:
        return self._decision.style if self._decision is not None else ""

    def take(self, decision: FaceDecision, counts: Callable[[float, float], bool]) -> None:
        """Takes the faces that were found. counts: whether a face with its middle at x, y of the layer does."""
        self._decision = decision
        faces = [Face(found) for found in decision.faces]
        self.faces = [face for face in faces if counts(*face.middle)]

    def restyle(self, decision: FaceDecision) -> None:
        """Takes what another style chose for the faces that there are. What was set by hand is gone then."""
        self._decision = decision
        found = {face.points: face for face in decision.faces}
        for face in self.faces:
            if face.found.points in found:
                face.found = found[face.found.points]
                face.chosen = dict(face.found.sliders)

    def value(self, face: Face, slider: Slider) -> float:
        """What the slider is set to now, in its own unit."""
        if slider not in self.sliders:
            return slider.neutral
        return float(slider.scaled(face.chosen[slider.name], self.strength))

    def values(self, face: Face) -> dict[str, float]:
        """Those that are not neutral; none of a face that is off."""
        if not face.on:
            return {}
        there = {slider: self.value(face, slider) for slider in self.sliders}
        return {slider.name: value for slider, value in there.items() if value != slider.neutral}

    def set_value(self, face: Face, slider: Slider, value: float) -> None:
        """By hand: the slider is at this value now. At strength 0 nothing moves, and nothing is set."""
        if self.strength > 0:
            face.chosen[slider.name] = float(slider.scaled(value, 1 / self.strength))

    def reset(self, face: Face) -> None:
        """Back to what the style chose."""
        face.chosen = dict(face.found.sliders)

    def decision(self) -> FaceDecision:
        """What is set now, after strength."""
        return self._decided(self.strength, lambda face: {s.name: self.value(face, s) for s in FACE_SLIDERS})

    def record(self) -> dict[str, Any]:
        """What `resume` needs to go on from here: values at full strength, which a strength of 0 would lose."""
        return {
            "decision": self._decided(1.0, lambda face: face.chosen).to_json(), "strength": self.strength,
        }  # fmt: skip

    def resume(self, record: Any) -> None:
        """Sets strength and faces as an earlier run left them, each where it is about the same face still.

        A record that is none, as a file from anywhere may hold, changes nothing.
        """
        try:
            earlier = FaceDecision.from_json(record["decision"])
            self.strength = number_in(record["strength"], "strength", 0.0, 2.0)
        except MALFORMED:
            return
        for face in self.faces:
            for other in map(Face, earlier.faces):
                # Another face's middle is farther away than the distance of the eyes' outer corners.
                if math.dist(face.middle, other.middle) < min(face.found.unit, other.found.unit) / 2:
                    face.chosen, face.on = dict(other.chosen), other.on

    def _decided(self, strength: float, sliders: Callable[[Face], dict[str, float]]) -> FaceDecision:
        assert self._decision is not None  # `take` comes first
        faces = tuple(dataclasses.replace(face.found, sliders=sliders(face), on=face.on) for face in self.faces)
        return dataclasses.replace(self._decision, strength=strength, faces=faces)
