# SPDX-License-Identifier: GPL-3.0-or-later
import pytest

torch = pytest.importorskip("torch")

from editor_ops import NAMES, SLIDERS  # noqa: E402
from trainer.degradations import FAULTS, degrade, sample_degradations  # noqa: E402
from trainer.edits import edit_values  # noqa: E402
from trainer.inverse import Inverse, best_shares  # noqa: E402
from trainer.inverse_edit import values_of  # noqa: E402

from .test_degradations import one, photos  # noqa: E402


def error(pictures, finished):
    return float((pictures - finished).square().mean().sqrt())


def test_the_best_sliders_of_a_known_edit_give_the_picture_back():
    shares = torch.zeros(4, len(SLIDERS))
    shares[:, NAMES.index("exposure")], shares[:, NAMES.index("saturation")] = 0.3, -0.3
    finished = edit_values(photos(4), values_of(shares)[:, None])[:, 0]
    found = best_shares(photos(4), finished)
    assert error(edit_values(photos(4), values_of(found)[:, None])[:, 0], finished) < 1.5 / 255
    assert best_shares(finished, finished).abs().max() < 0.02


def test_degradations_are_mostly_mended_by_the_regression():
    degradations = sample_degradations(192, torch.Generator().manual_seed(0), untouched=0.0)
    finished = photos(192)
    inverse = Inverse(finished[:160], degradations[:160])
    degraded = degrade(finished, degradations)
    mended = edit_values(degraded, values_of(inverse(degradations))[:, None])[:, 0]
    assert error(mended[160:], finished[160:]) < 0.6 * error(degraded[160:], finished[160:])
    assert (inverse(torch.zeros(2, len(FAULTS))) == 0).all()
    dark = inverse(one("exposure", -0.6, 1))[0]
    assert dark[NAMES.index("exposure")] + dark[NAMES.index("mid_tones")] > 0.1
