# SPDX-License-Identifier: GPL-3.0-or-later
"""How much a face style gains, by judges that saw neither these faces nor what the style learned from.

The faces are divided into parts; each part is judged by a judge that learned from the others. Beside the style stand
other edits of the same faces: none, random ones, the style's mean edit for all, the best edit that is the same for all,
and the best for each.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

from editor_ops import LEVELS, NEUTRAL_LEVEL
from editor_ops.face_sliders import FACE_SLIDERS
from models.errors import UserError
from models.faces.styles import FaceStyle

from ..evaluate import descent
from . import edits, scut
from .crops import Faces, load
from .environment import values_at
from .judge import EPOCHS, Judge, Watch, judged, learn, pearson, read, write

PARTS = 4
"""Of the faces: each judge learns from three quarters."""
SEARCHED = 64
"""Faces that the best edits are sought on, spread over all; two minutes' work, and no more levels than faces to fit."""
STRIDES = (8, 4, 2)
"""Levels by which the search for the best constant action moves a slider, the coarse ones first."""
TRIED = (0, 4, 8, 12, 16, 20, 24, 28, 32)
"""Levels that are tried where the best edit of each face is sought, slider after slider."""


class FaceEvaluateError(UserError):
    """Faces that can't be measured. The message says why and what to do."""


Opinion = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
"""Pictures (N, 3, 64, 64) and the parts that they belong to (N,) -> what the judges of these parts think (N,)."""


@dataclass(frozen=True)
class Edited:
    """Faces (N), how their skin is masked, and what their judges think of them as they are (N,). part: of each (N,)."""

    faces: Faces
    masks: edits.Masks
    part: torch.Tensor
    before: torch.Tensor

    def select(self, rows: torch.Tensor) -> Edited:
        faces = self.faces.select(rows.tolist())
        return Edited(faces, edits.Masks(faces), self.part[rows], self.before[rows])


@dataclass(frozen=True)
class Result:
    """pearson: of the opinion and the known scores of all faces that were judged. rows: of each kind of edit, over n
    faces (or `searched` of them): their mean score, the gain over what they were, the share of faces that gain, and
    how far the edits move the landmarks on the mean, in shares of the eyes' distance. constant: the best one."""

    n: int
    judged: int
    pearson: float
    style: str
    searched: int
    rows: dict[str, dict[str, float]]
    constant: dict[str, float]

    def to_json(self) -> dict[str, object]:
        return {**vars(self)}


def scut_faces(folder: Path, below: float, cache: Path | None = None) -> tuple[Faces, torch.Tensor, torch.Tensor]:
    """SCUT-FBP5500's official test faces, their scores, and which of them are to be edited: those that score below."""
    here, files, known = scut.faces(folder, "test")
    faces = load(here, cache=cache, files=files)
    scored = {path.relative_to(here).as_posix(): score for path, score in zip(files, known, strict=True)}
    scores = torch.tensor([scored[name] for name in faces.names])
    return faces, scores, scores < below


def faces_of_folders(low: Path, high: Path, cache: Path | None = None) -> tuple[Faces, torch.Tensor, torch.Tensor]:
    """The faces of two folders with score 0 and 1; those of the first are to be edited."""
    one, other = load(low, cache=cache), load(high, cache=cache)
    faces = Faces(
        low, one.names + other.names, one.keys + other.keys,
        torch.cat([one.crops, other.crops]), torch.cat([one.points, other.points]),
    )  # fmt: skip
    scores = torch.cat([torch.zeros(len(one.names)), torch.ones(len(other.names))])
    return faces, scores, scores == 0


def evaluate(
    faces: Faces, scores: torch.Tensor, wanted: torch.Tensor, style: FaceStyle, seed: int, judges: Path | None,
    watch: Watch,
) -> Result:  # fmt: skip
    """Measures a style on those faces that are wanted, bool (N,); judges learn from all and their scores (N,).

    seed: of the parts, the judges and the random edits. judges: a folder where they are kept, for the next time.
    watch(text, n) gives the numbers below n. FaceEvaluateError where there are too few faces.
    """
    if int(wanted.sum()) < 1 or len(scores) < 2 * PARTS:
        message = f"{len(scores)} faces, {int(wanted.sum())} of them to be edited"
        raise FaceEvaluateError(f"{message}: give {2 * PARTS} or more, and one of these", "too few faces")
    generator = torch.Generator().manual_seed(seed)
    part = torch.randperm(len(scores), generator=generator) % PARTS
    made = [_judge(faces, scores, part != i, seed, judges, watch) for i in range(PARTS)]

    def opinion(pictures: torch.Tensor, of: torch.Tensor) -> torch.Tensor:
        found = torch.empty(len(pictures))
        for i, judge in enumerate(made):
            if (of == i).any():
                found[of == i] = judged(judge, pictures[of == i])
        return found

    known = opinion(faces.pictures(), part)
    rows = wanted.nonzero()[:, 0]
    all_of_them = Edited(faces, edits.Masks(faces), part, known).select(rows)
    few = all_of_them.select(torch.linspace(0, len(rows) - 1, min(SEARCHED, len(rows))).round().long())
    rows_, constant = _measured(all_of_them, few, style, opinion, generator, watch)
    return Result(len(rows), len(scores), pearson(known, scores), style.name, len(few.part), rows_, constant)


