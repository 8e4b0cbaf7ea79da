# SPDX-License-Identifier: GPL-3.0-or-later
"""The pictures that run.py measures on: which they are, and how each is made."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from editor_ops import SLIDERS, edit
from enhancer import files, photo
from trainer.evaluate import Pair, folder_pairs, shrunk

# Sliders whose faults are undone by sliders that every retoucher has: too dark or bright, foggy or crushed, flat or
# harsh, too warm or cold, green or magenta, pale or garish.
FAULTS = {
    "exposure": (-1.5, 1.5),
    "black_level": (-0.0375, 0.0375),
    "contrast": (0.806, 1.241),
    "temperature": (5029.0, 9187.0),  # 45 mired each way
    "tint": (0.846, 1.182),
    "saturation": (0.55, 1.45),
}
"""Slider -> the ends between which its fault is drawn evenly, on the slider's own scale, in GIMP's unit.

Even and symmetric, and not the distribution that the trainer draws from: nobody scores here by knowing which way photos
usually are wrong, or by one edit for all. "Together" is all six at once. The ends are three quarters of what the
sliders' ranges were when this was decided, before any policy was measured with it: a fault can be plain to see, and yet
one slider alone could take it back. They are numbers and not shares of the ranges, so that a change of the sliders does
not change the examination; --faults sliders takes the shares."""
REACH = 0.75
"""The share of a slider's range that --faults sliders takes."""
FIXED, BY_SLIDERS = "fixed", "sliders"
CASTS = ("temperature", "tint")
CAST = "temperature and tint"
TOGETHER = "together"
DRAWS = {TOGETHER: 8} | dict.fromkeys((*FAULTS, CAST), 2)
"""Times that each photo is spoiled: all together often, since six numbers have many combinations."""
SEED = 1912_07833
"""Of the faults; with a photo's name, the kind of fault and the draw's number it gives the same fault for ever."""
FEW = 300
"""Folders with more photos than this are sampled, or one large folder would take most of the time."""
SAMPLE = 200
"""Photos, at least, that are then taken: every n-th by name. A share stands to 3 points."""

TABLE = {slider.name: slider for slider in SLIDERS}
FIVEK, WRONG_WAY, FINISHED, HARD, SOURCES = SETS = ("fivek", "wrong-way", "finished", "hard", "sources")


@dataclass(frozen=True)
class Case:
    """One picture to measure on.

    group: the kind of fault of a wrong-way picture; the folder's name of a hard one. path: of the photo; with
    `answers`, a folder, of the folder of inputs that it lies in, and the pair has that name. faults: slider -> value.
    """

    set: str
    group: str
    name: str
    path: Path
    answers: Path | None = None
    faults: tuple[tuple[str, float], ...] = ()
    shown: bool = False  # on the sheet of its set


def fault_ends(fault: str, kind: str = FIXED) -> tuple[float, float]:
    """The lowest and the highest value of a fault, in GIMP's unit. kind: FIXED, or BY_SLIDERS for today's ranges."""
    slider = TABLE[fault]
    if kind == FIXED:
        return FAULTS[fault]
    return slider.scaled(slider.lowest, REACH), slider.scaled(slider.highest, REACH)


def faults_of(name: str, group: str, draw: int, kind: str = FIXED) -> dict[str, float]:
    """Slider -> value in GIMP's unit, of the faults that a photo gets."""
    digest = hashlib.sha256(f"{SEED}/{name}/{group}/{draw}".encode()).digest()
    random = np.random.default_rng(int.from_bytes(digest[:8], "big"))
    values = {}
    for fault in {TOGETHER: tuple(FAULTS), CAST: CASTS}.get(group, (group,)):
        share = float(random.uniform(-1, 1))
        low, high = fault_ends(fault, kind)
        values[fault] = TABLE[fault].scaled(high if share > 0 else low, abs(share))
    return values


def reach(kind: str = FIXED) -> dict[str, list[str]]:
    """Slider -> the two ends of its faults, as a person reads them."""
    return {fault: [TABLE[fault].format(end) for end in fault_ends(fault, kind)] for fault in FAULTS}


def fivek_cases(folder: Path) -> list[Case]:
    inputs, answers = folder / "input", folder / "expertC"
    return [Case(FIVEK, "", name, inputs, answers) for name in folder_pairs(inputs, answers).names]


def wrong_way_cases(folder: Path, held_out: Sequence[str], kind: str = FIXED) -> list[Case]:
    return [
        Case(WRONG_WAY, group, name, folder / name, None, tuple(faults_of(name, group, draw, kind).items()))
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


def make(case: Case, longest: int) -> tuple[np.ndarray, np.ndarray | None]:
    """The picture and its answer, uint8 sRGB (H, W, 3), at most so many pixels long; None where nobody knows it.

    A finished photo's answer is itself. PhotoError where a file cannot be read.
    """
    if case.answers is not None:
        image, answer, _ = _pair(case.path, case.answers, case.name)
        return shrunk(image, longest), shrunk(answer, longest)
    picture = _read(case.path, longest)
    if case.set == FINISHED:
        return picture, picture
    if case.set == WRONG_WAY:
        return edit(picture, dict(case.faults)), picture
    return picture, None


@functools.lru_cache(maxsize=1)  # a photo's draws follow each other
def _read(path: Path, longest: int) -> np.ndarray:
    return shrunk(photo.srgb(photo.read(path)), longest)


def _pair(inputs: Path, answers: Path, name: str) -> Pair:
    pairs = folder_pairs(inputs, answers)
    return pairs.load(pairs.names.index(name))
