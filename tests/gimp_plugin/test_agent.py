# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking the agent, without GIMP; tests/gimp/test_plugin.py is the test in GIMP."""

from __future__ import annotations

import json
import math
import os
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from editor_ops import SLIDERS
from gimp_plugin import install
from models import helper, styles
from models.decision import FORMAT_VERSION
from models.faces import styles as face_styles

HEADER = {"width": 8, "height": 8, "channels": 3}
PIXELS = bytes(range(192))


@pytest.fixture
def agent(part: Any) -> Any:
    return part("agent")


def settings(agent: Any, python: str | Path = sys.executable, timeout: float = 60.0) -> Any:
    return agent.Settings(str(python), timeout, "")


@pytest.fixture
def no_onnxruntime(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in most GIMPs: their Python can't import it, and a helper is asked."""
    monkeypatch.setitem(sys.modules, "onnxruntime", None)


@pytest.mark.parametrize("way", ["in process", "helper"])
def test_asked_one_thing_after_the_other(agent: Any, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    """A real helper process, with an environment as a packaged GIMP has it: none of that reaches the helper."""
    if way == "helper":
        monkeypatch.setitem(sys.modules, "onnxruntime", None)
        for name in ("PYTHONPATH", "PYTHONHOME", "LD_PRELOAD", "LD_LIBRARY_PATH"):
            monkeypatch.setenv(name, "/nowhere")
    session = helper.Session()
    asked = agent.Agent(settings(agent))
    requests = [(HEADER, PIXELS), ({"list": True}, b""), ({"alternatives": 4}, b"")]
    failed = asked.ask({"again": True, "style": "no such"})
    answers = [asked.ask(*each) for each in requests]
    with pytest.raises(agent.PluginError, match="No decision: no picture was shown.* `trainer doctor`"):
        failed.result()
    got = [each.result() for each in answers]
    asked.close()
    monkeypatch.undo()
    expected = [session.answer(*each) for each in requests]
    assert got == json.loads(json.dumps(expected))
    assert len(agent.check_decision(got[0]).choices) == len(SLIDERS)
    assert [name for name, _, _ in agent.check_styles(got[1])] == [styles.DEFAULT]
    side, found = agent.check_alternatives(got[2])
    assert side == helper.PICTURE_SIDE and len(found) >= 1


@pytest.mark.parametrize(
    ("script", "message"),
    [
        (None, "can't be started .*trainer install-plugin"),
        ("exec sleep 20", "no answer in 0.3 seconds"),
        ("cat >/dev/null & sleep 20; exit 0", "no answer in 0.3 seconds"),
        ("echo 'the cause; the remedy' >&2; exit 1", "No decision: the cause; the remedy"),
        ("kill -9 $$", "ended with -9"),
        ("exit 3", "ended with 3"),
        ("echo junk; cat >/dev/null", "can't be used"),
        ('echo \'{"error": "the cause; the remedy"}\'; cat >/dev/null', "No decision: the cause; the remedy"),
    ],
)
@pytest.mark.usefixtures("no_onnxruntime")
def test_helper_that_fails(agent: Any, tmp_path: Path, script: str | None, message: str) -> None:
    python = tmp_path / "python3"
    if script is not None:
        python.write_text(f"#!/bin/sh\n{script}\n")
        python.chmod(0o755)
    begun = time.monotonic()
    asked = agent.Agent(settings(agent, python, timeout=0.3 if "sleep" in (script or "") else 20))
    with pytest.raises(agent.PluginError, match=message):
        asked.ask(HEADER, PIXELS).result()
    asked.close()
    assert time.monotonic() - begun < 10  # the limit holds, whoever still has the helper's output


@pytest.mark.parametrize("script", [None, "exit 1"])
@pytest.mark.usefixtures("no_onnxruntime")
def test_in_a_sandbox_the_remedy_is_another(
    agent: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str | None
) -> None:
    monkeypatch.setattr(agent, "SANDBOX", True)
    python = tmp_path / "python3"
    if script is not None:
        python.write_text(f"#!/bin/sh\n{script}\n")
        python.chmod(0o755)
    asked = agent.Agent(settings(agent, python))
    with pytest.raises(agent.PluginError, match="trainer install-plugin --bundle"):
        asked.ask(HEADER, PIXELS).result()
    asked.close()


@pytest.mark.usefixtures("no_onnxruntime")
def test_closing_does_not_wait_for_a_helper_that_hangs(agent: Any, tmp_path: Path) -> None:
    python = tmp_path / "python3"
    python.write_text("#!/bin/sh\nexec sleep 100\n")
    python.chmod(0o755)
    asked = agent.Agent(settings(agent, python))
    waiting = asked.ask(HEADER, PIXELS)
    deadline = time.monotonic() + 20
    while not waiting.running():  # one that waits its turn is cancelled
        assert time.monotonic() < deadline
        time.sleep(0.01)
    begun = time.monotonic()
    asked.close()
    assert time.monotonic() - begun < 10
    with pytest.raises(agent.PluginError, match="ended with -9"):
        waiting.result(5)


@pytest.mark.usefixtures("no_onnxruntime")
def test_closing_ends_a_helper_that_is_about_to_start(agent: Any, tmp_path: Path) -> None:
    python = tmp_path / "python3"
    python.write_text(f"#!/bin/sh\necho $$ >> {tmp_path}/started\nexec sleep 100\n")
    python.chmod(0o755)
    for _ in range(8):
        agent.Agent(settings(agent, python)).close()
    time.sleep(0.2)  # what was left would write its number by now
    started = (tmp_path / "started").read_text().split() if (tmp_path / "started").exists() else []
    assert not [number for number in started if Path(f"/proc/{number}").exists()]


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "[]",
        "{}",
        "[" * 3000 + "]" * 3000,
        f'{{"python": "x", "timeout": 1{"0" * 400}, "styles": ""}}',
        '{"python": "x", "timeout": "soon", "styles": ""}',
        '{"python": "x", "timeout": 1}',
    ],
)
def test_settings(agent: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str | None) -> None:
    monkeypatch.setattr(agent, "FOLDER", str(tmp_path))
    if text is not None:
        (tmp_path / "config.json").write_text(text)
    with pytest.raises(agent.PluginError, match=r"config\.json is missing or broken .*trainer install-plugin"):
        agent.read_settings()
    (tmp_path / "config.json").write_text(json.dumps(install.config(sys.executable)))
    folders = (str(styles.user_folder()), str(face_styles.user_folder()))
    expected = agent.Settings(os.path.abspath(sys.executable), install.TIMEOUT, *folders)
    assert agent.read_settings() == expected


