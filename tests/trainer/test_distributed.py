# SPDX-License-Identifier: GPL-3.0-or-later
"""Two processes with batch B learn what one learns with 2 B. They are real ones, started by torchrun."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

import trainer  # noqa: E402
from models import Policy as ExportedPolicy  # noqa: E402
from trainer import checkpoint, distributed, fit, learner  # noqa: E402
from trainer.config import recipe  # noqa: E402
from trainer.run_folder import FitError  # noqa: E402

from .conftest import FEWER  # noqa: E402

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("fewer")]

SETTINGS = {"steps": 3, "batch": 4, "evaluate_every": 3, "device": "cpu", "holdout": 0.25}
PAIRS = {"fitted_share": 0.0, "imitation_alone": 0.0, "w_critic": 0.0, "hindsight_share": 1.0}
RATES = {"learning_rate": 0.01, "critic_learning_rate": 0.01}
# an odd number of pairs, so that the processes have different numbers of them
CRITIC = {
    "w_critic": 0.1,
    "critic": "paper",
    "hindsight_share": 0.375,
    "edit_size": 64,
    "content": 1.0,
    "critic_updates": 3,
    "replay": 20,
}
RUNS = {
    "default": SETTINGS | RATES | PAIRS,
    "critic": SETTINGS | RATES | PAIRS | CRITIC | {"by_slider": False, "actions": 3},
}
# Adam makes a step as long as any other of a gradient that is rounding alone; plain descent doesn't
DESCENT = """
import contextlib, json, sys
from pathlib import Path
import torch
torch.optim.Adam = lambda parameters, rate, betas=None: torch.optim.SGD(parameters, rate)
from trainer import distributed
from trainer.config import recipe
from trainer.fit import fit

if __name__ == "__main__":
    source, target, out = map(Path, sys.argv[1:4])
    with distributed.process_group(torch.device("cpu")):
        distributed.process_group = lambda device: contextlib.nullcontext()  # one for both runs
        for name, settings in json.loads(sys.argv[4]).items():
            fit(source, target, out / name, recipe("default", **settings))
"""


def torchrun(*program):
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--standalone", *program]
    here = str(Path(trainer.__file__).parents[1])
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": here}
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def trainer_fit(folders, out, *more):
    """`trainer fit`, which begins as quickly as the other runs here."""
    program = out.with_suffix(".py")
    begin = textwrap.indent(f"{FEWER}from trainer.cli import main\nmain()\n", "    ")
    program.write_text(f'if __name__ == "__main__":  # processes that decode photos import this file again\n{begin}')
    return torchrun(str(program), "fit", *map(str, folders), "--out", str(out), *more)


def finish(process):
    try:
        _, errors = process.communicate(timeout=150)
    finally:
        process.terminate()  # where it hangs; torchrun ends its processes
    assert process.returncode == 0, errors
    return errors


def assert_near(one, two, first, most):
    """That two checkpoints' weights came the same way from earlier ones, and their statistics, to float rounding."""
    assert one.keys() == two.keys() == first.keys()
    statistics = {name for name in one if "running" in name}
    learned = {name for name in one if name.endswith(("weight", "bias"))}
    for names in filter(None, (learned, statistics)):
        a, b, c = (torch.cat([state[n].double().flatten() for n in sorted(names)]) for state in (one, two, first))
        way = (a - c).norm()
        assert way > 0 and (a - b).norm() < most * way


def kept(first, name, network):
    first.setdefault(name, {key: value.clone() for key, value in network.state_dict().items()})
    return network


@pytest.fixture(scope="module")
def two(folders, tmp_path_factory):
    """Both runs in two processes, started once: their folder, and what was printed."""
    out = tmp_path_factory.mktemp("two")
    (out / "descent.py").write_text(FEWER + DESCENT)
    errors = finish(torchrun(str(out / "descent.py"), *map(str, folders), str(out), json.dumps(RUNS)))
    return out, errors


