# SPDX-License-Identifier: GPL-3.0-or-later
"""What is to be done with a photo, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from editor_ops.full_size import MOST_THREADS
from models import Decision
from models.faces.decision import FaceDecision

from .format_names import NODES


@dataclass(frozen=True)
class FaceSettings:
    """style: a face style's file, and its SHA-256. only: the photo's colours are left alone."""

    style: Path
    sha256: str
    only: bool = False


@dataclass(frozen=True)
class Settings:
    """What is wanted of every photo. What a copy depends on, goes into its sidecar: see `sidecar.settings`.

    strength: 0 (an unchanged copy) to 2; 1 is what the policy chose. before_after: a picture of both side by side lies
    beside the copy. dry: decide, and write nothing. leave: names of sliders to leave alone. threads: that may work on
    one photo. formats: those of `format_names.FORMATS` in which the decision is written too. nodes: of a LUT's side.
    faces: what is done to faces; None where they are not looked for.
    """

    strength: float = 1.0
    before_after: bool = False
    dry: bool = False
    leave: tuple[str, ...] = ()
    threads: int = MOST_THREADS
    formats: tuple[str, ...] = ()
    nodes: int = NODES
    faces: FaceSettings | None = None


@dataclass(frozen=True)
class Task:
    """One photo, and the files that are made of it. comparison and sidecar: None where there is to be none.

    others: format -> the file for other programs.
    """

    photo: Path
    output: Path
    comparison: Path | None = None
    sidecar: Path | None = None
    others: dict[str, Path] = field(default_factory=dict)

    @property
    def files(self) -> list[Path]:
        return [path for path in (self.output, self.comparison, self.sidecar) if path] + list(self.others.values())


@dataclass(frozen=True)
class Enhanced:
    """What became of one photo: its copy and the decision; or the problem, one line.

    record: what the sidecar says of a photo that was done before. dry: nothing was written.
    beyond: the photo may hold values darker than black or brighter than white. others: as `Task` has them.
    notes: what of the photo its copy does not keep, or is odd about it, each a part of a sentence.
    faces: what was decided for its faces; None where they were not looked for.
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
    beyond: bool = False
    others: dict[str, Path] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    faces: FaceDecision | None = None
