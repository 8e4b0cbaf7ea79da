# SPDX-License-Identifier: GPL-3.0-or-later
"""The field of a face: linear, zero at its border, never folding, the same at any size."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from editor_ops.face_field import basis, field
from editor_ops.face_frame import face_box, face_unit
from editor_ops.face_landmarks import LEFT_EYE, OVAL, RIGHT_EYE
from editor_ops.face_sliders import FACE_SHAPE
from editor_ops.face_warp import displacement, ways
from tools.made_faces import bent_faces, face_points, least_jacobian

SHAPE = (700, 600)
POINTS = face_points(200, 300, 250)
BOX = face_box(POINTS, SHAPE)
NAMES = [s.name for s in FACE_SHAPE]
ENDS = {s.name: (s.lowest, s.highest) for s in FACE_SHAPE}


def draws(random: np.random.Generator, count: int, ends: bool) -> dict[str, np.ndarray]:
    """Values for each of `count` faces: at levels of the sliders, or all at their ends."""
    return {
        s.name: random.choice([s.lowest, s.highest] if ends else s.values(), count).astype(np.float32)
        for s in FACE_SHAPE
    }


@pytest.mark.parametrize("ends", [False, True])
def test_no_combination_folds(ends):
    random = np.random.default_rng(0)
    for _ in range(4):
        faces = bent_faces(random, 25, 50, 75, 60)
        assert least_jacobian(displacement(faces, draws(random, 25, ends), (0, 0, 150, 150))).min() > 0.2


def test_not_even_beyond_the_agents_ranges():
    values = {s.name: s.property_range[i % 2] for i, s in enumerate(FACE_SHAPE)}
    ways = displacement(POINTS, values, BOX)
    assert 0.2 < least_jacobian(ways) < 0.5 and np.abs(ways).max() > 10


@given(st.dictionaries(st.sampled_from(NAMES), st.floats(-0.3, 0.3), min_size=1), st.floats(0.1, 1.0))
@settings(max_examples=20, deadline=None)
def test_linear_in_the_sliders_below_the_cap(shares, strength):
    values = {name: share * ENDS[name][1] for name, share in shares.items()}
    whole = field(POINTS[None], values, BOX).nodes
    parts = sum(field(POINTS[None], {name: value * strength}, BOX).nodes for name, value in values.items())
    np.testing.assert_allclose(parts, whole * strength, atol=2e-6)


@given(st.integers(0, 2**32), st.integers(-250, 600), st.integers(-250, 700), st.floats(-180, 180))
@settings(max_examples=15, deadline=None)
def test_zero_at_the_boxs_border_wherever_the_face_lies(seed, x, y, degrees):
    face = face_points(200, x, y, degrees)
    box = face_box(face, SHAPE)
    if box[2] < 2 or box[3] < 2:
        return
    random = np.random.default_rng(seed)
    ways = displacement(face, {s.name: float(random.choice([s.lowest, s.highest])) for s in FACE_SHAPE}, box)
    assert ways.shape == (box[3], box[2], 2)
    for border in (ways[0], ways[-1], ways[:, 0], ways[:, -1]):
        assert not border.any()
    places = np.stack(np.meshgrid(np.arange(box[2]), np.arange(box[3])), axis=-1) + ways
    assert places.min() >= 0 and places[..., 0].max() <= box[2] - 1 and places[..., 1].max() <= box[3] - 1
    assert least_jacobian(ways) > 0.2


def test_neutral_is_nothing():
    assert not displacement(POINTS, {}, BOX).any()
    assert not displacement(POINTS, {"eye_size": 0.0, "skin_smoothing": 0.5}, BOX).any()


def test_the_same_at_64_pixels_and_at_full_size():
    values = {s.name: s.values()[24] for s in FACE_SHAPE}
    small = POINTS * (64 / 600)
    little = displacement(small, values, (0, 0, 64, 74))
    for scale in (1, 5):
        large = displacement(POINTS * scale, values, (0, 0, 600 * scale, 694 * scale))
        factor = 600 * scale / 64
        at = ((np.arange(74) + 0.5) * factor).astype(int), ((np.arange(64) + 0.5) * factor).astype(int)
        assert (
            np.abs(large[at[0][:, None], at[1]] / factor - little).max() < 0.03
        )  # half a pixel off, where it is steep


def test_rows_are_those_of_the_whole_at_full_size():
    face, values = POINTS * 4, {"jaw_width": -0.16, "lips": 0.3}
    box = face_box(face, (2800, 2400))
    made = ways(face[None], values, box)
    assert made.every > 1
    np.testing.assert_array_equal(made.rows(100, 160)[0], displacement(face, values, box)[100:160])
    exact = field(face[None], values, box).at(*box)[0]
    assert np.abs(displacement(face, values, box) - exact).max() < 0.25  # pixels, of 800 between the eyes


def test_numpy_equals_torch_and_a_batch_equals_a_loop():
    torch = pytest.importorskip("torch")
    random = np.random.default_rng(1)
    faces, values, box = bent_faces(random, 5, 25, 37, 30), draws(random, 5, ends=True), (0, 0, 64, 64)
    made = displacement(faces, values, box)
    theirs = displacement(torch.from_numpy(faces), {k: torch.from_numpy(v) for k, v in values.items()}, box)
    np.testing.assert_allclose(theirs.numpy(), made, atol=1e-4)
    for k in range(5):
        alone = displacement(faces[k], {name: float(each[k]) for name, each in values.items()}, box)
        np.testing.assert_allclose(alone, made[k], atol=1e-4)


@pytest.mark.parametrize(("name", "sign"), [("eye_size", 1), ("eye_size", -1)])
def test_an_eye_grows_by_most_of_what_the_slider_says(name, sign):
    """What is around it stands still, and holds some of it back."""
    value = sign * ENDS[name][1]
    way = displacement(POINTS, {name: value}, BOX)
    for eye in (RIGHT_EYE, LEFT_EYE):
        at = np.round(POINTS[list(eye)] - BOX[:2] - 0.5).astype(int)
        from_middle = POINTS[list(eye)] - POINTS[list(eye)].mean(axis=0)
        grown = -(way[at[:, 1], at[:, 0]] * from_middle).sum() / (from_middle**2).sum()
        assert 0.5 < grown / value < 1.1


def test_what_lies_beside_the_face_is_hurt_little():
    """Straight lines beside a jaw bend by what is left of its move there."""
    oval = POINTS[list(OVAL)]
    middle = oval.mean(axis=0)
    way = displacement(POINTS, {"jaw_width": ENDS["jaw_width"][0]}, BOX)
    at = [
        np.linalg.norm(way[y, x], axis=-1)
        for x, y in (
            np.round(middle + (oval - middle) * share - BOX[:2] - 0.5).astype(int).T for share in (1.0, 1.15, 1.3)
        )
    ]
    assert at[1].max() < 0.65 * at[0].max() and at[2].max() < 0.1 * at[0].max()


def test_faces_without_any_shape_do_no_harm():
    box = (0, 0, 40, 40)
    for face in (np.zeros((468, 2)), np.full((468, 2), 20.0), np.linspace(0, 40, 936).reshape(468, 2)):
        ways = displacement(face.astype(np.float32), {"jaw_width": -0.16, "eye_size": 0.2}, box)
        assert np.isfinite(ways).all() and least_jacobian(ways) > 0.2
    with pytest.raises(ValueError, match="finite"):
        face_box(np.full((468, 2), np.nan), SHAPE)
    assert face_box(POINTS + 5000, SHAPE)[2:] == (0, 0)
    assert face_unit(POINTS) == pytest.approx(200)


def test_a_field_is_its_basis_weighted_by_the_values():
    values = {s.name: s.lowest * 0.3 for s in FACE_SHAPE}
    made = field(POINTS[None], values)
    lines = np.arange(made.nodes.shape[1], dtype=np.float32)
    x, y = (made.first[:, k, None] + made.step[:, k, None] * lines for k in (0, 1))
    forward = basis(made.frame.to_face(POINTS[None]), x, y)
    assert forward.shape[1] == len(FACE_SHAPE)
    for k, slider in enumerate(FACE_SHAPE):
        assert 0.01 < np.abs(forward[:, k]).max() * slider.highest < 0.2, slider.name
    total = sum(forward[:, k] * values[s.name] for k, s in enumerate(FACE_SHAPE))
    np.testing.assert_allclose(-total[:, 1:-1, 1:-1], made.nodes[:, 1:-1, 1:-1], atol=1e-6)
