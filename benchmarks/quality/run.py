# SPDX-License-Identifier: GPL-3.0-or-later
"""How good the edits are: the policy beside doing nothing, one edit for all, other programs and other policies.

    python -m benchmarks.quality --fivek DIR --finished DIR --sources DIR --hard DIR [DIR ...] --out DIR
        [--policy FILE.onnx] [--seed-policy FILE.onnx ...] [--paper FILE.onnx] [--gimp 3.2]
        [--only fivek,degraded,finished,hard,sources] [--rows constant,pillow,aaphoto,gimp,policy]
        [--quick]

--fivek has the folders input and expertC with pairs of photos. --finished has finished photos; those that a run holds
out are used, degraded and as they are (finished). --hard and --sources have photos without an answer: there
the clipped shares count, and a look at the sheets. What a set measures stands in cases.py. Sets whose folder is
not given and rows whose program is not there are left out, with a line.

Into --out go quality.md, quality.json, pictures.jsonl (every picture's measures) and a sheet of pictures for each set.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import platform
import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor, as_completed
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console

import models
from benchmarks.quality import auto_tools, contact_sheet
from benchmarks.quality import report as reports
from benchmarks.quality.cases import (
    DEGRADED,
    FINISHED,
    FIVEK,
    HARD,
    SETS,
    SOURCES,
    TOGETHER,
    Case,
    degraded_cases,
    finished_cases,
    fivek_cases,
    folder_cases,
    reach,
)
from benchmarks.quality.measure import (
    Job,
    Result,
    constant_for_even_degradations,
    constant_for_trainers_degradations,
    measure_batch,
)
from enhancer.pool import WorkerPool
from models.files import write_text
from trainer.config import Config
from trainer.console import progress
from trainer.evaluate import DEGRADED_SIZE, EvaluateError

ROWS = ("constant", "pillow", "aaphoto", "gimp", "policy")
PACKAGES = ("numpy", "pillow", "scikit-image", "scipy", "onnxruntime")
POLICY, PAPER = "policy", "policy, paper's recipe"
CONSTANT, TRAINERS_CONSTANT = "best constant action", "best constant action, trainer's degradations"
OLD_NAMES = {"wrong-way": "degraded"}
"""Names of sets in earlier versions, which --only still takes."""
PROCESSES = 2
"""As a small machine has cores."""
BATCH = 32
"""Pictures in a task: GIMP, which starts once for them, then works longer than it takes to start."""
QUICK_SIZE = 256
"""Longest side of the pictures with --quick: a quarter of the work, and some tenths of a decibel off."""
TELL_EVERY = 20
"""Seconds between lines about the progress where there is no terminal to draw a bar on."""


def main() -> int:
    arguments = _arguments()
    started = time.monotonic()
    try:
        arguments.out.mkdir(parents=True, exist_ok=True)
        report, sheets, lines = run(arguments)
        report["seconds"] = round(time.monotonic() - started)
        write(arguments.out, report, sheets, lines)
    except KeyboardInterrupt:
        print("stopped; nothing written", file=sys.stderr)
        return 130
    except BrokenExecutor:
        print("a process that measures was ended, perhaps for want of memory: close other programs", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"{error.filename or 'file'}: {error.strerror or error}: check the path and the rights", file=sys.stderr)
        return 2
    except (ValueError, auto_tools.ToolError) as error:  # PhotoError, PolicyError and their like
        print(error, file=sys.stderr)
        return 2
    reports.show(report)
    print(f"written: {arguments.out}")
    return 1 if report["problems"] else 0


def run(arguments: argparse.Namespace) -> tuple[dict[str, Any], dict[str, list[Any]], list[dict[str, Any]]]:
    """The report, the tiles of each sheet, and a line for every picture."""
    longest = QUICK_SIZE if arguments.quick else DEGRADED_SIZE
    skipped: list[str] = []
    learned, held_out = split_names(arguments.finished) if arguments.finished else ([], [])
    cases = shown(all_cases(arguments, held_out, skipped))
    policies = policy_rows(arguments, skipped)
    # a program that outlives its worker may still write there while the folder is removed
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch,
        WorkerPool(PROCESSES, use_scratch, (Path(scratch),)) as pool,
    ):
        home = Path(scratch) / "gimp"
        programs = found_programs(arguments, home, skipped)
        constants = {}
        if "constant" in arguments.rows and learned:
            where = (arguments.finished, learned, longest)
            searches = {CONSTANT: constant_for_even_degradations, TRAINERS_CONSTANT: constant_for_trainers_degradations}
            running = {row: pool.submit(search, where) for row, search in searches.items()}
            constants = {row: search.result() for row, search in running.items()}
        job = Job(
            policies=policies,
            constants=constants,
            pillow="pillow" in arguments.rows,
            aaphoto="aaphoto" in programs,
            gimp=(arguments.gimp, home) if "gimp" in programs else None,
            longest=longest,
            shown=POLICY if policies else None,
        )
        results = measured(pool, job, cases)
    seeds = [row for row in policies if row != PAPER]
    report = {
        "versions": {"python": platform.python_version()} | {name: version(name) for name in PACKAGES} | programs,
        "policies": {row: {"file": path.name, "sha256": models.Policy.load(path).sha256}
                     for row, path in policies.items()},
        "longest_side": longest,
        "quick": arguments.quick,
        "degradation_ranges": reach(),
        "constants": constants,
        "skipped": skipped,
        **reports.summary(results, seeds),
    }  # fmt: skip
    report["goals"] = list(reports.goals(report, POLICY, len(seeds)))
    sheets: dict[str, list[Any]] = {}
    for result in results:
        if result.tiles:
            sheets.setdefault(sheet_name(result.case), []).append(result.tiles)
    return report, sheets, [picture_line(result) for result in results if not result.problem]


def split_names(folder: Path) -> tuple[list[str], list[str]]:
    """Names of the finished photos that a run learns from by default, and of those that it holds out."""
    from trainer import data  # torch is slow to import, and here for the split's sake alone

    photos = data.load(folder)
    learned, held_out = (list(part.names) for part in data.split(photos, Config().holdout))
    if not held_out:
        raise EvaluateError(f"{folder}: has {len(photos.names)} photos, too few to hold some out: give a larger folder")
    return learned, held_out


def all_cases(arguments: argparse.Namespace, held_out: Sequence[str], skipped: list[str]) -> list[Case]:
    """The pictures of all sets that are wanted, those of a photo after each other."""
    makers: dict[str, tuple[str, Callable[[], list[Case]]]] = {
        FIVEK: ("fivek", lambda: fivek_cases(arguments.fivek)),
        DEGRADED: ("finished", lambda: degraded_cases(arguments.finished, held_out)),
        FINISHED: ("finished", lambda: finished_cases(arguments.finished, held_out)),
        HARD: ("hard", lambda: [case for folder in arguments.hard for case in folder_cases(HARD, folder)]),
        SOURCES: ("sources", lambda: folder_cases(SOURCES, arguments.sources)),
    }
    cases = []
    for name in arguments.only:
        option, maker = makers[name]
        if getattr(arguments, option):
            cases += maker()
        else:
            skipped.append(f"{name}: left out, since --{option} is not given")
    if not cases:
        raise EvaluateError("nothing to measure: give at least one of --fivek, --finished, --hard, --sources")
    return cases


def shown(cases: list[Case]) -> list[Case]:
    """The same, with marks on those for the sheets: evenly spaced ones of a folder; each photo's first draw."""
    groups: dict[str, list[int]] = {}
    for i, case in enumerate(cases):
        first = i == 0 or cases[i - 1].name != case.name or cases[i - 1].group != case.group
        if case.set != DEGRADED or (case.group == TOGETHER and first):
            groups.setdefault(sheet_name(case), []).append(i)
    marked = list(cases)
    for group in groups.values():
        for k in contact_sheet.chosen(len(group)):
            marked[group[k]] = dataclasses.replace(cases[group[k]], shown=True)
    return marked