def _measured(
    all_of_them: Edited, few: Edited, style: FaceStyle, opinion: Opinion, generator: torch.Generator, watch: Watch
) -> tuple[dict[str, dict[str, float]], dict[str, float]]:
    """What `Result` has as rows and constant."""
    table = torch.tensor([slider.values() for slider in FACE_SLIDERS])  # (K, L)
    n, k = len(all_of_them.part), len(FACE_SLIDERS)
    crops = all_of_them.faces.pictures().permute(0, 2, 3, 1).numpy()
    chosen = torch.tensor([style.choose(crops[i]).tolist() for i in watch("Asking the style", n)])  # (N, K)
    constant = best_constant(few, table, opinion, watch)
    random = torch.randint(LEVELS, (n, k), generator=generator)
    candidates = {
        "untouched": (all_of_them, table[:, NEUTRAL_LEVEL].expand(n, -1)),
        "random levels": (all_of_them, values_at(table, random)),
        "best constant action": (all_of_them, constant.expand(n, -1)),
        "the style's mean for all": (all_of_them, chosen.mean(0).expand(n, -1)),
        "the style": (all_of_them, chosen),
        f"best of each, of {len(few.part)}": (few, best_of_each(few, table, opinion, watch)),
    }
    names = list(candidates)
    rows = {names[i]: measure(*candidates[names[i]], opinion) for i in watch("Measuring", len(names))}
    return rows, {slider.name: float(value) for slider, value in zip(FACE_SLIDERS, constant, strict=True)}


@torch.no_grad()
def measure(edited: Edited, values: torch.Tensor, opinion: Opinion) -> dict[str, float]:
    """Of values (N, K)."""
    parts = torch.arange(len(values)).split(edits.MOST_AT_ONCE)
    prepared = [_prepare(edited, rows) for rows in parts]
    pictures = torch.cat([edits.edit(p, values[rows, None])[:, 0] for p, rows in zip(prepared, parts, strict=True)])
    after = opinion(pictures, edited.part)
    gain = after - edited.before
    moved = torch.cat([edits.moved(p, values[rows]) for p, rows in zip(prepared, parts, strict=True)])
    return {
        "score": float(after.mean()),
        "gain": float(gain.mean()),
        "better": float((gain > 0).float().mean()),
        "moved": float(moved.mean()),
    }


def _prepare(edited: Edited, rows: torch.Tensor) -> edits.Prepared:
    return edits.prepare(edited.faces.pictures(rows), edited.faces.points[rows], edited.masks.of(rows))


def _judge(
    faces: Faces, scores: torch.Tensor, learned: torch.Tensor, seed: int, folder: Path | None, watch: Watch
) -> Judge:
    """The judge that learned from some of the faces, bool (N,); found in the folder or put there."""
    crops, wanted = faces.crops[learned], scores[learned]
    if folder is None:
        return learn(crops, wanted, seed, watch, EPOCHS)
    recipe = f"judge 1, {EPOCHS} epochs, seed {seed}".encode()
    name = hashlib.sha256(recipe + crops.numpy().tobytes() + wanted.numpy().tobytes()).hexdigest()[:16]
    path = folder / f"judge-{name}.pt"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        write(learn(crops, wanted, seed, watch, EPOCHS), path)
    return read(path)


def best_constant(few: Edited, table: torch.Tensor, opinion: Opinion, watch: Watch) -> torch.Tensor:
    """Values (K,), one set for all, that the judges of these very faces like best: no style that does the same to every
    face can do better but by chance."""
    rows = torch.arange(len(few.faces.names))
    prepared = _prepare(few, rows)

    @functools.cache
    @torch.no_grad()
    def score(levels: tuple[int, ...]) -> float:
        values = values_at(table, torch.tensor(levels)).expand(len(rows), 1, -1)
        return float(opinion(edits.edit(prepared, values)[:, 0], few.part).mean())

    found: tuple[int, ...] = (NEUTRAL_LEVEL,) * len(table)
    for i in watch("Seeking the best constant action", len(STRIDES)):
        found = descent(score, STRIDES[i : i + 1], range(len(table)), found)
    return values_at(table, torch.tensor(found))


@torch.no_grad()
def best_of_each(few: Edited, table: torch.Tensor, opinion: Opinion, watch: Watch) -> torch.Tensor:
    """Values (N, K), for each face those that its judge likes best, sought slider by slider: what could be reached."""
    n = len(few.faces.names)
    prepared = _prepare(few, torch.arange(n))
    levels = torch.full((n, len(table)), NEUTRAL_LEVEL)
    for k in watch("Seeking the best of each face", len(table)):
        tried = levels[:, None].repeat(1, len(TRIED), 1)  # (N, T, K)
        tried[:, :, k] = torch.tensor(TRIED)
        pictures = edits.edit(prepared, values_at(table, tried))
        scores = torch.stack([opinion(pictures[:, t], few.part) for t in range(len(TRIED))], 1)  # (N, T)
        levels[:, k] = torch.tensor(TRIED)[scores.argmax(1)]
    return values_at(table, levels)
