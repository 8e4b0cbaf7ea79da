# SPDX-License-Identifier: GPL-3.0-or-later
"""What run.py's worker processes do: a batch of pictures through every row, and its measures."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.quality import auto_tools, contact_sheet
from benchmarks.quality.cases import (
    CAST,
    CASTS,
    DEGRADED,
    FINISHED,
    SEED,
    TOGETHER,
    Case,
    degradations_of,
    make,
)
from editor_ops import NEUTRAL_LEVEL, SLIDERS, edit
from enhancer import photo
from models import Policy
from models.thumbnail import thumbnail
from trainer.evaluate import SEARCHED, EvaluateError, best_constant_action, degraded_pairs
from trainer.metrics import cast_angle, clipped, measure, psnr

INPUT = "input"
TOLERANCE = 0.001
"""Share of the pixels by which clipping may grow in the milder count of photos: a tenth of a percent is not seen."""
ROUNDING = 1e-9
"""Of sums of shares; a pixel is more than that of any picture."""


@dataclass(frozen=True)
class Job:
    """What every picture is put through. policies, constants: row -> file, row -> slider values. longest: pixels.

    gimp: GIMP's version and its home, as `auto_tools.gimp_auto` takes them.
    """

    policies: Mapping[str, Path]
    constants: Mapping[str, Mapping[str, float]]
    pillow: bool
    aaphoto: bool
    gimp: tuple[str, Path] | None
    longest: int
    shown: str | None
    """The row whose pictures go on the sheets."""


@dataclass(frozen=True)
class Result:
    """rows: row -> measure -> number. chosen: policy's row -> (levels (K,), entropies (K,) in nats)."""

    case: Case
    rows: dict[str, dict[str, float]] = field(default_factory=dict)
    chosen: dict[str, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)
    tiles: list[np.ndarray] | None = None
    problem: str = ""


def measure_batch(task: tuple[Job, Sequence[Case]]) -> list[Result]:
    """Makes the pictures of some cases, edits them by every row and measures them; one GIMP process for all."""
    job, cases = task
    results, made = [], []
    for case in cases:
        try:
            made.append((case, make(case, job.longest)))
        except (photo.PhotoError, EvaluateError) as error:
            results.append(Result(case, problem=str(error)))
    others = by_other_programs(job, [each.image for _, each in made])
    for i, (case, (image, answer, grey)) in enumerate(made):
        chosen, policies = {}, {}
        for row, path in job.policies.items():
            chosen[row], values = decided(policy(path), image, grey)
            policies[row] = edit(image, values)
        rows = {INPUT: image}
        rows |= {row: edit(image, values) for row, values in job.constants.items()}
        rows |= {row: pictures[i] for row, pictures in others.items()} | policies
        tiles = [image, rows[job.shown]] if case.shown and job.shown else None
        if tiles and answer is not None and case.set != FINISHED:
            tiles.append(answer)
        results.append(
            Result(
                case,
                {row: measures(case, image, answer, edited) for row, edited in rows.items()},
                chosen,
                [contact_sheet.tile(picture) for picture in tiles] if tiles else None,
            )
        )
    return results


def by_other_programs(job: Job, pictures: list[np.ndarray]) -> dict[str, list[np.ndarray]]:
    """Row -> pictures."""
    rows: dict[str, list[np.ndarray]] = {}
    if not pictures:
        return rows
    if job.pillow:
        rows[auto_tools.PILLOW] = [auto_tools.pillow_autocontrast(picture) for picture in pictures]
    if job.aaphoto:
        rows[auto_tools.AAPHOTO] = auto_tools.aaphoto(pictures)
    if job.gimp:
        version, home = job.gimp
        rows |= auto_tools.gimp_auto(version, pictures, home)
    return rows


def measures(case: Case, image: np.ndarray, answer: np.ndarray | None, edited: np.ndarray) -> dict[str, float]:
    """All that is measured of one edited picture; where there is no answer, or one degradation alone, less."""
    before, after = clipped(image), clipped(edited)
    found = {
        "white": after.white,
        "black": after.black,
        "clipped": after.total,
        "not_above": float(after.total <= before.total + ROUNDING),
        "hardly_above": float(after.total <= before.total + TOLERANCE + ROUNDING),
    }
    if answer is None:
        return found
    if case.set == DEGRADED and case.group != TOGETHER:
        found["psnr"] = psnr(edited, answer)
    else:
        found |= measure(edited, answer)
    if case.group in (*CASTS, CAST):
        found["angle"] = cast_angle(edited, answer)
    return found


def decided(
    policy_: Policy, image: np.ndarray, grey: bool = False
) -> tuple[tuple[np.ndarray, np.ndarray], dict[str, float]]:
    """(levels, entropies in nats) of the policy's sliders for a picture, and the values of its decision.

    grey: the picture is a grey file's. Of a one-sided slider, levels on its neutral side count as neutral: they change
    nothing.
    """
    small = thumbnail(image)
    probabilities, levels = policy_.probabilities(small)  # (K, L), (K,)
    entropies = -(probabilities * np.log(np.maximum(probabilities, 1e-20))).sum(axis=-1)
    one_sided = np.array([slider.one_sided for slider in SLIDERS])
    levels = np.where(one_sided, np.maximum(levels, NEUTRAL_LEVEL), levels)
    return (levels, entropies), policy_.decide_thumbnail(small, colour=not grey).values


@functools.cache
def policy(path: Path) -> Policy:
    return Policy.load(path)


Photos = tuple[Path, Sequence[str], int]
"""Folder, names of its photos, pixels of their longer side."""


def constant_for_even_degradations(task: Photos) -> dict[str, float]:
    """The best constant action on photos of a folder with this benchmark's degradations, all together."""
    folder, names, longest = task
    pairs = []
    for name in spaced(names):
        degradations = tuple(degradations_of(name, TOGETHER, 0).items())
        image, answer, _ = make(Case(DEGRADED, TOGETHER, name, folder / name, None, degradations), longest)
        assert answer is not None
        pairs.append((image, answer))
    return _best_constant(pairs)


def constant_for_trainers_degradations(task: Photos) -> dict[str, float]:
    """The best constant action on photos of a folder with the degradations that the trainer draws."""
    folder, names, *_ = task
    pairs = degraded_pairs(folder, SEED)
    place = {name: i for i, name in enumerate(pairs.names)}
    return _best_constant([pairs.load(place[str(Path(name).with_suffix(""))])[:2] for name in spaced(names)])


def spaced(names: Sequence[str]) -> list[str]:
    """SEARCHED of the names, evenly spaced: the search for a constant action takes no more."""
    n = min(SEARCHED, len(names))
    return [names[i * len(names) // n] for i in range(n)]


def _best_constant(pairs: Sequence[tuple[np.ndarray, np.ndarray]]) -> dict[str, float]:
    states, answers = (
        np.stack([thumbnail(pair[side]) for pair in pairs]).transpose(0, 2, 3, 1)
        for side in (0, 1)  # (N, 64, 64, 3)
    )
    return best_constant_action(states, answers)
