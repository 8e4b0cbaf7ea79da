# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run is measured by while it learns."""

import math

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch")

from editor_ops import LEVELS, NAMES, NEUTRAL_LEVEL, SLIDERS  # noqa: E402
from trainer import data, validation  # noqa: E402
from trainer.edits import edit_batch  # noqa: E402

VALUES = torch.tensor([slider.values() for slider in SLIDERS])  # (K, L)
EXPOSURE = NAMES.index("exposure")


class Constant(torch.nn.Module):
    """A policy that has one distribution for every photo. logits: (K, L)."""

    def __init__(self, logits):
        super().__init__()
        self.logits = logits

    def forward(self, thumbnails):
        return self.logits.expand(len(thumbnails), -1, -1), torch.zeros(len(thumbnails))


def pictures(n):
    return 0.2 + 0.4 * torch.rand(n, 3, 64, 64, generator=torch.Generator().manual_seed(0))


def test_an_edit_that_comes_back_is_perfect_and_counts_as_100_db():
    degraded = pictures(3)
    logits = torch.zeros(len(SLIDERS), LEVELS)
    logits[:, NEUTRAL_LEVEL] = 5
    logits[EXPOSURE, 20] = 9
    action = torch.full((3, 1, len(SLIDERS)), NEUTRAL_LEVEL)
    action[..., EXPOSURE] = 20
    finished = edit_batch(degraded, action, VALUES)[:, 0]
    result = validation.validate(Constant(logits), (degraded, finished), VALUES)
    error = (degraded - finished).square().mean((1, 2, 3))
    assert result.psnr == pytest.approx(100)
    assert result.psnr_input == pytest.approx(float((-10 * torch.log10(error)).mean()), abs=1e-3)
    assert result.sliders.mean["exposure"] == 20 and result.sliders.mean["tint"] == NEUTRAL_LEVEL
    assert set(result.sliders.spread.values()) == {0.0} == set(result.sliders.ends.values())


def test_uniform_distributions_and_levels_at_the_end():
    logits = torch.zeros(len(SLIDERS), LEVELS)  # the first of equal levels is the most probable
    result = validation.validate(Constant(logits), (pictures(2), pictures(2)), VALUES)
    assert all(entropy == pytest.approx(math.log(LEVELS), abs=1e-5) for entropy in result.sliders.entropy.values())
    assert set(result.sliders.ends.values()) == {1.0}
    metrics = result.metrics()
    assert len(metrics) == 2 + 4 * len(SLIDERS) and metrics["entropy/tint"] == result.sliders.entropy["tint"]


def test_pairs_are_the_same_for_every_run(folders):
    photos = data.load(folders[1], quiet=True)
    nothing = torch.zeros(len(SLIDERS))
    one, two = (validation.held_out_pairs(photos, nothing) for _ in range(2))
    assert torch.equal(one[0], two[0]) and one[0].shape == one[1].shape == (validation.PAIRS, 3, 64, 64)
    assert bool(((one[0] - one[1]).abs().amax((1, 2, 3)) > 0).all())  # none is left as it was
    shifted = validation.held_out_pairs(photos, nothing + 0.5)
    assert torch.equal(shifted[1], one[1]) and not torch.equal(shifted[0], one[0])


def test_a_sample_sheet_has_photos_above_and_edits_below(tmp_path):
    logits = torch.zeros(len(SLIDERS), LEVELS)
    logits[:, NEUTRAL_LEVEL] = 5
    photos = (pictures(2) * 255).round().to(torch.uint8)
    validation.sample_sheet(Constant(logits), photos, VALUES, tmp_path / "samples" / "sheet.png")
    sheet = np.asarray(Image.open(tmp_path / "samples" / "sheet.png"))
    assert sheet.shape == (128, 128, 3)
    assert np.array_equal(sheet[:64, 64:], photos[1].movedim(0, -1).numpy())
    assert np.array_equal(sheet[:64], sheet[64:])  # neutral levels change nothing
