# SPDX-License-Identifier: GPL-3.0-or-later
import dataclasses
from pathlib import Path

import numpy as np
import pytest

from benchmarks.quality import report as reports
from benchmarks.quality.cases import DEGRADED, FIVEK, HARD, NO_HARM, SNAPSHOTS, TOGETHER, Case
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


def test_looks_stand_beside_the_answers_and_the_finished_photos() -> None:
    look = {"luma": 0.4, "luma_spread": 0.2, "luma_dark": 0.1, "chroma": 0.15}
    distances = (0.0, 1.0, 5.0, 7.0)
    results = [
        result(SNAPSHOTS, name=str(moved), input=look | {"moved": 0.0}, policy=look | {"luma": 0.5, "moved": moved})
        for moved in distances
    ]
    pair = result(FIVEK, input=look, policy=look)
    results.append(dataclasses.replace(pair, answer=look | {"luma_dark": 0.07}))
    report = reports.summary(results, ["policy"])
    rows = report["sets"][SNAPSHOTS]["rows"]
    assert rows["policy"]["moved_median"] == 3 and rows["policy"]["moved_unseen"] == 0.5
    assert rows["policy"]["luma"] == pytest.approx(0.5) and rows["input"]["luma"] == pytest.approx(0.4)
    report["finished_look"] = {"n": 9, "look": look | {"luma": 0.6}}
    sheet = reports.look_sheet(report)
    assert sheet is not None
    lines = {row[:2]: row[2:] for row in sheet.rows if row}
    assert lines["snapshots (4)", "policy"] == ("3.0", "0.8", "5.5", "50", "0.500", "0.200", "0.100", "0.150")
    assert lines["fivek (1)", "answer"][4:] == ("0.400", "0.200", "0.070", "0.150")
    assert lines["the folder's finished photos (9)", "as they are"][4] == "0.600"


def test_harmed_pictures_are_counted_and_named() -> None:
    def page(name: str, group: str, **stays: float) -> Result:
        limit = {"text-page": lambda level: level > 247, "vignette": lambda level: level < 10}[group]
        rows = {row: {"stays": level, "kept": float(limit(level)), "tint": 0.5} for row, level in stays.items()}
        return Result(
            Case(NO_HARM, group, name, Path(name)), rows, {"policy": result(FIVEK, policy={}).chosen["policy"]}
        )

    results = [page("a.png", "text-page", input=255, policy=225), page("b.png", "text-page", input=255, policy=250),
               page("c.png", "vignette", input=0, policy=12.5)]  # fmt: skip
    report = reports.summary(results, ["policy"])
    kinds = report["no_harm"]["kinds"]
    assert kinds["text-page"]["rows"]["policy"] == {"worst": 225, "harmed": 1, "tint": 0.5}
    assert kinds["vignette"]["rows"]["policy"]["worst"] == 12.5
    assert report["no_harm"]["harmed"] == {"input": [], "policy": ["a.png (225.0)", "c.png (12.5)"]}
    assert report["sets"] == {} and report["sliders"] == {}, "they are not pictures that a policy adapts to"
    sheet = reports.harm_sheet(report)
    assert sheet is not None and sheet.rows[-1] == ("all (3)", "policy", "", "", "", "2")


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
