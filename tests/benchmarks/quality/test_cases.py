# SPDX-License-Identifier: GPL-3.0-or-later
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.quality import cases
from editor_ops import edit

PHOTOS = Path(__file__).parents[2] / "photos"


def test_degradations_stay_between_their_ends_and_fill_them() -> None:
    drawn = [cases.degradations_of(f"photo {i}", cases.TOGETHER, 0) for i in range(300)]
    for name in cases.DEGRADATIONS:
        low, high = cases.DEGRADATIONS[name]
        seen = [values[name] for values in drawn]
        assert low <= min(seen) and max(seen) <= high
        table = [cases.between_ends(name, share) for share in np.linspace(-1, 1, 21)]
        positions = np.interp(seen, sorted(set(table)), np.linspace(-1, 1, len(set(table))))
        assert abs(positions.mean()) < 0.1, "as often one way as the other"
        assert positions.std() == pytest.approx(1 / np.sqrt(3), abs=0.06), "evenly"


def test_degradations_depend_on_photo_kind_and_draw_alone() -> None:
    one = cases.degradations_of("a.jpg", "exposure", 0)
    assert one == cases.degradations_of("a.jpg", "exposure", 0)
    assert set(one) == {"exposure"}
    others = [("b.jpg", "exposure", 0), ("a.jpg", "exposure", 1), ("a.jpg", cases.TOGETHER, 0)]
    assert all(cases.degradations_of(*other)["exposure"] != one["exposure"] for other in others)
    assert set(cases.degradations_of("a.jpg", cases.TOGETHER, 0)) == set(cases.DEGRADATIONS)
    assert set(cases.degradations_of("a.jpg", cases.CAST, 0)) == set(cases.CASTS)


def test_the_benchmarks_pictures_never_change() -> None:
    """Figures of different days are of the same pictures, whatever the sliders' ranges have become."""
    assert cases.degradations_of("photo.jpg", "exposure", 0) == pytest.approx({"exposure": 1.063701}, abs=1e-6)
    assert cases.degradations_of("photo.jpg", "temperature", 1) == pytest.approx({"temperature": 7186.28}, abs=0.01)
    assert cases.degradations_of("photo.jpg", "tint", 0) == pytest.approx({"tint": 0.866238}, abs=1e-6)


def test_contrast_turns_around_the_middle_of_linear_light() -> None:
    grey = np.full((4, 4, 3), 188, np.uint8)  # 0.5 of linear light
    assert np.array_equal(cases.degraded(grey, {"contrast": 1.241}), grey)
    dark = np.full((4, 4, 3), 100, np.uint8)
    assert cases.degraded(dark, {"contrast": 1.241}).max() < 100 < cases.degraded(dark, {"contrast": 0.806}).min()
    both = cases.degraded(dark, {"contrast": 0.806, "exposure": 0.5})
    assert np.array_equal(both, cases.degraded(cases.degraded(dark, {"exposure": 0.5}), {"contrast": 0.806}))


def test_a_degraded_picture_is_the_edit_of_its_answer() -> None:
    made = cases.degraded_cases(PHOTOS, ["otters.png"])
    assert len(made) == sum(cases.DRAWS.values())
    one = next(case for case in made if case.group == "temperature")
    image, answer, _ = cases.make(one, 96)
    assert answer is not None and max(answer.shape) == 96 and answer.dtype == np.uint8
    assert np.array_equal(image, edit(answer, dict(one.degradations)))
    assert not np.array_equal(image, answer)


def test_a_finished_photo_is_its_own_answer_and_a_hard_one_has_none() -> None:
    image, answer, _ = cases.make(cases.finished_cases(PHOTOS, ["otters.png"])[0], 64)
    assert np.array_equal(image, answer)
    assert cases.make(cases.folder_cases(cases.HARD, PHOTOS)[0], 64).answer is None


def test_a_picture_is_grey_if_its_file_is(tmp_path: Path) -> None:
    """As for `trainer enhance` and `trainer evaluate`: equal channels alone do not make a photo grey."""
    for mode in ("L", "RGB"):
        for folder in ("input", "expertC"):
            (tmp_path / mode / folder).mkdir(parents=True)
            Image.new(mode, (8, 8)).save(tmp_path / mode / folder / "a.png")
        made = [
            cases.folder_cases(cases.HARD, tmp_path / mode / "input")[0],
            cases.finished_cases(tmp_path / mode / "input", ["a.png"])[0],
            cases.fivek_cases(tmp_path / mode)[0],
        ]
        assert [cases.make(case, 64).grey for case in made] == [mode == "L"] * 3
    assert not any(cases.make(case, 64).grey for case in cases.degraded_cases(tmp_path / "L" / "input", ["a.png"]))


def test_pairs_come_by_name(tmp_path: Path) -> None:
    for folder, grey in (("input", 60), ("expertC", 120)):
        (tmp_path / folder).mkdir()
        for i, name in enumerate(("a", "b")):
            Image.new("RGB", (20, 10), (grey + i, grey, grey)).save(tmp_path / folder / f"{name}.png")
    found = cases.fivek_cases(tmp_path)
    assert [case.name for case in found] == ["a", "b"]
    image, answer, _ = cases.make(found[1], 512)
    assert answer is not None
    assert (image[0, 0, 0], answer[0, 0, 0]) == (61, 121)


def test_large_folders_are_sampled_evenly_and_small_ones_taken_whole(tmp_path: Path) -> None:
    for i in range(2002):
        (tmp_path / f"{i:04}.png").touch()
    found = [case.name for case in cases.folder_cases(cases.HARD, tmp_path)]
    assert found == [f"{i:04}.png" for i in range(0, 2002, 10)]
    assert len(cases.folder_cases(cases.HARD, PHOTOS)) == sum(
        path.suffix in (".jpg", ".png") for path in PHOTOS.iterdir()
    )


def test_ends_of_the_degradations_are_told() -> None:
    assert cases.reach()["exposure"] == ["-1.50 stops", "+1.50 stops"]
    assert cases.reach()["temperature"] == ["5029 K", "9187 K"]


def test_names_are_spaced() -> None:
    assert cases.spaced(["a", "b"], 64) == ["a", "b"]
    names = [str(i) for i in range(640)]
    assert cases.spaced(names, 64) == names[::10]
    assert cases.spaced([], 64) == []
