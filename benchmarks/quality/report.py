# SPDX-License-Identifier: GPL-3.0-or-later
"""From measures of single pictures to the tables of run.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.quality.cases import CAST, CASTS, DEGRADATIONS, DEGRADED, FINISHED, FIVEK, HARD, TOGETHER
from benchmarks.quality.measure import INPUT, Result
from editor_ops import LEVELS, SLIDERS

MOVED = 2.0
"""Levels of spread (standard deviation) from which a slider counts as one that the policy adapts to the photo."""
NARROW = 240
"""Columns of a table that is printed into a file or a pipe, so that no cell breaks."""
MEAN, SPREAD = "policy, mean of {} seeds", "policy, spread of {} seeds"
Rows = dict[str, dict[str, float]]


def summary(results: Sequence[Result], seeds: Sequence[str]) -> dict[str, Any]:
    """All figures of the pictures. seeds: the rows of the policies that differ in their seed alone."""
    good = [result for result in results if not result.problem]
    groups: dict[str, list[Result]] = {}
    for result in good:
        set_, group = result.case.set, result.case.group
        if set_ != DEGRADED:
            groups.setdefault(set_, []).append(result)
        if group == TOGETHER or set_ == HARD:
            groups.setdefault(f"{set_}, {group}", []).append(result)
    degradations = {
        name: [result for result in good if result.case.set == DEGRADED and result.case.group == name]
        for name in (*DEGRADATIONS, CAST)
    }
    degradations = {name: members for name, members in degradations.items() if members}
    report: dict[str, Any] = {
        "sets": {name: {"n": len(members), "rows": means(members)} for name, members in groups.items()},
        "degradations": {name: {"n": len(members), "rows": means(members)} for name, members in degradations.items()},
        "casts": casts(degradations),
        "sliders": sliders(good),
        "problems": [result.problem for result in results if result.problem],
    }
    if len(seeds) > 1:
        for part in (*report["sets"].values(), *report["degradations"].values(), *report["casts"].values()):
            add_seeds(part["rows"], seeds)
    return report


def means(results: Sequence[Result]) -> Rows:
    """Row -> measure -> mean over the pictures; also the largest CIEDE2000, and how the clipped share grew."""
    rows: Rows = {}
    for row in results[0].rows:
        each = [result.rows[row] for result in results]
        rows[row] = {measure: float(np.mean([one[measure] for one in each])) for measure in each[0]}
        rows[row].pop("angle", None)  # the mean of angles says nothing; see `casts`
        if "ciede2000" in rows[row]:
            rows[row]["ciede2000_worst"] = max(one["ciede2000"] for one in each)
    for measures in rows.values():
        measures["clipped_growth"] = measures["clipped"] - rows[INPUT]["clipped"]
        if "psnr" in measures:
            measures["psnr_gain"] = measures["psnr"] - rows[INPUT]["psnr"]
    return rows


def casts(degradations: dict[str, list[Result]]) -> dict[str, dict[str, Any]]:
    """Kind of cast -> row -> share that is removed: 1 less the angles left over, as a share of those that were there.

    Of the sums over the pictures, so that the strong casts, which one sees, count most.
    """
    kinds = {name: degradations[name] for name in (*CASTS, CAST) if name in degradations}
    if len(kinds) > 1:
        kinds["all of these"] = [result for members in kinds.values() for result in members]
    found = {}
    for kind, members in kinds.items():
        there = sum(result.rows[INPUT]["angle"] for result in members)
        left = {row: sum(result.rows[row]["angle"] for result in members) for row in members[0].rows}
        removed = {row: {"removed": 1 - angle / there if there else 0.0} for row, angle in left.items()}
        found[kind] = {"n": len(members), "mean_angle": there / len(members), "rows": removed}
    return found


def sliders(results: Sequence[Result]) -> dict[str, Any]:
    """Policy -> slider -> entropy in nats, mean level and spread (standard deviation) over the thumbnails of all sets,
    and the spread over the real photos alone, which are not degraded; with the count of sliders that adapt."""
    found = {}
    real = np.array([result.case.set != DEGRADED for result in results])
    for row in results[0].chosen if results else ():
        levels = np.array([result.chosen[row][0] for result in results])  # (N, K)
        entropies = np.mean([result.chosen[row][1] for result in results], axis=0)
        spread = levels.std(axis=0)
        real_spread = levels[real].std(axis=0) if real.any() else np.zeros(len(SLIDERS))
        columns = zip(SLIDERS, entropies, levels.mean(axis=0), spread, real_spread, strict=True)
        found[row] = {
            "n": len(results),
            "n_real": int(real.sum()),
            "moved": int((spread >= MOVED).sum()),
            "moved_real": int((real_spread >= MOVED).sum()),
            "sliders": {
                s.name: {"entropy": float(e), "mean": float(m), "spread": float(d), "spread_real": float(r)}
                for s, e, m, d, r in columns
            },
        }
    return found


def add_seeds(rows: Rows, seeds: Sequence[str]) -> None:
    """Two more rows: mean over the seeds, and the largest less the smallest."""
    each = [rows[row] for row in seeds]
    rows[MEAN.format(len(seeds))] = {name: float(np.mean([one[name] for one in each])) for name in each[0]}
    rows[SPREAD.format(len(seeds))] = {
        name: max(one[name] for one in each) - min(one[name] for one in each) for name in each[0]
    }


class Goal(NamedTuple):
    """What a policy is to reach: a figure of the report, the bound, and on which side of it is good."""

    text: str
    figure: Callable[[dict[str, Any], str], float]
    bound: float
    at_least: bool = True
    digits: str = ".2f"


def _of(set_: str, measure: str) -> Callable[[dict[str, Any], str], float]:
    return lambda report, main: report["sets"][set_]["rows"][main][measure]


def _over_constant(set_: str) -> Callable[[dict[str, Any], str], float]:
    """Over the better one of the constant actions."""

    def figure(report: dict[str, Any], main: str) -> float:
        rows = report["sets"][set_]["rows"]
        return rows[main]["psnr"] - max(rows[row]["psnr"] for row in report["constants"])

    return figure


DEGRADED_TOGETHER = f"{DEGRADED}, {TOGETHER}"
GOALS = (
    Goal("fivek: PSNR, dB", _of(FIVEK, "psnr"), 22.6),
    Goal("fivek: PSNR over the best constant action, dB", _over_constant(FIVEK), 0.5),
    Goal("fivek: SSIM RGB", _of(FIVEK, "ssim_rgb"), 0.87, digits=".4f"),
    Goal("fivek: CIEDE2000", _of(FIVEK, "ciede2000"), 9.0, at_least=False),
    Goal("fivek: histogram intersection, %", _of(FIVEK, "histogram_intersection"), 70, digits=".1f"),
    Goal("degraded, together: PSNR over the input, dB", _of(DEGRADED_TOGETHER, "psnr_gain"), 9.0),
    Goal("degraded, together: PSNR over the best constant action, dB", _over_constant(DEGRADED_TOGETHER), 3.0),
    Goal(
        "degraded, cast alone: share removed",
        lambda report, main: report["casts"]["all of these"]["rows"][main]["removed"],
        0.6,
    ),
    Goal("finished: CIEDE2000 to the input", _of(FINISHED, "ciede2000"), 3.5, at_least=False),
    Goal("finished: largest CIEDE2000", _of(FINISHED, "ciede2000_worst"), 8.0, at_least=False),
    Goal("finished: growth of the clipped share", _of(FINISHED, "clipped_growth"), 0.003, at_least=False, digits=".4f"),
    Goal("hard: share of photos not clipped above the input", _of(HARD, "not_above"), 0.95, digits=".3f"),
    Goal("sliders with a spread of 2 levels", lambda report, main: report["sliders"][main]["moved"], 8, digits=".0f"),
)


def goals(report: dict[str, Any], main: str, seeds: int) -> Iterator[dict[str, Any]]:
    """The goals whose figures are there, with what was reached."""
    asked = list(GOALS)
    if seeds > 1:
        spread = SPREAD.format(seeds)
        asked.append(
            Goal("fivek: PSNR spread of the seeds, dB", lambda r, _: _of(FIVEK, "psnr")(r, spread), 0.5, at_least=False)
        )
    for goal in asked:
        try:
            figure = goal.figure(report, main)
        except (KeyError, ValueError):  # a set or a row that was not asked for
            continue
        reached = figure >= goal.bound if goal.at_least else figure <= goal.bound
        yield {
            "goal": goal.text,
            "bound": f"{'at least' if goal.at_least else 'at most'} {goal.bound:g}",
            "figure": format(figure, goal.digits),
            "reached": bool(reached),
        }


class Sheet(NamedTuple):
    """A table to print: one line of cells for each row; a row of None is a rule."""

    title: str
    headings: tuple[str, ...]
    rows: list[tuple[str, ...] | None]


COLUMNS = {
    "PSNR": ("psnr", ".2f", 1), "SSIM RGB": ("ssim_rgb", ".4f", 1), "SSIM grey": ("ssim_grey", ".4f", 1),
    "CIEDE2000": ("ciede2000", ".2f", 1), "largest": ("ciede2000_worst", ".2f", 1),
    "histogram %": ("histogram_intersection", ".1f", 1), "clipped %": ("clipped", ".2f", 100),
    "growth": ("clipped_growth", "+z.2f", 100), "not above %": ("not_above", ".1f", 100),
    "hardly above %": ("hardly_above", ".1f", 100),
}  # fmt: skip


def tables(report: dict[str, Any]) -> list[Sheet]:
    made = []
    if report["sets"]:
        rows: list[tuple[str, ...] | None] = []
        for name, part in report["sets"].items():
            rows += [None] if rows else []
            for row, figures in part["rows"].items():
                cells = (_cell(figures, *column) for column in COLUMNS.values())
                rows.append((f"{name} ({part['n']})", row, *cells))
        made.append(Sheet("Quality (means; in brackets the number of pictures)", ("photos", "row", *COLUMNS), rows))
    if report["degradations"]:
        first = next(iter(report["degradations"].values()))["rows"]
        headings = ("row", *(f"{name} ({part['n']})" for name, part in report["degradations"].items()))
        rows = [
            (row, *(_cell(part["rows"][row], "psnr", ".2f", 1) for part in report["degradations"].values()))
            for row in first
        ]
        made.append(Sheet("One degradation alone: PSNR, dB", headings, rows))
    if report["casts"]:
        first = next(iter(report["casts"].values()))["rows"]
        headings = ("row", *(f"{name} ({part['mean_angle']:.1f}°)" for name, part in report["casts"].items()))
        rows = [
            (row, *(_cell(part["rows"][row], "removed", "z.0f", 100) for part in report["casts"].values()))
            for row in first
            if row != INPUT
        ]
        made.append(Sheet("Colour cast alone: share removed, % (in brackets, mean angle)", headings, rows))
    for row, part in report["sliders"].items():
        rows = [
            (name, *(f"{figures[key]:.2f}" for key in ("entropy", "mean", "spread", "spread_real")))
            for name, figures in part["sliders"].items()
        ]
        count = f"spread {MOVED:g} or more"
        rows += [None, (count, "", "", str(part["moved"]), str(part["moved_real"]))]
        headings = ("slider", "entropy, nats", "mean level", f"spread ({part['n']})", f"real photos ({part['n_real']})")
        made.append(Sheet(f"Levels chosen by: {row} (0 to {LEVELS - 1}, {LEVELS // 2} neutral)", headings, rows))
    if report["goals"]:
        rows = [
            (one["goal"], one["bound"], one["figure"], "reached" if one["reached"] else "MISSED")
            for one in report["goals"]
        ]
        made.append(Sheet("Goals, of the row 'policy'", ("goal", "", "figure", ""), rows))
    return made


def notes(report: dict[str, Any]) -> list[str]:
    """Lines below the tables: what was measured with what."""
    lines = [f"left out: {line}" for line in report["problems"]] + list(report["skipped"])
    if report["quick"]:
        lines.append(f"--quick: pictures of {report['longest_side']} pixels; not comparable with other runs")
    reach = ", ".join(f"{name} {low} to {high}" for name, (low, high) in report["degradation_ranges"].items())
    lines.append(f"degradations: even within {reach}")
    for row, values in report["constants"].items():
        moved = [f"{s.label} {s.format(values[s.name])}" for s in SLIDERS if values[s.name] != s.neutral]
        lines.append(f"{row}: {', '.join(moved) or 'nothing moved'}")
    for row, file in report["policies"].items():
        lines.append(f"{row}: {file['file']}, sha256 {file['sha256'][:12]}")
    lines.append(", ".join(f"{name} {number}" for name, number in report["versions"].items()))
    if "seconds" in report:
        lines.append(f"{report['seconds']} s")
    return lines


def show(report: dict[str, Any]) -> None:
    """To a terminal in its width; to a file or a pipe without breaking cells."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = NARROW
    for sheet in tables(report):
        table = Table(title=sheet.title, title_justify="left")
        left = 2 if "row" in sheet.headings[:2] and sheet.headings[0] != "row" else 1
        for i, heading in enumerate(sheet.headings):
            table.add_column(heading, justify="left" if i < left else "right")
        for row in sheet.rows:
            if row is None:
                table.add_section()
            else:
                table.add_row(*row)
        console.print(table)
    for line in notes(report):
        console.print(line, markup=False, soft_wrap=True)


def markdown(report: dict[str, Any]) -> str:
    parts = []
    for sheet in tables(report):
        lines = [_line(sheet.headings), _line(["---"] * len(sheet.headings))]
        lines += [_line(row) for row in sheet.rows if row is not None]
        parts.append(f"## {sheet.title}\n\n" + "\n".join(lines) + "\n")
    parts.append("".join(f"- {line}\n" for line in notes(report)))
    return "\n".join(parts)


def _cell(figures: dict[str, float], measure: str, digits: str, times: float) -> str:
    return format(figures[measure] * times, digits) if measure in figures else ""


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
