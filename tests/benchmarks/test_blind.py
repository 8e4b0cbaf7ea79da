# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import random
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from benchmarks import blind
from models import Policy
from tools import policies, results, tables


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    for i in range(6):
        Image.new("RGB", (60, 40), (20 + 10 * i,) * 3).save(folder / f"{i}.png")
    return folder


@pytest.fixture(scope="module")
def policy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return policies.write(tmp_path_factory.mktemp("policies") / "bright.onnx", policies.BRIGHTEN)


def halves(file: Path) -> tuple[float, float]:
    """The brightness of the left and the right picture."""
    picture = np.asarray(Image.open(file))[..., 0]
    assert picture.shape == (40, 120 + blind.GAP)
    return float(picture[:, :60].mean()), float(picture[:, -60:].mean())


def sealed_folder(folder: Path, sides: str) -> Path:
    """A comparison without its pictures: neither judging nor counting reads them."""
    answers = {"edit": sides, "photos": [], "seed": 0, "policy": {"name": "p", "sha256": "0123456789abcdef"}}
    (folder / blind.ANSWERS).write_text(json.dumps({"pairs": len(sides), "sealed": blind.sealed(answers)}))
    return folder


def test_pairs_and_answers(photos: Path, policy: Path, tmp_path: Path) -> None:
    assert blind.make(photos, policy, 4, 0, tmp_path / "out") == []
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "01.jpg", "02.jpg", "03.jpg", "04.jpg", "answers.json"]  # fmt: skip
    answers = blind.read_answers(tmp_path / "out")
    assert sorted(answers["edit"]) == ["l", "l", "r", "r"]
    assert answers["policy"] == {"name": "bright", "sha256": Policy.load(policy).sha256}
    for i, (side, name) in enumerate(zip(answers["edit"], answers["photos"], strict=True), 1):
        left, right = halves(tmp_path / "out" / f"{i:02}.jpg")
        assert (left > right) == (side == "l"), "this policy brightens"
        assert min(left, right) == pytest.approx(np.asarray(Image.open(photos / name)).mean(), abs=1)
    assert answers["edit"] not in (tmp_path / "out" / blind.ANSWERS).read_text()


def test_a_seed_takes_the_same_photos_and_sides(photos: Path, policy: Path, tmp_path: Path) -> None:
    found = []
    for i, seed in enumerate((0, 0, 1, 2)):
        blind.make(photos, policy, 5, seed, tmp_path / str(i))
        answers = blind.read_answers(tmp_path / str(i))
        found.append((answers["edit"], tuple(answers["photos"])))
    assert found[0] == found[1] and len(set(found)) == 3


