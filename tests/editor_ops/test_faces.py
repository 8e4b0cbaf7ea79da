# SPDX-License-Identifier: GPL-3.0-or-later
"""Faces edited: shape, then skin, in the box alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from editor_ops import faces
from editor_ops.color import linear_to_srgb, srgb_to_linear
from editor_ops.face_frame import face_box
from editor_ops.face_sliders import FACE_SLIDERS
from editor_ops.face_warp import displacement, warp
from editor_ops.faces import edit_face, edit_faces
from editor_ops.skin_mask import skin_mask
from tools.made_faces import face_points, paint

SKIN = (190, 140, 115)
SHAPE_VALUES = {"eye_size": 0.2, "jaw_width": -0.16, "smile": 0.03}
SKIN_VALUES = {"skin_smoothing": 0.6, "skin_brightness": 0.3, "skin_warmth": 7000.0, "skin_saturation": 0.8}
ALL = SHAPE_VALUES | SKIN_VALUES


@pytest.fixture
def face():
    return face_points(100, 150, 130)


@pytest.fixture
def picture(face):
    return paint(face, 320, 330, SKIN)


def test_neutral_gives_the_picture_back(picture, face):
    assert edit_face(picture, face, {}) is picture
    assert edit_face(picture, face, {s.name: s.neutral for s in FACE_SLIDERS}) is picture


@pytest.mark.parametrize("values", [SHAPE_VALUES, SKIN_VALUES, ALL])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_only_the_box_changes_and_the_type_stays(picture, face, dtype, values):
    white = 1.0 if dtype == "float32" else np.iinfo(dtype).max
    given_picture = (picture / 255 * white).astype(dtype)
    before = given_picture.copy()
    x0, y0, width, height = face_box(face, picture.shape)
    made = edit_face(given_picture, face, values)
    assert made.dtype == before.dtype and made.shape == before.shape
    np.testing.assert_array_equal(given_picture, before)
    changed = (made != before).any(axis=-1)
    assert changed.mean() > 0.05
    changed[y0 : y0 + height, x0 : x0 + width] = False
    assert not changed.any()
    # What it is stored in matters little.
    reference = edit_face((picture / 255).astype(np.float32), face, values)
    assert np.abs(made / white - reference).max() < 1.6 / (255 if dtype == "uint8" else 4095)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("values", [SHAPE_VALUES, SKIN_VALUES, ALL])
def test_strips_give_what_all_at_once_gives(picture, face, dtype, values, monkeypatch):
    white = 1.0 if dtype == "float32" else np.iinfo(dtype).max
    given_picture = (picture / 255 * white).astype(dtype)
    at_once = edit_face(given_picture, face, values)
    monkeypatch.setattr(faces, "FULL_SIZE_FROM", 1)
    in_strips = edit_face(given_picture, face, values)
    difference = np.abs(in_strips.astype(np.float64) - at_once)
    assert difference.max() <= (2e-5 if dtype == "float32" else 1) and (difference > 0).any() == (difference.max() > 0)
    assert (difference > 1e-5).mean() < 0.01 or dtype == "float32"


@given(st.sampled_from([0.0, 0.25, 1.0]), st.integers(0, 2**32))
@settings(max_examples=10, deadline=None)
def test_a_moved_picture_is_what_bilinear_interpolation_of_light_says(share, seed):
    random = np.random.default_rng(seed)
    image = random.random((20, 24, 3))
    ways = random.uniform(-3, 3, (20, 24, 2)) * share
    linear, made = srgb_to_linear(image), warp(image, ways)
    y, x = random.integers(0, 20), random.integers(0, 24)
    px, py = np.clip(x + ways[y, x, 0], 0, 23), np.clip(y + ways[y, x, 1], 0, 19)
    i, j = min(int(px), 22), min(int(py), 18)
    a, b = px - i, py - j
    light = (linear[j, i] * (1 - a) + linear[j, i + 1] * a) * (1 - b) + (
        linear[j + 1, i] * (1 - a) + linear[j + 1, i + 1] * a
    ) * b
    np.testing.assert_allclose(made[y, x], linear_to_srgb(light), atol=1e-9)


@pytest.mark.parametrize("strips", [False, True])
def test_pixels_that_are_not_finite_stay_where_they_are(picture, face, strips, monkeypatch):
    monkeypatch.setattr(faces, "FULL_SIZE_FROM", 1 if strips else 10**9)
    bad = (picture / 255).astype(np.float32)
    good = edit_face(bad, face, ALL)
    x, y = (int(v) for v in face[50])
    bad = bad.copy()
    bad[y, x] = np.nan
    bad[y + 9, x, 1] = np.inf
    made = edit_face(bad, face, SKIN_VALUES)
    assert np.isnan(made[y, x]).all() and np.isinf(made[y + 9, x, 1])
    assert np.isfinite(made).all(axis=-1).sum() == made[..., 0].size - 2
    made = edit_face(bad, face, ALL)
    lost = ~np.isfinite(made).all(axis=-1)
    ways = np.abs(displacement(face, SHAPE_VALUES, face_box(face, bad.shape))).max() + 2
    rows, columns = np.nonzero(lost)
    assert 0 < lost.sum() < 20 and np.abs(rows - y).max() < ways + 9 and np.abs(columns - x).max() < ways
    assert np.abs(made - good)[~lost].max() < 0.2


def test_smoothing_smooths_the_skin_and_leaves_the_eyes(picture, face):
    box = face_box(face, picture.shape)
    mask = skin_mask(picture, face, box)
    part = (slice(box[1], box[1] + box[3]), slice(box[0], box[0] + box[2]))
    made = edit_face(picture, face, {"skin_smoothing": 0.6})
    grain = [np.abs(np.diff(each[part].astype(float), axis=0))[mask[1:] > 0.9].mean() for each in (picture, made)]
    assert grain[1] < 0.7 * grain[0]
    np.testing.assert_array_equal(made[part][mask == 0], picture[part][mask == 0])


def test_several_faces_and_odd_ones(picture, face):
    second = face_points(40, 260, 60)
    made = edit_faces(picture, [(face, SHAPE_VALUES), (second, {"eye_size": -0.2})])
    np.testing.assert_array_equal(made, edit_face(edit_face(picture, face, SHAPE_VALUES), second, {"eye_size": -0.2}))
    for odd in (
        face_points(100, 0, 0),
        face_points(100, 5000, 5000),
        face_points(3, 100, 100),
        np.full((468, 2), 50, np.float32),
    ):
        made = edit_face(picture, odd, ALL)
        assert made.shape == picture.shape
    grey_edge = edit_face(picture, face_points(100, 0, 130), SHAPE_VALUES)
    np.testing.assert_array_equal(grey_edge[:, 0], picture[:, 0])  # nothing is drawn in over the picture's edge


def test_a_known_mask_is_taken(picture, face):
    box = face_box(face, picture.shape)
    mask = skin_mask(picture, face, box)
    np.testing.assert_array_equal(edit_face(picture, face, ALL, box, mask), edit_face(picture, face, ALL))
    np.testing.assert_array_equal(edit_face(picture, face, SKIN_VALUES, box, mask * 0), picture)


def test_numpy_equals_torch_and_a_batch_equals_a_loop():
    torch = pytest.importorskip("torch")
    landmarks = np.stack([face_points(24, 30 + 2 * k, 27, degrees=4 * k) for k in range(3)])
    pictures = np.stack([paint(each, 64, 64, SKIN) for each in landmarks]).astype(np.float32) / 255
    random = np.random.default_rng(0)
    values = {s.name: random.choice(s.values(), 3).astype(np.float32) for s in FACE_SLIDERS}
    made = edit_face(pictures, landmarks, values)
    theirs = edit_face(
        torch.from_numpy(pictures), torch.from_numpy(landmarks), {k: torch.from_numpy(v) for k, v in values.items()}
    )
    np.testing.assert_allclose(theirs.numpy(), made, atol=2e-3)
    for k in range(3):
        one = edit_face(pictures[k], landmarks[k], {n: float(v[k]) for n, v in values.items()}, (0, 0, 64, 64))
        np.testing.assert_allclose(one, made[k], atol=2e-3)


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
@pytest.mark.parametrize("strips", [False, True])
def test_alpha_moves_with_the_face_and_nothing_hidden_comes_to_light(picture, face, strips, dtype, monkeypatch):
    monkeypatch.setattr(faces, "FULL_SIZE_FROM", 1 if strips else 10**9)
    white = 255 if dtype == "uint8" else 1.0
    inside = skin_mask(picture, face, (0, 0, 320, 330)) > 0
    cut_out = np.where(inside[..., None], picture, (255, 0, 255))  # what nobody sees is magenta
    rgba = np.concatenate([cut_out, inside[..., None] * 255], axis=-1) / 255 * white
    rgba = rgba.astype(dtype)
    made = edit_face(rgba, face, {"jaw_width": -0.16, "face_width": -0.1})
    assert made.dtype == rgba.dtype and made.shape == rgba.shape
    alpha = made[..., 3] / white
    assert (alpha != inside).any() and alpha.min() >= 0 and alpha.max() <= 1
    seen = made[alpha > 0.02][:, :3] / white
    assert (seen[:, 2] - seen[:, 1]).max() < 0.3  # blue less green: 1 in magenta, about 0 elsewhere
    np.testing.assert_array_equal(edit_face(rgba, face, SKIN_VALUES)[..., 3], rgba[..., 3])
    opaque = np.concatenate([picture, np.full_like(picture[..., :1], 255)], axis=-1) / 255 * white
    opaque = opaque.astype(dtype)
    alone = edit_face(np.ascontiguousarray(opaque[..., :3]), face, ALL)
    difference = np.abs(edit_face(opaque, face, ALL)[..., :3].astype(float) - alone)
    assert difference.max() <= (1 if dtype == "uint8" else 1e-4)
