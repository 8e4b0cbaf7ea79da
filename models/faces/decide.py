# SPDX-License-Identifier: GPL-3.0-or-later
"""A picture -> what a face style does to each of its faces."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from editor_ops.face_frame import face_box, face_unit
from editor_ops.face_sliders import FACE_SLIDERS
from editor_ops.full_size import MOST_THREADS

from ..errors import UserError
from .decision import DIGITS, MOST_FACES, FaceDecision, FaceEdit
from .find import find_faces
from .landmarks import Face
from .styles import FaceStyle


def decide(
    image: np.ndarray, style: FaceStyle, strength: float = 1.0, colour: bool = True, threads: int = MOST_THREADS
) -> FaceDecision:
    """Finds the faces of a picture and decides for each; arguments as `find_faces` and `decide_faces` take them."""
    return decide_faces(image, find_faces(image, threads), style, strength, colour)


def decide_faces(
    image: np.ndarray, faces: Iterable[Face], style: FaceStyle, strength: float = 1.0, colour: bool = True
) -> FaceDecision:
    """Decides for the faces that were found in a picture, the first MOST_FACES of them.

    strength: 0 (nothing) to 2; 1 is what the style chose. colour=False leaves the sliders alone that only change
    colours (a grey picture). UserError ("out of range") for another strength.
    """
    if not (math.isfinite(strength) and 0.0 <= strength <= 2.0):
        raise UserError(f"strength is {strength}; it goes from 0 to 2", "out of range")
    edits = tuple(_edit(image, face, style, strength, colour) for face in list(faces)[:MOST_FACES])
    height, width = image.shape[:2]
    return FaceDecision(width, height, style.name, style.sha256, float(strength), edits)


def _edit(image: np.ndarray, face: Face, style: FaceStyle, strength: float, colour: bool) -> FaceEdit:
    values = style.decide(image, face)
    for slider in FACE_SLIDERS:
        moves = colour or not slider.colour
        values[slider.name] = float(slider.scaled(values[slider.name], strength)) if moves else slider.neutral
    points = tuple((round(float(x), DIGITS), round(float(y), DIGITS)) for x, y in face.points)
    rounded = np.array(points, np.float32)  # (468, 2); box and unit are those of what the JSON says
    return FaceEdit(face.presence, points, face_box(rounded, image.shape), face_unit(rounded), values)
