# SPDX-License-Identifier: GPL-3.0-or-later
"""The learning: it solves what can be solved, repeats with its seed, and survives being stopped."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from editor_ops import LEVELS, NAMES  # noqa: E402
from models import Policy as ExportedPolicy  # noqa: E402
from models.errors import UserError  # noqa: E402
from trainer import batches, checkpoint, data, fit  # noqa: E402
from trainer.config import recipe  # noqa: E402
from trainer.distribution import LevelDistribution  # noqa: E402
from trainer.draws import Draws  # noqa: E402
from trainer.export import export, export_run  # noqa: E402
from trainer.networks import Policy, make_policy  # noqa: E402
from trainer.rewards import CLOSENESS_FLOOR  # noqa: E402
from trainer.run_folder import FitError, create_run  # noqa: E402

from .conftest import FEWER  # noqa: E402

BEST = 22
"""Of the toy editor: the level of its one slider that gives the finished photo back."""
SMALL = {"steps": 9, "batch": 6, "actions": 2, "evaluate_every": 3, "critic_updates": 2}
WITH_CRITIC = SMALL | {
    "w_critic": 0.1,
    "hindsight_share": 0.5,
    "critic": "paper",
    "edit_size": 64,
    "content": 1.0,
    "replay": 9,
}
WITH_CRITIC |= {"imitation_alone": 0.0}


pytestmark = pytest.mark.usefixtures("fewer")


def run_fit(folders, out, resume=False, recipe_name="default", **settings):
    return fit.fit(*folders, out, recipe(recipe_name, **settings), resume, quiet=True)


@pytest.fixture(scope="module")
def whole(folders, fewer, tmp_path_factory):
    """A run WITH_CRITIC, done once for all tests that look at one or compare theirs with it."""
    out = tmp_path_factory.mktemp("run") / "whole"
    assert run_fit(folders, out, **WITH_CRITIC) is True
    return out


def metrics(out, *names):
    rows = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    return [row for row in rows if all(n in row for n in names)]


@pytest.mark.slow
def test_a_toy_editor_is_solved(folders, tmp_path, monkeypatch):
    """One slider of 33 levels shifts the picture; only level 22 gives the finished photo back."""

    def toy(state, action, levels):
        shift = (action[..., 0] - BEST) / LEVELS  # (B, A)
        return (state[:, None] + shift[..., None, None, None]).expand(-1, action.shape[1], -1, -1, -1)

    monkeypatch.setattr(fit, "edit_batch", toy)
    monkeypatch.setattr(batches, "degrade", lambda finished, degradations: finished)
    run_fit(
        folders,
        tmp_path / "run",
        seed=0,
        steps=200,
        batch=8,
        actions=4,
        learning_rate=3e-3,
        holdout=0.0,
        imitation=0.0,
        imitation_alone=0.0,
        made_share=0.0,
        fitted_share=0.0,
        hindsight_share=1.0,
        w_critic=0.0,
        w_faded=0.0,
        w_chroma=0.0,
        w_clipping=0.0,
        evaluate_every=200,
    )
    average = checkpoint.read_newest(tmp_path / "run" / "checkpoints")["average"]
    policy = Policy()
    policy.load_state_dict(average)
    photos = data.whole(data.load(folders[1], quiet=True), range(12)).float() / 255
    levels = policy.eval()(photos)[0].argmax(-1)[:, 0]
    assert (levels - BEST).abs().max() <= 1
    assert metrics(tmp_path / "run", "reward")[-1]["reward"] > -np.log(1.5 / LEVELS + CLOSENESS_FLOOR)


def test_the_baseline_leaves_the_edit_itself_out():
    reward = torch.tensor([[1.0, 2.0, 6.0]])
    assert fit.others_mean(reward).tolist() == [[4.0, 3.5, 1.5]]


def draws(seed=0):
    return Draws(torch.Generator().manual_seed(seed), smallest_crop=1.0, size=32)


def test_each_slider_is_resampled_alone():
    distribution = LevelDistribution(torch.zeros(2, 10, LEVELS))
    action = fit.sample_actions(recipe("default", actions=3), distribution, draws())
    assert action.shape == (2, 3 * 11, 10)
    groups = action.unflatten(1, (3, 11))  # (B, A, 1 + K, K)
    assert torch.equal(groups[:, :, 0], fit.sample_actions(recipe("paper", actions=3), distribution, draws()))
    differs = groups[:, :, 1:] != groups[:, :, :1]  # (B, A, K, K)
    others = ~torch.eye(10, dtype=torch.bool)
    assert not differs[..., others].any()
    assert differs.diagonal(dim1=-2, dim2=-1).float().mean() > 0.9  # the same level again: 1 in 33


def test_judging_by_slider_points_where_the_reward_does():
    """Two sliders of which one counts: its gradient is the true one, the other's is nothing, not only on average."""
    logits = torch.zeros(64, 2, LEVELS, requires_grad=True)
    distribution, config = LevelDistribution(logits), recipe("default", actions=40, normalise_advantage=False)
    action = fit.sample_actions(config, distribution, draws())  # (B, A 3, 2)
    reward = action[..., 0].float() / LEVELS
    fit.loss_by_slider(config, reward, distribution.log_prob(action)).backward()
    gradient = -64 * logits.grad.mean(0)  # of the expected reward, for one photo
    level = torch.arange(LEVELS) / LEVELS
    assert torch.allclose(gradient[0], (level - level.mean()) / LEVELS, atol=2e-3)
    assert gradient[1].abs().max() == 0


