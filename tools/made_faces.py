# SPDX-License-Identifier: GPL-3.0-or-later
"""Faces made by code, for tests and benchmarks: landmarks of many proportions, and painted pictures."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from editor_ops.face_landmarks import LEFT_BROW, LEFT_EYE, LIPS, OVAL, RIGHT_BROW, RIGHT_EYE, mean_face

Colour = tuple[int, int, int]
HAIR: Colour = (24, 18, 16)
BACKGROUND: Colour = (70, 120, 130)


def face_points(unit: float, x: float, y: float, degrees: float = 0.0) -> np.ndarray:
    """(468, 2) float32: the mean face, turned about the middle between its eyes, which lies at x, y. unit: pixels."""
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return (mean_face() @ turn * unit + [x, y]).astype(np.float32)


def bent_faces(random: np.random.Generator, count: int, unit: float, x: float, y: float) -> np.ndarray:
    """Faces of other proportions, some turned to the side, as landmarks tell it: (count, 468, 2) float32."""
    faces = np.repeat(mean_face()[None], count, axis=0)
    faces *= random.uniform(0.8, 1.25, (count, 1, 2))
    aside = random.uniform(-0.5, 0.5, (count, 1))  # nearer to the camera on one side
    faces[..., 0] += aside * (faces[..., 0] ** 2 - 0.25)
    faces += random.normal(0, 0.006, faces.shape)  # what landmarks are off
    return (faces * unit + [x, y]).astype(np.float32)


def paint(points: np.ndarray, width: int, height: int, skin: Colour, fringe: bool = False) -> np.ndarray:
    """(height, width, 3) uint8: a face with a little grain, and with a fringe down to the brows."""
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
    grain = np.random.default_rng(0).normal(0, 4, (height, width, 1)).astype(np.float32)
    return np.clip(np.asarray(picture) + grain, 0, 255).astype(np.uint8)


def least_jacobian(ways: np.ndarray) -> np.ndarray:
    """Of p -> p + D(p), from differences of neighbouring pixels: one for each field. ways: (..., height, width, 2)."""
    dx, dy = np.diff(ways, axis=-2)[..., :-1, :, :], np.diff(ways, axis=-3)[..., :, :-1, :]
    return np.asarray(((1 + dx[..., 0]) * (1 + dy[..., 1]) - dx[..., 1] * dy[..., 0]).min(axis=(-2, -1)))
