# SPDX-License-Identifier: GPL-3.0-or-later
"""SCUT-FBP5500: faces with scores of attractiveness from 1 to 5 (Liang et al. 2018), for non-commercial research.

As its authors lay it out: Images/ and train_test_files/split_of_60%training and 40%testing/{train,test}.txt, whose
lines are a name and a score, such as "CF437.jpg 2.883333". Or, as copies of it do: images/ and labels.csv, with the
columns image, beauty_score and split.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, NamedTuple

from enhancer import files
from models.errors import UserError

OFFICIAL_LISTS = Path("train_test_files") / "split_of_60%training and 40%testing"
IMAGES, COPIED_IMAGES, LABELS = "Images", "images", "labels.csv"
COLUMNS = ("image", "beauty_score", "split")
MOST_BYTES = 10_000_000
"""Of a list; the official ones have 60,000."""

Part = Literal["train", "test"]


class ScutError(UserError):
    """A folder that is not laid out so. The message says what is missing and what to do."""


class Scored(NamedTuple):
    """Faces of a part of the data set: their folder, their files in it, and the mean score of each."""

    folder: Path
    files: list[Path]
    scores: list[float]


def faces(folder: Path, part: Part) -> Scored:
    """The faces of the official split's part, in the list's order. ScutError where the list or a face is missing."""
    official = folder / OFFICIAL_LISTS / f"{part}.txt"
    if official.is_file():
        here, listed = folder / IMAGES, _official_rows(official)
    elif (folder / LABELS).is_file():
        here, listed = folder / COPIED_IMAGES, _copied_rows(folder / LABELS, part)
    else:
        raise ScutError(
            f"{folder}: has no {OFFICIAL_LISTS}/{part}.txt: give the folder in which {IMAGES}/ and train_test_files/ "
            f"of SCUT-FBP5500 are, or one with {COPIED_IMAGES}/ and {LABELS}",
            "missing list",
        )
    if not here.is_dir():
        raise ScutError(f"{here}: is not a folder; put the faces of SCUT-FBP5500 there", "missing folder")
    there = {path.relative_to(here).as_posix(): path for path in files.find(here)}
    missing = [name for name, _ in listed if name not in there]
    if missing or not listed:
        few = f"{len(missing)} of the {len(listed)} faces of {part} are missing, such as {', '.join(missing[:3])}"
        message = f"{here}: {few}: put them there" if missing else f"{folder}: the list of {part} is empty"
        raise ScutError(message, "missing faces")
    return Scored(here, [there[name] for name, _ in listed], [score for _, score in listed])


def training_files(folder: Path, low: float, high: float) -> tuple[Path, list[Path], list[Path]]:
    """The folder of the faces, those of the training part with scores below `low`, and those from `high` on.

    ScutError where one of the two is empty, or as `faces`.
    """
    here, listed, scores = faces(folder, "train")
    below = [path for path, score in zip(listed, scores, strict=True) if score < low]
    above = [path for path, score in zip(listed, scores, strict=True) if score >= high]
    if not below or not above:
        message = f"{folder}: {len(below)} faces score below {low:g} and {len(above)} from {high:g} on"
        raise ScutError(f"{message}: change low_score or high_score, so that both have some", "no faces")
    return here, below, above


def _official_rows(path: Path) -> list[tuple[str, float]]:
    """Names and scores; a name may have spaces."""
    return [_row(path, *line.rsplit(maxsplit=1)) for line in _text(path).splitlines() if line.strip()]


def _copied_rows(path: Path, part: Part) -> list[tuple[str, float]]:
    try:
        reader = csv.DictReader(_text(path).splitlines())
        rows: Iterable[dict[str, str]] = [row for row in reader if row.get("split") == part]
    except csv.Error as error:
        raise _unreadable(path) from error
    if missing := [name for name in COLUMNS if name not in (reader.fieldnames or [])]:
        raise ScutError(f"{path}: has no column {missing[0]}; it must have {', '.join(COLUMNS)}", "damaged list")
    return [_row(path, row["image"] or "", row["beauty_score"] or "") for row in rows]


def _row(path: Path, *words: str) -> tuple[str, float]:
    try:
        name, score = words
        number = float(score)
    except (TypeError, ValueError) as error:
        raise _unreadable(path) from error
    if not math.isfinite(number):
        raise _unreadable(path)
    return name, number


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise _unreadable(path)
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise _unreadable(path) from error


def _unreadable(path: Path) -> ScutError:
    return ScutError(f"{path}: is no list of names and scores; unpack it anew", "damaged list")