def test_a_photo_that_cannot_be_read_is_left_out(photos: Path, policy: Path, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    for path in photos.iterdir():
        (tmp_path / "photos" / path.name).write_bytes(path.read_bytes())
    (tmp_path / "photos" / "0.png").write_bytes(b"no picture")
    problems = blind.make(tmp_path / "photos", policy, 5, 0, tmp_path / "out")
    assert all("0.png" in problem for problem in problems)
    assert "0.png" not in blind.read_answers(tmp_path / "out")["photos"]
    with pytest.raises(blind.BlindError) as error:
        blind.make(tmp_path / "photos", policy, 6, 0, tmp_path / "more")
    assert error.value.kind == "too few" and not (tmp_path / "more" / blind.ANSWERS).exists()


def test_nothing_is_overwritten(photos: Path, policy: Path, tmp_path: Path) -> None:
    blind.make(photos, policy, 2, 0, tmp_path / "out")
    before = {path: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    with pytest.raises(blind.BlindError) as error:
        blind.make(photos, policy, 2, 1, tmp_path / "out")
    assert error.value.kind == "taken"
    assert {path: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before


def test_making_that_was_stopped_can_be_begun_again(
    photos: Path, policy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both, calls = blind.both, iter(range(9))

    def stopped(path: Path, policy_: Policy) -> tuple[np.ndarray, np.ndarray]:
        if next(calls) == 2:
            raise KeyboardInterrupt
        return both(path, policy_)

    out = tmp_path / "out"
    monkeypatch.setattr(blind, "both", stopped)
    command = ["make", "--photos", str(photos), "--policy", str(policy), "--n", "4", "--out", str(out)]
    assert blind.main(command) == 130 and not (out / blind.ANSWERS).exists()
    monkeypatch.undo()
    assert blind.main(command) == 0 and len(blind.read_answers(out)["photos"]) == 4


def said(words: str) -> Iterator[str]:
    yield from words.split()
    raise KeyboardInterrupt


@pytest.mark.parametrize("stop", ["q", ""])
def test_judging_stops_and_goes_on(stop: str, tmp_path: Path) -> None:
    """By q and by Ctrl-C: no vote is lost, and no pair is asked for twice."""
    sealed_folder(tmp_path, "lrlr")
    asked: list[str] = []

    for words, left in ((f"l what S {stop}", 2), ("r R", 0), ("", 0)):
        answers = said(words)

        def next_word(question: str, answers: Iterator[str] = answers) -> str:
            asked.append(Path(question.split(" (")[0]).name)
            return next(answers)

        assert blind.judge(tmp_path, next_word) == left
    assert (tmp_path / blind.VOTES).read_text() == "l\ns\nr\nr\n"
    assert asked == ["01.jpg", "02.jpg", "02.jpg", "03.jpg", "03.jpg", "04.jpg"]


@given(st.lists(st.tuples(st.sampled_from("lrs"), st.sampled_from("lr")), min_size=1, max_size=50), st.integers(0, 9))
def test_a_tally_counts_every_vote_once(pairs: list[tuple[str, str]], open_: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = sealed_folder(Path(name), "".join(side for _, side in pairs) + "l" * open_)
        (folder / blind.VOTES).write_text("".join(f"{vote}\n" for vote, _ in pairs))
        found = blind.tally(folder)
    assert found["edit"] == sum(vote == side for vote, side in pairs)
    assert found["input"] == sum(vote != "s" and vote != side for vote, side in pairs)
    assert found["no_difference"] == sum(vote == "s" for vote, _ in pairs) and found["open"] == open_
    assert found["pairs"] == len(pairs) + open_ == sum(map(int, found["rows"][0][2:]))
    assert len(found["columns"]) == len(found["rows"][0])


def test_a_tally_becomes_a_row_of_the_results(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sealed_folder(tmp_path, "lrl")
    (tmp_path / blind.VOTES).write_text("l\nl\ns\n\n")
    assert blind.main(["tally", str(tmp_path)]) == 0
    assert "edit preferred: 1\ninput preferred: 1\nno difference: 1\n" in capsys.readouterr().out
    assert blind.read_tally(tmp_path / blind.TALLY)["rows"] == [["p, sha256 0123456789ab", "3", "1", "1", "1", "0"]]
    monkeypatch.setattr(tables, "RESULTS", tmp_path / "results")
    monkeypatch.setattr(tables, "main", lambda: None)
    (tmp_path / "results").mkdir()
    command = ["--rows", str(tmp_path / blind.TALLY), "--", sys.executable, "-c", "print('counted')"]
    monkeypatch.setattr(sys, "argv", ["results", "70-blind", *command])
    assert results.main() == 0
    kept = json.loads((tmp_path / "results" / "70-blind.json").read_text())
    assert "| p, sha256 0123456789ab | 3 | 1 | 1 | 1 | 0 |" in tables.result_section(kept) and "printed" not in kept


@pytest.mark.parametrize("text", ["x", '{"columns": ["a"], "rows": [["1", "2"]]}'])
def test_rows_that_are_no_table_are_not_kept(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "rows.json").write_text(text)
    monkeypatch.setattr(tables, "RESULTS", tmp_path)
    command = ["--rows", str(tmp_path / "rows.json"), "--", sys.executable, "-c", ""]
    monkeypatch.setattr(sys, "argv", ["results", "70-blind", *command])
    assert results.main() == 1 and not (tmp_path / "70-blind.json").exists()


@pytest.mark.parametrize(
    ("votes", "kind"),
    [("l\nx\n", "not a vote"), ("l\n\nr\n", "not a vote"), ("l\nr\nl\n", "too many"), ("", "missing"),
     (b"\xff\xfe", "damaged")],
)  # fmt: skip
def test_votes_that_cannot_be_counted(votes: str | bytes, kind: str, tmp_path: Path) -> None:
    sealed_folder(tmp_path, "lr")
    (tmp_path / blind.VOTES).write_bytes(votes if isinstance(votes, bytes) else votes.encode())
    with pytest.raises(blind.BlindError) as error:
        blind.tally(tmp_path)
    assert error.value.kind == kind and blind.VOTES in str(error.value) and "\n" not in str(error.value)


def test_answers_that_are_missing_or_damaged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert blind.main(["judge", str(tmp_path)]) == 2
    sealed = json.loads((sealed_folder(tmp_path, "lr") / blind.ANSWERS).read_text())["sealed"]
    generator = random.Random(0)
    for _ in range(20):
        place = generator.randrange(len(sealed))
        other = sealed[:place] + ("A" if sealed[place] != "A" else "B") + sealed[place + 1 :]
        (tmp_path / blind.ANSWERS).write_text(json.dumps({"sealed": other}))
        try:
            assert blind.read_answers(tmp_path)["edit"] == "lr"  # the last letter's unused bits
        except blind.BlindError as error:
            assert error.kind == "damaged"
    lines = capsys.readouterr().err
    assert lines.count("\n") == 1 and blind.ANSWERS in lines


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"pairs": 2, "edit": 2, "input": 1, "no_difference": 0, "open": 0}'])
def test_a_file_that_is_no_tally(text: str, tmp_path: Path) -> None:
    (tmp_path / blind.TALLY).write_text(text)
    with pytest.raises(blind.BlindError) as error:
        blind.read_tally(tmp_path / blind.TALLY)
    assert error.value.kind == "damaged"
    with pytest.raises(blind.BlindError) as error:
        blind.read_tally(tmp_path / "none.json")
    assert error.value.kind == "missing"


@pytest.mark.parametrize("n", ["0", "-1", "1000", "many"])
def test_a_number_of_pairs_that_nobody_judges(n: str) -> None:
    with pytest.raises(SystemExit) as stop:
        blind.main(["make", "--photos", ".", "--out", "out", "--n", n])
    assert stop.value.code == 2