@pytest.mark.parametrize("name", RUNS)
def test_two_processes_are_one_with_twice_the_batch(folders, two, tmp_path, monkeypatch, name):
    monkeypatch.setattr(torch.optim, "Adam", lambda parameters, rate, betas: torch.optim.SGD(parameters, rate))
    config = recipe("default", **RUNS[name] | {"batch": 8})
    first = {}  # the untrained weights
    for made in ("make_policy", "Critic"):
        make = getattr(learner, made)
        monkeypatch.setattr(learner, made, lambda *given, made=made, make=make: kept(first, made, make(*given)))
    fit.fit(*folders, tmp_path, config, quiet=True)
    out, errors = two
    assert errors.count("12 source photos") == 2 == errors.count("2 processes")  # in each run one of them prints
    one, both = (checkpoint.read_newest(run / "checkpoints") for run in (tmp_path, out / name))
    assert torch.equal(one["generator"], both["generator"])
    # With a critic, rounding goes far: where an activation is nearly 0, it decides which of LeakyReLU's slopes the
    # penalty sees. Without the sums over the processes, the policy is off by a third and more.
    most = 5e-2 if config.w_critic else 1e-3
    for item in ("policy", "average"):
        assert_near(one[item], both[item], first["make_policy"], most)
    if config.w_critic:
        assert_near(one["critic"], both["critic"], first["Critic"], 2e-2)
        assert torch.equal(one["replay"]["real"], both["replay"]["real"])
        off = (one["replay"]["fake"].int() - both["replay"]["fake"].int()).abs()
        assert off.max() <= 1 and (off > 0).double().mean() < 1e-3  # rounded to 8 bits
    rows = [json.loads((run / "metrics.jsonl").read_text().splitlines()[0]) for run in (tmp_path, out / name)]
    assert rows[0].keys() == rows[1].keys()
    compared = {"reward", "entropy", "value_loss", "explained_variance", "critic_gap", "gradient_penalty"}
    for metric in compared & rows[0].keys():
        assert rows[0][metric] == pytest.approx(rows[1][metric], rel=1e-2), metric
    assert (out / name / "held-out.txt").read_text() == (tmp_path / "held-out.txt").read_text()
    assert {p.name for p in (out / name).iterdir()} == {p.name for p in tmp_path.iterdir()}


def test_stopping_and_going_on(folders, tmp_path):
    out = tmp_path / "run"
    settings = ("--steps", "100000", "--batch", "4", "--evaluate-every", "50000", "--device", "cpu")
    process = trainer_fit(folders, out, *settings)
    deadline = time.monotonic() + 120
    while not (out / "metrics.jsonl").exists():
        assert process.poll() is None and time.monotonic() < deadline, "metrics.jsonl never came"
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)  # torchrun ends what is left of it after 30 seconds, be it the export
    state = checkpoint.read_newest(out / "checkpoints")
    # go on for two updates more
    config = json.loads((out / "config.json").read_text())
    config["settings"]["steps"] = state["step"] + 2
    (out / "config.json").write_text(json.dumps(config))
    finish(trainer_fit(folders, out, "--resume"))
    assert checkpoint.read_newest(out / "checkpoints")["step"] == state["step"] + 2
    ExportedPolicy.load(out / "policy.onnx")


def test_wrong_use_is_refused_before_anything_is_written(folders, tmp_path, monkeypatch):
    monkeypatch.setattr(distributed, "world_size", lambda: 2)
    for settings, kind in (
        (SETTINGS | CRITIC | {"replay": 7}, "replay too small"),
        (SETTINGS | {"network": "paper", "dropout": 0.0}, "needs GPUs"),
    ):
        with pytest.raises(FitError) as raised:
            fit.fit(*folders, tmp_path / "run", recipe("default", **settings), quiet=True)
        assert raised.value.kind == kind and not (tmp_path / "run").exists()


def test_only_the_first_process_opens_a_run(folders, tmp_path, monkeypatch):
    """A folder that holds something is refused by one of them, so that it is told once; torchrun ends the others."""
    (tmp_path / "photo.txt").write_text("keep me")
    monkeypatch.setattr(fit, "load_photos", lambda *_: None)
    opened = []
    monkeypatch.setattr(fit, "_learn", lambda *_: bool(opened.append(distributed.rank())))
    for rank in (0, 1):
        monkeypatch.setattr(distributed, "rank", lambda rank=rank: rank)
        if rank == 0:
            with pytest.raises(FitError) as raised:
                fit.fit(*folders, tmp_path, recipe("default", **SETTINGS), quiet=True)
            assert raised.value.kind == "taken"
        else:
            fit.fit(*folders, tmp_path, recipe("default", **SETTINGS), quiet=True)
    assert opened == [1] and [p.name for p in tmp_path.iterdir()] == ["photo.txt"]


def test_one_process_shares_nothing():
    assert (distributed.rank(), distributed.world_size(), distributed.local_rows(7)) == (0, 1, slice(0, 7, 1))
    numbers = torch.arange(3.0)
    assert distributed.all_gather(numbers) is numbers and distributed.any_rank(True, torch.device("cpu"))
    assert distributed.all_mean({"a": numbers.mean()}) == {"a": 1.0}


def test_rows_divide_every_part_of_a_batch(monkeypatch):
    """Whatever the parts, each process has as many rows as the others, and no row is left out."""
    monkeypatch.setattr(distributed, "world_size", lambda: 3)
    for n_pairs in range(13):
        shares = []
        for rank in range(3):
            monkeypatch.setattr(distributed, "rank", lambda rank=rank: rank)
            batch = list(range(12))
            shares.append(batch[:n_pairs][distributed.local_rows(n_pairs)])
            shares[-1] += batch[n_pairs:][distributed.local_rows(12 - n_pairs, before=n_pairs)]
        assert shares == [[0, 3, 6, 9], [1, 4, 7, 10], [2, 5, 8, 11]]
