# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest

torch = pytest.importorskip("torch")

import editor_ops  # noqa: E402
from editor_ops import LEVELS, NAMES, SLIDERS  # noqa: E402
from trainer.edits import edit_batch  # noqa: E402


def test_the_trained_editor_is_the_applied_editor():
    levels = torch.tensor([s.values() for s in SLIDERS])
    generator = torch.Generator().manual_seed(0)
    state = torch.rand(3, 3, 64, 64, generator=generator)
    action = torch.randint(LEVELS, (3, 2, len(SLIDERS)), generator=generator)
    edited = edit_batch(state, action, levels)
    for b in range(3):
        for a in range(2):
            values = {n: SLIDERS[i].values()[int(action[b, a, i])] for i, n in enumerate(NAMES)}
            picture = (state[b].numpy().transpose(1, 2, 0) * 255 + 0.5).astype(np.uint8)
            expected = editor_ops.edit(picture.astype(np.float32) / 255, values)
            once = edit_batch(
                torch.from_numpy(picture).movedim(-1, 0)[None] / 255, action[b : b + 1, a : a + 1], levels
            )
            assert np.abs(once[0, 0].numpy().transpose(1, 2, 0) - np.clip(expected, 0, 1)).max() <= 0.5 / 255 + 1e-3
    assert edited.shape == (3, 2, 3, 64, 64)
