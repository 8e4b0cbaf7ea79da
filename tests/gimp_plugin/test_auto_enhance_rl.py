# SPDX-License-Identifier: GPL-3.0-or-later
"""What the plug-in file does without GIMP: judging an answer, choosing 32-bit values, running the helper.

GIMP's modules are stood in for, only so that the file can be imported; tests/gimp/test_plugin.py is the test in GIMP.
"""

from __future__ import annotations

import importlib.util
import json
import math
import os
import struct
import sys
import types
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gimp_plugin import install
from models import decide, styles

OPERATIONS = frozenset(install.OPERATIONS)


@pytest.fixture(scope="module")
def plug_in() -> Any:
    repository = mock.MagicMock()
    repository.Gimp.PlugIn = type("PlugIn", (), {})
    stand_ins = {"gi": types.SimpleNamespace(require_version=lambda *_: None), "gi.repository": repository}
    path = [str(install.ENTRY.parent), *sys.path]  # as where GIMP runs the file: its folder comes first
    with mock.patch.dict(sys.modules, stand_ins), mock.patch.object(sys, "path", path):
        spec = importlib.util.spec_from_file_location("auto_enhance_rl", install.ENTRY)
        assert spec and spec.loader
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return module


def _decision(**changes: Any) -> dict[str, Any]:
    row = {"operation": "gegl:exposure", "label": "Exposure +1.00 stops", "properties": {"exposure": 1.0}}
    return {"format": 1, "sliders": [], "filters": [row | changes]}


def test_a_real_decision_passes(plug_in: Any) -> None:
    header = {"width": 8, "height": 8, "channels": 3, "layer_width": 6000, "layer_height": 4000}
    decision = decide.decide(header, bytes(range(192)))
    for answer in (decision, json.dumps(decision)):
        passed, filters = plug_in.check_decision(answer, OPERATIONS)
        assert passed == decision
        assert [f[0] for f in filters] == [f["operation"] for f in decision["filters"]]


def test_filters_come_out_in_order(plug_in: Any) -> None:
    assert plug_in.check_decision(_decision(), OPERATIONS)[1] == [
        ("gegl:exposure", "Exposure +1.00 stops", {"exposure": 1.0})
    ]


@pytest.mark.parametrize(
    "answer",
    [
        "", "junk", "{", "null", "7", "[]", "{}", "[" * 100_000, '{"format": 1}', '{"format": 2, "filters": []}',
        {"format": 1, "filters": None}, {"format": 1, "filters": [None]}, {"format": 1, "filters": [{}]},
        _decision(operation="gimp:levels"), _decision(operation="gegl:gif-load"), _decision(operation=None),
        _decision(operation=["gegl:exposure"]), _decision(properties={"exposure": 1e300}),
        _decision(label=None), _decision(label=7), _decision(properties=None),
        _decision(properties={"exposure": math.nan}), _decision(properties={"exposure": math.inf}),
        _decision(properties={"exposure": "1"}), _decision(properties={"exposure": True}),
        _decision(properties={"exposure": None}), _decision(properties={"exposure": [1.0]}),
        _decision(properties={"exposure": 10**400}),
    ],
)  # fmt: skip
def test_anything_else_is_refused(plug_in: Any, answer: Any) -> None:
    with pytest.raises(plug_in.Refusal, match="makes no sense .* `trainer install-plugin`"):
        plug_in.check_decision(answer, OPERATIONS)


def test_the_real_list_of_styles_passes(plug_in: Any) -> None:
    listed = decide.list_styles({"styles": "/nowhere"})
    for answer in (listed, json.dumps(listed)):
        ((name, description, problem),) = plug_in.check_styles(answer)
        assert (name, problem) == (plug_in.DEFAULT_STYLE, "") and description


