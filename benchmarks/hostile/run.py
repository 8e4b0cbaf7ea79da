# SPDX-License-Identifier: GPL-3.0-or-later
"""Hostile inputs by the ten thousand, programs killed at any moment, full disks: what the program makes of them.

    python -m benchmarks.hostile --hours 2 [--out DIR] [--seed 0] [--processes 2] [--only TARGET ...]
    python -m benchmarks.hostile --again NUMBER [--seed 0]

Inputs are numbered, and made of the seed and their number alone: pictures of every format with their profiles, EXIF and
XMP; decisions, sidecars, settings, policy files, the helper's requests and answers, cache entries, checkpoints; and now
and then `enhance` on a folder, `fit`, `export` or `install-plugin` is killed at a random moment or runs on a disk that
is full, and must come to the same when it is started again. What counts as a fault: a traceback, a crash, more than 5
seconds or 2 GiB for an input, an error that is not a line, a file of the user's changed, a resumed run that differs.

The campaign goes on where it stopped, until it has had its hours in all; Ctrl-C stops it. OUT has state.json, and in
finds/ the input and what was said of each kind of fault. --again does one input once more, with its traceback. Exit
status 1 where there are faults.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import shutil
import signal
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from rich.console import Console

from editor_ops.full_size import cores
from models.files import write_text
from trainer.console import progress

from . import kills, worker
from .worker import Outcome

KEPT = 3
"""Inputs kept of each kind of fault."""
SAVE_EVERY = 10.0
"""Seconds between writes of the state: what a killed campaign does again."""
WORK = "work"
"""In OUT: where the workers work."""
GRACE = 6
"""Times the limit by the wall's clock: the machine may have other work."""


@dataclass
class State:
    """How far a campaign is. outcomes: how often, by "target: word"; finds: for each kind of fault, its inputs."""

    seed: int
    next: int = 0
    seconds: float = 0.0
    outcomes: Counter[str] = field(default_factory=Counter)
    finds: dict[str, list[int]] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path, seed: int) -> State:
        if not path.exists():
            return cls(seed)
        found: dict[str, Any] = json.loads(path.read_text())
        if found["seed"] != seed:
            raise SystemExit(f"{path}: is of a campaign with seed {found['seed']}: give that, or another --out")
        return cls(**found | {"outcomes": Counter(found["outcomes"])})

    def write(self, path: Path) -> None:
        write_text(path, json.dumps(vars(self), indent=1) + "\n")


class Watched:
    """A worker process, the number that it has in hand, and since when."""

    def __init__(self, seed: int, folder: Path) -> None:
        """folder: for its temporary files; what a killed one leaves goes with it."""
        self.folder = folder
        context = multiprocessing.get_context("spawn")
        self.pipe, other = context.Pipe()
        self.process: BaseProcess = context.Process(target=worker.work, args=(seed, folder, other), daemon=False)
        self.process.start()
        other.close()
        self.number: int | None = None
        self.since = (0.0, 0.0)

    def begin(self, number: int) -> None:
        self.number, self.since = number, (time.monotonic(), _processor_time(self.process.pid))
        self.pipe.send(number)

    def hangs(self, limit: float) -> bool:
        wall, spent = time.monotonic() - self.since[0], _processor_time(self.process.pid) - self.since[1]
        return self.number is not None and (spent > limit or wall > GRACE * limit)

    def end(self) -> None:
        if self.process.pid:
            self.process.kill()
        self.process.join()
        self.pipe.close()


def _processor_time(process: int | None) -> float:
    """Seconds that a process has had of the processors."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def campaign(state: State, out: Path, hours: float, processes: int, only: list[str]) -> None:
    """Goes on until the hours are over, or Ctrl-C. What is in hand then is done to its end, but for Ctrl-C."""
    begun, saved, before = time.monotonic(), time.monotonic(), state.seconds
    folder = fresh(out / WORK)
    workers = [Watched(state.seed, folder) for _ in range(processes)]
    ahead, in_hand = state.next, set[int]()
    with progress(Console(stderr=True), "said") as bar:
        task = bar.add_task("Inputs", total=None, said="")
        try:
            while (goes_on := before + time.monotonic() - begun < 3600 * hours) or in_hand:
                said = _outcomes(workers, state.seed)
                if ahead == state.next and not in_hand and not said:
                    begun = time.monotonic()  # the workers are still starting
                for outcome, one in said:
                    if outcome is not None:
                        in_hand.discard(outcome.number)
                        _note(state, out, outcome)
                    if one is not None and goes_on:
                        while only and worker.target_of(state.seed, ahead) not in only:
                            ahead += 1
                        one.begin(ahead)
                        in_hand.add(ahead)
                        ahead += 1
                state.next = min(in_hand, default=ahead)
                state.seconds = before + time.monotonic() - begun
                bar.update(task, completed=sum(state.outcomes.values()), said=f"{len(state.finds)} faults")
                if time.monotonic() - saved > SAVE_EVERY:
                    state.write(out / "state.json")
                    saved = time.monotonic()
        except KeyboardInterrupt:
            pass
        finally:
            state.write(out / "state.json")  # first: a second Ctrl-C may come
            for each in workers:
                each.end()
            shutil.rmtree(out / WORK, ignore_errors=True)


def fresh(folder: Path) -> Path:
    """The folder, empty."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder.absolute()


