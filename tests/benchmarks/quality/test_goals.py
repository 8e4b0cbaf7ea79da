# SPDX-License-Identifier: GPL-3.0-or-later
from typing import Any

import pytest

from benchmarks.quality import report as reports
from benchmarks.quality.cases import FIVEK
from benchmarks.quality.goals import goals

from .test_report import result


def test_goals_take_the_better_constant_action_and_leave_out_what_was_not_measured() -> None:
    rows = {"input": {"psnr": 16.0}, "policy": {"psnr": 22.9}, "one": {"psnr": 20.0}, "two": {"psnr": 22.5}}
    report = reports.summary([result(FIVEK, **rows)], ["policy"]) | {"constants": {"one": {}, "two": {}}}
    found = {goal["goal"]: goal for goal in goals(report, "policy", 1)}
    assert found["fivek: PSNR, dB"]["reached"] and found["fivek: PSNR, dB"]["figure"] == "22.90"
    over = found["fivek: PSNR over the best constant action, dB"]
    assert over["figure"] == "0.40" and not over["reached"]
    assert not any(goal.startswith(("hard", "finished", "degraded")) for goal in found)


@pytest.mark.parametrize(
    ("edit", "input_", "reached"), [(28, 6, [True, True]), (27, 6, [False, True]), (30, 7, [True, False])]
)
def test_goals_of_a_blind_comparison(edit: int, input_: int, reached: list[bool]) -> None:
    votes = {"pairs": 40, "edit": edit, "input": input_, "open": 0}
    assert [goal["reached"] for goal in goals({"blind": votes}, "policy", 1)] == reached
    assert not list(goals({"blind": votes | {"open": 1}}, "policy", 1)), "not before every pair is judged"


@pytest.mark.parametrize(("median", "reached"), [(1.2, [False, True]), (4.0, [True, True]), (9.1, [True, False])])
def test_snapshots_are_to_be_moved_but_not_far(median: float, reached: list[bool]) -> None:
    report: dict[str, Any] = {"sets": {"snapshots": {"rows": {"policy": {"moved_median": median}}}}}
    assert [goal["reached"] for goal in goals(report, "policy", 1)] == reached


def test_no_picture_may_be_harmed() -> None:
    for names in ([], ["text-page-00.png (225.0)"]):
        report = {"no_harm": {"kinds": {}, "harmed": {"policy": names}}}
        [goal] = goals(report, "policy", 1)
        assert goal["reached"] == (not names) and goal["figure"] == str(len(names))