@pytest.mark.parametrize(
    "answer",
    [
        "", "{", "null", "[]", "{}", "[" * 100_000, {"format": 2, "styles": []}, {"format": 1, "styles": None},
        {"format": 1, "styles": [None]}, {"format": 1, "styles": [{"name": "a"}]},
        {"format": 1, "styles": [{"name": 7, "description": "", "problem": ""}]},
    ],
)  # fmt: skip
def test_any_other_list_is_refused(plug_in: Any, answer: Any) -> None:
    with pytest.raises(plug_in.Refusal, match="makes no sense .* `trainer install-plugin`"):
        plug_in.check_styles(answer)


def test_no_gimp_operation_even_if_allowed(plug_in: Any) -> None:
    with pytest.raises(plug_in.Refusal, match="gimp:levels"):
        plug_in.check_decision(_decision(operation="gimp:levels"), OPERATIONS | {"gimp:levels"})


@given(value=st.floats(-12000.0, 12000.0))
def test_neighbours_are_the_32_bit_floats_around(plug_in: Any, value: float) -> None:
    around = plug_in.neighbours(value)
    for each in around:
        assert struct.unpack("<f", struct.pack("<f", each))[0] == each
    assert around[0] == float(np.float32(value))
    if around[0] == value:
        assert around == [value]
    else:
        low, high = sorted(around)
        assert low < value < high
        assert np.nextafter(np.float32(low), np.float32(np.inf)) == np.float32(high)


def test_helper(plug_in: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A real helper process, with an environment as a packaged GIMP has it: none of that reaches the helper."""
    for name in ("PYTHONPATH", "PYTHONHOME", "LD_PRELOAD", "LD_LIBRARY_PATH"):
        monkeypatch.setenv(name, "/nowhere")
    header = {"width": 8, "height": 4, "channels": 4, "strength": 1.0, "model": "", "colour": True}
    data = bytes(range(128))
    settings = {"python": sys.executable, "timeout": 60.0}
    answer = plug_in.ask_helper(header, data, settings)
    assert json.loads(answer) == decide.decide(header, data)
    answer = plug_in.ask_helper({"list": True}, b"", settings)
    assert json.loads(answer) == decide.list_styles({})


@pytest.mark.parametrize(
    ("script", "message"),
    [
        (None, "can't be started .*trainer install-plugin"),
        ("exec sleep 20", "no answer in 0.3 seconds"),
        ("echo the cause; the remedy >&2; exit 1", "No decision"),
        ("kill -9 $$", "ended with -9"),
        ("exit 3", "ended with 3"),
    ],
)
def test_helper_that_fails(plug_in: Any, tmp_path: Path, script: str | None, message: str) -> None:
    python = tmp_path / "python3"
    if script is not None:
        python.write_text(f"#!/bin/sh\n{script}\n")
        python.chmod(0o755)
    with pytest.raises(plug_in.Refusal, match=message):
        plug_in.ask_helper({}, b"", {"python": str(python), "timeout": 0.3})


@pytest.mark.parametrize(
    "text",
    [None, "", "[]", "{}", '{"python": "x", "operations": 3, "timeout": 1, "styles": ""}',
     '{"python": "x", "operations": [], "timeout": 1}'],
)  # fmt: skip
def test_settings(plug_in: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str | None) -> None:
    monkeypatch.setattr(plug_in, "FOLDER", str(tmp_path))
    if text is not None:
        (tmp_path / "config.json").write_text(text)
    with pytest.raises(plug_in.Refusal, match=r"config\.json is missing or broken .*trainer install-plugin"):
        plug_in.read_settings()
    (tmp_path / "config.json").write_text(json.dumps(install.config(sys.executable)))
    assert plug_in.read_settings() == {
        "python": os.path.abspath(sys.executable), "timeout": install.TIMEOUT, "operations": OPERATIONS,
        "styles": str(styles.user_folder()),
    }  # fmt: skip


def test_runs_on_the_oldest_python_meant() -> None:
    compile(install.ENTRY.read_text(encoding="utf-8"), "auto_enhance_rl.py", "exec", dont_inherit=True)
    assert install.ENTRY.read_text(encoding="utf-8").startswith("#!/usr/bin/env python3\n")
