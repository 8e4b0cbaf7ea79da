# SPDX-License-Identifier: GPL-3.0-or-later
"""A run's folder: made once, found again, its log cut where a run goes on, and stopped between two updates."""

import dataclasses
import json
import os
import signal

import pytest

torch = pytest.importorskip("torch")

from trainer.config import RENAMED, Config, recipe  # noqa: E402
from trainer.run_folder import FitError, MetricsLog, create_run, interruptible, read_run  # noqa: E402


def test_a_run_is_found_again_with_its_settings(tmp_path):
    config = recipe("taste", steps=7, seed=3)
    create_run(tmp_path / "photos", tmp_path / "favourites", tmp_path / "runs" / "mine", config)
    assert read_run(tmp_path / "runs" / "mine").config == config
    record = json.loads((tmp_path / "runs" / "mine" / "config.json").read_text())
    assert (record["source"], record["target"]) == (str(tmp_path / "photos"), str(tmp_path / "favourites"))


def test_a_run_of_an_earlier_version_is_found_under_its_names(tmp_path):
    """Every renamed setting, each with a value that is not the default."""
    settings = dataclasses.asdict(Config())
    other = {}
    for before, now in RENAMED.items():
        value = settings.pop(now)
        settings[before] = other[now] = (not value) if isinstance(value, bool) else value / 2
    (tmp_path / "config.json").write_text(json.dumps({"source": "a", "target": "b", "settings": settings}))
    assert read_run(tmp_path).config == dataclasses.replace(Config(), **other)


@pytest.mark.parametrize("text", [None, "{", "{}", '{"settings": {"spead": 1}}', '{"settings": {"steps": 0}}'])
def test_what_is_no_run_is_not_resumed(tmp_path, text):
    if text is not None:
        (tmp_path / "config.json").write_text(text)
    with pytest.raises(FitError) as raised:
        read_run(tmp_path)
    assert raised.value.kind == "missing" and str(tmp_path / "config.json") in str(raised.value)


def test_nothing_is_put_into_a_folder_that_holds_something(tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "photo.txt").write_text("keep me")
    (tmp_path / "file").write_text("keep me")
    for out in (tmp_path / "full", tmp_path / "file"):
        with pytest.raises(FitError) as raised:
            create_run(tmp_path, tmp_path, out, Config())
        assert raised.value.kind == "taken"
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["photo.txt"]
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / ".config.json.17.part").write_text("{")  # of a start that was killed at once
    create_run(tmp_path, tmp_path, tmp_path / "empty", Config())
    assert [path.name for path in (tmp_path / "empty").iterdir()] == ["config.json"]
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / ".film.avi.17.part").write_text("somebody's")
    with pytest.raises(FitError):
        create_run(tmp_path, tmp_path, tmp_path / "other", Config())
    assert (tmp_path / "other" / ".film.avi.17.part").exists()


def test_the_log_goes_on_where_the_run_does(tmp_path):
    """Later lines, which are written again, and one that a crash cut short are gone."""
    log = MetricsLog(tmp_path, 0, writes=True)
    for step in (10, 20, 30):
        log.add(step, {"reward": step / 10})
    log.close()
    with (tmp_path / "metrics.jsonl").open("a") as file:
        file.write('{"step": 1')
    log = MetricsLog(tmp_path, 20, writes=True)
    log.add(30, {"reward": -1.0})
    log.close()
    rows = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert [(row["step"], row["reward"]) for row in rows] == [(10, 1.0), (20, 2.0), (30, -1.0)]
    assert list((tmp_path / "tensorboard").iterdir())


def test_another_process_writes_no_log(tmp_path):
    log = MetricsLog(tmp_path, 0, writes=False)
    log.add(10, {"reward": 1.0})
    log.close()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_asks_and_the_second_raises(number):
    before = signal.getsignal(number)
    with interruptible() as stop:
        assert not stop
        os.kill(os.getpid(), number)
        assert stop
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)
    assert signal.getsignal(number) is before
