# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import numpy as np
import pytest

from editor_ops.face_frame import face_box
from editor_ops.face_landmarks import CHEEKS, LEFT_BROW, LEFT_EYE, LIPS, OVAL, RIGHT_BROW, RIGHT_EYE
from editor_ops.skin_mask import skin_mask
from tools.made_faces import face_points, paint

LIGHT, MIDDLE, DARK = (228, 180, 160), (170, 115, 85), (78, 48, 38)


def at(mask: np.ndarray, box: tuple[int, int, int, int], places: np.ndarray) -> np.ndarray:
    x, y = np.round(places - box[:2] - 0.5).astype(int).T
    return mask[y, x]


@pytest.mark.parametrize("skin", [LIGHT, MIDDLE, DARK])
@pytest.mark.parametrize("unit", [40, 130, 420])
def test_skin_is_shown_and_eyes_brows_lips_and_surroundings_are_not(skin, unit):
    face = face_points(unit, 1.5 * unit, 1.2 * unit, degrees=10.0)
    picture = paint(face, 3 * unit, 3 * unit, skin)
    box = face_box(face, picture.shape)
    mask = skin_mask(picture, face, box)
    assert mask.shape == (box[3], box[2]) and mask.min() >= 0 and mask.max() <= 1
    assert np.mean(at(mask, box, face[list(CHEEKS)])) > 0.8
    for line in (RIGHT_EYE, LEFT_EYE, RIGHT_BROW, LEFT_BROW, LIPS):
        assert at(mask, box, face[list(line)].mean(axis=0, keepdims=True)) < 0.05
    oval = face[list(OVAL)]
    assert at(mask, box, oval.mean(axis=0) + (oval - oval.mean(axis=0)) * 1.05).max() < 0.05
    border = np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]])
    assert not border.any()


def test_soft_at_its_border():
    face = face_points(200, 300, 250)
    picture = paint(face, 600, 600, MIDDLE)
    mask = skin_mask(picture, face, face_box(face, picture.shape))
    assert max(np.abs(np.diff(mask, axis=0)).max(), np.abs(np.diff(mask, axis=1)).max()) < 0.15


@pytest.mark.parametrize("skin", [LIGHT, MIDDLE, DARK])
def test_a_fringe_a_beard_and_glasses_are_no_skin(skin):
    face = face_points(200, 300, 250)
    plain, fringed = (paint(face, 600, 600, skin, fringe=fringe) for fringe in (False, True))
    box = face_box(face, plain.shape)
    forehead = face[[151, 108, 337, 10]] * 0.5 + face[[9, 107, 336, 151]] * 0.5
    assert at(skin_mask(plain, face, box), box, forehead).mean() > 0.7
    assert at(skin_mask(fringed, face, box), box, forehead).max() < 0.1
    changed = plain.copy()
    changed[int(face[17, 1]) + 12 : int(face[152, 1]), :] = (24, 18, 16)  # below the lower lip
    changed[int(face[197, 1]) : int(face[197, 1]) + 12] = (15, 15, 18)  # a rim across the nose
    mask = skin_mask(changed, face, box)
    assert at(mask, box, face[[199, 200]]).max() < 0.1
    assert at(mask, box, face[197][None] + [0, 6]).max() < 0.35
    assert np.mean(at(mask, box, face[list(CHEEKS)])) > 0.6


def test_the_same_at_64_pixels_and_at_full_size():
    large, small = face_points(480, 660, 540), face_points(24, 33, 27)
    masks = []
    for face, size in ((large, 1300), (small, 65)):
        masks.append(skin_mask(paint(face, size, size, MIDDLE), face, (0, 0, size, size)))
    shrunk = masks[0].reshape(65, 20, 65, 20).mean(axis=(1, 3))
    assert np.abs(shrunk - masks[1]).mean() < 0.02


def test_numpy_equals_torch_and_a_batch_equals_a_loop():
    torch = pytest.importorskip("torch")
    faces = np.stack([face_points(24, 32 + k, 27, degrees=5 * k) for k in range(3)])
    pictures = np.stack([paint(face, 64, 64, skin) for face, skin in zip(faces, (LIGHT, MIDDLE, DARK), strict=True)])
    box = (0, 0, 64, 64)
    made = skin_mask(pictures, faces, box)
    theirs = skin_mask(torch.from_numpy(pictures), torch.from_numpy(faces), box)
    np.testing.assert_allclose(theirs.numpy(), made, atol=1e-3)
    for k in range(3):
        np.testing.assert_allclose(skin_mask(pictures[k], faces[k], box), made[k], atol=1e-5)


@pytest.mark.parametrize("case", ["not finite", "half outside", "tiny", "one place"])
def test_odd_faces_do_no_harm(case):
    face = face_points(6 if case == "tiny" else 100, 0 if case == "half outside" else 150, 130)
    picture = paint(face, 300, 300, MIDDLE).astype(np.float32) / 255
    if case == "not finite":
        picture[100:140, 120:160] = np.nan
        picture[200] = np.inf
    box = face_box(face, picture.shape)
    if case == "one place":
        face, box = np.full_like(face, 100.0), (90, 90, 20, 20)
    mask = skin_mask(picture, face, box)
    assert mask.shape == (box[3], box[2]) and np.isfinite(mask).all() and mask.min() >= 0 and mask.max() <= 1
