# SPDX-License-Identifier: GPL-3.0-or-later
"""What the plug-in's parts do without GIMP: 32-bit values, the mark on a layer, the log."""

from __future__ import annotations

import json
import logging
import struct
import sys
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gimp_plugin import install
from gimp_plugin.auto_enhance_rl.plugin import log, names


@given(value=st.floats(-12000.0, 12000.0))
def test_neighbours_are_the_32_bit_floats_around(part: Any, value: float) -> None:
    around = part("filters").neighbours(value)
    for each in around:
        assert struct.unpack("<f", struct.pack("<f", each))[0] == each
    assert around[0] == float(np.float32(value))
    if around[0] == value:
        assert around == [value]
    else:
        low, high = sorted(around)
        assert low < value < high
        assert np.nextafter(np.float32(low), np.float32(np.inf)) == np.float32(high)


def _layer(data: bytes | None, *filters: tuple[str, str]) -> mock.Mock:
    layer = mock.Mock()
    layer.get_parasite.return_value = None if data is None else mock.Mock(get_data=lambda: list(data))
    made = []
    for operation, name in filters:
        made.append(mock.Mock(get_operation_name=lambda o=operation: o, get_name=lambda n=name: n))
    layer.get_filters.return_value = made
    return layer


def test_only_filters_that_were_written_down_are_ours(part: Any) -> None:
    mark = json.dumps({"filters": [["gegl:exposure", "Exposure +1.00 stops"], ["gegl:levels", "gone"]]}).encode()
    layer = _layer(mark, ("gegl:exposure", "Exposure"), ("gegl:exposure", "Exposure +1.00 stops"), ("gegl:levels", "x"))
    assert part("own_filters").own_filters(layer) == [layer.get_filters()[1]]


@pytest.mark.parametrize(
    "data", [None, b"", b"junk", b"[]", b"{}", b'{"filters": 3}', b'{"filters": [3]}', b"\xff", b"[" * 9999]
)
def test_any_other_mark_means_that_none_is(part: Any, data: bytes | None) -> None:
    assert part("own_filters").own_filters(_layer(data, ("gegl:exposure", "Exposure"))) == []


@pytest.fixture
def no_handlers(monkeypatch: pytest.MonkeyPatch) -> logging.Logger:
    logger = logging.getLogger(names.PLUG_IN)
    monkeypatch.setattr(logger, "handlers", [])
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    return logger


def test_log(no_handlers: logging.Logger, tmp_path: Path) -> None:
    log.begin(str(tmp_path))
    no_handlers.warning("No decision: %s", "the cause")
    try:
        raise ImportError("no module")
    except ImportError as error:
        sys.excepthook(ImportError, error, error.__traceback__)  # as Python does where nobody catches it
    logging.shutdown()
    first, *rest = (tmp_path / names.LOG).read_text().splitlines()
    assert first.endswith(" WARNING No decision: the cause") and first.startswith("20")
    assert "CRITICAL" in rest[0] and rest[-1] == "ImportError: no module"


def test_without_a_log_the_plug_in_works(no_handlers: logging.Logger, tmp_path: Path) -> None:
    log.begin(str(tmp_path / "no" / "such" / "folder"))
    no_handlers.warning("goes nowhere")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("path", sorted(install.ENTRY.parent.rglob("*.py")), ids=lambda path: path.name)
def test_runs_on_the_oldest_python_meant(path: Path) -> None:
    compile(path.read_text(encoding="utf-8"), path.name, "exec", dont_inherit=True)


def test_entry_can_be_run() -> None:
    assert install.ENTRY.read_text(encoding="utf-8").startswith("#!/usr/bin/env python3\n")
