# SPDX-License-Identifier: GPL-3.0-or-later
"""A blind comparison: photos and their edits side by side, left and right by chance, for a person to judge.

    python -m benchmarks.blind make --photos DIR --policy FILE.onnx --n 40 --seed 0 --out DIR
    python -m benchmarks.blind judge DIR
    python -m benchmarks.blind tally DIR
    python -m tools.results 70-blind --rows DIR/tally.json -- python -m benchmarks.blind tally DIR

make writes 01.jpg, 02.jpg and so on, and answers.json: which side is the edit, encoded so that it cannot be read by
chance. Look at the pictures in any viewer. judge asks which side is better: l (left), r (right), s (no difference), q
to stop and go on later. The letters go to votes.txt, one a line, in the pictures' order; who judges in another way,
writes that file. tally counts them and writes tally.json.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import json
import random
import sys
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import models
from editor_ops import edit
from enhancer import enhance, files, photo
from enhancer.task import Settings, Task
from models.errors import UserError
from models.files import atomic_write, write_text
from trainer.evaluate import shrunk

LONGEST = 700
"""Pixels of the longer side of each picture: two fit side by side on a common screen."""
GAP = 8
"""Columns between the two, so that no edge of one is taken for the other's."""
GREY = 118
"""Of the gap, sRGB: middle grey, beside which neither bright nor dark is favoured."""
QUALITY = 95
"""Of the JPEG files: no artefact that could be taken for an edit."""
LEFT, RIGHT, SAME, STOP = "l", "r", "s", "q"
ANSWERS, VOTES, TALLY = "answers.json", "votes.txt", "tally.json"
COLUMNS = ("policy", "pairs", "edit preferred", "input preferred", "no difference", "not judged")


class BlindError(UserError):
    """A comparison that cannot be made, judged or counted. One line: file, cause, remedy."""


def make(photos: Path, policy_file: Path, n: int, seed: int, out: Path) -> list[str]:
    """Writes n pairs of photos of a folder and, last, the answers; the problems of photos that were left out.

    The same seed takes the same photos and sides. BlindError: a comparison is there already, or too few photos.
    """
    if (out / ANSWERS).exists():
        raise BlindError(f"{out}: has a comparison already: give another folder with --out", "taken")
    policy = models.Policy.load(policy_file)
    chance = random.Random(seed)
    found = files.find(photos)
    _check_number(photos, len(found), n)
    chance.shuffle(found)
    # The edit is as often on either side, so that a liking for one side counts for nothing.
    sides = ([LEFT, RIGHT] * n)[:n]
    chance.shuffle(sides)
    out.mkdir(parents=True, exist_ok=True)
    names: list[str] = []
    problems: list[str] = []
    for path in found:
        if len(names) == n:
            break
        try:
            before, after = both(path, policy)
        except photo.PhotoError as error:
            problems.append(str(error))
            continue
        sides_of = (after, before) if sides[len(names)] == LEFT else (before, after)
        with atomic_write(out / f"{len(names) + 1:02}.jpg", durable=False) as stream:
            Image.fromarray(side_by_side(*sides_of)).save(stream, "JPEG", quality=QUALITY, subsampling=0)
        names.append(str(path.relative_to(photos)))
    _check_number(photos, len(names), n)
    answers = {"edit": "".join(sides), "photos": names, "seed": seed,
               "policy": {"name": policy.name, "sha256": policy.sha256}}  # fmt: skip
    write_text(out / ANSWERS, json.dumps({"pairs": n, "sealed": sealed(answers)}, indent=1) + "\n")
    return problems


def _check_number(photos: Path, there: int, n: int) -> None:
    if there < n:
        raise BlindError(f"{photos}: has {there} photos that can be read, not {n}: give fewer with --n", "too few")


def both(path: Path, policy: models.Policy) -> tuple[np.ndarray, np.ndarray]:
    """A photo and its edit as `trainer enhance` decides it, uint8 sRGB (H, W, 3). PhotoError if it cannot be read."""
    original, done = enhance.decide(Task(path, path), policy, Settings(threads=1))
    assert done.decision
    before = shrunk(photo.srgb(original), LONGEST)
    return before, edit(before, done.decision.values)


