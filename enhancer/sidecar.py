# SPDX-License-Identifier: GPL-3.0-or-later
"""The file beside a copy, photo.jpg.json: its Decision, and from what and with which settings the copy was made.

With it the next run knows what is done. It is written when the copy is whole and before the copy takes its name:
sidecar and copy mean done; a sidecar alone is of a photo that a killed run did not finish, or whose copy somebody
removed to have it made again; a copy without a sidecar is somebody else's.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from models.files import with_ending

from . import photo
from .task import Settings, Task

SUFFIX = ".json"
MADE_BY = "trainer enhance"
LARGEST = 2**23
"""Bytes. Ours have some 6,000, and 25,000 for each face; a larger file is something else."""


def path_for(output: Path) -> Path:
    """The sidecar's path for a copy's."""
    return output.with_name(with_ending(output.name, SUFFIX))


def settings(chosen: Settings, model: str) -> dict[str, object]:
    """What a copy depends on besides its photo. model: the policy file's SHA-256."""
    made: dict[str, object] = {
        "model": model, "strength": float(chosen.strength), "before_after": chosen.before_after,
        "leave": sorted(set(chosen.leave)),
    }  # fmt: skip
    if chosen.formats:  # which sidecars of earlier versions don't name
        made["as"] = sorted(set(chosen.formats))
        made |= {"nodes": chosen.nodes} if "cube" in chosen.formats else {}
    if chosen.faces:
        made |= {"faces": chosen.faces.sha256, "faces_only": chosen.faces.only}
    return made


def file_stamp(path: Path) -> dict[str, int]:
    """Size and time of change of a photo. PhotoError where it cannot be told."""
    try:
        found = path.stat()
    except OSError as error:
        raise photo.PhotoError(
            f"{path}: cannot be read ({error.strerror}): check the name and the rights", "unreadable"
        ) from error
    return {"size": found.st_size, "modified_ns": found.st_mtime_ns}


def fingerprint(path: Path) -> dict[str, int | str]:
    """What tells a file made here from any other. OSError as reading it."""
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return {**file_stamp(path), "sha256": digest}


def fingerprint_of(contents: bytes) -> dict[str, int | str]:
    """The same for a file that is not written yet."""
    return {"size": len(contents), "modified_ns": 0, "sha256": hashlib.sha256(contents).hexdigest()}


def write(path: Path, decision: dict[str, object], made: dict[str, Any]) -> None:
    """A new sidecar. PhotoError where it cannot be written."""
    contents = json.dumps({**decision, "made": {"by": MADE_BY, **made}}, indent=1, allow_nan=False)
    with photo.new_file(path) as stream:
        stream.write(contents.encode() + b"\n")


def read(path: Path) -> dict[str, Any] | None:
    """A sidecar of ours, checked as far as it is used; None for any other file, one that cannot be read included."""
    try:
        if not path.is_file() or path.stat().st_size > LARGEST:
            return None
        record = json.loads(path.read_bytes())
        made = record["made"]
        numbers = [file["size"] for file in made["files"].values()] + [made["photo"]["size"]]
        texts = [file["sha256"] for file in made["files"].values()] + [made["by"]]
        whole = all(type(n) is int for n in numbers) and all(type(t) is str for t in texts)
        return record if whole and made["by"] == MADE_BY and type(made["settings"]) is dict else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def is_copy(path: Path, contents: bool = False) -> bool:
    """Whether a file was made by this command and is as it was made. contents: don't go by its time of change."""
    record = read(path_for(path))
    return record is not None and _same_file(path, record["made"]["files"].get(path.name), contents)


def check_existing(task: Task, chosen: Settings, model: str) -> tuple[dict[str, Any] | None, list[Path]]:
    """Whether a photo is done: (its sidecar, []), or (None, what an unfinished run has left and may go).

    PhotoError where a file is in the way that this command did not make, or made otherwise: it is not overwritten.
    """
    assert task.sidecar
    there = [path for path in task.files if os.path.lexists(path)]
    if not there:
        return None, []
    away = "move it away, or choose another folder with --out"
    if task.sidecar not in there:
        raise photo.PhotoError(f"{there[0]}: is there already, and was not made by this command: {away}", "taken")
    record = read(task.sidecar)
    if record is None:
        raise photo.PhotoError(f"{task.sidecar}: is there already, and is no decision of this command: {away}", "taken")
    made = record["made"]
    for path in there:
        if path != task.sidecar and not _same_file(path, made["files"].get(path.name)):
            raise photo.PhotoError(f"{path}: is not as this command made it, and is not overwritten: {away}", "taken")
    if task.output not in there:
        return None, there
    again = "remove it to have it made again, or choose another folder with --out"
    if made["photo"] != file_stamp(task.photo):
        raise photo.PhotoError(
            f"{task.output}: was made from another photo than {task.photo}, or before that was changed: {again}",
            "made of another photo",
        )
    if made["settings"] != (wanted := settings(chosen, model)):
        names = [name for name in {**wanted, **made["settings"]} if made["settings"].get(name) != wanted.get(name)]
        raise photo.PhotoError(
            f"{task.output}: was made with other settings ({', '.join(names)}): {again}", "other settings"
        )
    return record, []


def _same_file(path: Path, known: dict[str, Any] | None, contents: bool = False) -> bool:
    """By size and time of change; where the time differs, as after copying the folder, by its contents."""
    try:
        if known is None or path.is_symlink() or not path.is_file():
            return False
        now = file_stamp(path)
        if now["size"] != known["size"]:
            return False
        if now["modified_ns"] == known.get("modified_ns") and not contents:
            return True
        return fingerprint(path)["sha256"] == known["sha256"]
    except (OSError, ValueError):
        return False
