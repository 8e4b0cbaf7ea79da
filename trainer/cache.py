# SPDX-License-Identifier: GPL-3.0-or-later
"""Photos decoded once: miniatures of 128x128 pixels in the user's cache folder, from which crops are drawn, or faces.

An object's name is the hash of the photo file's bytes, so that a copied, moved or renamed photo is found again and two
runs at once write the same. A folder's index says which file had which hash, by size and time of change, so that the
second start reads no photo. The whole cache can be thrown away at any time: it is made again.
"""

from __future__ import annotations

import atexit
import hashlib
import json
import os
import re
import shutil
import struct
import sys
import tempfile
import time
import warnings
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, as_completed, wait
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console

from editor_ops.full_size import cores
from editor_ops.operations import to_dtype
from enhancer import photo
from enhancer.pool import WorkerPool
from models.errors import UserError
from models.files import atomic_write, user_folder

from .console import progress

SIDE = 128
"""Pixels: twice the thumbnail's, so that a crop of half a photo's side still has a pixel for each of its own."""
HEADER = struct.Struct("<8sII32s")  # magic, version, CRC-32 of the pixels, key
MAGIC, VERSION = b"AERLmini", 1
PIXELS = 3 * SIDE * SIDE
UNKNOWN = -1
"""Size in an entry that is not to be kept, since the next reading may end otherwise."""
KEY = re.compile("[0-9a-f]{64}")
SAVE_EVERY = 20.0
"""Seconds between writes of the index while photos are decoded: what a first start that is killed may lose."""
FEW = 32
"""Photos that are decoded by this process: starting others takes about a second."""
MOST_WORKERS = 16
"""Decoding processes: each may hold a picture of some hundred megabytes."""


class CacheError(UserError):
    """A cache that can't be used. The message names the file, the cause and the remedy."""


@dataclass(frozen=True)
class Entry:
    """What is known of a file: its size and time of change (ns) then; its key, or why it can't be read."""

    size: int
    mtime_ns: int
    key: str | None
    problem: str | None = None


@dataclass(frozen=True)
class Kind:
    """What is kept of a photo.

    rule: part of every key; when what is made of a photo or a reader changes, its number must, and all is made anew.
    index: what the names of its indices begin with. length: bytes of an object. make: a photo's object, or PhotoError.
    """

    rule: bytes
    index: str
    length: int
    make: Callable[[Path], bytes]


def _miniature_of(path: Path) -> bytes:
    return to_dtype(photo.thumbnail(photo.read(path), SIDE), np.uint8, 255).tobytes()


MINIATURE = Kind(b"auto-enhance-rl miniature 2\n", "index", PIXELS, _miniature_of)


def default_folder() -> Path:
    """Where the user's system keeps what can be made again."""
    return user_folder("cache", sys.platform) / "thumbnails"


def open_cache(folder: Path | None = None) -> Path:
    """The cache in this folder, made where it is not there; where it can't be written, or the user has no home folder,
    a warning and a temporary one, which goes with this process."""
    try:
        place = default_folder() if folder is None else Path(folder)
        (place / "objects").mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=place):
            return place.absolute()
    except OSError as error:
        problem = f"{place}: can't be written ({error.strerror})"
    except UserError as error:
        problem = str(error)
    temporary = Path(tempfile.mkdtemp(prefix="auto-enhance-rl-"))
    (temporary / "objects").mkdir()
    atexit.register(shutil.rmtree, temporary, ignore_errors=True)
    warnings.warn(
        f"{problem}; photos are kept in {temporary} for this run alone. "
        "Name another folder with --cache to decode them only once",
        stacklevel=2,
    )
    return temporary


def readable(
    folder: Path, files: Sequence[Path], cache: Path, quiet: bool = False, kind: Kind = MINIATURE
) -> dict[str, str]:
    """The keys of those files of a folder that `fill` could decode, by their names; the others are told in warnings."""
    entries = fill(folder, files, cache, quiet, kind)
    for entry in entries.values():
        if entry.key is None:
            warnings.warn(f"left out: {entry.problem}", stacklevel=3)
    return {name: entry.key for name, entry in entries.items() if entry.key is not None}


