# SPDX-License-Identifier: GPL-3.0-or-later
"""One photo -> a copy retouched by a policy, with the sliders that it chose. No torch. enhancer/batch.py does many."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from editor_ops import filters
from models import Decision, Policy

from . import photo, sidecar


@dataclass(frozen=True)
class Settings:
    """What is wanted of every photo. What a copy depends on, goes into its sidecar: see `sidecar.settings`.

    strength: 0 (an unchanged copy) to 2; 1 is what the policy chose. before_after: a picture of both side by side lies
    beside the copy. dry: decide, and write nothing. leave: names of sliders to leave alone.
    """

    strength: float = 1.0
    before_after: bool = False
    dry: bool = False
    leave: tuple[str, ...] = ()


@dataclass(frozen=True)
class Task:
    """One photo, and the files that are made of it. comparison and sidecar: None where there is to be none."""

    photo: Path
    output: Path
    comparison: Path | None = None
    sidecar: Path | None = None

    @property
    def files(self) -> list[Path]:
        return [path for path in (self.output, self.comparison, self.sidecar) if path]


@dataclass(frozen=True)
class Enhanced:
    """What became of one photo: its copy and the decision; or the problem, one line.

    record: what the sidecar says of a photo that was done before. dry: nothing was written.
    """

    photo: Path
    output: Path | None = None
    decision: Decision | None = None
    width: int = 0
    height: int = 0
    problem: str = ""
    comparison: Path | None = None
    record: dict[str, Any] | None = None
    dry: bool = False


SIDE = 800
"""Pixels of the long side of each half of a before/after picture: both fit on a screen."""


def enhance(task: Task, policy: Policy, settings: Settings) -> Enhanced:
    """Retouches one photo. PhotoError where that cannot be done. Neither it nor any file that is there is written to.

    The copy takes its name last, when all that belongs to it lies there: a sidecar without its copy is an unfinished
    photo, and a copy with its sidecar a finished one, wherever a process was killed.
    """
    check_free(task)
    state = sidecar.state(task.photo) if task.sidecar else {}  # before it is read: a later change is seen as one
    original, done = decide(task, policy, settings)
    if settings.dry:
        return done
    assert done.decision
    edited = photo.edited(original, done.decision.values)
    sha256 = done.decision.sha256
    both = b""
    if task.comparison:
        both = _side_by_side(photo.srgb(original), photo.srgb(replace(original, pixels=edited)))

    def finish(part: Path) -> None:
        """All that belongs to the copy, which is whole and still lies aside."""
        if task.sidecar:
            files = {task.output.name: sidecar.fingerprint(part)}
            if task.comparison:
                files[task.comparison.name] = sidecar.fingerprint_of(both)
            made = {"settings": sidecar.settings(settings, sha256), "photo": state, "files": files}
            # Names that hold wherever the next command is started, and wherever the folder of copies goes.
            here = {"photo": os.path.abspath(task.photo), "output": task.output.name}
            sidecar.write(task.sidecar, {**to_json(done), **here}, made)
        if task.comparison:
            with photo.aside(task.comparison) as stream:
                stream.write(both)

    photo.write(original, edited, task.output, before=finish)
    return done


def check_free(task: Task) -> None:
    """PhotoError where a file that is to be made is there already."""
    for taken in task.files:
        if os.path.lexists(taken):
            raise photo.PhotoError(
                f"{taken}: is there already and is not overwritten: choose another folder or move it away"
            )


def decide(task: Task, policy: Policy, settings: Settings) -> tuple[photo.Photo, Enhanced]:
    """Reads a photo and decides for it; what `enhance` returns. PhotoError where it cannot be read."""
    original = photo.read(task.photo)
    alpha, colour = photo.opacity(original), not original.grey
    decision = policy.decide(photo.srgb(original), settings.strength, alpha, colour, settings.leave)
    width, height = original.width, original.height
    return original, Enhanced(
        task.photo, task.output, decision, width, height, comparison=task.comparison, dry=settings.dry
    )


def to_json(one: Enhanced) -> dict[str, object]:
    """The Decision JSON, and which photo it is of."""
    decision = {}
    if one.decision:
        decision = one.decision.to_json(filters(one.decision.values, one.width, one.height))
    return {**decision, "photo": str(one.photo), "output": str(one.output)}


def _side_by_side(before: np.ndarray, after: np.ndarray) -> bytes:
    """Two pictures uint8 sRGB (H, W, 3) beside each other, shrunk to fit, as a JPEG file."""
    halves = [Image.fromarray(np.ascontiguousarray(half)) for half in (before, after)]
    for half in halves:
        half.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    width, height = halves[0].size
    both = Image.new("RGB", (2 * width, height))
    for i, half in enumerate(halves):
        both.paste(half, (i * width, 0))
    stream = io.BytesIO()
    both.save(stream, "JPEG", quality=photo.QUALITY)
    return stream.getvalue()
