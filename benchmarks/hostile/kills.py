# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that are killed at a random moment, or run on a disk that is full, and started again.

In the end there must be what an undisturbed run makes, nothing half written, and everything of the user's as it was.
"""

from __future__ import annotations

import ctypes
import functools
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import NamedTuple

import numpy as np
import onnx
from PIL import Image

from gimp_plugin import install

from .targets import Target, must

LONGEST = 600.0
"""Seconds that a run and its second start may take; they mostly take some ten."""
SHIM = """
import os, signal, sys
left, counted = int(os.environ.pop("HOSTILE_LEFT", 0)), os.environ.pop("HOSTILE_COUNTED", "")
changes = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.chmod", "os.truncate"}
seen = 0
def watch(event, arguments):
    global seen
    if event == "open":
        event = "os.rename" if (arguments[2] or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) else ""
    if event in changes:
        seen += 1
        if seen == left:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(watch)
if sys.argv[1:2] == ["fit"]:  # a start that takes a tenth of the time
    from trainer import inverse, learner, made_pictures, validation
    inverse.PAIRS, learner.NORMALISATION_PHOTOS, made_pictures.PAGES, validation.PAIRS = 32, 64, 4, 20
from trainer.cli import main
try:
    main()
finally:
    if counted:
        with open(counted, "w") as file:
            file.write(str(seen))
