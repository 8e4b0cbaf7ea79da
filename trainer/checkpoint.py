# SPDX-License-Identifier: GPL-3.0-or-later
"""Checkpoints: written aside and renamed, read without pickle's dangers, the newest that loads wins."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any

import torch

KEPT = 3
"""Newest checkpoints kept: one to use, two in case it is damaged."""


class CheckpointError(ValueError):
    """A checkpoint that can't be written or read. The message names the file, the cause and the remedy."""


def write(folder: Path, step: int, parts: dict[str, Any]) -> Path:
    """Writes every part's state as folder/step-NNNNNN.pt and takes away the oldest. CheckpointError if it can't."""
    state: dict[str, Any] = {"step": step}
    for name, part in parts.items():
        state[name] = part.get_state() if isinstance(part, torch.Generator) else part.state_dict()
    path = folder / f"step-{step:06d}.pt"
    partial = path.with_suffix(".partial")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as file:
            torch.save(state, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except (OSError, RuntimeError) as error:  # torch turns a short write into a RuntimeError
        partial.unlink(missing_ok=True)
        raise CheckpointError(
            f"{path}: can't be written ({error}); make room or mend the folder, then go on with --resume"
        ) from error
    for old in _newest_first(folder)[KEPT:]:
        old.unlink(missing_ok=True)
    return path


def read_newest(folder: Path) -> dict[str, Any]:
    """The newest checkpoint that loads. Damaged ones are named and passed over; CheckpointError if none is left."""
    for path in _newest_first(folder):
        try:
            return dict(torch.load(path, map_location="cpu", weights_only=True))
        except Exception as error:  # torch raises many kinds for a damaged file
            warnings.warn(f"{path}: is damaged, passed over ({type(error).__name__})", stacklevel=2)
    raise CheckpointError(f"{folder}: has no checkpoint that can be read; start the run again without --resume")


def restore_newest(folder: Path, parts: dict[str, Any]) -> int:
    """Puts the newest checkpoint's state into the parts; the update that it was written after."""
    state = read_newest(folder)
    for name, part in parts.items():
        if isinstance(part, torch.Generator):
            part.set_state(state[name])
        else:
            part.load_state_dict(state[name])
    return int(state["step"])


def write_text(path: Path, text: str) -> None:
    """Writes a small file aside, then renames it."""
    partial = path.with_name(path.name + ".partial")
    partial.write_text(text, encoding="utf-8", errors="surrogateescape")  # names of files may hold anything
    os.replace(partial, path)


def _newest_first(folder: Path) -> list[Path]:
    return sorted(folder.glob("step-*.pt"), key=lambda p: p.stem, reverse=True)
