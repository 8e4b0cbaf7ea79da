# SPDX-License-Identifier: GPL-3.0-or-later
"""The pictures that run.py measures on: which they are, and how each is made."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from editor_ops import SLIDERS, chain
from editor_ops.color import linear_to_srgb, srgb_to_linear
from editor_ops.editor import run as run_chain
from editor_ops.operations import as_float, to_dtype
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
NEUTRAL = {"exposure": 0.0, "black_level": 0.0, "contrast": 1.0, "temperature": 6500.0, "tint": 1.0, "saturation": 1.0}
MIRED, LOGARITHMIC = ("temperature",), ("contrast", "tint")
"""Drawn evenly in 10^6 / kelvin, and on the logarithm; the others as they are."""
CONTRAST, SATURATION = "gegl:brightness-contrast", "gegl:saturation"
"""Contrast around the middle of linear light, before the saturation: no slider of the agent's is that."""
SEED = 1912_07833
"""With a photo's name, the kind of degradation and the draw's number it always gives the same degradation."""
FEW = 300
"""Folders with more photos than this are sampled, or one large folder would take most of the time."""
SAMPLE = 200
"""Photos, at least, that are then taken: every n-th by name. A share stands to 3 points."""

TABLE = {slider.name: slider for slider in SLIDERS}
SETS = ("fivek", "degraded", "finished", "hard", "sources", "snapshots", "no-harm")
FIVEK, DEGRADED, FINISHED, HARD, SOURCES, SNAPSHOTS, NO_HARM = SETS


@dataclass(frozen=True)
class Case:
    """One picture to measure on.

    group: the kind of degradation of a degraded picture; the kind of a no-harm one (no_harm.py); else the folder's
    name, where there is no answer. path: of the photo; with
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
        values[degradation] = between_ends(degradation, float(random.uniform(-1, 1)))
    return values


def between_ends(degradation: str, share: float) -> float:
    """The value a share (-1 to 1) of the way from neutral to an end."""
    low, high = DEGRADATIONS[degradation]
    neutral, end = NEUTRAL[degradation], high if share > 0 else low
    if degradation in MIRED:
        return 1 / (1 / neutral + abs(share) * (1 / end - 1 / neutral))
    if degradation in LOGARITHMIC:
        return neutral * (end / neutral) ** abs(share)
    return neutral + abs(share) * (end - neutral)


def degraded(picture: np.ndarray, values: Mapping[str, float]) -> np.ndarray:
    """A picture uint8 (H, W, 3) with degradations, rounded once."""
    height, width, _ = picture.shape
    steps = chain({name: value for name, value in values.items() if name != "contrast"}, width, height)
    if "contrast" in values:
        after = sum(operation != SATURATION for operation, _ in steps)  # saturation comes last
        steps.insert(after, (CONTRAST, {"contrast": values["contrast"]}))
    linear = run_chain(srgb_to_linear(as_float(picture)), steps)
    return to_dtype(linear_to_srgb(linear), np.uint8, 255)


def reach() -> dict[str, list[str]]:
    """Slider -> the two ends of its degradations, as a person reads them."""
    written = {name: TABLE[name].format for name in DEGRADATIONS} | {"contrast": "{:.3f}".format}
    return {name: [written[name](end) for end in ends] for name, ends in DEGRADATIONS.items()}


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


def spaced(names: Sequence[str], most: int) -> list[str]:
    """At most so many of the names, evenly spaced."""
    n = min(most, len(names))
    return [names[i * len(names) // n] for i in range(n)]


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
        return Made(degraded(picture, dict(case.degradations)), picture, False)
    return Made(picture, None, grey)


@functools.lru_cache(maxsize=1)  # a photo's draws follow each other
def _read(path: Path, longest: int) -> tuple[np.ndarray, bool]:
    read = photo.read(path)
    return shrunk(photo.srgb(read), longest), read.grey


def _pair(inputs: Path, answers: Path, name: str) -> Pair:
    pairs = folder_pairs(inputs, answers)
    return pairs.load(pairs.names.index(name))
