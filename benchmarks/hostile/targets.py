# SPDX-License-Identifier: GPL-3.0-or-later
"""What is handed to the program, by which of its doors, and what must hold then.

Each target makes an input from random numbers, and takes it in: whatever the input is, the answer is a result or a
`UserError` of one line, and nothing of the user's changes.
"""

from __future__ import annotations

import functools
import io
import json
import os
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any, NamedTuple
from unittest import mock

import numpy as np

from enhancer import batch, photo, sidecar
from enhancer.task import Settings
from models import Decision, Policy, helper
from models.errors import UserError
from tools.policies import with_filters

from . import pictures, policy_files
from .mutate import mutated, mutated_json

LONGEST_LINE = 2000
"""Characters of an error: it names a path or two."""
SIDE = 16
"""Of pictures that the helper is shown."""


class FaultError(AssertionError):
    """Something that must not be."""


class Target(NamedTuple):
    """share: of all inputs, in parts of a hundred. make: (a file's name, its bytes) from random numbers. take: the
    input into the program, in an empty folder of its own; the outcome in a word or two. FaultError: something is wrong.
    """

    share: float
    make: Callable[[Random], tuple[str, bytes]]
    take: Callable[[str, bytes, Path], str]


def must(holds: bool, what: str) -> None:
    if not holds:
        raise FaultError(what)


def refused(error: UserError) -> str:
    """The outcome of an input that is refused in one line."""
    said = str(error)
    must(0 < len(said) <= LONGEST_LINE and said.isprintable(), f"the error is no line: {said[:100]!r}")
    return f"refused: {error.kind or type(error).__name__}"


@functools.cache
def policy() -> Policy:
    return Policy.load()


def enhanced(folder: Path, path: Path) -> Any:
    """What becomes of one photo, as of a command with --sidecar."""
    settings = Settings(threads=1)
    (one,) = batch.run(batch.plan([path], folder / "out", settings, sidecars=True), policy(), settings, jobs=1)
    return one


def take_picture(name: str, data: bytes, folder: Path) -> str:
    path = folder / name
    path.write_bytes(data)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        one = enhanced(folder, path)
    must(not said, f"a library warns, {said[0].message if said else ''}")
    made = sorted(each.name for each in (folder / "out").iterdir())
    must(path.read_bytes() == data, "the photo was changed")
    if one.problem:
        must(not made, f"left behind: {made}")
        must(one.problem.startswith(str(folder)) and "\n" not in one.problem, f"no line: {one.problem[:100]!r}")
        must("cannot be written" not in one.problem, f"not written: {one.problem.partition('(')[2][:60]}")
        return "refused"
    must(made == [name, f"{name}.json"], f"made: {made}")
    copy = photo.read(folder / "out" / name)
    must((copy.width, copy.height) == (one.width, one.height), "the copy has another size")
    must(enhanced(folder, path).record is not None, "a copy that is done is not known as done")
    return "enhanced"


@functools.cache
def decision() -> dict[str, Any]:
    picture = np.linspace(0, 255, 64 * 64 * 3).astype(np.uint8).reshape(64, 64, 3)
    return with_filters(policy().decide(picture), 64, 64)


def make_decision(rng: Random) -> tuple[str, bytes]:
    return "decision.json", mutated_json(decision(), rng)


def take_decision(name: str, data: bytes, folder: Path) -> str:
    try:
        read = Decision.from_json(json.loads(data))
    except UserError as error:
        return refused(error)
    except (ValueError, RecursionError):
        return "no JSON"
    must(Decision.from_json(json.loads(json.dumps(read.to_json()))) == read, "written and read, it is another")
    return "taken"


def make_sidecar(rng: Random) -> tuple[str, bytes]:
    """Changes to be made to a real one, which only the folder has."""
    return "seed.txt", str(rng.getrandbits(32)).encode()


@functools.cache
def whole_picture() -> bytes:
    return pictures.whole()["PNG"][0]


def take_sidecar(name: str, data: bytes, folder: Path) -> str:
    """A copy is never overwritten, whatever its sidecar says."""
    rng = Random(int(data))
    path, copy = folder / "photo.png", folder / "out" / "photo.png"
    path.write_bytes(whole_picture())
    must(not enhanced(folder, path).problem, "a whole photo is refused")
    there = sidecar.path_for(copy)
    there.write_bytes(mutated_json(json.loads(there.read_bytes()), rng))
    before = copy.read_bytes(), there.read_bytes()
    removed = rng.random() < 0.3
    if removed:
        copy.unlink()
    one = enhanced(folder, path)
    if one.record is None and not one.problem:
        must(removed, "a copy was made again over another")
        return "made again"
    must(there.read_bytes() == before[1], "the sidecar was changed")
    must(removed or copy.read_bytes() == before[0], "the copy was changed")
    return "left alone" if one.problem else "known as done"


