# SPDX-License-Identifier: GPL-3.0-or-later
"""The aligned crop of a face."""

from __future__ import annotations

import numpy as np
from PIL import Image

from editor_ops.face_frame import face_unit
from editor_ops.face_landmarks import LEFT_CORNER, RIGHT_CORNER
from models.faces import Face, face_crop, find_faces
from models.faces.crop import BELOW, SIDE


def test_eyes_are_level_and_in_their_place(portrait: np.ndarray, face: Face) -> None:
    crop = face_crop(portrait, face)
    assert crop.pixels.shape == (64, 64, 3) and crop.pixels.dtype == np.float32
    assert crop.points.shape == (468, 2) and crop.points.dtype == np.float32
    right, left = crop.points[RIGHT_CORNER], crop.points[LEFT_CORNER]
    assert abs(right[1] - left[1]) < 1e-3
    assert np.allclose((right + left) / 2, [32, 64 * (0.5 - BELOW / SIDE)], atol=1e-3)
    assert abs(face_unit(crop.points) - 64 / SIDE) < 1e-3


def test_it_is_the_same_of_a_face_that_is_turned_or_larger(portrait: np.ndarray, face: Face) -> None:
    crop = face_crop(portrait, face).pixels
    picture = Image.fromarray(portrait)
    for other in (picture.rotate(25, Image.Resampling.BICUBIC), picture.resize((1100, 1100), Image.Resampling.BICUBIC)):
        pixels = np.asarray(other)
        (found,) = find_faces(pixels)
        assert np.abs(face_crop(pixels, found).pixels - crop)[8:56, 8:56].mean() < 0.02


def test_landmarks_lie_on_the_same_pixels(portrait: np.ndarray, face: Face) -> None:
    crop = face_crop(portrait, face, 256)
    for number in (RIGHT_CORNER, LEFT_CORNER, 1):
        x, y = face.points[number].astype(int)
        u, v = crop.points[number].astype(int)
        assert np.abs(portrait[y - 3 : y + 4, x - 3 : x + 4].mean((0, 1)) / 255
                      - crop.pixels[v - 5 : v + 6, u - 5 : u + 6].mean((0, 1))).max() < 0.06  # fmt: skip
