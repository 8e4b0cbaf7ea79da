# SPDX-License-Identifier: GPL-3.0-or-later
"""Checkpoints: written atomically, read with weights_only; where the newest is damaged, an older one is used."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import torch
from torch import nn

from models.decision import FORMAT_VERSION
from models.errors import UserError
from models.files import atomic_write

from .networks import current_names

KEPT = 3
"""Newest checkpoints kept: one to use, two in case it is damaged."""


class CheckpointError(UserError):
    """A checkpoint that can't be written or read. The message names the file, the cause and the remedy."""


def write(folder: Path, step: int, items: dict[str, Any]) -> Path:
    """Writes every item's state as folder/step-NNNNNN.pt and removes the oldest. CheckpointError if it can't."""
    state: dict[str, Any] = {"step": step, "format": FORMAT_VERSION}
    for name, item in items.items():
        state[name] = item.get_state() if isinstance(item, torch.Generator) else item.state_dict()
    path = folder / f"step-{step:06d}.pt"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with atomic_write(path) as file:
            torch.save(state, file)
    except (OSError, RuntimeError) as error:  # torch turns a short write into a RuntimeError
        message = f"{path}: can't be written ({error}); make room or mend the folder, then go on with --resume"
        raise CheckpointError(message, "not written") from error
    for old in _newest_first(folder)[KEPT:]:
        old.unlink(missing_ok=True)
    return path


def read_newest(folder: Path) -> dict[str, Any]:
    """The newest checkpoint that loads. Damaged ones are named and passed over; CheckpointError if none is left, or it
    was made with other sliders than this version's."""
    for path in _newest_first(folder):
        try:
            state = read_file(path)
        except Exception as error:  # torch raises many kinds for a damaged file
            warnings.warn(f"{path}: is damaged, passed over ({type(error).__name__})", stacklevel=2)
            continue
        if state.get("format", 1) != FORMAT_VERSION:  # the first version wrote none
            message = f"{path}: was made with other sliders than this version's; start the run anew"
            raise CheckpointError(message, "other version")
        return state
    message = f"{folder}: has no checkpoint that can be read; start the run again without --resume"
    raise CheckpointError(message, "missing")


def read_file(path: Path) -> dict[str, Any]:
    """What a checkpoint holds. weights_only: a file from anywhere runs no code."""
    return dict(torch.load(path, map_location="cpu", weights_only=True))


def restore_newest(folder: Path, items: dict[str, Any]) -> int:
    """Puts the newest checkpoint's state into the items; the update that it was written after."""
    state = read_newest(folder)
    for name, item in items.items():
        if isinstance(item, torch.Generator):
            item.set_state(state[name])
        else:
            item.load_state_dict(current_names(state[name]) if isinstance(item, nn.Module) else state[name])
    return int(state["step"])


def _newest_first(folder: Path) -> list[Path]:
    return sorted(folder.glob("step-*.pt"), key=lambda p: p.stem, reverse=True)
