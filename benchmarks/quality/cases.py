# SPDX-License-Identifier: GPL-3.0-or-later
"""The pictures that run.py measures on: which they are, and how each is made."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from editor_ops import SLIDERS, edit
from enhancer import files, photo
from trainer.evaluate import Pair, folder_pairs, shrunk

# What every retoucher's sliders can undo: too dark or bright, foggy or crushed, flat or harsh, too warm or cold, green
# or magenta, pale or garish.
DEGRADATIONS = {
    "exposure": (-1.5, 1.5),
    "black_level": (-0.0375, 0.0375),
    "contrast": (0.806, 1.241),
    "temperature": (5029.0, 9187.0),  # 45 mired each way
    "tint": (0.846, 1.182),
    "saturation": (0.55, 1.45),
}
"""Slider -> the ends between which its degradation is drawn evenly, on the slider's own scale, in GIMP's unit.

Even and symmetric, and not the distribution that the trainer draws from: no policy scores here by knowing which way
photos usually are wrong, or by one edit for all. "Together" is all six at once. The ends are three quarters of what the
sliders' ranges were when this was decided, before any policy was measured with it: a degradation can be plain to
see, and yet one slider alone can undo it. They are numbers and not shares of the ranges, so that a change of the
sliders does not change the benchmark."""
CASTS = ("temperature", "tint")
CAST = "temperature and tint"
TOGETHER = "together"
DRAWS = {TOGETHER: 8} | dict.fromkeys((*DEGRADATIONS, CAST), 2)
"""Times that each photo is degraded: all together often, since six numbers have many combinations."""
SEED = 1912_07833
"""With a photo's name, the kind of degradation and the draw's number it always gives the same degradation."""
FEW = 300
"""Folders with more photos than this are sampled, or one large folder would take most of the time."""
SAMPLE = 200
"""Photos, at least, that are then taken: every n-th by name. A share stands to 3 points."""

TABLE = {slider.name: slider for slider in SLIDERS}
FIVEK, DEGRADED, FINISHED, HARD, SOURCES = SETS = ("fivek", "degraded", "finished", "hard", "sources")


@dataclass(frozen=True)
class Case:
    """One picture to measure on.

    group: the kind of degradation of a degraded picture; the folder's name of a hard one. path: of the photo; with
    `answers`, a folder, of the folder of inputs that it lies in, and the pair has that name. degradations: slider ->
    value in GIMP's unit.
    """

    set: str
    group: str
    name: str
    path: Path
    answers: Path | None = None
    degradations: tuple[tuple[str, float], ...] = ()
    shown: bool = False  # on the sheet of its set


def degradations_of(name: str, group: str, draw: int) -> dict[str, float]:
    """Slider -> value in GIMP's unit, of the degradations that a photo gets."""
    digest = hashlib.sha256(f"{SEED}/{name}/{group}/{draw}".encode()).digest()
    random = np.random.default_rng(int.from_bytes(digest[:8], "big"))
    values = {}
    for degradation in {TOGETHER: tuple(DEGRADATIONS), CAST: CASTS}.get(group, (group,)):
        share = float(random.uniform(-1, 1))
        low, high = DEGRADATIONS[degradation]
        values[degradation] = TABLE[degradation].scaled(high if share > 0 else low, abs(share))
    return values


def reach() -> dict[str, list[str]]:
    """Slider -> the two ends of its degradations, as a person reads them."""
    return {name: [TABLE[name].format(end) for end in ends] for name, ends in DEGRADATIONS.items()}


def fivek_cases(folder: Path) -> list[Case]:
    inputs, answers = folder / "input", folder / "expertC"
    return [Case(FIVEK, "", name, inputs, answers) for name in folder_pairs(inputs, answers).names]


def degraded_cases(folder: Path, held_out: Sequence[str]) -> list[Case]:
    return [
        Case(DEGRADED, group, name, folder / name, None, tuple(degradations_of(name, group, draw).items()))
        for name in held_out
        for group, draws in DRAWS.items()
        for draw in range(draws)
    ]


def finished_cases(folder: Path, held_out: Sequence[str]) -> list[Case]:
    return [Case(FINISHED, "", name, folder / name) for name in held_out]


def folder_cases(set_: str, folder: Path) -> list[Case]:
    """The photos of a folder that have no answer: all, or of many every n-th."""
    found = files.find(folder)
    step = len(found) // SAMPLE if len(found) > FEW else 1
    return [Case(set_, folder.name, str(path.relative_to(folder)), path) for path in found[::step]]


class Made(NamedTuple):
    """A case's picture and its answer, uint8 sRGB (H, W, 3); None where no answer is known.

    grey: as in trainer.evaluate.Pair. A degraded grey photo may have a colour cast, so it is not grey.
    """

    image: np.ndarray
    answer: np.ndarray | None
    grey: bool


def make(case: Case, longest: int) -> Made:
    """A case's picture, at most `longest` pixels long. A finished photo's answer is itself.

    PhotoError where a file cannot be read.
    """
    if case.answers is not None:
        image, answer, grey = _pair(case.path, case.answers, case.name)
        return Made(shrunk(image, longest), shrunk(answer, longest), grey)
    picture, grey = _read(case.path, longest)
    if case.set == FINISHED:
        return Made(picture, picture, grey)
    if case.set == DEGRADED:
        return Made(edit(picture, dict(case.degradations)), picture, False)
    return Made(picture, None, grey)


@functools.lru_cache(maxsize=1)  # a photo's draws follow each other
def _read(path: Path, longest: int) -> tuple[np.ndarray, bool]:
    read = photo.read(path)
    return shrunk(photo.srgb(read), longest), read.grey


def _pair(inputs: Path, answers: Path, name: str) -> Pair:
    pairs = folder_pairs(inputs, answers)
    return pairs.load(pairs.names.index(name))
