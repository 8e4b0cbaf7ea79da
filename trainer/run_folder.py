# SPDX-License-Identifier: GPL-3.0-or-later
"""A run's folder: made or resumed, its photos, its log, and how the run is stopped."""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import signal
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol, TypeVar

import torch
from torch.utils.tensorboard import SummaryWriter

from models.errors import UserError
from models.files import write_text

from . import distributed
from .config import Config, ConfigError, Record, read_record

CONFIG = "config.json"
HALF_WRITTEN = re.compile(r"\..+\.\d+\.part", re.DOTALL)
"""As `models.files.temporary_path` names files."""


class Listed(Protocol):
    """What was found in a folder: names, and keys in the cache."""

    @property
    def names(self) -> tuple[str, ...]: ...

    @property
    def keys(self) -> tuple[str, ...]: ...


Found = TypeVar("Found", bound=Listed)


class FitError(UserError):
    """A run that can't start or go on. The message says why and what to do."""


def read_run(out: Path) -> Record:
    """What a run was started with. FitError where there is no run."""
    try:
        return read_record(out)
    except ConfigError as error:
        raise FitError(f"{error}, or start one without --resume", "missing") from error


def create_run(source: Path, target: Path, out: Path, config: Config, start: Path | None = None) -> None:
    """Makes a run's folder, with config.json. start: with what it begins. FitError: the folder holds something."""
    there = list(out.iterdir()) if out.is_dir() else []
    left = [path for path in there if HALF_WRITTEN.fullmatch(path.name) and CONFIG in path.name]
    if (out.exists() and not out.is_dir()) or len(there) > len(left):
        message = f"{out}: is not empty; give --resume to go on with the run in it, or another folder"
        raise FitError(message, "taken")
    for path in left:  # of a start that was killed at once
        path.unlink()
    out.mkdir(parents=True, exist_ok=True)
    begins = os.path.abspath(start) if start else ""
    record = {"source": str(source), "target": str(target), "start": begins, "settings": asdict(config)}
    write_text(out / CONFIG, json.dumps(record, indent=1) + "\n")


def clear(out: Path) -> None:
    """Removes what a killed run has left half written in its folder."""
    for path in out.rglob("*"):
        if HALF_WRITTEN.fullmatch(path.name):
            path.unlink(missing_ok=True)


def load_photos(
    load: Callable[..., Found], folders: tuple[Path, Path], files: tuple[list[Path] | None, list[Path] | None],
    cache: Path, quiet: bool, device: torch.device,
) -> tuple[Found, Found]:  # fmt: skip
    """The photos of both folders, or those of their `files`, by `data.load` or its like for faces. FitError where
    processes see different ones."""
    pairs = zip(folders, files, strict=True)
    one, other = (_load(load, folder, wanted, cache, quiet, device) for folder, wanted in pairs)
    return one, other


def _load(
    load: Callable[..., Found], folder: Path, files: list[Path] | None, cache: Path, quiet: bool, device: torch.device
) -> Found:
    """Of several processes on a machine, one decodes the photos, and the others find them done."""
    if distributed.local_rank() == 0:
        photos = load(folder, quiet, cache, files)
        distributed.barrier()
    else:
        distributed.barrier()
        with warnings.catch_warnings(action="ignore"):  # the first has told
            photos = load(folder, quiet, cache, files)
    listed = hashlib.sha256(repr((photos.names, photos.keys)).encode(errors="surrogateescape")).digest()
    if not distributed.all_equal(listed[:8], device):
        message = f"{folder}: the processes see different photos in it; give all of them the same folder"
        raise FitError(message, "different photos")
    return photos


class MetricsLog:
    """metrics.jsonl and TensorBoard's events; nothing where another process writes them."""

    def __init__(self, out: Path, first: int, writes: bool) -> None:
        """first: the update after which the run goes on; later lines, which it is about to write again, are cut."""
        self._path = out / "metrics.jsonl"
        self._board = None
        if writes:
            self._cut(first)
            self._board = SummaryWriter(str(out / "tensorboard"), purge_step=first + 1)

    def add(self, step: int, metrics: dict[str, Any]) -> None:
        if self._board is None:
            return
        with self._path.open("a") as file:
            file.write(json.dumps({"step": step} | metrics) + "\n")
        for name, number in metrics.items():
            self._board.add_scalar(name, number, step)

    def close(self) -> None:
        if self._board is not None:
            self._board.close()

    def _cut(self, step: int) -> None:
        if self._path.exists():
            lines = self._path.read_text().splitlines(keepends=True)
            write_text(self._path, "".join(line for line in lines if _step_of(line) <= step))


def _step_of(line: str) -> float:
    try:
        return float(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError):
        return math.inf  # a line cut short by a crash


@contextmanager
def interruptible() -> Iterator[list[bool]]:
    """A list that turns true at the first Ctrl-C or SIGTERM, so that an update is never cut in half; the second one
    raises."""
    stop: list[bool] = []

    def handle(signum: int, frame: Any) -> None:
        if stop:
            raise KeyboardInterrupt
        stop.append(True)

    numbers = (signal.SIGINT, signal.SIGTERM)
    try:
        before = [signal.signal(number, handle) for number in numbers]
    except ValueError:  # not the main thread: whoever runs us there stops us some other way
        yield stop
        return
    try:
        yield stop
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
