# SPDX-License-Identifier: GPL-3.0-or-later
from dataclasses import fields

import pytest

from trainer.config import PAPER, RECIPES, Config, recipe


def test_the_papers_numbers():
    """Section 4.1 of the paper and its official code."""
    paper = recipe("paper")
    assert (paper.w_critic, paper.w_hindsight, paper.content, paper.entropy) == (1.0, 0.0, 100.0, 0.001)
    assert (paper.batch, paper.actions, paper.critic_updates, paper.replay) == (20, 1, 5, 1000)
    assert (paper.learning_rate, paper.beta1, paper.gradient_penalty, paper.clip) == (1e-4, 0.5, 10.0, 40.0)
    assert paper.steps == 16 * 6000 and paper.network == "paper" and paper.average == 0


def test_every_setting_says_what_it_is():
    assert all(len(f.metadata["help"]) > 10 for f in fields(Config))
    assert set(PAPER) <= {f.name for f in fields(Config)}


@pytest.mark.parametrize("name", RECIPES)
def test_recipes_can_be_changed(name):
    assert recipe(name, seed=5).seed == 5


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"steps": 0}, "steps is 0; it must be 1 or more"),
        ({"entropy": -1.0}, "entropy is -1.0"),
        ({"entropy": float("nan")}, "entropy is nan"),
        ({"average": 1.5}, "from 0 to 1"),
        ({"learning_rate": 0.0}, "above 0"),
        ({"w_hindsight": 0.0}, "nothing is left to learn from"),
        ({"hindsight_share": 0.5}, "source photos would teach nothing"),
        ({"w_critic": 1.0}, "edit_size is 32"),
        ({"device": "abacus"}, "use auto, cpu or cuda"),
        ({"spead": 1}, "no setting 'spead'"),
    ],
)
def test_settings_that_make_no_sense_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        recipe("default", **changes)
    with pytest.raises(ValueError, match="no recipe 'best'; there are default, paper"):
        recipe("best")
