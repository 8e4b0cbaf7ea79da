# SPDX-License-Identifier: GPL-3.0-or-later
"""How near a policy's edits come to known answers, beside doing nothing and the best edit that is always the same."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from editor_ops import LEVELS, NEUTRAL_LEVEL, SLIDERS, edit
from enhancer import files, photo
from models import Policy
from models.errors import UserError
from models.thumbnail import thumbnail

from .metrics import MEASURES, measure
from .psnr import psnr_of_mean

MOST_OFF = 1
"""Rows or columns by which a pair may differ: raw converters cut differently by one."""
SEARCHED = 64
"""Pairs that the best constant action is sought on: a few seconds, and no more levels than thumbnails to fit."""
STRIDES = ((8, 4, 2, 1), (2, 1))
"""Levels by which the search moves a slider, coarse ones first. Sliders overlap, so a search may end in a side valley:
of two searches the better counts. Moves of two sliders at once take ten times as long and gained nothing."""
DEGRADED_SIZE = 512
"""Longest side of the pictures that are degraded, pixels: the size at which papers compare."""


class Pair(NamedTuple):
    """Input and answer, uint8 sRGB (H, W, 3) of one size. grey: the input is a grey file, so that `trainer enhance`
    leaves the sliders alone that only change colours."""

    image: np.ndarray
    answer: np.ndarray
    grey: bool = False


class EvaluateError(UserError):
    """Folders that cannot be compared. The text is one line: folder, cause, remedy."""


@dataclass(frozen=True)
class Pairs:
    """Pairs with names; loaded one at a time, since whole data sets do not fit into memory."""

    names: tuple[str, ...]
    load: Callable[[int], Pair]


@dataclass(frozen=True)
class Result:
    """Means over n pairs.

    rows: measure -> mean, for "input", "best constant action" and "policy". constant: that action's slider values.
    problems: pairs that could not be measured, a line each; they are not in the means.
    """

    n: int
    model: str
    rows: dict[str, dict[str, float]]
    constant: dict[str, float]
    problems: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "n": self.n,
            "model": self.model,
            "rows": self.rows,
            "best_constant_action": self.constant,
            "problems": list(self.problems),
        }


def folder_pairs(inputs: Path, answers: Path, only: Collection[str] | None = None) -> Pairs:
    """Pairs of two folders by file stem; only: the stems that are wanted.

    PhotoError where a folder is none, EvaluateError where nothing pairs.
    """
    left, right = _by_stem(inputs, copies=True), _by_stem(answers, copies=True)
    names = sorted((left.keys() & right.keys()) if only is None else (left.keys() & right.keys() & set(only)))
    if not names:
        message = f"{inputs}: no photo has the name of one in {answers}: rename them, the suffix may differ"
        raise EvaluateError(message, "no pairs")

    def load(i: int) -> Pair:
        image, answer = (photo.read(side[names[i]]) for side in (left, right))
        return Pair(*_one_size(names[i], photo.srgb(image), photo.srgb(answer)), image.grey)

    return Pairs(tuple(names), load)


def degraded_pairs(folder: Path, seed: int, only: Path | None = None) -> Pairs:
    """Finished photos, shrunk to 512 pixels, and the same degraded by the editor. Needs torch.

    Each photo has one degradation, drawn from the seed and its place among the names. only: a text
    file with the names of the photos that are wanted, one a line, such as a run's held-out.txt. PhotoError where the
    folder has no photos, EvaluateError where it lacks one of these.
    """
    import torch

    from .degradations import degrade, sample_degradations

    files = sorted(_by_stem(folder).items() if only is None else _listed(folder, only).items())
    degradations = sample_degradations(len(files), torch.Generator().manual_seed(seed), untouched=0.0)

    def load(i: int) -> Pair:
        finished = shrunk(photo.srgb(photo.read(files[i][1])))
        state = torch.tensor(finished).movedim(-1, 0)[None].float() / 255
        degraded = degrade(state, degradations[i : i + 1])
        return Pair((degraded[0].movedim(0, -1).numpy() * 255 + 0.5).astype(np.uint8), finished)

    return Pairs(tuple(name for name, _ in files), load)


def evaluate(pairs: Pairs, policy: Policy, watch: Callable[[str, int], Iterator[int]]) -> Result:
    """Measures the input, the best constant action and the policy on all pairs, at full size and 8 bits.

    watch(text, n) gives the numbers below n, and may show how far they have come.
    """
    names, problems = pairs.names, {}

    def loaded(i: int) -> Pair | None:
        try:
            return pairs.load(i)
        except (photo.PhotoError, EvaluateError) as error:
            problems[i] = str(error)
            return None

    chosen = np.linspace(0, len(names) - 1, min(SEARCHED, len(names))).round().astype(int).tolist()
    small = [
        [thumbnail(side) for side in pair[:2]] for i in watch("Reading", len(chosen)) if (pair := loaded(chosen[i]))
    ]
    if not small:
        raise EvaluateError(f"none of the pairs can be measured: {next(iter(problems.values()))}", "no pairs")
    states, answers = (np.stack(side).transpose(0, 2, 3, 1) for side in zip(*small, strict=True))  # (N, 64, 64, 3)
    constant = best_constant_action(states, answers)

    sums = {row: dict.fromkeys(MEASURES, 0.0) for row in ("input", "best constant action", "policy")}
    for i in watch("Measuring", len(names)):
        if not (pair := loaded(i)):
            continue
        image, answer, grey = pair
        edits = {
            "input": image,
            "best constant action": edit(image, constant),
            "policy": edit(image, policy.decide(image, colour=not grey).values),
        }
        for row, edited in edits.items():
            for name, value in measure(edited, answer).items():
                sums[row][name] += value
    n = len(names) - len(problems)
    means = {row: {name: value / n for name, value in measures.items()} for row, measures in sums.items()}
    return Result(n, policy.name, means, constant, tuple(problems[i] for i in sorted(problems)))


LIGHT = ("mid_tones", "exposure", "black_level")
"""Sliders that make a picture lighter or darker."""


def best_constant_action(states: np.ndarray, answers: np.ndarray) -> dict[str, float]:
    """The slider values, one set for all, that bring the thumbnails (N, 64, 64, 3) nearest to their answers.

    Sought on these very pairs, so no policy that does the same to every picture can do better but by chance:
    coordinate descent over the sliders' levels from neutral, on the mean PSNR.
    """
    tables = [slider.values() for slider in SLIDERS]

    def values(levels: tuple[int, ...]) -> dict[str, float]:
        return {s.name: table[k] for s, table, k in zip(SLIDERS, tables, levels, strict=True)}

    @functools.cache
    def score(levels: tuple[int, ...]) -> float:
        edited = np.clip(edit(states, values(levels)), 0, 1)
        error = np.square(edited - answers).mean(axis=(1, 2, 3), dtype=np.float64)
        return float(psnr_of_mean(error).mean())

    # Sliders do parts of each other's work, so the first one that is moved decides where a descent ends: each of those
    # for light and dark is the first once.
    k = len(SLIDERS)
    orders = [(first, *(i for i in range(k) if i != first)) for first, s in enumerate(SLIDERS) if s.name in LIGHT]
    neutral = (NEUTRAL_LEVEL,) * k
    return values(max((descent(score, strides, order, neutral) for strides in STRIDES for order in orders), key=score))


def descent(
    score: Callable[[tuple[int, ...]], float], strides: tuple[int, ...], order: Sequence[int], levels: tuple[int, ...]
) -> tuple[int, ...]:
    """Levels from which no slider alone, moved by the last stride, raises the score. order: of the sliders. levels: to
    begin with."""
    for stride in strides:
        before = None
        while before != levels:
            before = levels
            for k in order:
                for move in (-stride, stride):
                    while 0 <= levels[k] + move < LEVELS:
                        candidate = (*levels[:k], levels[k] + move, *levels[k + 1 :])
                        if score(candidate) <= score(levels):
                            break
                        levels = candidate
    return levels


def _listed(folder: Path, only: Path) -> dict[str, Path]:
    """As `_by_stem`, the photos that a text file names."""
    names = only.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    there = {path.relative_to(folder).as_posix(): path for path in files.find(folder)}
    missing = [name for name in names if name not in there]
    if missing:
        raise EvaluateError(
            f"{only}: {len(missing)} of its {len(names)} photos are not in {folder}, such as {missing[0]}: "
            "give the list of a run that learned from this folder",
            "missing photos",
        )
    if not names:
        message = f"{only}: names no photo: the run held none out; give another list, or none"
        raise EvaluateError(message, "no photos")
    return {Path(name).with_suffix("").as_posix(): there[name] for name in names}


def _by_stem(folder: Path, copies: bool = False) -> dict[str, Path]:
    """{path below the folder without suffix: file}; copies: of `trainer enhance`, too."""
    return {path.relative_to(folder).with_suffix("").as_posix(): path for path in files.find(folder, copies)}


def _one_size(name: str, image: np.ndarray, answer: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both cut to the common size; of the ways to do it, the one in which they lie best upon each other."""
    height, width = (min(image.shape[axis], answer.shape[axis]) for axis in (0, 1))
    off = max(abs(image.shape[axis] - answer.shape[axis]) for axis in (0, 1))
    if off > MOST_OFF:
        sizes = " and ".join(f"{side.shape[1]}x{side.shape[0]}" for side in (image, answer))
        message = f"{name}: input and answer have {sizes} pixels: scale one to the other's size"
        raise EvaluateError(message, "different sizes")
    if off == 0:
        return image, answer

    def cuts(side: np.ndarray) -> Iterator[np.ndarray]:
        for top in range(side.shape[0] - height + 1):
            for left in range(side.shape[1] - width + 1):
                yield side[top : top + height, left : left + width]

    candidates = [(a, b) for a in cuts(image) for b in cuts(answer)]
    return min(candidates, key=lambda pair: np.square(pair[0].astype(np.int32) - pair[1]).mean())


def shrunk(image: np.ndarray, longest: int = DEGRADED_SIZE) -> np.ndarray:
    """A picture uint8 (H, W, 3), by box means where its longer side has more pixels than this."""
    share = longest / max(image.shape[:2])
    if share >= 1:
        return image
    size = tuple(max(1, math.floor(side * share + 0.5)) for side in image.shape[1::-1])
    return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BOX))
