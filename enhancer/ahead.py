# SPDX-License-Identifier: GPL-3.0-or-later
"""A photo is read while something else is made ready: unpacking it takes a core, and a policy takes another to load."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from . import kinds, photo
from .photo import Photo

Read = Callable[[Path], Photo]
"""What `photo.read` does."""


def reading(path: Path) -> Read:
    """Begins to read a JPEG or PNG. What comes back reads any photo; this one, once, by waiting for what has begun."""
    if _quietly_read(path):
        return photo.read
    pool = ThreadPoolExecutor(1)
    begun: dict[Path, Future[Photo]] = {path: pool.submit(photo.read, path)}
    pool.shutdown(wait=False)

    def read(wanted: Path) -> Photo:
        future = begun.pop(wanted, None)  # nothing here holds its pixels any longer
        return future.result() if future else photo.read(wanted)

    return read


def _quietly_read(path: Path) -> bool:
    """Whether a file's reader keeps this process's stderr shut meanwhile (quiet.py), which another thread may need."""
    try:
        with path.open("rb") as stream:
            return bool(kinds.by_start(stream.read(kinds.START)))
    except OSError:
        return True  # whoever reads it later says what is wrong
