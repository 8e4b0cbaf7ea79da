# SPDX-License-Identifier: GPL-3.0-or-later
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from editor_ops import NAMES, SLIDERS, edit
from models import Policy
from tools import policies
from trainer import evaluate
from trainer.cli import main
from trainer.psnr import MOST_PSNR

VALUES = {slider.name: slider.values() for slider in SLIDERS}
PHOTOS = sorted((Path(__file__).parents[1] / "photos").glob("*.png"))
NEUTRAL = {slider.name: slider.neutral for slider in SLIDERS}


def quietly(_: str, n: int) -> Iterator[int]:
    yield from range(n)


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Photos, and the same edited by known values: one stop and a warmer light."""
    root = tmp_path_factory.mktemp("pairs")
    for folder in ("input", "answer"):
        (root / folder).mkdir()
    for path in PHOTOS:
        picture = np.asarray(Image.open(path).convert("RGB")) // 2 + 10
        Image.fromarray(picture).save(root / "input" / path.name)
        Image.fromarray(edit(picture, ANSWER)).save(root / "answer" / path.name, compress_level=1)
    return root / "input", root / "answer"


# On levels of the table, so that the search can find them: 22 of 33, and 21.
ANSWER = {"exposure": VALUES["exposure"][22], "temperature": VALUES["temperature"][21]}


@pytest.fixture
def policy(tmp_path: Path) -> Policy:
    return Policy.load(policies.write(tmp_path / "known.onnx", {"exposure": 22, "temperature": 21}))


@pytest.mark.slow
def test_rows(pairs: tuple[Path, Path], policy: Policy) -> None:
    """The policy does exactly what was done; the search, which knows the answers only, comes near."""
    result = evaluate.evaluate(evaluate.folder_pairs(*pairs), policy, quietly)
    assert result.n == 3 and not result.problems
    rows = result.rows
    assert rows["input"]["psnr"] < 23
    assert rows["policy"]["psnr"] == MOST_PSNR and rows["policy"]["ciede2000"] == 0
    assert rows["best constant action"]["psnr"] > 35


def test_the_search_comes_near_an_edit_of_one_slider() -> None:
    """Sliders overlap, so that it need not be found again to the level; nine tenths of the way are."""
    states = np.random.default_rng(3).random((2, 64, 64, 3), dtype=np.float32) * 0.6
    answers = np.clip(edit(states, {"saturation": SLIDERS[8].values()[23]}), 0, 1)
    edited = np.clip(edit(states, evaluate.best_constant_action(states, answers)), 0, 1)
    assert np.square(edited - answers).mean() < 0.01 * np.square(states - answers).mean()


def test_the_best_constant_action_of_equal_pictures_is_nothing() -> None:
    states = np.random.default_rng(1).random((2, 64, 64, 3), dtype=np.float32)
    assert evaluate.best_constant_action(states, states) == NEUTRAL


def test_the_best_constant_action_is_never_worse_than_nothing() -> None:
    rng = np.random.default_rng(2)
    states, answers = rng.random((2, 3, 64, 64, 3), dtype=np.float32)
    edited = np.clip(edit(states, evaluate.best_constant_action(states, answers)), 0, 1)
    assert np.square(edited - answers).mean() <= np.square(states - answers).mean()


def test_pairs_that_differ_by_a_row_are_laid_upon_each_other(tmp_path: Path) -> None:
    """The answer lacks the first row and the last column: the cut that fits exactly is found."""
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
    picture = np.asarray(Image.open(PHOTOS[0]).convert("RGB"))
    Image.fromarray(picture).save(tmp_path / "a" / "x.png")
    Image.fromarray(picture[1:, :-1]).save(tmp_path / "b" / "x.tif")
    image, answer, _ = evaluate.folder_pairs(tmp_path / "a", tmp_path / "b").load(0)
    assert image.shape == (picture.shape[0] - 1, picture.shape[1] - 1, 3)
    assert np.array_equal(image, answer)


def test_degraded_pairs_depend_on_the_seed_alone(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    for path in PHOTOS:
        (tmp_path / path.name).write_bytes(path.read_bytes())
    first, again, other = (evaluate.degraded_pairs(tmp_path, seed) for seed in (1, 1, 2))
    assert len(first.names) == len(PHOTOS)
    assert np.array_equal(first.load(0)[0], again.load(0)[0])
    assert not np.array_equal(first.load(0)[0], other.load(0)[0])
    degraded, finished, _ = first.load(1)
    assert degraded.dtype == finished.dtype == np.uint8 and degraded.shape == finished.shape
    assert np.array_equal(finished, np.asarray(Image.open(PHOTOS[1]).convert("RGB")))
    assert max(evaluate.shrunk(np.zeros((3, 1024, 3), np.uint8)).shape) == evaluate.DEGRADED_SIZE


def test_only_the_photos_of_a_list(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    for path in PHOTOS:
        (tmp_path / path.name).write_bytes(path.read_bytes())
    held_out = tmp_path / "held-out.txt"
    held_out.write_text(f"{PHOTOS[2].name}\n{PHOTOS[1].name}\n")
    assert evaluate.degraded_pairs(tmp_path, 0, held_out).names == (PHOTOS[1].stem, PHOTOS[2].stem)
    held_out.write_text("gone.png\n")
    for text, kind in (("gone.png\n", "missing photos"), ("", "no photos")):
        held_out.write_text(text)
        with pytest.raises(evaluate.EvaluateError) as raised:
            evaluate.degraded_pairs(tmp_path, 0, held_out)
        assert raised.value.kind == kind and str(held_out) in str(raised.value)


@pytest.mark.slow
def test_command_prints_a_table_or_json(pairs: tuple[Path, Path], policy: Policy) -> None:
    command = ["evaluate", str(pairs[0]), str(pairs[1]), "--model", str(policy.path)]
    text = CliRunner().invoke(main, command)
    assert text.exit_code == 0, text.output
    assert "best constant action" in text.output and "100.00" in text.output and "3 pairs" in text.output
    found = json.loads(CliRunner().invoke(main, [*command, "--json"]).output)
    assert found["n"] == 3 and set(found["rows"]) == {"input", "best constant action", "policy"}
    assert set(found["best_constant_action"]) == set(NAMES)


def test_a_bad_pair_is_named_and_left_out(pairs: tuple[Path, Path], policy: Policy, tmp_path: Path) -> None:
    for side in pairs:
        (tmp_path / side.name).mkdir()
        for path in side.iterdir():
            (tmp_path / side.name / path.name).write_bytes(path.read_bytes())
    (tmp_path / "input" / PHOTOS[0].name).write_bytes(b"")
    Image.new("RGB", (9, 9)).save(tmp_path / "answer" / PHOTOS[1].name)
    command = ["evaluate", str(tmp_path / "input"), str(tmp_path / "answer"), "--model", str(policy.path), "--json"]
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 1
    assert "0 bytes" in result.stderr and "scale one" in result.stderr
    assert json.loads(result.stdout)["n"] == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["empty", "empty"], "has no photos"),
        (["nowhere", "empty"], "is not a folder"),
        (["photos", "other"], "has the name of one in"),
        (["photos"], "INPUT_DIR and ANSWER_DIR"),
        (["photos", "photos", "--wrong-way"], "one folder"),
    ],
)
def test_wrong_use_is_one_line(tmp_path: Path, policy: Policy, arguments: list[str], message: str) -> None:
    for folder in ("empty", "photos", "other"):
        (tmp_path / folder).mkdir()
    Image.new("RGB", (9, 9)).save(tmp_path / "photos" / "a.png")
    Image.new("RGB", (9, 9)).save(tmp_path / "other" / "b.png")
    folders = [text if text.startswith("--") else str(tmp_path / text) for text in arguments]
    result = CliRunner().invoke(main, ["evaluate", *folders, "--model", str(policy.path)])
    assert result.exit_code == 2
    assert message in result.output and "Traceback" not in result.output


@pytest.mark.slow
def test_pairs_need_no_torch(pairs: tuple[Path, Path], policy: Policy) -> None:
    code = (
        "import sys; from trainer.cli import main\n"
        "try:\n    main(sys.argv[1:])\nexcept SystemExit as end:\n    assert not end.code\n"
        "assert 'torch' not in sys.modules\n"
    )
    command = [sys.executable, "-c", code, "evaluate", *map(str, pairs), "--model", str(policy.path), "--json"]
    output = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout
    assert json.loads(output)["n"] == 3


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_the_same_sliders_as_enhance_for_grey_files(tmp_path: Path, mode: str) -> None:
    """Colour sliders stay neutral on a grey file, and only there; `trainer enhance` writes the picture that counts."""
    model = policies.write(tmp_path / "warm.onnx", {"temperature": 30, "exposure": 20})
    for folder in ("input", "answer"):
        (tmp_path / folder).mkdir()
    grey = Image.open(PHOTOS[0]).convert("L").resize((64, 48)).convert(mode)
    grey.save(tmp_path / "input" / "a.png")
    enhanced = CliRunner().invoke(
        main, ["enhance", str(tmp_path / "input" / "a.png"), "--out", str(tmp_path / "out"), "--model", str(model)]
    )
    assert enhanced.exit_code == 0, enhanced.output
    with Image.open(tmp_path / "out" / "a.png") as opened:
        opened.convert("RGB").save(tmp_path / "answer" / "a.png")
    pairs = evaluate.folder_pairs(tmp_path / "input", tmp_path / "answer")
    assert pairs.load(0).grey == (mode == "L")
    result = evaluate.evaluate(pairs, Policy.load(model), lambda _, n: iter(range(n)))
    assert result.rows["policy"]["psnr"] > 55  # another rounding at most
    assert result.rows["input"]["psnr"] < 30
