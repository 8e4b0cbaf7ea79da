# SPDX-License-Identifier: GPL-3.0-or-later
"""What a policy is to reach, as figures of the report."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from benchmarks.quality.cases import DEGRADED, FINISHED, FIVEK, HARD, SNAPSHOTS, TOGETHER
from benchmarks.quality.report import SPREAD


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


def _judged(preferred: str) -> Callable[[dict[str, Any], str], float]:
    """Of the pairs of a blind comparison (benchmarks/blind.py); KeyError where not all are judged."""

    def figure(report: dict[str, Any], _: str) -> float:
        votes = report["blind"]
        if votes["open"]:
            raise KeyError("open")
        return votes[preferred] / votes["pairs"]

    return figure


DEGRADED_TOGETHER = f"{DEGRADED}, {TOGETHER}"
GOALS = (
    Goal("fivek: PSNR, dB", _of(FIVEK, "psnr"), 22.8),
    Goal("fivek: PSNR over the best constant action, dB", _over_constant(FIVEK), 0.5),
    Goal("fivek: SSIM RGB", _of(FIVEK, "ssim_rgb"), 0.875, digits=".4f"),
    Goal("fivek: CIEDE2000", _of(FIVEK, "ciede2000"), 8.8, at_least=False),
    Goal("fivek: histogram intersection, %", _of(FIVEK, "histogram_intersection"), 68, digits=".1f"),
    Goal("fivek: 2nd percentile of luma", _of(FIVEK, "luma_dark"), 0.12, at_least=False, digits=".3f"),
    Goal("fivek: spread of luma", _of(FIVEK, "luma_spread"), 0.165, digits=".3f"),
    Goal("degraded, together: PSNR over the input, dB", _of(DEGRADED_TOGETHER, "psnr_gain"), 9.0),
    Goal("degraded, together: PSNR over the best constant action, dB", _over_constant(DEGRADED_TOGETHER), 3.0),
    Goal(
        "degraded, cast alone: share removed",
        lambda report, main: report["casts"]["all of these"]["rows"][main]["removed"],
        0.4,
    ),
    Goal("finished: CIEDE2000 to the input", _of(FINISHED, "ciede2000"), 4.0, at_least=False),
    Goal("finished: largest CIEDE2000", _of(FINISHED, "ciede2000_worst"), 10.0, at_least=False),
    Goal("finished: growth of the clipped share", _of(FINISHED, "clipped_growth"), 0.003, at_least=False, digits=".4f"),
    Goal("hard: share of photos clipped hardly above the input", _of(HARD, "hardly_above"), 0.95, digits=".3f"),
    Goal("snapshots: moved, median, levels", _of(SNAPSHOTS, "moved_median"), 4.0),
    Goal("snapshots: moved, median, levels", _of(SNAPSHOTS, "moved_median"), 9.0, at_least=False),
    Goal("snapshots: share moved by less than 1.5 levels", _of(SNAPSHOTS, "moved_unseen"), 0.25, at_least=False),
    Goal(
        "no-harm: harmed pictures",
        lambda report, main: len(report["no_harm"]["harmed"][main]),
        0,
        at_least=False,
        digits=".0f",
    ),
    Goal("blind: share of pairs, edit preferred", _judged("edit"), 28 / 40),
    Goal("blind: share of pairs, input preferred", _judged("input"), 6 / 40, at_least=False),
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
