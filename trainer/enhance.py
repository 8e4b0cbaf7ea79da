# SPDX-License-Identifier: GPL-3.0-or-later
"""Photos -> photos retouched by a policy, with the sliders that it chose. No torch."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image

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
    comparison: Path | None = None


SIDE = 800
"""Pixels of the long side of each half of a before/after picture: both fit on a screen."""


def enhance(path: Path, folder: Path, policy: Policy, strength: float, before_after: bool = False) -> Enhanced:
    """Retouches one photo into a folder, under its own name. PhotoError where that cannot be done.

    strength: 0 (an unchanged copy) to 2; 1 is what the policy chose. Neither the photo nor any file that is there is
    written to. With before_after, a picture of both side by side lies beside the copy.
    """
    output = folder / path.name
    comparison = folder / f"{path.stem}-before-after.jpg" if before_after else None
    for taken in (output, comparison):
        if taken and os.path.lexists(taken):
            raise photo.PhotoError(
                f"{taken}: is there already and is not overwritten: choose another folder or move it away"
            )
    original = photo.read(path)
    decision = policy.decide(photo.srgb(original), strength, photo.opacity(original), colour=not original.grey)
    edited = photo.edited(original, decision.values)
    photo.write(original, edited, output)
    if comparison:
        _write_side_by_side(photo.srgb(original), photo.srgb(replace(original, pixels=edited)), comparison)
    return Enhanced(path, output, decision, original.width, original.height, comparison=comparison)


def _write_side_by_side(before: np.ndarray, after: np.ndarray, path: Path) -> None:
    """Two pictures uint8 sRGB (H, W, 3) beside each other, shrunk to fit, as a JPEG."""
    halves = [Image.fromarray(np.ascontiguousarray(half)) for half in (before, after)]
    for half in halves:
        half.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    width, height = halves[0].size
    both = Image.new("RGB", (2 * width, height))
    for i, half in enumerate(halves):
        both.paste(half, (i * width, 0))
    with photo.aside(path) as stream:
        both.save(stream, "JPEG", quality=photo.QUALITY)


def enhance_all(
    paths: list[Path], folder: Path, policy: Policy, strength: float, before_after: bool = False
) -> Iterator[Enhanced]:
    """Retouches one photo after the other; a photo that cannot be done comes with its problem, and the rest go on."""
    for path in paths:
        try:
            yield enhance(path, folder, policy, strength, before_after)
        except photo.PhotoError as error:
            yield Enhanced(path, problem=str(error))
        except MemoryError:
            yield Enhanced(path, problem=f"{path}: needs more memory than there is: scale it down or crop it first")


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
