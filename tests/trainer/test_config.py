# SPDX-License-Identifier: GPL-3.0-or-later
import dataclasses
from dataclasses import fields

import pytest

from trainer.config import PAPER, RECIPES, RENAMED, Config, ConfigError, from_record, parse, recipe


def test_the_papers_numbers():
    """Section 4.1 of the paper and its official code."""
    paper = recipe("paper")
    assert (paper.w_critic, paper.w_hindsight, paper.content, paper.entropy) == (1.0, 0.0, 100.0, 0.001)
    assert (paper.batch, paper.actions, paper.critic_updates, paper.replay) == (20, 1, 5, 1000)
    assert (paper.learning_rate, paper.beta1, paper.gradient_penalty, paper.max_grad_norm) == (1e-4, 0.5, 10.0, 40.0)
    assert paper.steps == 16 * 6000 and paper.network == "paper" and paper.ema_decay == 0


def test_settings_have_one_place_each():
    names = {f.name for f in fields(Config)}
    assert set(PAPER) <= names and set(RENAMED.values()) <= names and not set(RENAMED) & names
    assert len({f.metadata["help"] for f in fields(Config)}) == len(names)  # no two are told in the same words
    assert sum(f.metadata["common"] for f in fields(Config)) == 11


@pytest.mark.parametrize("name", RECIPES)
def test_recipes_can_be_changed(name):
    assert recipe(name, seed=5).seed == 5


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"steps": 0}, "out of range"),
        ({"entropy": -1.0}, "out of range"),
        ({"entropy": float("nan")}, "out of range"),
        ({"ema_decay": 1.5}, "out of range"),
        ({"learning_rate": 0.0}, "out of range"),
        ({"smallest_crop": 0.0}, "out of range"),
        ({"w_hindsight": 0.0}, "contradiction"),
        ({"w_critic": 0.0}, "contradiction"),
        ({"critic": "paper"}, "contradiction"),
        ({"hindsight_share": 0.0, "imitation": 0.0}, "contradiction"),
        ({"network": "paper"}, "contradiction"),
        ({"device": "abacus"}, "unknown value"),
        ({"spead": 1}, "unknown setting"),
    ],
)
def test_settings_that_make_no_sense_are_refused(changes, kind):
    with pytest.raises(ConfigError) as raised:
        recipe("default", **changes)
    assert raised.value.kind == kind and next(iter(changes)) in str(raised.value)


def test_unknown_names_are_answered_with_the_nearest():
    with pytest.raises(ConfigError) as raised:
        recipe("best")
    assert raised.value.kind == "unknown recipe"
    with pytest.raises(ConfigError) as raised:
        recipe("default", learning_rat=1e-3)
    assert "learning_rate" in str(raised.value)


def test_runs_of_earlier_versions_keep_their_settings():
    """Under the names that config.json had then."""
    record = {"steps": 30, "focus": 2.0, "average": 0.9, "clip": 3.0, "look": True, "w_lost": 0.5}
    record |= {"hindsight_share": 1.0, "w_critic": 0.0, "learning_rate_falls": False, "critic_clip": 7.0}
    config = from_record(record)
    assert (config.inverse_temperature, config.ema_decay, config.max_grad_norm, config.style_shift) == (
        2.0,
        0.9,
        3.0,
        True,
    )
    assert (config.critic, config.w_faded, config.fitted_share) == ("paper", 0.0, 0.0)
    assert (config.w_clipping, config.anneal_lr, config.critic_max_grad_norm) == (0.5, False, 7.0)
    assert recipe("default", focus=2.0).inverse_temperature == 2.0
    with pytest.raises(TypeError):
        from_record({"spead": 1})
    for changes in ({"steps": 1e9}, {"dropout": "0.1"}, {"seed": True}, {"style_shift": 1}):
        with pytest.raises(TypeError):
            from_record(dataclasses.asdict(Config()) | changes)
    assert from_record(dataclasses.asdict(Config()) | {"dropout": 0}).dropout == 0


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("dropout=0.4", "dropout", 0.4),
        ("critic-updates = 3", "critic_updates", 3),
        ("by_slider=no", "by_slider", False),
        ("network=paper", "network", "paper"),
        ("focus=2", "inverse_temperature", 2.0),
        ("spead=1", "spead", "1"),
    ],
)
def test_assignments(text, name, value):
    assert parse(text) == (name, value) and type(parse(text)[1]) is type(value)


@pytest.mark.parametrize(
    ("text", "kind"), [("dropout", "no value"), ("steps=1.5", "wrong type"), ("by_slider=maybe", "wrong type")]
)
def test_assignments_that_are_none(text, kind):
    with pytest.raises(ConfigError) as raised:
        parse(text)
    assert raised.value.kind == kind
