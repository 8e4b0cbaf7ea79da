# SPDX-License-Identifier: GPL-3.0-or-later
"""ONNX Runtime, made fit for files from anywhere: silent, on one core, with bounds on memory and time."""

from __future__ import annotations

import contextlib
import functools
import threading
from typing import Any

import numpy as np

from .onnx_nodes import lacks_an_input

SILENT = 4
"""Of ONNX Runtime's logs, the fatal ones alone: the rest mean nothing to the person who reads our one line."""
MOST_MEMORY = 2**30
"""Bytes that a network's numbers may take: ours need some MB, but a few bytes of a file can ask for any amount."""


@functools.cache
def _runtime() -> Any:
    import onnxruntime as runtime  # slow to import, so only where a network is used

    runtime.disable_telemetry_events()  # before 1.29 Windows was told, whatever the environment says
    runtime.set_default_logger_severity(SILENT)
    place = runtime.OrtMemoryInfo("Cpu", runtime.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, runtime.OrtMemType.DEFAULT)
    with contextlib.suppress(Exception):  # a host that has registered one has set its own bound
        runtime.create_and_register_allocator(place, runtime.OrtArenaCfg(MOST_MEMORY, -1, -1, -1))  # -1: as usual
    return runtime


def session(contents: bytes) -> Any:
    """An ONNX file's session. Raises whatever ONNX Runtime makes of a file that is none, MemoryError among it."""
    if lacks_an_input(contents):
        raise ValueError("a node lacks an input")
    runtime = _runtime()
    options = runtime.SessionOptions()
    options.log_severity_level = SILENT
    options.add_session_config_entry("session.use_env_allocators", "1")  # the one that has a bound
    options.intra_op_num_threads = 1  # our networks take milliseconds; threads cost more to start
    options.inter_op_num_threads = 1
    with contextlib.redirect_stdout(None):  # where it prints that it tries again what has failed
        return runtime.InferenceSession(contents, options, providers=["CPUExecutionProvider"])


def run(session_: Any, outputs: list[str], inputs: dict[str, np.ndarray], limit: float) -> list[np.ndarray]:
    """The outputs of that name, in at most `limit` seconds. Raises whatever ONNX Runtime does."""
    options = _runtime().RunOptions()
    options.log_severity_level = SILENT
    timer = threading.Timer(limit, setattr, (options, "terminate", True))  # a file may hold an endless loop
    timer.start()
    try:
        return session_.run(outputs, inputs, options)
    finally:
        timer.cancel()