def fill(
    folder: Path, files: Sequence[Path], cache: Path, quiet: bool = False, kind: Kind = MINIATURE
) -> dict[str, Entry]:
    """What is known of these files of a folder, by their names in it, once each has been decoded.

    Files whose size and time of change are those of the index are not opened. The others are decoded by as many
    processes as there are processors. Ctrl-C and a kill leave a cache that holds what was done. CacheError where
    the cache can't be written to.
    """
    index = cache / f"{kind.index}-{hashlib.sha256(os.fsencode(folder.absolute())).hexdigest()}.json"
    entries, there = read_index(index, kind), _objects(cache)
    names = [path.relative_to(folder).as_posix() for path in files]
    todo = {n: path for n, path in zip(names, files, strict=True) if not _holds(entries.get(n), path, there)}
    if todo:
        saved = time.monotonic()
        try:
            for name, entry in _watched(_decoded(todo, cache, kind), len(todo), f"Reading {folder.name}", quiet):
                entries[name] = entry
                if time.monotonic() - saved > SAVE_EVERY:
                    write_index(index, entries, kind)
                    saved = time.monotonic()
        finally:
            write_index(index, entries, kind)
    return {name: entries[name] for name in names}


def miniature(cache: Path, key: str, path: Path) -> np.ndarray:
    """A photo's miniature, uint8 sRGB (3, 128, 128); else as `kept`."""
    return np.frombuffer(kept(cache, key, path, MINIATURE), np.uint8).reshape(3, SIDE, SIDE)


def kept(cache: Path, key: str, path: Path, kind: Kind) -> memoryview:
    """What is kept of a photo. A lost or damaged object is made again, and a line says so.

    CacheError where the photo is not the one any more that the key was made of.
    """
    content = read_object(cache, key, kind)
    if content is None:
        warnings.warn(f"{_object(cache, key)}: is lost or damaged; made again from {path}", stacklevel=3)
        if remember(path, cache, kind).key == key:
            content = read_object(cache, key, kind)
    if content is None:
        message = f"{path}: has changed or gone since the start: start again (a run goes on with --resume)"
        raise CacheError(message, "changed")
    return content


def remember(path: Path, cache: Path, kind: Kind = MINIATURE) -> Entry:
    """Reads a photo into the cache unless it is there; for a file that can't be read, an entry that says why.

    CacheError where the cache can't be written to.
    """
    try:
        before = path.stat()
        with path.open("rb") as file:
            key = hashlib.file_digest(file, lambda: hashlib.sha256(kind.rule)).hexdigest()
        if read_object(cache, key, kind) is None:
            _write_object(cache, key, kind.make(path))
        after = path.stat()
    except OSError as error:
        return Entry(UNKNOWN, 0, None, f"{path}: cannot be read ({error.strerror}): check the name and the rights")
    except photo.PhotoError as error:
        cause = error.__cause__
        passing = isinstance(cause, MemoryError) or getattr(cause, "errno", None) is not None  # not the file's fault
        return Entry(UNKNOWN if passing else before.st_size, before.st_mtime_ns, None, str(error))
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        return Entry(UNKNOWN, 0, None, f"{path}: changed while it was read: start again when it is whole")
    return Entry(before.st_size, before.st_mtime_ns, key)


def read_object(cache: Path, key: str, kind: Kind = MINIATURE) -> memoryview | None:
    """The bytes under a key; None where there are none or they are not what was written."""
    try:
        with _object(cache, key).open("rb") as file:
            content = file.read(HEADER.size + kind.length + 1)
    except OSError:
        return None
    if len(content) != HEADER.size + kind.length:
        return None
    data = memoryview(content)[HEADER.size :]
    return data if HEADER.unpack_from(content) == (MAGIC, VERSION, zlib.crc32(data), bytes.fromhex(key)) else None


