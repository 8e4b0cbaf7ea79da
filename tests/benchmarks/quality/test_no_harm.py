# SPDX-License-Identifier: GPL-3.0-or-later
from pathlib import Path

import numpy as np
import pytest

from benchmarks.quality import cases, measure, no_harm
from benchmarks.quality.no_harm import BLACK, EQUAL, KINDS, WHITE
from editor_ops import SLIDERS
from enhancer import photo
from models import Policy
from tools import policies

PHOTOS = Path(__file__).parents[2] / "photos"
NAMES = ["otters.png", "valley.jpg"]
LONGEST = 128


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> list[cases.Case]:
    return no_harm.write_cases(tmp_path_factory.mktemp("no-harm"), PHOTOS, NAMES, LONGEST)


def opened(case: cases.Case) -> np.ndarray:
    return cases.make(case, LONGEST).image


def test_every_kind_is_made_as_files_of_the_wanted_size(made: list[cases.Case]) -> None:
    assert {case.group for case in made} == set(KINDS)
    for group, kind in KINDS.items():
        members = [case for case in made if case.group == group]
        assert len(members) == (len(NAMES) if kind.from_photo else no_harm.MOST)
        assert {case.path.suffix for case in members} == {kind.suffix}
        assert len({opened(case).tobytes() for case in members}) == len(members), "no picture twice"
    assert all(max(opened(case).shape) == LONGEST for case in made)


def test_every_picture_has_its_ground_and_is_kept_as_it_is(made: list[cases.Case]) -> None:
    for case in made:
        image = opened(case)
        must_stay = KINDS[case.group].must_stay
        if must_stay != EQUAL:
            assert no_harm.ground(must_stay, image).mean() > 0.08, case.name
        assert no_harm.measures(case.group, image, image)["kept"] == 1, case.name


def test_the_pictures_are_the_same_each_time(made: list[cases.Case], tmp_path: Path) -> None:
    again = no_harm.write_cases(tmp_path, PHOTOS, NAMES, LONGEST)
    assert [case.name for case in again] == [case.name for case in made]
    for one, other in zip(made, again, strict=True):
        assert one.path.read_bytes() == other.path.read_bytes()


def test_figures_of_different_days_are_of_the_same_pictures() -> None:
    assert no_harm._random("vignette", "otters.png").uniform(0.9, 1.1) == pytest.approx(0.948292, abs=1e-6)


@pytest.mark.parametrize(
    ("group", "level", "kept"),
    [
        ("text-page", 248, 1), ("text-page", 247, 0), ("product-on-white", 225, 0),
        ("black-surround", 9, 1), ("black-surround", 10, 0), ("night-sky", 30, 0),
    ],
)  # fmt: skip
def test_a_ground_is_kept_within_the_limits(group: str, level: int, kept: int) -> None:
    image = np.full((8, 8, 3), 255 if KINDS[group].must_stay == WHITE else 0, np.uint8)
    image[:4] = 128  # is no ground, and may become anything
    edited = np.full_like(image, level)
    edited[:4] = 77
    assert no_harm.measures(group, image, edited) == {"stays": level, "kept": kept, "tint": 0}


def test_a_ground_begins_beyond_its_level_in_all_channels() -> None:
    row = np.array([[[251, 251, 251], [255, 255, 250], [4, 4, 4], [0, 0, 5]]], np.uint8)
    assert no_harm.ground(WHITE, row).tolist() == [[True, False, False, False]]
    assert no_harm.ground(BLACK, row).tolist() == [[False, False, True, False]]


def test_a_tint_of_the_ground_is_told() -> None:
    image, edited = np.full((4, 4, 3), 255, np.uint8), np.full((4, 4, 3), 255, np.uint8)
    edited[..., 2] = 240
    assert no_harm.measures("text-page", image, edited) == {"stays": 250, "kept": 1, "tint": 15}


def test_black_and_white_is_harmed_by_a_single_pixel() -> None:
    image = np.full((4, 4, 3), 90, np.uint8)
    edited = image.copy()
    edited[1, 2] = (90, 91, 93)
    assert no_harm.measures("black-and-white", image, edited) == {"stays": 3, "kept": 0}
    assert no_harm.measures("black-and-white", edited, edited)["kept"] == 1, "what was there before is no harm"


def test_the_worst_is_the_darkest_white_and_the_brightest_black() -> None:
    assert no_harm.worst("screenshot", [255, 240, 250]) == 240 and no_harm.worst("vignette", [0, 12, 3]) == 12


def test_the_policys_row_goes_the_way_of_enhance(made: list[cases.Case], tmp_path: Path) -> None:
    """The file's profile, its greyness and whatever rule decides there take part."""
    levels = dict.fromkeys([slider.name for slider in SLIDERS], 20)
    policy = Policy.load(policies.write(tmp_path / "all.onnx", levels))
    case = next(case for case in made if case.group == "black-surround")
    read = photo.read(case.path)
    expected = photo.edited(read, policy.decide_thumbnail(photo.thumbnail(read)).values)
    assert np.array_equal(measure.enhanced(policy, case.path), expected)


def test_harm_is_measured_in_a_batch(made: list[cases.Case], tmp_path: Path) -> None:
    """Exposure turned down greys paper and leaves black black."""
    path = policies.write(tmp_path / "dark.onnx", {"exposure": 8})
    job = measure.Job({"dark": path}, {}, pillow=False, aaphoto=False, gimp=None, longest=LONGEST, shown=None)
    chosen = [next(case for case in made if case.group == group) for group in ("text-page", "black-surround")]
    page, surround = measure.measure_batch((job, chosen))
    assert page.rows["dark"]["kept"] == 0 and page.rows["dark"]["stays"] < 240 and page.rows["input"]["kept"] == 1
    assert surround.rows["dark"]["kept"] == 1 and surround.rows["dark"]["stays"] < 0.01
