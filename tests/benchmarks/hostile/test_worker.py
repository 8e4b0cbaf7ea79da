# SPDX-License-Identifier: GPL-3.0-or-later
"""The campaign's inputs: the same for the same numbers, taken in without a fault; and faults are seen as such."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch")

from benchmarks.hostile import run, targets, worker
from models.errors import UserError

SEED = 10
QUICK = sorted(set(worker.TARGETS) - {"kill", "full disk"})


def test_an_input_is_made_of_its_number_alone() -> None:
    made = [worker.made(SEED, number) for number in range(40)]
    assert made == [worker.made(SEED, number) for number in range(40)]
    assert len({data for _, _, data in made}) == 40 and len({name for name, _, _ in made}) > 3


@pytest.mark.slow
@pytest.mark.parametrize("name", QUICK)
def test_a_few_of_each(name: str, tmp_path: Path) -> None:
    numbers = [number for number in range(4000) if worker.target_of(SEED, number) == name][:4]
    for number in numbers:
        outcome = worker.taken(SEED, number, tmp_path)
        assert not outcome.fault, (number, outcome)
        targets.empty(tmp_path)


@pytest.mark.parametrize(
    ("error", "word"), [(targets.FaultError("x"), "fault"), (ZeroDivisionError(), "traceback"), (None, "fine")]
)
def test_what_goes_wrong_is_told(
    error: Exception | None, word: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def take(name: str, data: bytes, folder: Path) -> str:
        if error is not None:
            raise error
        return "fine"

    target = targets.Target(1, lambda rng: ("a", b"x"), take)
    monkeypatch.setattr(worker, "TARGETS", {"only": target})
    outcome = worker.taken(SEED, 3, tmp_path)
    assert (outcome.target, outcome.word, bool(outcome.fault)) == ("only", word, error is not None)


def test_an_error_of_several_lines_is_a_fault() -> None:
    assert targets.refused(UserError("one line", "kind")) == "refused: kind"
    with pytest.raises(targets.FaultError):
        targets.refused(UserError("x" * (targets.LONGEST_LINE + 1)))


@pytest.mark.slow
def test_a_campaign_goes_on_and_keeps_what_it_finds(tmp_path: Path) -> None:
    for hours in (0.002, 0.004):
        state = run.State.read(tmp_path / "state.json", SEED)
        before = state.next
        run.campaign(state, tmp_path, hours, 1, ["answer", "settings"])
        assert state.next > before and state.seconds >= 3600 * hours
    assert sum(state.outcomes.values()) > 20 and not state.finds
    assert "0 kinds of faults" in run.report(run.State.read(tmp_path / "state.json", SEED))
    run._note(state, tmp_path, worker.Outcome(5, "answer", "fault", "answer: x", "where"))
    assert state.finds == {"answer: x": [5]} and (tmp_path / "finds" / "5" / "said.txt").is_file()
    with pytest.raises(SystemExit):
        run.State.read(tmp_path / "state.json", SEED + 1)
