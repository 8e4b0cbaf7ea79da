# SPDX-License-Identifier: GPL-3.0-or-later
"""A painted face: its landmarks are those of the mean face."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageDraw

from editor_ops.face_landmarks import LEFT_BROW, LEFT_EYE, LIPS, OVAL, RIGHT_BROW, RIGHT_EYE, mean_face

Colour = tuple[int, int, int]
HAIR: Colour = (24, 18, 16)
BACKGROUND: Colour = (70, 120, 130)


def face_points(unit: float, x: float, y: float, degrees: float = 0.0) -> np.ndarray:
    """(468, 2) float32: a face turned about the middle between its eyes, which lies at x, y."""
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return (mean_face() @ turn * unit + [x, y]).astype(np.float32)


def paint(points: np.ndarray, width: int, height: int, skin: Colour, fringe: bool = False) -> np.ndarray:
    """(height, width, 3) uint8: a face with a little grain, and a fringe down to the brows."""
    picture = Image.new("RGB", (width, height), BACKGROUND)
    draw = ImageDraw.Draw(picture)

    def fill(line: tuple[int, ...], colour: Colour) -> None:
        draw.polygon([(float(x), float(y)) for x, y in points[list(line)]], fill=colour)

    fill(OVAL, skin)
    for eye in (RIGHT_EYE, LEFT_EYE):
        fill(eye, (235, 235, 240))
    for brow in (RIGHT_BROW, LEFT_BROW):
        fill(brow, HAIR)
    fill(LIPS, (170, 60, 70))
    if fringe:
        draw.rectangle((0, 0, width, float(points[list(RIGHT_BROW + LEFT_BROW), 1].min())), fill=HAIR)
    grain = np.random.default_rng(0).normal(0, 4, (height, width, 1))
    return np.clip(np.asarray(picture) + grain, 0, 255).astype(np.uint8)


@pytest.fixture
def points() -> Callable[..., np.ndarray]:
    return face_points


@pytest.fixture
def painted() -> Callable[..., np.ndarray]:
    return paint