def read_index(path: Path, kind: Kind = MINIATURE) -> dict[str, Entry]:
    """The entries of an index; none where there is no index, or one that can't be trusted, which a line says."""
    try:
        content = json.loads(path.read_bytes())
        if content["rule"] != kind.rule.decode():  # written by another version of this program
            return {}
        entries = {name: Entry(*fields) for name, fields in content["files"].items()}
        if not all(_is_sound(entry) for entry in entries.values()):
            raise ValueError("an entry is not one")
        return entries
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, MemoryError) as error:
        warnings.warn(f"{path}: can't be used and is made again ({type(error).__name__})", stacklevel=2)
        return {}


def write_index(path: Path, entries: dict[str, Entry], kind: Kind) -> None:
    files = {n: (e.size, e.mtime_ns, e.key, e.problem) for n, e in entries.items() if e.size != UNKNOWN}
    _write(path, json.dumps({"rule": kind.rule.decode(), "files": files}).encode())


def _is_sound(entry: Entry) -> bool:
    if type(entry.size) is not int or type(entry.mtime_ns) is not int:
        return False
    if entry.key is None:
        return isinstance(entry.problem, str)
    return isinstance(entry.key, str) and KEY.fullmatch(entry.key) is not None and entry.problem is None


def _holds(entry: Entry | None, path: Path, there: set[str]) -> bool:
    """Whether the file is as it was and its miniature still there."""
    if entry is None or (entry.key is not None and entry.key not in there):
        return False
    try:
        now = path.stat()
    except OSError:
        return False
    return (entry.size, entry.mtime_ns) == (now.st_size, now.st_mtime_ns)


def _decoded(todo: dict[str, Path], cache: Path, kind: Kind) -> Iterator[tuple[str, Entry]]:
    """Names and entries in any order, by several processes where that is worth their start."""
    left = dict(todo)
    if len(todo) > FEW:
        try:
            for name, entry in _by_processes(todo, cache, kind):
                del left[name]
                yield name, entry
        except BrokenExecutor:  # short of memory, or a program without `if __name__ == "__main__"`
            warnings.warn("a process that decodes photos has ended; the rest is decoded one by one", stacklevel=2)
    for name, path in left.items():
        yield name, remember(path, cache, kind)


def _by_processes(todo: dict[str, Path], cache: Path, kind: Kind) -> Iterator[tuple[str, Entry]]:
    # Processes and not threads: the readers silence warnings, which each thread can't do by itself.
    n = min(cores(), MOST_WORKERS)
    running: dict[Future[Entry], str] = {}
    with WorkerPool(n, finish_tasks=True) as pool:
        for name, path in todo.items():
            running[pool.submit(remember, path, cache, kind)] = name
            if len(running) >= 8 * n:  # enough that none waits, few enough that 100,000 don't fill the memory
                for done in wait(running, return_when=FIRST_COMPLETED).done:
                    yield running.pop(done), done.result()
        for done in as_completed(list(running)):
            yield running.pop(done), done.result()


def _watched(decoded: Iterator[tuple[str, Entry]], n: int, text: str, quiet: bool) -> Iterator[tuple[str, Entry]]:
    with progress(Console(stderr=True, quiet=quiet)) as bar:
        yield from bar.track(decoded, total=n, description=text)


def _objects(cache: Path) -> set[str]:
    """The keys of all objects."""
    return {name.name for shard in os.scandir(cache / "objects") if shard.is_dir() for name in os.scandir(shard)}


def _object(cache: Path, key: str) -> Path:
    return cache / "objects" / key[:2] / key  # 256 folders: some file systems are slow with 100,000 files in one


def _write_object(cache: Path, key: str, content: bytes) -> None:
    path = _object(cache, key)
    _write(path, HEADER.pack(MAGIC, VERSION, zlib.crc32(content), bytes.fromhex(key)) + content)


def _write(path: Path, content: bytes) -> None:
    """Not durable: what a power cut spoils is noticed and made again. CacheError where it can't be written."""
    try:
        path.parent.mkdir(exist_ok=True)
        with atomic_write(path, durable=False) as file:
            file.write(content)
    except OSError as error:
        message = f"{path}: can't be written ({error.strerror}): make room, or name another folder with --cache"
        raise CacheError(message, "not written") from error
