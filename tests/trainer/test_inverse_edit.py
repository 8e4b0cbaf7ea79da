# SPDX-License-Identifier: GPL-3.0-or-later
import pytest

torch = pytest.importorskip("torch")

from editor_ops import NAMES, NEUTRAL_LEVEL, SLIDERS  # noqa: E402
from trainer.edits import edit_values  # noqa: E402
from trainer.inverse_edit import levels_of, undo_edit, value_at, values_of  # noqa: E402

from .test_degradations import photos  # noqa: E402


def test_values_between_levels():
    levels = SLIDERS[NAMES.index("exposure")].values()
    assert value_at(levels, torch.tensor([-1.0, 0.0, 0.5, 1.0])).tolist() == pytest.approx([-2, 0, 1, 2])


def test_shares_are_levels():
    assert levels_of(torch.tensor([[-1.0, 0.0, 0.5, 2.0]])).tolist() == [[0, NEUTRAL_LEVEL, 24, 32]]
    assert values_of(torch.zeros(1, len(SLIDERS))).tolist() == [[s.neutral for s in SLIDERS]]


@pytest.mark.parametrize("slider", range(len(SLIDERS)), ids=NAMES)
@pytest.mark.parametrize("share", [-0.4, 0.4])
def test_an_edit_is_undone(slider, share):
    share = abs(share) if SLIDERS[slider].one_sided else share
    shares = torch.zeros(4, len(SLIDERS))
    shares[:, slider] = share
    edited = edit_values(photos(4), values_of(shares)[:, None])[:, 0]
    undone = undo_edit(edited, shares)
    before, after = ((p - photos(4)).abs().mean(dim=(1, 2, 3)) for p in (edited, undone))
    assert (after < (0.6 * before).clamp(min=0.5 / 255)).all()  # nobody sees less than half a step
