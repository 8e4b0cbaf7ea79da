# SPDX-License-Identifier: GPL-3.0-or-later
"""Photos -> photos retouched by a policy, with the sliders that it chose. No torch."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from editor_ops import edit
from models import Decision, Policy

from . import photo


@dataclass(frozen=True)
class Enhanced:
    """One photo: where its copy lies, what was decided for it, and its size; or the problem, one line."""

    photo: Path
    output: Path | None = None
    decision: Decision | None = None
    width: int = 0
    height: int = 0
    problem: str = ""


def enhance(path: Path, folder: Path, policy: Policy, strength: float) -> Enhanced:
    """Retouches one photo into a folder, under its own name. PhotoError where that cannot be done.

    strength: 0 (an unchanged copy) to 2; 1 is what the policy chose. Neither the photo nor any file that is there is
    written to.
    """
    output = folder / path.name
    if os.path.lexists(output):
        raise photo.PhotoError(
            f"{output}: is there already and is not overwritten: choose another folder or move it away"
        )
    original = photo.read(path)
    decision = policy.decide(photo.srgb(original), strength, photo.opacity(original), colour=not original.grey)
    try:
        edited = edit(original.pixels, decision.values, original.alpha)
    except MemoryError as error:
        raise photo.PhotoError(f"{path}: needs more memory than there is: scale it down or crop it first") from error
    photo.write(original, edited, output)
    return Enhanced(path, output, decision, original.width, original.height)


def enhance_all(paths: list[Path], folder: Path, policy: Policy, strength: float) -> Iterator[Enhanced]:
    """Retouches one photo after the other; a photo that cannot be done comes with its problem, and the rest go on."""
    for path in paths:
        try:
            yield enhance(path, folder, policy, strength)
        except photo.PhotoError as error:
            yield Enhanced(path, problem=str(error))


def make_folder(folder: Path) -> None:
    """Makes the folder for the copies, and makes sure that it can be written to. PhotoError otherwise."""
    trial = folder / f".{os.getpid()}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        trial.touch()
        trial.unlink()
    except OSError as error:
        cause = error.strerror or str(error)
        raise photo.PhotoError(f"{folder}: cannot be written to ({cause}): choose another folder with --out") from error
