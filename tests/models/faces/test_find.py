# SPDX-License-Identifier: GPL-3.0-or-later
"""Which faces are found, and where."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from editor_ops.face_landmarks import CHIN, LEFT_CORNER, RIGHT_CORNER
from models.errors import UserError
from models.faces import Face, find_faces

PHOTOS = Path(__file__).parents[2] / "photos"
NOSE, RIGHT_OF_MOUTH, LEFT_OF_MOUTH = 4, 61, 291
NEAR = 0.03
"""Of the eyes' distance: what another size, place or turn may move a landmark by, on average."""


def away(found: Face, expected: np.ndarray) -> float:
    """Mean distance of the landmarks from where they are expected, of the eyes' distance."""
    unit = np.hypot(*(expected[LEFT_CORNER] - expected[RIGHT_CORNER]))
    return float(np.hypot(*(found.points - expected).T).mean() / unit)


def resized(portrait: np.ndarray, side: int) -> np.ndarray:
    return np.asarray(Image.fromarray(portrait).resize((side, side), Image.Resampling.LANCZOS))


def test_landmarks_lie_where_they_are_seen(face: Face) -> None:
    """Looked up in the picture by eye, to some pixels."""
    assert face.points.shape == (468, 2) and face.points.dtype == np.float32 and face.presence > 0.99
    seen = {
        RIGHT_CORNER: (192, 101), LEFT_CORNER: (259, 103), NOSE: (222, 127),
        RIGHT_OF_MOUTH: (202, 140), LEFT_OF_MOUTH: (248, 138), CHIN: (224, 178),
    }  # fmt: skip
    for number, place in seen.items():
        assert np.hypot(*(face.points[number] - place)) < 5, number


@pytest.mark.parametrize("side", [100, 200, 1500])
def test_any_size(portrait: np.ndarray, face: Face, side: int) -> None:
    (found,) = find_faces(resized(portrait, side))
    assert away(found, face.points * side / 512) < NEAR


@pytest.mark.parametrize("dtype", [np.uint16, np.float32, np.float64])
def test_any_type(portrait: np.ndarray, face: Face, dtype: type) -> None:
    white = 65535 if dtype is np.uint16 else 1.0
    (found,) = find_faces((portrait / 255 * white).astype(dtype))
    assert away(found, face.points) < 0.005


@pytest.mark.parametrize("degrees", [30, -90, 180])
def test_turned(portrait: np.ndarray, face: Face, degrees: int) -> None:
    turned = np.asarray(Image.fromarray(portrait).rotate(degrees, Image.Resampling.BICUBIC))
    (found,) = find_faces(turned)
    c, s = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    assert away(found, (face.points - 256) @ np.array([[c, -s], [s, c]]) + 256) < NEAR


def test_several_come_by_their_size(portrait: np.ndarray, face: Face) -> None:
    canvas = np.full((600, 1000, 3), 90, np.uint8)
    canvas[:512, :512] = portrait
    for left, top, side in ((520, 0, 300), (830, 10, 150), (530, 320, 256)):
        canvas[top : top + side, left : left + side] = resized(portrait, side)
    found = find_faces(canvas)
    expected = [(0, 0, 512), (520, 0, 300), (530, 320, 256), (830, 10, 150)]
    assert len(found) == 4
    for one, (left, top, side) in zip(found, expected, strict=True):
        assert away(one, face.points * side / 512 + np.array([left, top])) < NEAR


@pytest.mark.slow
def test_a_small_one_in_a_large_picture(portrait: np.ndarray, face: Face) -> None:
    """A fiftieth of the long side, at its border."""
    canvas = np.asarray(Image.open(PHOTOS / "valley.jpg").convert("RGB").resize((3000, 2250)))
    canvas = canvas.copy()
    canvas[2250 - 280 :, 3000 - 280 :] = resized(portrait, 280)
    (found,) = find_faces(canvas)
    assert away(found, face.points * 280 / 512 + np.array([2720, 1970])) < NEAR


def test_at_the_edge(portrait: np.ndarray, face: Face) -> None:
    """Half of the forehead and of the hair is cut off; then an eye and a cheek."""
    (found,) = find_faces(portrait[80:])
    assert away(found, face.points - np.array([0, 80])) < 3 * NEAR
    for half in find_faces(portrait[:, 215:]):
        assert away(half, face.points - np.array([215, 0])) < 0.25


@pytest.mark.parametrize("name", ["church.jpg", "colosseum.png", "otters.png", "parrots.png", "valley.jpg"])
def test_none_where_there_is_none(name: str) -> None:
    assert find_faces(np.asarray(Image.open(PHOTOS / name).convert("RGB"))) == []


@pytest.mark.parametrize("shape", [(1, 1), (1, 700), (700, 1), (30, 4000), (64, 64)])
def test_odd_shapes_have_none(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    assert find_faces(rng.integers(0, 256, (*shape, 3), np.uint8)) == []


def test_what_is_too_small_is_left_out(portrait: np.ndarray) -> None:
    assert find_faces(resized(portrait, 60)) == []  # 13 pixels wide


def test_a_drawing_is_no_surprise() -> None:
    picture = Image.new("RGB", (300, 300), "white")
    draw = ImageDraw.Draw(picture)
    draw.ellipse((50, 50, 250, 250), fill="yellow", outline="black", width=4)
    for x in (110, 190):
        draw.ellipse((x - 10, 110, x + 10, 140), fill="black")
    draw.arc((100, 130, 200, 210), 20, 160, fill="black", width=5)
    for found in find_faces(np.asarray(picture)):  # whichever way, nothing lies far out of it
        assert (found.box > -60).all() and (found.box < 360).all()


def test_a_covered_mouth(portrait: np.ndarray, face: Face) -> None:
    """As by a mask: found or not, and where it is found, about the face."""
    covered = portrait.copy()
    covered[138:195, 185:265] = (200, 215, 225)
    for found in find_faces(covered):
        assert away(found, face.points) < 0.25


def test_pixels_that_are_not_numbers_are_refused_by_kind(portrait: np.ndarray) -> None:
    picture = portrait / 255
    picture[3, 4, 1] = np.nan
    with pytest.raises(UserError) as error:
        find_faces(picture)
    assert error.value.kind == "not finite"
    picture[3, 4, 1] = np.inf  # brighter than white
    assert len(find_faces(picture)) == 1


@pytest.mark.parametrize(
    "picture",
    [np.zeros((9, 9)), np.zeros((9, 9, 4)), np.zeros((0, 9, 3)), np.zeros((9, 9, 3), int), np.zeros((9, 9, 3), bool)],
)
def test_other_arrays_are_refused(picture: np.ndarray) -> None:
    with pytest.raises(ValueError, match="find_faces: a picture has shape"):
        find_faces(picture)
