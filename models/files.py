# SPDX-License-Identifier: GPL-3.0-or-later
"""Where this user's files go, and how a file is written: whole or not at all. Plain Python: GIMP's own runs it."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, Literal

APPLICATION = "auto-enhance-rl"


def user_folder(
    kind: Literal["data", "cache"],
    platform: str = sys.platform,
    home: Path | None = None,
    environment: Mapping[str, str] = os.environ,
) -> Path:
    """This program's folder among the user's, whether it exists or not. data: kept; cache: can be made again."""
    home = home or Path.home()
    if platform == "win32":
        base = Path(environment.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif platform == "darwin":
        base = home / "Library" / ("Application Support" if kind == "data" else "Caches")
    elif kind == "data":
        base = Path(environment.get("XDG_DATA_HOME") or home / ".local" / "share")
    else:
        base = Path(environment.get("XDG_CACHE_HOME") or home / ".cache")
    return base / APPLICATION


def temporary_path(path: Path, process: int) -> Path:
    """Where a process keeps the file that is to become `path`, until it is whole. A killed process leaves it there."""
    return path.with_name(f".{path.name}.{process}.part")


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