@pytest.mark.parametrize("actions", [1, 8])
def test_judging_by_edit_points_where_the_reward_does(actions):
    """With the value head as baseline and with the photo's other edits."""
    logits = torch.zeros(40_000 // actions, 1, LEVELS, requires_grad=True)
    distribution, config = LevelDistribution(logits), recipe("paper", actions=actions)
    action = fit.sample_actions(config, distribution, draws())  # (B, A, 1)
    reward = action[..., 0].float() / LEVELS
    value = torch.full((len(logits),), 0.5)
    fit.loss_by_edit(config, reward, distribution.log_prob(action), value).backward()
    level = torch.arange(LEVELS) / LEVELS
    gradient = -len(logits) * logits.grad.mean(0)[0]
    assert torch.allclose(gradient, (level - level.mean()) / LEVELS, atol=2e-3)


def test_explained_variance():
    reward = torch.arange(12.0).reshape(4, 3)
    foretold = reward.mean(1)
    assert fit.explained_variance(foretold, reward) == pytest.approx(1)
    assert fit.explained_variance(torch.full((4,), 7.0), reward) == pytest.approx(0)
    assert fit.explained_variance(-foretold, reward) == pytest.approx(-3)


@pytest.mark.slow
def test_the_same_seed_gives_the_same_run(folders, whole, tmp_path):
    assert run_fit(folders, tmp_path / "two", **WITH_CRITIC) is True
    states = [checkpoint.read_newest(run / "checkpoints") for run in (whole, tmp_path / "two")]
    assert_same(*states)
    run_fit(folders, tmp_path / "other", **WITH_CRITIC, seed=1)
    other = checkpoint.read_newest(tmp_path / "other" / "checkpoints")
    assert not torch.equal(other["policy"]["body.0.weight"], states[0]["policy"]["body.0.weight"])


def assert_same(one, two):
    assert one.keys() == two.keys()
    for key in one:
        if isinstance(one[key], dict):
            assert_same(one[key], two[key])
        elif isinstance(one[key], torch.Tensor):
            assert torch.equal(one[key], two[key]), key
        else:
            assert one[key] == two[key], key


def start(folders, out, settings):
    code = (
        f"import sys, json; from pathlib import Path; {FEWER}"
        "from trainer.fit import fit; from trainer.config import recipe;"
        "s, t, o = map(Path, sys.argv[1:4]);"
        "print(fit(s, t, o, recipe('default', **json.loads(sys.argv[4])), quiet=True))"
    )
    command = [sys.executable, "-c", code, *map(str, folders), str(out), json.dumps(settings)]
    same = {"OMP_NUM_THREADS": str(torch.get_num_threads())}  # sums depend on how many threads share them
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | same)


def wait_for(path, process):
    deadline = time.monotonic() + 120
    while not path.exists():
        assert process.poll() is None and time.monotonic() < deadline, f"{path} never came"
        time.sleep(0.01)


@pytest.mark.slow
def test_a_killed_run_goes_on_and_ends_bit_for_bit_the_same(folders, whole, tmp_path):
    process = start(folders, tmp_path / "killed", WITH_CRITIC)
    wait_for(tmp_path / "killed" / "checkpoints" / "step-000003.pt", process)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert run_fit(folders, tmp_path / "killed", resume=True) is True
    assert_same(*(checkpoint.read_newest(run / "checkpoints") for run in (whole, tmp_path / "killed")))
    steps = [row["step"] for row in metrics(tmp_path / "killed", "psnr")]
    assert steps == [3, 6, 9]  # no validation twice, none missing


@pytest.mark.slow
def test_a_run_that_was_killed_before_its_first_checkpoint_begins_again(folders, tmp_path):
    settings = SMALL | {"steps": 2, "evaluate_every": 2}
    run_fit(folders, tmp_path / "whole", **settings)
    create_run(*folders, tmp_path / "killed", recipe("default", **settings))
    (tmp_path / "killed" / "checkpoints").mkdir()
    (tmp_path / "killed" / "checkpoints" / ".step-000002.pt.17.part").write_bytes(b"half")
    assert run_fit(folders, tmp_path / "killed", resume=True) is True
    assert_same(*(checkpoint.read_newest(tmp_path / n / "checkpoints") for n in ("whole", "killed")))
    assert not list((tmp_path / "killed").rglob("*.part"))