def _outcomes(workers: list[Watched], seed: int) -> list[tuple[Outcome | None, Watched | None]]:
    """What was said since, and who has nothing to do; workers that have ended or hang are replaced."""
    said: list[tuple[Outcome | None, Watched | None]] = []
    ready: list[Any] = wait([each.pipe for each in workers], timeout=0.5)
    for i, each in enumerate(workers):
        number = each.number
        if each.pipe in ready:
            try:
                said.append((each.pipe.recv(), each))
                each.number = None
                continue
            except (EOFError, OSError):
                each.process.join()
                how = f"ended with {each.process.exitcode}"
        elif number is not None and each.hangs(_limit(seed, number)):
            how = f"hung for {_limit(seed, number):g} seconds"
        else:
            continue
        each.end()
        workers[i] = Watched(seed, each.folder)
        if number is not None:
            name = worker.target_of(seed, number)
            said.append((Outcome(number, name, "crash", f"{name}: {how}"), None))
    return said


def _limit(seed: int, number: int) -> float:
    return kills.LONGEST if worker.target_of(seed, number) in kills.TARGETS else worker.LONGEST


def _note(state: State, out: Path, outcome: Outcome) -> None:
    state.outcomes[f"{outcome.target}: {outcome.word}"] += 1
    if not outcome.fault:
        return
    inputs = state.finds.setdefault(outcome.fault, [])
    if len(inputs) < KEPT and outcome.number not in inputs:
        inputs.append(outcome.number)
        _, file, data = worker.made(state.seed, outcome.number)
        folder = out / "finds" / str(outcome.number)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / file).write_bytes(data)
        write_text(folder / "said.txt", f"{outcome.fault}\n\n{outcome.details}")


def again(seed: int, number: int) -> int:
    with tempfile.TemporaryDirectory(prefix="hostile-") as folder:
        outcome = worker.taken(seed, number, Path(folder))
    print(f"{outcome.target}: {outcome.word} in {outcome.seconds:.1f} s\n{outcome.fault}\n{outcome.details}")
    return 1 if outcome.fault else 0


def report(state: State) -> str:
    total = sum(state.outcomes.values())
    killed = sum(n for word, n in state.outcomes.items() if word.partition(":")[0] in kills.TARGETS)
    hours = f"{state.seconds / 3600:.2f} hours"
    lines = [f"{total} inputs in {hours}, seed {state.seed}; {killed} of them kills and full disks"]
    lines += [f"{n:8} {word}" for word, n in sorted(state.outcomes.items())]
    lines += [f"FAULT {fault} (inputs {', '.join(map(str, some))})" for fault, some in sorted(state.finds.items())]
    return "\n".join([*lines, f"{len(state.finds)} kinds of faults"])


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hostile", description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--hours", type=float, default=2.0, metavar="H", help="that the campaign has in all (default: 2)"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("hostile"), metavar="DIR", help="its folder (default: hostile)"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the inputs (default: 0)")
    parser.add_argument("--processes", type=int, default=cores(), metavar="N", help="default: as many as cores")
    parser.add_argument("--only", nargs="+", default=[], choices=sorted(worker.TARGETS), metavar="TARGET",
                        help=f"of {', '.join(sorted(worker.TARGETS))}")  # fmt: skip
    parser.add_argument("--again", type=int, metavar="NUMBER", help="one input once more")
    given = parser.parse_args()
    if given.again is not None:
        return again(given.seed, given.again)
    given.out.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends as Ctrl-C does
    state = State.read(given.out / "state.json", given.seed)
    campaign(state, given.out, given.hours, given.processes, given.only)
    print(report(state))
    return 1 if state.finds else 0