"""
"""The command `trainer`, which counts what it changes among files, and ends before one such change."""
FIT = ("--steps", "6", "--batch", "4", "--evaluate-every", "2", "--device", "cpu", "--quiet")
OWN = "mine.txt"
"""A file of the user's among the plug-in's."""
FULL_DISK = """
mount -t tmpfs -o size=${1}k none "$2"
set +e
(shift 4; exec "$@") 2>"$3/said" >"$3/out"; echo $? >"$3/status"
ls -AR "$2" >"$3/there"
mount -o remount,size=512m none "$2"
[ "$4" != fit ] || [ ! -e "$2/made/config.json" ] || set -- "$@" --resume
(shift 4; exec "$@") >"$3/out2" 2>"$3/said2"; echo $? >"$3/status2"
cp -a "$2" "$3/copy"
"""


class Command(NamedTuple):
    """arguments: of `trainer`, in a folder for what it makes. again: those that go on with it. files: what must be the
    same in the end, from that folder. prepare: what lies there before."""

    arguments: Callable[[Path], list[str]]
    files: Callable[[Path], dict[str, bytes]]
    again: Callable[[Path], list[str]] | None = None
    prepare: Callable[[Path], None] | None = None


class Reference(NamedTuple):
    """An undisturbed run: how long it took, how many files it changed, and what it made."""

    seconds: float
    changes: int
    files: dict[str, bytes]


def contents(folder: Path) -> dict[str, bytes]:
    found = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in sorted(found.items()) if "__pycache__" not in path.parts}


@functools.cache
def photos() -> Path:
    """Two folders of small photos, source and target, for this process."""
    folder = Path(tempfile.mkdtemp(prefix="hostile-photos-"))
    rng = np.random.default_rng(1)
    for i, name in enumerate(("a.jpg", "b.png", "c.tif", "below/d.jpg", "e.webp", "f.jpg")):
        for kind in ("source", "target"):
            path = folder / kind / name
            path.parent.mkdir(parents=True, exist_ok=True)
            coarse = rng.integers(20 * i, 256, (6, 8, 3)).astype(np.uint8)
            Image.fromarray(coarse).resize((160, 120)).save(path)
    return folder


def _enhance(made: Path) -> list[str]:
    return ["enhance", str(photos() / "source"), "--out", str(made), "--before-after", "--jobs", "1"]


def _copies(made: Path) -> dict[str, bytes]:
    """Copies and comparisons; sidecars, which tell the time, by their names alone."""
    return {name: b"" if name.endswith(".json") else data for name, data in contents(made).items()}


def _fit(made: Path) -> list[str]:
    folders = [str(photos() / kind) for kind in ("source", "target")]
    return ["fit", *folders, "--out", str(made), "--cache", str(made.parent / "cache"), *FIT]


def _resume(made: Path) -> list[str]:
    return [*_fit(made), *(["--resume"] if (made / "config.json").exists() else [])]


def _learned(made: Path) -> dict[str, bytes]:
    """The policy, without its date; which checkpoints there are; and the measures, without those of time."""
    model = onnx.load(made / "policy.onnx")
    del model.metadata_props[:]
    names = {str(path.relative_to(made)): b"" for path in (made / "checkpoints").iterdir()}
    rows = [json.loads(line) for line in (made / "metrics.jsonl").read_text().splitlines()]
    measures = json.dumps([{k: v for k, v in row.items() if k != "edits_per_second"} for row in rows]).encode()
    return {"policy.onnx": model.SerializeToString(), "metrics.jsonl": measures, **names}


@functools.cache
def _run() -> Path:
    """A run to export: the undisturbed one of `fit`."""
    reference("fit")
    return _place("fit") / "made"


def _export(made: Path) -> list[str]:
    return ["export", str(_run()), "--out", str(made / "policy.onnx")]


def _exported(made: Path) -> dict[str, bytes]:
    model = onnx.load(made / "policy.onnx")
    del model.metadata_props[:]
    return {"policy.onnx": model.SerializeToString()}  # beside it, hidden, may be what a killed export had written


def _install(made: Path) -> list[str]:
    return ["install-plugin", "--into", str(made)]


def _older(made: Path) -> None:
    """An older version is there, with a file that somebody has put beside it."""
    folder = made / install.PLUG_IN
    shutil.copytree(_place("install-plugin") / "made" / install.PLUG_IN, folder)
    (folder / "plugin" / "dialog.py").write_text("older\n")
    (folder / OWN).write_text("mine")


COMMANDS = {
    "enhance": Command(_enhance, _copies),
    "install-plugin": Command(_install, contents),
    "update": Command(_install, lambda made: {k: v for k, v in contents(made).items() if not k.endswith(OWN)},
                      prepare=_older),
    "export": Command(_export, _exported),
    "fit": Command(_fit, _learned, _resume),
}  # fmt: skip


@functools.cache
def _place(name: str) -> Path:
    """Where the undisturbed run of a command lies, as long as this process lives."""
    return Path(tempfile.mkdtemp(prefix=f"hostile-{name}-"))


@functools.cache
def reference(name: str) -> Reference:
    place, command = _place(name), COMMANDS[name]
    shutil.rmtree(place / "made", ignore_errors=True)  # of one that failed
    _prepare(command, place / "made")
    begun = time.monotonic()
    finish(command.arguments(place / "made"), {"HOSTILE_COUNTED": str(place / "counted")})
    seconds = time.monotonic() - begun
    return Reference(seconds, int((place / "counted").read_text()), command.files(place / "made"))


def _prepare(command: Command, made: Path) -> None:
    made.parent.mkdir(parents=True, exist_ok=True)
    if command.prepare:
        reference("install-plugin")
        made.mkdir()
        command.prepare(made)


def _line(arguments: list[str]) -> list[str]:
    return [sys.executable, "-B", "-c", SHIM, *arguments]


def _environment(more: dict[str, str]) -> dict[str, str]:
    return {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(Path(__file__).parents[2]), **more}


def _end_with_parent() -> None:
    """In a child, on Linux: it is killed when this process is."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def finish(arguments: list[str], more: dict[str, str] | None = None) -> None:
    done = subprocess.run(_line(arguments), env=_environment(more or {}), capture_output=True, text=True,
                          errors="replace", timeout=LONGEST / 2, preexec_fn=_end_with_parent)  # fmt: skip
    said = done.stderr.strip().splitlines()
    must("Traceback" not in done.stderr, f"{arguments[0]}: a traceback, {said[-1] if said else ''}")
    must(done.returncode == 0, f"{arguments[0]}: exit status {done.returncode}: {said[-1][:200] if said else ''}")


def make(rng: Random) -> tuple[str, bytes]:
    """Which command, and when: at a share of its time, or of the files that it changes."""
    name = rng.choices(list(COMMANDS), (5, 3, 4, 1, 1.5))[0]
    plan = {"command": name, "by": rng.choice(("time", "files")), "share": rng.random(), "jobs": rng.choice((1, 2))}
    return "plan.json", json.dumps(plan).encode()