@pytest.mark.slow
def test_ctrl_c_leaves_a_usable_run(folders, tmp_path):
    settings = {"steps": 100_000, "evaluate_every": 50_000, "network": "paper", "dropout": 0.0}  # quickly exported
    process = start(folders, tmp_path / "run", SMALL | settings)
    wait_for(tmp_path / "run" / "metrics.jsonl", process)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0 and output.strip() == "False"
    assert len(list((tmp_path / "run" / "checkpoints").iterdir())) == 1
    exported = export_run(tmp_path / "run", tmp_path / "run" / "policy.onnx")
    ExportedPolicy.load(exported).decide(np.zeros((9, 9, 3), np.uint8))


@pytest.mark.slow
def test_a_run_writes_what_it_promises(whole):
    assert {p.name for p in whole.iterdir()} == {
        "config.json", "fitted.json", "metrics.jsonl", "tensorboard", "checkpoints", "samples", "held-out.txt"
    }  # fmt: skip
    assert len(list((whole / "samples").glob("*.png"))) == 3
    validated = metrics(whole, "psnr")[-1]
    for name in NAMES:
        assert 0 <= validated[f"entropy/{name}"] <= np.log(LEVELS) + 1e-4
        assert 0 <= validated[f"mean/{name}"] <= LEVELS - 1 and 0 <= validated[f"ends/{name}"] <= 1
        assert validated[f"spread/{name}"] >= 0
    learned = metrics(whole, "critic_gap", "gradient_penalty", "gradient_norm", "edits_per_second", "entropy")[-1]
    assert learned["step"] == 9
    assert 0 < learned["kl"] < 0.1 and learned["explained_variance"] <= 1


@pytest.mark.slow
def test_the_papers_recipe_runs(folders, tmp_path):
    """Both networks have learned after two updates, and every value that is logged is a number."""
    run_fit(folders, tmp_path / "run", recipe_name="paper", steps=2, evaluate_every=1)
    one, two = (checkpoint.read_file(tmp_path / "run" / "checkpoints" / f"step-00000{n}.pt") for n in (1, 2))
    for network in ("policy", "critic"):
        assert any(not torch.equal(one[network][name], two[network][name]) for name in one[network])
    assert all(np.isfinite(value) for row in metrics(tmp_path / "run") for value in row.values())


@pytest.mark.slow
@pytest.mark.parametrize("network", ["statistics", "paper"])
def test_exported_and_torch_policy_agree(tmp_path, network):
    torch.manual_seed(0)
    policy = make_policy(recipe("default" if network == "statistics" else "paper"))
    with torch.no_grad():
        if isinstance(policy, Policy):
            policy.standardise(torch.rand(64, 3, 64, 64))
            torch.nn.init.normal_(policy.head.weight, std=0.1)
        else:
            for _ in range(20):  # give BatchNorm statistics
                policy(torch.rand(16, 3, 64, 64))
    exported = ExportedPolicy.load(export(policy, tmp_path / "policy.onnx"))
    assert b".py" not in exported.path.read_bytes()  # no trace of the exporting machine's files
    thumbnails = torch.rand(500, 3, 64, 64, generator=torch.Generator().manual_seed(5))
    with torch.no_grad():
        logits = policy.eval()(thumbnails)[0].numpy()
    by_onnx, levels = exported.logits(thumbnails.numpy())
    assert np.allclose(by_onnx, logits, rtol=1e-4, atol=1e-4)
    assert np.array_equal(levels, logits.argmax(-1))


def test_runs_that_can_t_start_say_why(folders, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("keep me")
    (tmp_path / "empty").mkdir()
    cases = [
        (folders, tmp_path / "none", {"resume": True}, "missing"),
        (folders, tmp_path / "full", SMALL, "taken"),
        ((tmp_path / "empty", folders[1]), tmp_path / "a", SMALL, "no photos"),
        ((folders[0], tmp_path / "empty"), tmp_path / "b", SMALL, "no photos"),
    ]
    if not torch.cuda.is_available():
        cases.append((folders, tmp_path / "c", SMALL | {"device": "cuda"}, "no GPU"))
    for photos, out, settings, kind in cases:
        with pytest.raises(UserError) as raised:
            run_fit(photos, out, **settings)
        assert raised.value.kind == kind
    assert (tmp_path / "full" / "mine.txt").read_text() == "keep me"


@pytest.mark.slow
def test_a_taste_begins_with_the_style_shift(folders, tmp_path):
    settings = SMALL | {"steps": 6, "style_shift": True}
    run_fit(folders, tmp_path / "first", **SMALL | {"steps": 3})
    start = tmp_path / "first"
    assert fit.fit(*folders, tmp_path / "taste", recipe("taste", **settings), quiet=True, start=start)
    look = (tmp_path / "taste" / "look.json").read_text()
    assert list(json.loads(look)) == list(NAMES)
    (tmp_path / "taste" / "checkpoints" / "step-000006.pt").unlink()
    assert run_fit(folders, tmp_path / "taste", resume=True)  # with the style shift that was found
    assert (tmp_path / "taste" / "look.json").read_text() == look
    with pytest.raises(FitError) as raised:
        run_fit(folders, tmp_path / "none", **settings)
    assert raised.value.kind == "no policy"
    assert not (tmp_path / "none").exists()
