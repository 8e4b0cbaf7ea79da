# SPDX-License-Identifier: GPL-3.0-or-later
"""Two processes with batch B learn what one learns with 2 B. They are real ones, started by torchrun."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

import trainer  # noqa: E402
from models import Policy as ExportedPolicy  # noqa: E402
from trainer import checkpoint, distributed, fit  # noqa: E402
from trainer.config import recipe  # noqa: E402

SETTINGS = {"steps": 3, "batch": 4, "evaluate_every": 3, "device": "cpu", "holdout": 0.25}
# an odd number of pairs, so that the processes have different numbers of them
CRITIC = {"w_critic": 0.1, "hindsight_share": 0.375, "edit_size": 64, "content": 1.0, "critic_updates": 3, "replay": 20}
PLAIN = {"by_slider": False, "actions": 3, "network": "paper", "dropout": 0.0}
DESCENT = """
import torch
# Adam makes a step as long as any other of a gradient that is rounding alone; plain descent doesn't
torch.optim.Adam = lambda parameters, rate, betas: torch.optim.SGD(parameters, rate)
from trainer.cli import main
if __name__ == "__main__":
    main()
"""


def options(settings):
    for name, value in settings.items():
        flag = name.replace("_", "-")
        if isinstance(value, bool):
            yield f"--{flag}" if value else f"--no-{flag}"
        else:
            yield from (f"--{flag}", str(value))


def start(folders, out, *more, program=("-m", "trainer"), **settings):
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--standalone"]
    command = [*torchrun, *program, "fit", *map(str, folders), "--out", str(out), *more, *options(settings)]
    here = str(Path(trainer.__file__).parents[1])
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": here}
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def finish(process):
    _, errors = process.communicate(timeout=240)
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


@pytest.mark.parametrize("settings", [{}, CRITIC | PLAIN], ids=["default", "critic"])
def test_two_processes_are_one_with_twice_the_batch(folders, tmp_path, monkeypatch, settings):
    settings = SETTINGS | {"learning_rate": 0.01, "critic_learning_rate": 0.01} | settings
    (tmp_path / "descent.py").write_text(DESCENT)
    two = start(folders, tmp_path / "two", program=[str(tmp_path / "descent.py")], **settings)
    monkeypatch.setattr(torch.optim, "Adam", lambda parameters, rate, betas: torch.optim.SGD(parameters, rate))
    config = recipe("default", **settings | {"batch": 8})
    first = {}  # the untrained weights
    for name in ("make_policy", "Critic"):
        make = getattr(fit, name)
        monkeypatch.setattr(fit, name, lambda *given, name=name, make=make: kept(first, name, make(*given)))
    fit.fit(*folders, tmp_path / "one", config, quiet=True)
    errors = finish(two)
    assert errors.count("12 source photos") == 1 and "2 processes" in errors  # only one of them prints
    one, two = (checkpoint.read_newest(tmp_path / name / "checkpoints") for name in ("one", "two"))
    assert torch.equal(one["generator"], two["generator"])
    # With a critic, rounding goes far: where an activation is nearly 0, it decides which of LeakyReLU's slopes the
    # penalty sees. Without the sums over the processes, the policy is off by a third and more.
    most = 5e-2 if config.w_critic else 1e-3
    for part in ("policy", "average"):
        assert_near(one[part], two[part], first["make_policy"], most)
    if config.w_critic:
        assert_near(one["critic"], two["critic"], first["Critic"], 2e-2)
        assert torch.equal(one["replay"]["real"], two["replay"]["real"])
        off = (one["replay"]["fake"].int() - two["replay"]["fake"].int()).abs()
        assert off.max() <= 1 and (off > 0).double().mean() < 1e-3  # rounded to 8 bits
    rows = [json.loads((tmp_path / n / "metrics.jsonl").read_text().splitlines()[0]) for n in ("one", "two")]
    for name in {"reward", "entropy", "value_loss"} | ({"critic_gap", "gradient_penalty"} & rows[0].keys()):
        assert rows[0][name] == pytest.approx(rows[1][name], rel=1e-2), name
    assert (tmp_path / "two" / "held-out.txt").read_text() == (tmp_path / "one" / "held-out.txt").read_text()
    assert {p.name for p in (tmp_path / "two").iterdir()} == {p.name for p in (tmp_path / "one").iterdir()}


def test_stopping_and_going_on(folders, tmp_path):
    out = tmp_path / "run"
    process = start(folders, out, **SETTINGS | {"steps": 100_000, "evaluate_every": 50_000})
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
    finish(start(folders, out, "--resume"))
    assert checkpoint.read_newest(out / "checkpoints")["step"] == state["step"] + 2
    ExportedPolicy.load(out / "policy.onnx")


def test_wrong_use_is_told_once(folders, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "photo.txt").write_text("keep me")
    process = start(folders, tmp_path / "mine", **SETTINGS)
    _, errors = process.communicate(timeout=120)
    assert process.returncode != 0 and errors.count("is not empty; give --resume") == 1


def test_one_process_shares_nothing():
    assert (distributed.rank(), distributed.world_size(), distributed.local_rows(7)) == (0, 1, slice(0, 7, 1))
    numbers = torch.arange(3.0)
    assert distributed.all_gather(numbers) is numbers and distributed.any_rank(True, torch.device("cpu"))
    assert distributed.all_mean({"a": numbers.mean()}) == {"a": 1.0}


def test_rows_divide_every_part_of_a_batch(monkeypatch):
    """Whatever the parts, each process has as many rows as the others, and no row is left out."""
    monkeypatch.setattr(distributed, "count", lambda: 3)
    for n_pairs in range(13):
        shares = []
        for rank in range(3):
            monkeypatch.setattr(distributed, "rank", lambda rank=rank: rank)
            batch = list(range(12))
            shares.append(batch[:n_pairs][distributed.local_rows(n_pairs)])
            shares[-1] += batch[n_pairs:][distributed.local_rows(12 - n_pairs, before=n_pairs)]
        assert shares == [[0, 3, 6, 9], [1, 4, 7, 10], [2, 5, 8, 11]]
