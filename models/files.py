# SPDX-License-Identifier: GPL-3.0-or-later
"""Where this user's files go, and how a file is written: whole or not at all. Plain Python: GIMP's own runs it."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, Literal

from .errors import UserError

APPLICATION = "auto-enhance-rl"
LONGEST_NAME = 255
"""Bytes that a file's name may have on most file systems."""
LONGEST_PROCESS = 10
"""Digits of a process's number, on any system."""


def user_folder(
    kind: Literal["data", "cache"],
    platform: str = sys.platform,
    home: Path | None = None,
    environment: Mapping[str, str] = os.environ,
) -> Path:
    """This program's folder among the user's, whether it exists or not. data: kept; cache: can be made again.

    UserError where the user has no home folder and the environment names no other.
    """
    if platform == "win32":
        named, usual = environment.get("LOCALAPPDATA"), "AppData/Local"
    elif platform == "darwin":
        named, usual = None, "Library/Application Support" if kind == "data" else "Library/Caches"
    elif kind == "data":
        named, usual = environment.get("XDG_DATA_HOME"), ".local/share"
    else:
        named, usual = environment.get("XDG_CACHE_HOME"), ".cache"
    return (Path(named) if named else (home or home_folder(environment)) / usual) / APPLICATION


def home_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """The user's home folder. UserError where there is none."""
    try:
        if environment.get("HOME") != "":  # empty, it would be the root folder or the current one
            return Path.home()
        cause: Exception | None = None
    except RuntimeError as error:  # a user whom the system doesn't know
        cause = error
    raise UserError("your home folder is not known: set HOME to it", "no home") from cause


def with_ending(name: str, ending: str, longest: int = LONGEST_NAME) -> str:
    """A file's name with more behind it. A name that is too long for that is cut, and a hash of it all takes its end.

    longest: bytes that both may have together.
    """
    encoded, room = os.fsencode(name), longest - len(os.fsencode(ending))
    if len(encoded) > room:
        mark = f"~{hashlib.sha256(encoded).hexdigest()[:16]}"
        name = encoded[: room - len(mark)].decode(errors="ignore") + mark
    return name + ending


def temporary_path(path: Path, process: int) -> Path:
    """Where a process keeps the file that is to become `path`, until it is whole. A killed process leaves it there."""
    return path.with_name(f".{temporary_stem(path.name)}.{process}.part")


def temporary_stem(name: str) -> str:
    """What stands between the first dot and the process's number in the temporary file's name."""
    return with_ending(name, "", LONGEST_NAME - len("...part") - LONGEST_PROCESS)


@contextlib.contextmanager
def atomic_write(
    path: Path | str, on_complete: Callable[[Path], None] | None = None, durable: bool = True
) -> Iterator[BinaryIO]:
    """A file to write to, which takes the name `path`, in place of an older one, once it is whole.

    After an error nothing of it is left. on_complete: called with the whole file's temporary path before it takes its
    name. durable: it is on the disk before it takes its name, so that a power cut leaves the older one or this one.
    OSError as writing does.
    """
    path = Path(path)
    temporary = temporary_path(path, os.getpid())
    try:
        with temporary.open("w+b") as stream:
            yield stream
            stream.flush()
            if durable:
                os.fsync(stream.fileno())
        if on_complete:
            on_complete(temporary)
        os.replace(temporary, path)
    finally:  # after Ctrl-C too; once renamed, it is not there
        with contextlib.suppress(OSError):
            temporary.unlink()


def write_text(path: Path | str, text: str) -> None:
    """A text file, UTF-8, atomically. Bytes of file names that are no UTF-8 stay what they are."""
    with atomic_write(path) as stream:
        stream.write(text.encode("utf-8", "surrogateescape"))