def sheet_name(case: Case) -> str:
    return f"{case.set}-{case.group}" if case.set == HARD else case.set


def policy_rows(arguments: argparse.Namespace, skipped: list[str]) -> dict[str, Path]:
    """Row -> policy file, each of which can be loaded."""
    if "policy" not in arguments.rows:
        return {}
    rows = {PAPER: arguments.paper} if arguments.paper else {}
    if not arguments.paper:
        skipped.append(f"{PAPER}: left out, since --paper is not given")
    rows[POLICY] = arguments.policy
    rows |= {f"policy, other seed {i}": path for i, path in enumerate(arguments.seed_policy, 1)}
    for path in rows.values():
        models.Policy.load(path)
    return rows


def found_programs(arguments: argparse.Namespace, home: Path, skipped: list[str]) -> dict[str, str]:
    """Other programs that are wanted and there, with their versions."""
    finders = {"aaphoto": auto_tools.find_aaphoto, "gimp": lambda: auto_tools.find_gimp(arguments.gimp, home)}
    programs = {}
    for name, find in finders.items():
        if name in arguments.rows:
            try:
                programs[name] = find()
            except auto_tools.ToolError as error:
                skipped.append(f"{name}: left out: {error}")
    return programs


def use_scratch(scratch: Path) -> None:
    """In a worker: temporary files lie in `scratch`, which the parent removes, even if the worker is killed."""
    tempfile.tempdir = str(scratch)


