# SPDX-License-Identifier: GPL-3.0-or-later
"""One photo -> a copy retouched by a policy, with the sliders that it chose. No torch. enhancer/batch.py does many."""

from __future__ import annotations

import io
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from editor_ops import NAMES, filters
from models import Policy

from . import formats, jpeg, photo, sidecar
from .ahead import Read
from .task import Enhanced, Settings, Task

SIDE = 800
"""Pixels of the long side of each half of a before/after picture: both fit on a screen."""


def enhance(task: Task, policy: Policy, settings: Settings, read: Read = photo.read) -> Enhanced:
    """Retouches one photo. PhotoError where that cannot be done. Neither it nor any file that is there is written to.

    The copy takes its name last, when all that belongs to it lies there: a sidecar without its copy is an unfinished
    photo, and a copy with its sidecar a finished one, wherever a process was killed.
    """
    photo.check_free(*task.files)
    stamp = sidecar.file_stamp(task.photo) if task.sidecar else {}  # before it is read: a later change is seen as one
    original, done = decide(task, policy, settings, read)
    if settings.dry:
        return done
    assert done.decision
    before = photo.srgb(original) if task.comparison else None
    if done.faces:
        from . import faces  # takes its time to import, and few ask for it

        original = replace(original, samples=faces.edited(original, done.faces))
    edited = photo.edited(original, done.decision.values, settings.threads)
    sha256 = done.decision.sha256
    both = b""
    if before is not None:
        both = _side_by_side(before, photo.srgb(replace(original, samples=edited)))
        del before
    original = replace(original, samples=edited)  # the pixels as they were are needed no more: a third of the memory

    def finish(part: Path) -> None:
        """All that belongs to the copy, which is whole and still lies aside."""
        others = {task.others[name]: formats.text(name, done, settings.nodes).encode() for name in task.others}
        if task.sidecar:
            files = {task.output.name: sidecar.fingerprint(part)}
            files |= {path.name: sidecar.fingerprint_of(contents) for path, contents in others.items()}
            if task.comparison:
                files[task.comparison.name] = sidecar.fingerprint_of(both)
            made = {"settings": sidecar.settings(settings, sha256), "photo": stamp, "files": files}
            # Names that hold wherever the next command is started, and wherever the folder of copies goes.
            here = {"photo": os.path.abspath(task.photo), "output": task.output.name}
            sidecar.write(task.sidecar, {**to_json(done), **here}, made)
        for path, contents in (others | ({task.comparison: both} if task.comparison else {})).items():
            with photo.new_file(path) as stream:
                stream.write(contents)

    photo.write(original, edited, task.output, on_complete=finish)
    return done


def decide(task: Task, policy: Policy, settings: Settings, read: Read = photo.read) -> tuple[photo.Photo, Enhanced]:
    """Reads a photo and decides for it; what `enhance` returns. PhotoError where it cannot be read."""
    original = read(task.photo)
    seen, colour = photo.thumbnail(original), not original.grey
    looked = settings.faces
    leave = NAMES if looked and looked.only else settings.leave
    decision = policy.decide_thumbnail(seen, settings.strength, colour, leave)
    found, notes = None, original.notes
    if looked:
        from . import faces

        found = faces.decide(original, looked.style, settings.strength, settings.threads)
        notes += () if found.faces else (faces.NO_FACE,)
    width, height = original.width, original.height
    return original, Enhanced(
        task.photo, task.output, decision, width, height, comparison=task.comparison, dry=settings.dry,
        beyond=original.samples.dtype.kind == "f", notes=notes, others=task.others,
        faces=found,
    )  # fmt: skip


def to_json(one: Enhanced) -> dict[str, object]:
    """The Decision JSON, which photo it is of, and what its copy does not keep."""
    decision = {}
    if one.decision:
        made = filters(one.decision.values, one.width, one.height, beyond=one.beyond)
        decision = one.decision.to_json(made)
    notes = {"notes": list(one.notes)} if one.notes else {}
    faces_ = {"faces": one.faces.to_json()} if one.faces else {}
    return {**decision, **faces_, "photo": str(one.photo), "output": str(one.output), **notes}


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
    both.save(stream, "JPEG", quality=jpeg.QUALITY)
    return stream.getvalue()
