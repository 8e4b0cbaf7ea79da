# SPDX-License-Identifier: GPL-3.0-or-later
"""The judge of a run: before the first update it learns which of the two folders a face is from, and stands still then.

The critic of the paper follows the edits; this one sees only faces as they are, so that it can't be taught to overlook
an edit, nor can it learn to see one."""

from __future__ import annotations

from pathlib import Path

import torch
from rich.console import Console

from models.errors import UserError
from models.files import atomic_write

from .. import distributed
from ..console import steps
from .crops import Faces
from .judge import Judge, learn


class JudgeError(UserError):
    """A file that holds no judge. The message says what to do."""


def judge_of_run(out: Path, sources: Faces, targets: Faces, seed: int, resume: bool, printed: Console) -> Judge:
    """0 for a face like the source folder's, 1 for one like the target's. Kept in the run's judge.pt, from which a
    resumed run has it."""
    path = out / "judge.pt"
    if distributed.rank() == 0 and not (resume and path.exists()):
        labels = torch.cat([torch.zeros(len(sources.names)), torch.ones(len(targets.names))])
        write(
            learn(torch.cat([sources.crops, targets.crops]), labels, seed, lambda text, n: steps(text, n, printed)),
            path,
        )
    distributed.barrier()
    return read(path)


def write(judge: Judge, path: Path) -> None:
    with atomic_write(path) as file:
        torch.save(judge.state_dict(), file)


def read(path: Path) -> Judge:
    """JudgeError where the file holds none. weights_only: a file from anywhere runs no code."""
    judge = Judge()
    try:
        judge.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    except Exception as error:  # torch raises many kinds for a damaged file
        raise JudgeError(
            f"{path}: holds no judge ({type(error).__name__}); remove it, it is made again", "damaged"
        ) from error
    return judge.eval().requires_grad_(False).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
