# SPDX-License-Identifier: GPL-3.0-or-later
import dataclasses
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.quality import cases, measure
from benchmarks.quality.measure import INPUT, Job
from editor_ops import LEVELS, NAMES, NEUTRAL_LEVEL, SLIDERS, edit
from models import Policy
from models.thumbnail import thumbnail
from tools import policies
from trainer import metrics

PHOTOS = Path(__file__).parents[2] / "photos"
NOTHING = Job(policies={}, constants={}, pillow=False, aaphoto=False, gimp=None, longest=96, shown=None)
DARK, BRIGHT = np.full((8, 8, 3), 40, np.uint8), np.full((8, 8, 3), 180, np.uint8)


@pytest.fixture(scope="module")
def brightener(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return policies.write(tmp_path_factory.mktemp("policies") / "brighten.onnx", policies.BRIGHTEN)


def hard_case(picture: np.ndarray, path: Path, **changes: object) -> cases.Case:
    Image.fromarray(picture).save(path)
    case = cases.Case(cases.HARD, "dull", path.name, path)
    return dataclasses.replace(case, **changes)  # type: ignore[arg-type]


def test_every_row_is_measured_and_shown_beside_the_input(tmp_path: Path, brightener: Path) -> None:
    case = hard_case(DARK, tmp_path / "dark.png", shown=True)
    constant = {"exposure": 1.0}
    job = dataclasses.replace(NOTHING, policies={"p": brightener}, constants={"c": constant}, pillow=True, shown="p")
    [result] = measure.measure_batch((job, [case]))
    assert list(result.rows) == [INPUT, "c", "Pillow autocontrast", "p"]
    assert result.tiles is not None and [int(tile[120, 120, 0]) for tile in result.tiles] == [
        40, int(edit(DARK, Policy.load(brightener).decide(DARK).values)[0, 0, 0])
    ]  # fmt: skip
    levels, entropies = result.chosen["p"]
    others = [level for name, level in zip(NAMES, levels, strict=True) if name != "exposure"]
    assert levels[NAMES.index("exposure")] > NEUTRAL_LEVEL and set(others) == {NEUTRAL_LEVEL}
    assert (entropies >= 0).all() and (entropies <= np.log(LEVELS)).all()


def test_a_photo_that_cannot_be_read_is_named_and_the_others_measured(tmp_path: Path) -> None:
    broken = hard_case(DARK, tmp_path / "broken.png")
    broken.path.write_bytes(b"no picture")
    results = measure.measure_batch((NOTHING, [broken, hard_case(DARK, tmp_path / "dark.png")]))
    problems = {result.case.name: result.problem for result in results}
    assert "broken.png" in problems["broken.png"] and problems["dark.png"] == ""


def test_measures_with_an_answer() -> None:
    case = cases.Case(cases.FIVEK, "", "a", PHOTOS)
    found = measure.measures(case, DARK, BRIGHT, BRIGHT)
    assert found["psnr"] == 100 and found["ciede2000"] == 0 and found["ssim_rgb"] == pytest.approx(1)
    assert "angle" not in found
    found = measure.measures(case, DARK, BRIGHT, DARK)
    assert {name: found[name] for name in metrics.measure(DARK, BRIGHT)} == metrics.measure(DARK, BRIGHT)


def test_a_cast_has_an_angle_and_a_degradation_alone_only_its_psnr() -> None:
    case = cases.Case(cases.DEGRADED, "tint", "a", PHOTOS)
    yellow = BRIGHT.copy()
    yellow[..., 2] = 0
    found = measure.measures(case, yellow, BRIGHT, yellow)
    assert found["angle"] == pytest.approx(np.degrees(np.arccos(np.sqrt(2 / 3))))
    assert {"psnr", "angle"} < set(found) and "ciede2000" not in found
    together = dataclasses.replace(case, group=cases.TOGETHER)
    found = measure.measures(together, yellow, BRIGHT, yellow)
    assert "ciede2000" in found and "angle" not in found


def test_clipping_counts_against_the_input_strictly_and_with_a_tolerance() -> None:
    case = cases.Case(cases.HARD, "dull", "a", PHOTOS)
    image = np.full((100, 100, 3), 100, np.uint8)
    image[0, :50] = 255
    for more, strict, mild in ((0, 1, 1), (10, 0, 1), (11, 0, 0)):
        edited = image.copy()
        edited[1, :more] = 0
        found = measure.measures(case, image, None, edited)
        assert found["white"] == 0.005 and found["black"] == more / 10_000
        assert (found["not_above"], found["hardly_above"]) == (strict, mild)


def test_levels_that_move_nothing_count_as_neutral(tmp_path: Path) -> None:
    one_way = [slider.name for slider in SLIDERS if slider.lowest == slider.neutral]
    assert one_way
    path = policies.write(tmp_path / "low.onnx", dict.fromkeys([slider.name for slider in SLIDERS], 3))
    (levels, _), values = measure.decided(Policy.load(path), DARK)
    for slider, level in zip(SLIDERS, levels, strict=True):
        assert level == (NEUTRAL_LEVEL if slider.name in one_way else 3)
        assert values[slider.name] == pytest.approx(slider.values()[level])
    _, on_grey = measure.decided(Policy.load(path), DARK, grey=True)  # as `trainer enhance` decides for a grey file
    for slider in SLIDERS:
        assert on_grey[slider.name] == (slider.neutral if slider.colour else values[slider.name])


def test_a_policy_that_is_sure_has_no_entropy_and_one_that_is_not_all(tmp_path: Path, brightener: Path) -> None:
    sure = Policy.load(policies.write(tmp_path / "sure.onnx", {}))  # 9 nats above the others
    (_, entropies), _ = measure.decided(sure, DARK)
    probabilities = np.exp(np.array([9.0] + [0.0] * (LEVELS - 1)))
    probabilities /= probabilities.sum()
    assert entropies == pytest.approx(np.full(len(SLIDERS), -(probabilities * np.log(probabilities)).sum()), abs=1e-5)


def test_the_best_constant_action_undoes_what_all_photos_have(monkeypatch: pytest.MonkeyPatch) -> None:
    """Photos that all are a stop too dark, and nothing else."""
    monkeypatch.setattr(measure, "degradations_of", lambda *_: {"exposure": -1.0})
    names = ["otters.png", "parrots.png"]
    values = measure.constant_for_even_degradations((PHOTOS, names, 64))
    for name in names:
        answer = cases.make(cases.finished_cases(PHOTOS, [name])[0], 64).image
        dark = cases.degraded(answer, {"exposure": -1.0})
        errors = [np.abs(picture.astype(float) - answer).mean() for picture in (edit(dark, values), dark)]
        assert errors[0] < 0.4 * errors[1]


def test_the_trainers_degradations_are_undone_on_average_too(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    seen = {}

    def search(states: np.ndarray, answers: np.ndarray) -> dict[str, float]:
        seen.update(states=states, answers=answers)
        return {"exposure": 0.25}

    monkeypatch.setattr(measure, "best_constant_action", search)
    names = ["otters.png", "valley.jpg"]
    assert measure.constant_for_trainers_degradations((PHOTOS, names, 64)) == {"exposure": 0.25}
    for name, answer in zip(names, seen["answers"], strict=True):
        finished = cases.make(cases.finished_cases(PHOTOS, [name])[0], 512)[0]
        assert answer == pytest.approx(thumbnail(finished).transpose(1, 2, 0)), "of the photos that are named"
    assert seen["states"].shape == seen["answers"].shape and not np.array_equal(seen["states"], seen["answers"])
