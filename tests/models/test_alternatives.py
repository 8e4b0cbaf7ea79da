# SPDX-License-Identifier: GPL-3.0-or-later
"""Other good edits of the same picture."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from editor_ops import NAMES, SLIDERS, edit
from editor_ops.color import linear_to_lab, srgb_to_linear
from models import Policy
from models.alternatives import COUNT, LIKELY, MORE_CLIPPED, VISIBLE, alternatives
from models.thumbnail import thumbnail
from tools import policies

PHOTOS = sorted(path for path in (Path(__file__).parents[1] / "photos").iterdir() if path.suffix != ".md")
POLICY = Policy.load()


def state_of(path):
    with Image.open(path) as opened:
        return thumbnail(np.asarray(opened.convert("RGB")))


def lab(state, decision):
    edited = edit(np.ascontiguousarray(state.transpose(1, 2, 0)), decision.values)
    return edited, np.stack(linear_to_lab(srgb_to_linear(np.clip(edited, 0, 1))), axis=-1)


@pytest.mark.parametrize("path", PHOTOS, ids=lambda path: path.stem)
def test_four_that_differ_from_the_choice_and_each_other(path):
    state = state_of(path)
    chosen = POLICY.decide_thumbnail(state)
    found = alternatives(POLICY, state)
    assert len(found) == COUNT
    looks = [lab(state, each)[1] for each in (chosen, *found)]
    for i, first in enumerate(looks):
        for second in looks[:i]:
            assert np.sqrt(((first - second) ** 2).sum(-1)).mean() > VISIBLE


@pytest.mark.parametrize("path", PHOTOS, ids=lambda path: path.stem)
def test_each_is_one_that_the_policy_finds_likely_and_burns_out_no_more(path):
    state = state_of(path)
    chosen = POLICY.decide_thumbnail(state)
    clipped = [
        ((each <= 1 / 255) | (each >= 1 - 1 / 255)).any(-1).mean()
        for each in (lab(state, decision)[0] for decision in (chosen, *alternatives(POLICY, state)))
    ]
    assert max(clipped) <= clipped[0] + MORE_CLIPPED
    for decision in alternatives(POLICY, state):
        for choice, best in zip(decision.choices, chosen.choices, strict=True):
            assert choice.probability >= LIKELY * best.probability


def test_the_same_picture_has_the_same_alternatives():
    state = state_of(PHOTOS[0])
    assert alternatives(POLICY, state) == alternatives(POLICY, state)


def test_a_grey_picture_has_no_colour_moved():
    state = state_of(PHOTOS[0]).mean(axis=0, keepdims=True).repeat(3, axis=0)
    for decision in alternatives(POLICY, state, colour=False):
        assert all(decision.values[s.name] == s.neutral for s in SLIDERS if s.colour)


def test_a_policy_that_is_sure_has_none(tmp_path):
    sure = Policy.load(policies.write(tmp_path / "sure.onnx", dict.fromkeys(NAMES, 20)))
    assert alternatives(sure, state_of(PHOTOS[0])) == []
