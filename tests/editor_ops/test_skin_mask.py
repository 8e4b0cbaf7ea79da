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
    assert at(skin_mask(plain, face, box), box, forehead).mean() > 0.6  # two of the four lie close above the brows
    assert at(skin_mask(fringed, face, box), box, forehead).max() < 0.1
    changed = plain.copy()
    changed[int(face[17, 1]) + 12 : int(face[152, 1]), :] = (24, 18, 16)  # below the lower lip
    changed[int(face[197, 1]) : int(face[197, 1]) + 12] = (15, 15, 18)  # a rim across the nose
    mask = skin_mask(changed, face, box)
    assert at(mask, box, face[[199, 200]]).max() < 0.1
    assert at(mask, box, face[197][None] + [0, 6]).max() < 0.35
    assert np.mean(at(mask, box, face[list(CHEEKS)])) > 0.5  # some are the rim's and the beard's neighbours


def test_the_same_at_64_pixels_and_at_full_size():
    large, small = face_points(480, 660, 540), face_points(24, 33, 27)
    masks = []
    for face, size in ((large, 1300), (small, 65)):
        masks.append(skin_mask(paint(face, size, size, MIDDLE), face, (0, 0, size, size)))
    shrunk = masks[0].reshape(65, 20, 65, 20).mean(axis=(1, 3))
    assert (
        np.abs(shrunk - masks[1]).mean() < 0.03
    )  # a pixel is 2.6 cells there: what lies beside detail reaches farther


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


@pytest.mark.parametrize("skin", [LIGHT, MIDDLE, DARK])
def test_lashes_are_left_above_below_and_outside_the_eye(skin):
    face = face_points(200, 300, 250)
    picture = paint(face, 600, 600, skin)
    box = face_box(face, picture.shape)
    mask = skin_mask(picture, face, box)
    below, above, outside = np.array([0, 16.0]), np.array([0, -16.0]), np.array([16.0, 0])  # 0.08 of the eyes' distance
    for lower, upper, corner, side in ((145, 159, 33, -1), (374, 386, 263, 1)):
        places = np.stack([face[lower] + below, face[upper] + above, face[corner] + side * outside])
        assert at(mask, box, places).max() < 0.02


@pytest.mark.parametrize("skin", [LIGHT, MIDDLE, DARK])
@pytest.mark.parametrize("degrees", [0.0, 40.0])
@pytest.mark.parametrize("shape", ["strand", "dot"])
def test_detail_that_the_skin_does_not_have_is_left(skin, degrees, shape):
    """A dark strand of hair and a bright dot, each 1.5% of the eyes' distance, with a border around."""
    face = face_points(200, 300, 250, degrees=degrees)
    plain = paint(face, 600, 600, skin)
    y, x = np.mgrid[:600, :600] + 0.5
    cheek = face[50]
    if shape == "strand":
        on = (np.abs((x - cheek[0]) + 0.5 * (y - cheek[1])) < 1.7) & (np.abs(y - cheek[1]) < 60)
        picture = np.where(on[..., None], (plain * 0.6).astype(np.uint8), plain)
    else:
        on = np.hypot(x - cheek[0], y - cheek[1]) < 3
        picture = np.where(on[..., None], np.uint8(240), plain)
    box = face_box(face, plain.shape)
    part = (slice(box[1], box[1] + box[3]), slice(box[0], box[0] + box[2]))
    was, mask, on = skin_mask(plain, face, box), skin_mask(picture, face, box), on[part]
    assert was[on].max() > 0.9 and mask[on].max() < 0.03
    far = np.hypot(*(grid[part] - c for grid, c in zip((x, y), cheek, strict=True))) > 90
    assert np.abs(mask - was)[far].max() < 0.05  # the other cheek stays
    beside = face[50] + np.array([2.0 if shape == "dot" else 1.5, 0]) * 1.5 + [0, 3]
    assert at(mask, box, beside[None]) < 0.1


@pytest.mark.parametrize("skin", [LIGHT, MIDDLE])
def test_freckles_are_skin_everywhere(skin):
    face = face_points(200, 300, 250)
    plain = paint(face, 600, 600, skin)
    random = np.random.default_rng(3)
    y, x = np.mgrid[:600, :600] + 0.5
    share = np.zeros((600, 600))
    for cx, cy, size in random.uniform((100, 100, 1.5), (500, 560, 3.0), (2500, 3)):
        near = (slice(int(cy) - 9, int(cy) + 10), slice(int(cx) - 9, int(cx) + 10))
        share[near] = np.maximum(share[near], np.exp(-(np.hypot(x[near] - cx, y[near] - cy) ** 2) / size**2))
    freckled = (plain * (1 - 0.2 * share[..., None])).astype(np.uint8)
    box = face_box(face, plain.shape)
    was, mask = skin_mask(plain, face, box), skin_mask(freckled, face, box)
    assert mask[was > 0.95].mean() > 0.9 and np.quantile(mask[was > 0.95], 0.01) > 0.6