def measured(pool: WorkerPool, job: Job, cases: list[Case]) -> list[Result]:
    """The results in the cases' order."""
    batches = [(job, cases[i : i + BATCH]) for i in range(0, len(cases), BATCH)]
    random.Random(0).shuffle(batches)  # so that quick and slow sets mix, and the time left is told well
    results: list[Result] = []
    console = Console(stderr=True)
    started = told = time.monotonic()
    with progress(console) as bar:
        task = bar.add_task("Measuring", total=len(cases))
        for done in as_completed([pool.submit(measure_batch, batch) for batch in batches]):
            results += done.result()
            bar.update(task, completed=len(results))
            now = time.monotonic()
            if not console.is_terminal and now - told >= TELL_EVERY:
                left = (now - started) * (len(cases) / len(results) - 1)
                print(f"{len(results)} of {len(cases)} pictures, about {left:.0f} s left", file=sys.stderr, flush=True)
                told = now
    place = {case: i for i, case in enumerate(cases)}
    return sorted(results, key=lambda result: place[result.case])


def picture_line(result: Result) -> dict[str, Any]:
    case = result.case
    return {
        "set": case.set,
        "group": case.group,
        "name": case.name,
        "degradations": dict(case.degradations),
        "rows": result.rows,
        "levels": {row: levels.tolist() for row, (levels, _) in result.chosen.items()},
    }


def write(out: Path, report: dict[str, Any], sheets: dict[str, list[Any]], lines: list[dict[str, Any]]) -> None:
    texts = {
        "quality.json": json.dumps(report, indent=1) + "\n",
        "quality.md": reports.markdown(report),
        "pictures.jsonl": "".join(json.dumps(line) + "\n" for line in lines),
    }
    for name, text in texts.items():
        write_text(out / name, text)
    for name, tiles in sheets.items():
        contact_sheet.write(tiles, out / f"{name}.jpg")


def _names(among: Sequence[str]) -> Callable[[str], list[str]]:
    def parse(text: str) -> list[str]:
        names = [OLD_NAMES.get(name.strip(), name.strip()) for name in text.split(",") if name.strip()]
        for name in names:
            if name not in among:
                raise argparse.ArgumentTypeError(f"no {name!r}; there are {', '.join(among)}")
        return names

    return parse


def _old_kind(text: str) -> str:
    """The option --faults of earlier versions: its default is the only kind that is left."""
    if text != "fixed":
        raise argparse.ArgumentTypeError("the degradations are always fixed now: leave --faults out")
    return text


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--fivek", type=Path, metavar="DIR", help="with the folders input and expertC: pairs")
    parser.add_argument("--finished", type=Path, metavar="DIR", help="finished photos; the held-out part is used")
    parser.add_argument("--sources", type=Path, metavar="DIR", help="photos as they come")
    parser.add_argument("--hard", type=Path, nargs="+", default=[], metavar="DIR", help="dark, dull, extreme photos")
    parser.add_argument("--policy", type=Path, default=models.SHIPPED, help="default: the shipped one")
    parser.add_argument("--seed-policy", type=Path, nargs="+", default=[], metavar="FILE", help="the same, other seeds")
    parser.add_argument("--paper", type=Path, metavar="FILE", help="a policy learned with --recipe paper")
    parser.add_argument("--gimp", default="3.2", choices=("3.0", "3.2"), help="which GIMP (default 3.2)")
    parser.add_argument("--only", type=_names(SETS), default=list(SETS), metavar="SET,...", help=", ".join(SETS))
    parser.add_argument("--rows", type=_names(ROWS), default=list(ROWS), metavar="ROW,...", help=", ".join(ROWS))
    parser.add_argument("--faults", type=_old_kind, help=argparse.SUPPRESS)
    parser.add_argument("--quick", action="store_true", help=f"at {QUICK_SIZE} pixels; not comparable with other runs")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="for tables, figures and sheets")
    return parser.parse_args()