def _decision(**changes: Any) -> dict[str, Any]:
    """A sound answer with its first slider's row changed."""
    answer = helper.Session().answer(HEADER, PIXELS)
    answer["sliders"][0] |= changes
    return answer


def test_a_real_decision_passes(agent: Any) -> None:
    answer = _decision()
    decision = agent.check_decision(answer)
    assert decision.to_json() == {name: value for name, value in answer.items() if name != "filters"}
    assert [(c.slider.name, c.value, c.probability) for c in decision.choices] == [
        (row["name"], row["value"], row["probability"]) for row in answer["sliders"]
    ]


@pytest.mark.parametrize(
    "answer",
    [
        None, 7, "junk", [], {}, {"format": FORMAT_VERSION}, {"format": 1, "sliders": []},
        {"format": FORMAT_VERSION, "sliders": None},
        _decision() | {"sliders": []}, _decision() | {"sliders": [None]}, _decision() | {"model": None},
        _decision() | {"model": {"name": 7, "sha256": ""}}, _decision() | {"format": FORMAT_VERSION - 1},
        _decision(name="speed"), _decision(operation="gimp:levels"), _decision(property="speed"),
        _decision(value=math.nan), _decision(value=math.inf), _decision(value="1"), _decision(value=True),
        _decision(value=None), _decision(value=[1.0]), _decision(value=10**400), _decision(value=99.0),
        _decision(probability=2), _decision(probability=math.nan), _decision(probability=""),
        _decision() | {"model": {"name": "x" * 10**6, "sha256": ""}},
    ],
)  # fmt: skip
def test_anything_else_is_refused(agent: Any, answer: Any) -> None:
    with pytest.raises(agent.PluginError, match="can't be used .* `trainer install-plugin`"):
        agent.check_decision(answer)


def test_any_other_list_of_alternatives_is_refused(agent: Any) -> None:
    session = helper.Session()
    session.answer(HEADER, PIXELS)
    sound = session.answer({"alternatives": 4})
    agent.check_alternatives(sound)
    first = sound["alternatives"][0]
    for wrong in (
        None, {}, sound | {"format": FORMAT_VERSION - 1}, sound | {"side": 0}, sound | {"side": "wide"},
        sound | {"side": 10**9},
        sound | {"alternatives": 3}, sound | {"alternatives": [None]},
        sound | {"alternatives": [{**first, "picture": ""}]},
        sound | {"alternatives": [{**first, "picture": 7}]}, sound | {"alternatives": [{**first, "picture": "!!!!"}]},
        sound | {"alternatives": [{**first, "sliders": []}]},
    ):  # fmt: skip
        with pytest.raises(agent.PluginError, match="can't be used .* `trainer install-plugin`"):
            agent.check_alternatives(wrong)


@pytest.mark.parametrize(
    "answer",
    [
        None, [], {}, {"format": FORMAT_VERSION - 1, "styles": []}, {"format": FORMAT_VERSION, "styles": None},
        {"format": FORMAT_VERSION, "styles": [None]},
        {"format": FORMAT_VERSION, "styles": [{"name": "a"}]},
        {"format": FORMAT_VERSION, "styles": [{"name": 7, "description": "", "problem": ""}]},
    ],
)  # fmt: skip
def test_any_other_list_of_styles_is_refused(agent: Any, answer: Any) -> None:
    with pytest.raises(agent.PluginError, match="can't be used .* `trainer install-plugin`"):
        agent.check_styles(answer)