def take_policy(name: str, data: bytes, folder: Path) -> str:
    path = folder / name
    path.write_bytes(data)
    try:
        loaded = Policy.load(path)
        chosen = loaded.decide(np.full((4, 4, 3), 90, np.uint8))
        must(loaded.description.isprintable() and loaded.name.isprintable(), "its words are not printable")
    except UserError as error:
        return refused(error)
    must(Decision.from_json(json.loads(json.dumps(chosen.to_json()))) == chosen, "its decision is none")
    return "decided"


def make_requests(rng: Random) -> tuple[str, bytes]:
    """Some requests in a row, most of them real, then changed."""
    said = b""
    for _ in range(rng.randint(1, 4)):
        channels = rng.choice((3, 4))
        header: dict[str, Any] = {"width": SIDE, "height": SIDE, "channels": channels, "strength": 1.0, "model": ""}
        kind = rng.choice(("picture", "again", "list", "alternatives"))
        pixels = rng.randbytes(SIDE * SIDE * channels) if kind == "picture" else b""
        if kind != "picture":
            header = {kind: rng.choice((True, 3, -1, 10**9)), "style": rng.choice(("photo", "", "../x"))}
        line = mutated_json(header, rng) if rng.random() < 0.5 else json.dumps(header).encode()
        said += line + b"\n" + pixels
    return "requests", mutated(said, rng) if rng.random() < 0.5 else said


def take_requests(name: str, data: bytes, folder: Path) -> str:
    """As the helper's process does, to the end of its input."""
    raw, complaints = io.BytesIO(), io.StringIO()
    stdin = SimpleNamespace(buffer=io.BytesIO(data))
    with mock.patch.multiple(sys, stdin=stdin, stdout=io.TextIOWrapper(raw), stderr=complaints):
        status = helper.main()
        said = io.BytesIO(raw.getvalue())
    answers = []
    while line := said.readline():
        answers.append(json.loads(line))
        count = answers[-1].get("bytes", 0)
        must(len(said.read(count)) == count, "fewer bytes than it says follow an answer")
    failed = [answer for answer in answers if "error" in answer]
    must(status == (1 if failed else 0), f"exit status {status} with {len(failed)} errors")
    must(len(complaints.getvalue().splitlines()) == len(failed), "stderr has other lines than the errors")
    return "some refused" if failed else "answered"


@functools.cache
def agent() -> Any:
    """The plug-in's module, with names in place of GIMP's, of which it needs no more."""
    status = SimpleNamespace(EXECUTION_ERROR=0, CALLING_ERROR=1)
    gimp = SimpleNamespace(PDBStatusType=status)
    with mock.patch.dict(sys.modules, {"gi": SimpleNamespace(), "gi.repository": SimpleNamespace(Gimp=gimp)}):
        from gimp_plugin.auto_enhance_rl.plugin import agent as module
    return module


@functools.cache
def answers() -> list[Any]:
    session = helper.Session()
    shown = session.answer({"width": SIDE, "height": SIDE, "channels": 3}, bytes(SIDE * SIDE * 3))
    return [shown, session.answer({"alternatives": 2}), session.answer({"list": True})]


def make_answer(rng: Random) -> tuple[str, bytes]:
    which = rng.randrange(3)
    return f"answer-{which}", mutated_json(answers()[which], rng)


def take_answer(name: str, data: bytes, folder: Path) -> str:
    check = (agent().check_decision, agent().check_alternatives, agent().check_styles)[int(name[-1])]
    try:
        check(json.loads(data))
    except agent().PluginError:
        return "refused"
    except (ValueError, RecursionError):
        return "no JSON"
    return "taken"


def make_settings(rng: Random) -> tuple[str, bytes]:
    return "config.json", mutated_json({"python": sys.executable, "timeout": 60.0, "styles": "", "files": ["lib"]}, rng)


def take_settings(name: str, data: bytes, folder: Path) -> str:
    (folder / name).write_bytes(data)
    with mock.patch.object(agent(), "FOLDER", str(folder)):
        try:
            agent().read_settings()
        except agent().PluginError:
            return "refused"
    return "taken"


def empty(folder: Path) -> None:
    """Removes what an input left."""
    for here, folders, names in os.walk(folder, topdown=False):
        for each in names:
            os.unlink(os.path.join(here, each))
        for each in folders:
            os.rmdir(os.path.join(here, each))


TARGETS = {
    "picture": Target(55, pictures.make, take_picture),
    "decision": Target(6, make_decision, take_decision),
    "sidecar": Target(5, make_sidecar, take_sidecar),
    "policy": Target(10, policy_files.make, take_policy),
    "request": Target(5, make_requests, take_requests),
    "answer": Target(6, make_answer, take_answer),
    "settings": Target(3, make_settings, take_settings),
}
