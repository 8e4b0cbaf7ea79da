# SPDX-License-Identifier: GPL-3.0-or-later
"""Folders of photos: which photos are in one, and a lock on one."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

from . import sidecar
from .errors import PhotoError
from .kinds import SUFFIXES, is_photo

fcntl: ModuleType | None
try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

LOCK_TIMEOUT = 3.0
"""Seconds to wait for a folder: the workers of a run that was killed end in less than one."""


def walk(
    folder: Path,
    leave_out: Path | None = None,
    unreadable: Callable[[Path, OSError], None] = lambda *_: None,
    other: Callable[[Path], None] = lambda _: None,
) -> Iterator[Path]:
    """The files in a folder and the folders in it that are photos by their suffix, by name; links to files too.

    Not what is hidden, links to folders, and the folder `leave_out`. unreadable: told of folders that can't be read;
    other: of files that are no photos.
    """

    def tell(error: OSError) -> None:
        unreadable(Path(error.filename or folder), error)

    for here, folders, files in os.walk(folder, onerror=tell):
        folders[:] = sorted(
            name for name in folders if name[0] != "." and not (leave_out and same(Path(here, name), leave_out))
        )
        for name in sorted(files):
            if is_photo(name) and name[0] != ".":
                yield Path(here, name)
            elif name[0] != ".":
                other(Path(here, name))


def find(folder: Path | str, copies: bool = False) -> list[Path]:
    """The photos of a folder, as `walk` has them, less the copies that `trainer enhance` has made there.

    What is enhanced, learned from and measured, is the same. copies: those too, where the copies themselves are what is
    measured. PhotoError where it is no folder or has none.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise PhotoError(f"{folder}: is not a folder: give a folder of photos", "not a folder")
    photos = sorted(path for path in walk(folder) if path.is_file() and (copies or not sidecar.is_copy(path)))
    if not photos:
        message = f"{folder}: has no photos ({', '.join(sorted(SUFFIXES))}): put some in or give another folder"
        raise PhotoError(message, "no photos")
    return photos


def same(first: Path, second: Path) -> bool:
    """Whether both are one folder."""
    try:
        return first.samefile(second)
    except OSError:  # one is not made yet, so it is none that is there
        return False


@contextlib.contextmanager
def exclusive_lock(folder: Path) -> Iterator[None]:
    """The folder for this run and its workers. PhotoError where another run has it."""
    end = time.monotonic() + LOCK_TIMEOUT
    while (held := lock(folder, exclusive=True)) is None:
        if time.monotonic() > end:
            message = f"{folder}: another run is writing to it: wait for its end, or choose another --out"
            raise PhotoError(message, "in use")
        time.sleep(0.1)
    try:
        yield
    finally:
        os.close(held)


def lock(folder: Path, exclusive: bool = False) -> int | None:
    """A shared lock on a folder, until the process ends or closes this file descriptor; None where it can't be had.

    exclusive: only where nobody else has one. No lock, and never None, where the system or the file system has none.
    """
    if fcntl is None:
        return os.open(os.devnull, os.O_RDONLY)
    held = os.open(folder, os.O_RDONLY)
    try:
        if exclusive:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.flock(held, fcntl.LOCK_SH)
    except BlockingIOError:
        os.close(held)
        return None
    except OSError:  # some network file systems
        pass
    return held