def take_killed(name: str, data: bytes, folder: Path) -> str:
    plan = json.loads(data)
    command, whole = COMMANDS[plan["command"]], reference(plan["command"])
    before, made = contents(photos()), folder / "made"
    _prepare(command, made)
    side_by_side = plan["command"] == "enhance" and plan["jobs"] == 2
    arguments = command.arguments(made) + (["--jobs", "2"] if side_by_side else [])
    by_files = plan["by"] == "files" and not side_by_side  # the workers' changes are not counted
    left = {"HOSTILE_LEFT": str(1 + int(plan["share"] * whole.changes))} if by_files else {}
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(_line(arguments), env=_environment(left), stdout=quiet, stderr=quiet,
                               preexec_fn=_end_with_parent)  # fmt: skip
    try:
        process.wait(LONGEST / 2 if by_files else plan["share"] * whole.seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    finish((command.again or command.arguments)(made))
    _check(command, whole, made, before, plan["command"])
    return f"{plan['command']} went on" if process.returncode == -signal.SIGKILL else f"{plan['command']} was faster"


def _check(command: Command, whole: Reference, made: Path, photos_before: dict[str, bytes], name: str) -> None:
    after = command.files(made)
    different = sorted(each for each in {*after, *whole.files} if after.get(each) != whole.files.get(each))
    must(not different, f"{name}: {', '.join(_unnumbered(each) for each in different)[:200]} differ")
    must(name == "export" or not list(made.rglob("*.part")), f"{name}: something half written is left")
    must(contents(photos()) == photos_before, f"{name}: a photo was changed")
    own = made / install.PLUG_IN / OWN
    must(command.prepare is None or own.read_text() == "mine", f"{name}: a file of the user's was changed")


def _unnumbered(name: str) -> str:
    """Without the numbers of processes, so that the same fault is known again."""
    return "".join("0" if letter.isdigit() else letter for letter in name)


def take_full_disk(name: str, data: bytes, folder: Path) -> str:
    """In a mount namespace of its own, with a small file system in memory for what is made."""
    plan = json.loads(data)
    if not _may_mount():
        return "can't be tried here"
    command, whole = COMMANDS[plan["command"]], reference(plan["command"])
    if command.prepare:
        return "not tried"  # what is there before would lie under the mount
    before, disk, said = contents(photos()), folder / "disk", folder / "said"
    disk.mkdir()
    said.mkdir()
    needed = sum(path.stat().st_size for path in (_place(plan["command"]) / "made").rglob("*")) >> 10
    size = 8 + int(plan["share"] * 1.1 * needed)
    arguments = command.arguments(disk / "made")
    line = ["unshare", "--mount", "sh", "-euc", FULL_DISK, "-", str(size), str(disk), str(said), *_line(arguments)]
    line[9:9] = [arguments[0]]
    done = subprocess.run(line, env=_environment({}), capture_output=True, text=True, timeout=LONGEST,
                          preexec_fn=_end_with_parent)  # fmt: skip
    must(done.returncode == 0, f"unshare: {done.stderr[-200:]}")
    texts = {path.name: path.read_text(errors="replace") for path in said.iterdir() if path.is_file()}
    last = (texts["said"].strip().splitlines() or [""])[-1]
    must("Traceback" not in texts["said"], f"full disk, {arguments[0]}: a traceback, {_unnumbered(last)[:120]}")
    must(int(texts["status"]) in (0, 1, 2), f"full disk, {arguments[0]}: exit status {texts['status'].strip()}")
    must(".part" not in texts["there"], f"full disk, {arguments[0]}: something half written is left")
    last = (texts["said2"].strip().splitlines() or [""])[-1]
    must(int(texts["status2"]) == 0, f"{arguments[0]} with room again: {_unnumbered(last)[:200]}")
    _check(command, whole, said / "copy" / "made", before, arguments[0])
    return f"{arguments[0]} went on" if int(texts["status"]) else f"{arguments[0]} had room"


@functools.cache
def _may_mount() -> bool:
    tried = subprocess.run(["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True)
    return tried.returncode == 0


TARGETS = {"kill": Target(0.25, make, take_killed), "full disk": Target(0.06, make, take_full_disk)}
