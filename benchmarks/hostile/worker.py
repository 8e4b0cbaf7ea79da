# SPDX-License-Identifier: GPL-3.0-or-later
"""One process that takes inputs in, one after the other, and is watched: it may hang, grow or end at any of them."""

from __future__ import annotations

import os
import resource
import tempfile
import time
import traceback
import warnings
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from typing import NamedTuple

from . import face_targets, kills, learning_targets, targets
from .targets import FaultError, Target

TARGETS: dict[str, Target] = {
    **targets.TARGETS, **face_targets.TARGETS, **learning_targets.TARGETS, **kills.TARGETS,
}  # fmt: skip
LONGEST = 5.0
"""Seconds that an input may take by the processor's clock; kills, which start programs, have their own limits."""
MOST_MEMORY = 2 * 2**30
"""Bytes that the process may have in memory."""
MUCH = MOST_MEMORY + 2**31
"""Bytes that it may ask for at all: what wants more gets a MemoryError, and the machine lives."""
PROJECT = Path(__file__).parents[2]
OURS = {(*PROJECT.parts, room) for room in ("editor_ops", "models", "enhancer", "trainer", "gimp_plugin", "benchmarks")}


class Outcome(NamedTuple):
    """Of an input. fault: what was wrong, in a line, which is the same for the same cause; empty where nothing was."""

    number: int
    target: str
    word: str
    fault: str = ""
    details: str = ""
    seconds: float = 0.0


def target_of(seed: int, number: int) -> str:
    names = sorted(TARGETS)
    return Random(f"{seed} {number}").choices(names, [TARGETS[name].share for name in names])[0]


def made(seed: int, number: int) -> tuple[str, str, bytes]:
    """(the target, a file's name, its bytes) of an input, the same at any time."""
    name = target_of(seed, number)
    with warnings.catch_warnings(action="ignore"):  # of the libraries that make it
        return name, *TARGETS[name].make(Random(f"{seed} {number} {name}"))


def taken(seed: int, number: int, folder: Path) -> Outcome:
    """One input, in an empty folder."""
    name, file, data = made(seed, number)
    begun, clock = time.process_time(), time.monotonic()
    word = fault = details = ""
    try:
        word = TARGETS[name].take(file, data, folder)
    except FaultError as error:
        word, fault, details = "fault", f"{name}: {error}", traceback.format_exc()
    except Exception as error:
        word, fault, details = "traceback", f"{name}: {signature(error)}", traceback.format_exc()
    spent = time.process_time() - begun
    if not fault and spent > LONGEST and name not in kills.TARGETS:
        word, fault = "slow", f"{name}: over {LONGEST:g} seconds"
    if not fault and (peak := resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024) > MOST_MEMORY:
        word, fault = "large", f"{name}: over {MOST_MEMORY >> 30} GiB of memory ({peak >> 20} MiB)"
    return Outcome(number, name, word, fault, details, time.monotonic() - clock)


def signature(error: Exception) -> str:
    """The kind of an error and the last line of ours on its way, by which the same fault is known again."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).parts[: len(PROJECT.parts) + 1] in OURS]
    place = f"{Path(ours[-1].filename).relative_to(PROJECT)}, {ours[-1].name}" if ours else "nowhere of ours"
    return f"{type(error).__name__} in {place}"


def work(seed: int, folder: Path, parent: Connection) -> None:
    """Asks for numbers, without end, and says what became of each. folder: for temporary files."""
    os.environ["TMPDIR"], tempfile.tempdir = str(folder), None
    resource.setrlimit(resource.RLIMIT_DATA, (MUCH, MUCH))
    learning_targets.whole_checkpoint()  # torch imports more of itself then, which is no input's time
    with tempfile.TemporaryDirectory(prefix="hostile-") as name:
        parent.send(None)
        while True:
            number = parent.recv()
            outcome = taken(seed, number, Path(name))
            targets.empty(Path(name))
            parent.send(outcome)
            if outcome.word == "large":  # its peak stays: a new process takes over
                return
