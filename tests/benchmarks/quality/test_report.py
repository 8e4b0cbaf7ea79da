# SPDX-License-Identifier: GPL-3.0-or-later
from pathlib import Path

import numpy as np
import pytest

from benchmarks.quality import report as reports
from benchmarks.quality.cases import DEGRADED, FIVEK, HARD, TOGETHER, Case
from benchmarks.quality.measure import INPUT, Result
from editor_ops import NEUTRAL_LEVEL, SLIDERS


def result(
    set_: str, group: str = "", name: str = "a", levels: int = NEUTRAL_LEVEL, **rows: dict[str, float]
) -> Result:
    clip = {"clipped": 0.01, "not_above": 1.0, "hardly_above": 1.0}
    every = {row: clip | figures for row, figures in rows.items()}
    chosen = {row: (np.full(len(SLIDERS), levels), np.full(len(SLIDERS), 0.5)) for row in every if row != INPUT}
    return Result(Case(set_, group, name, Path(name)), every, chosen)


def test_means_worst_and_gain() -> None:
    found = reports.means([
        result(FIVEK, input={"psnr": 10.0, "ciede2000": 8.0}, policy={"psnr": 20.0, "ciede2000": 2.0, "clipped": 0.03}),
        result(FIVEK, input={"psnr": 14.0, "ciede2000": 6.0}, policy={"psnr": 22.0, "ciede2000": 3.0, "clipped": 0.0}),
    ])  # fmt: skip
    policy = found["policy"]
    assert policy["psnr"] == 21 and policy["psnr_gain"] == 9 and found[INPUT]["psnr_gain"] == 0
    assert policy["ciede2000"] == 2.5 and policy["ciede2000_worst"] == 3
    assert policy["clipped"] == pytest.approx(0.015) and policy["clipped_growth"] == pytest.approx(0.005)


def test_the_share_of_a_cast_is_of_the_sums() -> None:
    """Ten degrees of which five are left and two of which three: 8 of 12 are left, not (50% + 150%) / 2."""
    strong = result(DEGRADED, "tint", input={"psnr": 9.0, "angle": 10.0}, policy={"psnr": 9.0, "angle": 5.0})
    weak = result(DEGRADED, "tint", input={"psnr": 9.0, "angle": 2.0}, policy={"psnr": 9.0, "angle": 3.0})
    warm = result(DEGRADED, "temperature", input={"psnr": 9.0, "angle": 12.0}, policy={"psnr": 9.0, "angle": 0.0})
    found = reports.summary([strong, weak, warm], ["policy"])["casts"]
    assert found["tint"]["rows"]["policy"]["removed"] == pytest.approx(1 / 3)
    assert found["tint"]["mean_angle"] == 6
    assert found["temperature"]["rows"]["policy"]["removed"] == 1
    assert found["all of these"]["rows"]["policy"]["removed"] == pytest.approx(16 / 24)
    assert found["all of these"]["rows"][INPUT]["removed"] == 0


def test_sets_and_groups() -> None:
    rows = {"input": {"psnr": 9.0}, "policy": {"psnr": 12.0}}
    results = [result(FIVEK, **rows), result(DEGRADED, TOGETHER, **rows), result(DEGRADED, "tint", **{
        row: figures | {"angle": 1.0} for row, figures in rows.items()})]  # fmt: skip
    results += [result(HARD, group, name, input={}, policy={}) for group, name in (("x", "a"), ("x", "b"), ("y", "a"))]
    found = reports.summary([*results, Result(results[0].case, problem="a: broken")], ["policy"])
    assert {name: part["n"] for name, part in found["sets"].items()} == {
        FIVEK: 1, f"{DEGRADED}, {TOGETHER}": 1, HARD: 3, f"{HARD}, x": 2, f"{HARD}, y": 1}  # fmt: skip
    assert {name: part["n"] for name, part in found["degradations"].items()} == {"tint": 1}
    assert found["problems"] == ["a: broken"]


def test_spread_counts_sliders_that_follow_the_photo() -> None:
    rows = {"input": {}, "policy": {}}
    degraded = [result(DEGRADED, TOGETHER, levels=level, **rows) for level in (10, 14)]
    real = [result(HARD, "x", levels=level, **rows) for level in (12, 13)]
    found = reports.sliders(degraded + real)["policy"]
    first = found["sliders"][SLIDERS[0].name]
    assert first["mean"] == 12.25 and first["entropy"] == 0.5
    assert first["spread"] == pytest.approx(np.std([10, 14, 12, 13])) and first["spread_real"] == 0.5
    assert found["moved"] == 0 and found["n"] == 4 and found["n_real"] == 2
    found = reports.sliders(degraded)["policy"]
    assert found["moved"] == len(SLIDERS) and found["moved_real"] == 0, "2 levels of spread are enough"


def test_seeds_get_their_mean_and_spread() -> None:
    results = [result(FIVEK, input={"psnr": 10.0}, policy={"psnr": 22.0}, other={"psnr": 21.0}, third={"psnr": 20.0})]
    rows = reports.summary(results, ["policy", "other", "third"])["sets"][FIVEK]["rows"]
    assert rows["policy, mean of 3 seeds"]["psnr"] == 21
    assert rows["policy, spread of 3 seeds"]["psnr"] == 2


def test_goals_take_the_better_constant_action_and_leave_out_what_was_not_measured() -> None:
    rows = {"input": {"psnr": 16.0}, "policy": {"psnr": 22.7}, "one": {"psnr": 20.0}, "two": {"psnr": 22.3}}
    report = reports.summary([result(FIVEK, **rows)], ["policy"]) | {"constants": {"one": {}, "two": {}}}
    found = {goal["goal"]: goal for goal in reports.goals(report, "policy", 1)}
    assert found["fivek: PSNR, dB"]["reached"] and found["fivek: PSNR, dB"]["figure"] == "22.70"
    over = found["fivek: PSNR over the best constant action, dB"]
    assert over["figure"] == "0.40" and not over["reached"]
    assert not any(goal.startswith(("hard", "finished", "degraded")) for goal in found)


def test_markdown_and_notes_say_what_was_measured() -> None:
    report = reports.summary([result(FIVEK, input={"psnr": 16.0}, policy={"psnr": 22.7, "clipped": 0.02})], ["policy"])
    report |= {
        "constants": {"best": {s.name: s.neutral for s in SLIDERS} | {"exposure": 0.5}}, "skipped": ["gimp: not there"],
        "quick": False, "degradation_ranges": {"exposure": ["-1.50 stops", "+1.50 stops"]},
        "longest_side": 512, "goals": [],
        "policies": {"policy": {"file": "p.onnx", "sha256": "0123456789abcdef"}}, "versions": {"numpy": "9.9"},
    }  # fmt: skip
    text = reports.markdown(report)
    assert "| fivek (1) | policy | 22.70 |" in text and "| 2.00 | +1.00 |" in text
    for line in ("- gimp: not there", "- best: Exposure +0.50 stops", "- policy: p.onnx, sha256 0123456789ab",
                 "- numpy 9.9", "exposure -1.50 stops to +1.50 stops"):  # fmt: skip
        assert line in text
    assert "--quick" not in text
