# SPDX-License-Identifier: GPL-3.0-or-later
"""Checkpoints: written atomically, read with weights_only; where the newest is damaged, an older one is used."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
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


def is_any(folder: Path) -> bool:
    """Whether there is a checkpoint, damaged or not."""
    return bool(_newest_first(folder))


def read_newest(folder: Path) -> dict[str, Any]:
    """The newest checkpoint that loads. Damaged ones are named and passed over; CheckpointError if none is left, or it
    was made with other sliders than this version's."""
    for _, state in _readable(folder):
        return state
    raise _none(folder)


def read_weights(folder: Path, name: str) -> tuple[dict[str, torch.Tensor], Any]:
    """One network's weights in the newest checkpoint, and the update that it was written after, or "not known".

    CheckpointError as `read_newest`, or where it has no such network.
    """
    state = read_newest(folder)
    weights = state.get(name)
    if not isinstance(weights, dict) or not all(isinstance(weight, torch.Tensor) for weight in weights.values()):
        message = f"{folder}: the newest checkpoint has no weights of {name}; remove it, so that an older one is used"
        raise CheckpointError(message, "damaged")
    return current_names(weights), state.get("step", "not known")


def read_file(path: Path) -> dict[str, Any]:
    """What a checkpoint holds. weights_only: a file from anywhere runs no code."""
    return dict(torch.load(path, map_location="cpu", weights_only=True))


def restore_newest(folder: Path, items: dict[str, Any]) -> int:
    """Puts the newest checkpoint's state into the items; the update that it was written after. One that doesn't fit
    them is passed over as a damaged one is."""
    for path, state in _readable(folder):
        try:
            for name, item in items.items():
                if isinstance(item, torch.Generator):
                    item.set_state(state[name])
                else:
                    item.load_state_dict(current_names(state[name]) if isinstance(item, nn.Module) else state[name])
            return int(state["step"])
        except Exception as error:  # torch raises many kinds for a state of another form
            _pass_over(path, error)
    raise _none(folder)


def _readable(folder: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Those that load, the newest first. CheckpointError for one that was made with other sliders."""
    for path in _newest_first(folder):
        try:
            state = read_file(path)
            other = bool(state.get("format", 1) != FORMAT_VERSION)  # the first version wrote none
        except Exception as error:  # torch raises many kinds for a damaged file
            _pass_over(path, error)
            continue
        if other:
            message = f"{path}: was made with other sliders than this version's; start the run anew"
            raise CheckpointError(message, "other version")
        yield path, state


def _pass_over(path: Path, error: Exception) -> None:
    warnings.warn(f"{path}: is damaged, passed over ({type(error).__name__})", stacklevel=4)


def _none(folder: Path) -> CheckpointError:
    message = f"{folder}: has no checkpoint that can be read; start the run again in another folder"
    return CheckpointError(message, "missing")


def _newest_first(folder: Path) -> list[Path]:
    return sorted(folder.glob("step-*.pt"), key=lambda p: p.stem, reverse=True)
