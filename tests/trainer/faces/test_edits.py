# SPDX-License-Identifier: GPL-3.0-or-later
"""Many edits of crops at once are what the editor makes of each."""

import pytest

torch = pytest.importorskip("torch")

from editor_ops.face_sliders import FACE_NAMES, FACE_SLIDERS  # noqa: E402
from editor_ops.face_warp import displacement  # noqa: E402
from editor_ops.faces import edit_face  # noqa: E402
from trainer.faces import edits  # noqa: E402

from .conftest import drawn  # noqa: E402

FACES = drawn(3, 5)
TABLE = torch.tensor([slider.values() for slider in FACE_SLIDERS])
BOX = (0, 0, 64, 64)


@pytest.fixture(scope="module")
def prepared():
    rows = torch.arange(3)
    return edits.prepare(FACES.pictures(), FACES.points, edits.Masks(FACES).of(rows))


def values(seed, n, spread=6):
    levels = torch.randint(16 - spread, 17 + spread, (3, n, 18), generator=torch.Generator().manual_seed(seed))
    return TABLE[torch.arange(18), levels]


def test_an_edit_is_the_editors(prepared):
    """But at the border, where the editor lets a field end with the picture; and the field is exact here, there taken
    from a grid."""
    wanted = values(0, 2)
    edited = edits.edit(prepared, wanted)
    assert edited.shape == (3, 2, 3, 64, 64)
    for i in range(3):
        picture = FACES.pictures()[i].movedim(0, -1)
        for a in range(2):
            named = dict(zip(FACE_NAMES, wanted[i, a].tolist(), strict=True))
            expected = edit_face(picture, FACES.points[i], named, BOX).movedim(-1, 0)
            off = (edited[i, a] - expected).abs()[:, 8:-8, 8:-8]
            assert off.mean() < 0.6 / 255 and (edited[i, a] - FACES.pictures()[i]).abs().mean() > 3 * off.mean()


def test_many_at_once_are_edited_as_one_by_one(prepared, monkeypatch):
    wanted = values(1, 4)
    together = edits.edit(prepared, wanted)
    monkeypatch.setattr(edits, "MOST_AT_ONCE", 1)
    apart = torch.cat([edits.edit(prepared, wanted[:, a : a + 1]) for a in range(4)], 1)
    assert (together - apart).abs().max() < 1.5 / 255


def test_neutral_leaves_a_face_as_it_is(prepared):
    edited = edits.edit(prepared, TABLE[:, 16].expand(3, 1, -1))
    assert (edited[:, 0] - FACES.pictures()).abs().max() < 1e-4
    assert edits.moved(prepared, TABLE[:, 16].expand(3, -1)).max() == 0


def test_how_far_landmarks_move(prepared):
    """A half of a brow slider moves the brows alone: little on the mean; a wider face moves more."""
    wanted = TABLE[:, 16].repeat(3, 1)
    wanted[:, FACE_NAMES.index("brow_height")] = 0.05
    little = edits.moved(prepared, wanted)
    ways = displacement(FACES.points, {"brow_height": 0.05}, BOX).norm(dim=-1).amax((1, 2))
    assert (little > 0).all() and (little < ways / prepared.unit).all()
    wanted[:, FACE_NAMES.index("face_width")] = 0.10
    assert (edits.moved(prepared, wanted) > 2 * little).all()


def test_masks_are_worked_out_once(monkeypatch):
    masks = edits.Masks(FACES)
    first = masks.of(torch.tensor([2, 0, 2]))
    assert first.shape == (3, 64, 64) and torch.equal(first[0], first[2]) and 0.1 < first.mean() < 0.6
    monkeypatch.setattr(edits, "skin_mask", None)
    assert torch.equal(masks.of(torch.tensor([0, 2])), first[[1, 0]])