def side_by_side(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Two pictures uint8 (H, W, 3) of one size -> (H, 2 W + GAP, 3)."""
    return np.concatenate([left, np.full((left.shape[0], GAP, 3), GREY, np.uint8), right], axis=1)


def sealed(answers: dict[str, Any]) -> str:
    """Answers as text that says nothing to who sees it, and in which a change is noticed (zlib has a checksum)."""
    return base64.b64encode(zlib.compress(json.dumps(answers).encode())).decode()


def read_answers(folder: Path) -> dict[str, Any]:
    """edit: the edit's side of each pair, a letter each; photos: their names; policy: its name and sha256."""
    file = folder / ANSWERS
    try:
        answers = json.loads(zlib.decompress(base64.b64decode(json.loads(file.read_bytes())["sealed"], validate=True)))
        if not set(answers["edit"]) <= {LEFT, RIGHT} or not isinstance(answers["policy"]["name"], str):
            raise ValueError(ANSWERS)
    except FileNotFoundError as error:
        raise BlindError(f"{file}: is missing: make the comparison with `python -m benchmarks.blind make`, or let it "
                         "end", "missing") from error  # fmt: skip
    except (binascii.Error, zlib.error, ValueError, KeyError, TypeError) as error:
        raise BlindError(f"{file}: is damaged: make the comparison again in another folder", "damaged") from error
    return answers


def read_votes(folder: Path, pairs: int) -> list[str]:
    """The votes so far, a letter each; none where there is no file. BlindError where a line is no vote."""
    file = folder / VOTES
    try:
        lines = file.read_text(encoding="utf-8").rstrip().splitlines()
    except FileNotFoundError:
        return []
    except UnicodeDecodeError as error:
        raise BlindError(f"{file}: is not a text file: write l, r or s, one a line", "damaged") from error
    votes = [line.strip().lower() for line in lines]
    for number, vote in enumerate(votes, 1):
        if vote not in (LEFT, RIGHT, SAME):
            raise BlindError(f"{file}: line {number} has {vote[:20]!r}: write l, r or s, one a line", "not a vote")
    if len(votes) > pairs:
        raise BlindError(f"{file}: has {len(votes)} votes on {pairs} pairs: remove the surplus lines", "too many")
    return votes


def judge(folder: Path, ask: Callable[[str], str] = input) -> int:
    """Asks about the pairs that have no vote, until all have one or the person stops; how many have none then.

    Each vote is kept at once, so stopping loses none.
    """
    pairs = len(read_answers(folder)["edit"])
    votes = read_votes(folder, pairs)
    while len(votes) < pairs:
        try:
            said = ask(f"{folder / f'{len(votes) + 1:02}.jpg'} ({len(votes) + 1} of {pairs}), better: l, r, s or q? ")
        except (EOFError, KeyboardInterrupt):
            print()
            break
        said = said.strip().lower()
        if said == STOP:
            break
        if said not in (LEFT, RIGHT, SAME):
            print("l: left is better, r: right is better, s: no difference, q: stop and go on later")
            continue
        votes.append(said)
        write_text(folder / VOTES, "".join(f"{vote}\n" for vote in votes))
    return pairs - len(votes)


def tally(folder: Path) -> dict[str, Any]:
    """Counts of the votes, with the columns and the row of a table. BlindError where there is no vote."""
    answers = read_answers(folder)
    sides = answers["edit"]
    votes = read_votes(folder, len(sides))
    if not votes:
        raise BlindError(f"{folder / VOTES}: has no votes: judge with `python -m benchmarks.blind judge {folder}`",
                         "missing")  # fmt: skip
    judged = list(zip(votes, sides, strict=False))  # the last pairs may have no vote yet
    same = votes.count(SAME)
    edits = sum(vote == side for vote, side in judged)
    counts = {"pairs": len(sides), "edit": edits, "input": len(votes) - edits - same, "no_difference": same,
              "open": len(sides) - len(votes)}  # fmt: skip
    policy = answers["policy"]
    row = [f"{policy['name']}, sha256 {policy['sha256'][:12]}", *map(str, counts.values())]
    return {**counts, "policy": policy, "columns": list(COLUMNS), "rows": [row]}


def read_tally(file: Path) -> dict[str, Any]:
    """What `tally` wrote. BlindError where it is something else."""
    try:
        found = json.loads(file.read_bytes())
        numbers = [found[name] for name in ("pairs", "edit", "input", "no_difference", "open")]
        if (
            not isinstance(found["policy"]["sha256"], str)
            or numbers[0] < 1
            or sum(numbers[1:]) != numbers[0]
            or len(found["rows"][0]) != len(found["columns"])
        ):
            raise ValueError(file)
    except FileNotFoundError as error:
        raise BlindError(f"{file}: is missing: write it with `python -m benchmarks.blind tally`", "missing") from error
    except (ValueError, KeyError, TypeError, IndexError) as error:
        message = f"{file}: is no tally: write it with `python -m benchmarks.blind tally`"
        raise BlindError(message, "damaged") from error
    return found


def main(given: Sequence[str] | None = None) -> int:
    arguments = _parser().parse_args(given)
    try:
        if arguments.command == "make":
            for problem in make(arguments.photos, arguments.policy, arguments.n, arguments.seed, arguments.out):
                print(f"left out: {problem}", file=sys.stderr)
            print(f"written: {arguments.n} pairs in {arguments.out}")
        elif arguments.command == "judge":
            left = judge(arguments.folder)
            print(f"{left} pairs have no vote yet" if left else f"all have a vote: {arguments.folder / VOTES}")
        else:
            counts = tally(arguments.folder)
            write_text(arguments.folder / TALLY, json.dumps(counts, indent=1) + "\n")
            for heading, cell in zip(counts["columns"], counts["rows"][0], strict=True):
                print(f"{heading}: {cell}")
    except KeyboardInterrupt:
        print("stopped; the same command begins again", file=sys.stderr)
        return 130
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"{error.filename or 'file'}: {error.strerror or error}: check the path and the rights", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    first, _, rest = (__doc__ or "").partition("\n\n")
    parser = argparse.ArgumentParser(
        description=first, epilog=rest, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="make|judge|tally")
    making = commands.add_parser("make", help="pairs of photos and their edits, in random order")
    making.add_argument(
        "--photos", type=Path, required=True, metavar="DIR", help="photos to edit; they are not changed"
    )
    making.add_argument("--policy", type=Path, default=models.SHIPPED, metavar="FILE", help="default: the shipped one")
    making.add_argument("--n", type=_count, default=40, help="number of pairs (default 40)")
    making.add_argument(
        "--seed", type=int, default=0, help="of the choice of photos, their order and sides (default 0)"
    )
    making.add_argument("--out", type=Path, required=True, metavar="DIR", help="for the pairs")
    judging = commands.add_parser("judge", help="ask which side is better; goes on where it was stopped")
    tallying = commands.add_parser("tally", help="count the votes")
    for command in (judging, tallying):
        command.add_argument("folder", type=Path, metavar="DIR", help="that make wrote")
    return parser


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 999:  # more than a person judges
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to 999")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
