# SPDX-License-Identifier: GPL-3.0-or-later
"""Learning on faces: it solves what can be solved, repeats with its seed, and survives being stopped."""

import json
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")

from editor_ops.face_sliders import FACE_NAMES  # noqa: E402
from models.faces import styles  # noqa: E402
from models.policy import Policy  # noqa: E402
from models.policy_file import PolicyError  # noqa: E402
from trainer import checkpoint, fit  # noqa: E402
from trainer.config import ConfigError, recipe  # noqa: E402
from trainer.export import export_style  # noqa: E402
from trainer.faces import environment  # noqa: E402

SMALL = {"steps": 4, "batch": 4, "actions": 2, "by_slider": False, "evaluate_every": 2, "critic_updates": 2}


@pytest.fixture
def run(two_folders, tmp_path, monkeypatch):
    """A run on the drawn faces: name, recipe, settings -> its folder."""
    made = {faces.folder.name: faces for faces in two_folders}
    monkeypatch.setattr(fit, "load_faces", lambda folder, *_: made[folder.name])
    monkeypatch.setattr(environment, "EPOCHS", 4)

    def start(name: str, resume: bool = False, recipe_name: str = "faces", **settings) -> Path:
        fit.fit(Path("low"), Path("high"), tmp_path / name, recipe(recipe_name, **settings), resume, quiet=True)
        return tmp_path / name

    return start


def newest(run: Path):
    return checkpoint.read_newest(run / "checkpoints")


def same(one, two) -> bool:
    if isinstance(one, dict):
        return one.keys() == two.keys() and all(same(one[key], two[key]) for key in one)
    return torch.equal(one, two) if isinstance(one, torch.Tensor) else one == two


@pytest.mark.slow
@pytest.mark.parametrize("reward", [{"w_critic": 1.0}, {"w_critic": 0.0, "w_judge": 1.0}])
def test_a_seed_repeats_and_a_resumed_run_ends_as_an_unbroken_one(run, reward):
    whole = newest(run("whole", **SMALL, **reward))
    assert same(newest(run("again", **SMALL, **reward)), whole)
    assert not same(newest(run("other", **SMALL, **reward, seed=1))["policy"], whole["policy"])
    broken = run("broken", **SMALL, **reward)
    (broken / "checkpoints" / "step-000004.pt").unlink()
    assert same(newest(run("broken", resume=True)), whole)
    lines = [json.loads(line) for line in (broken / "metrics.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines if f"mean/{FACE_NAMES[0]}" in line] == [2, 4]
    assert all(np.isfinite(number) for line in lines for number in line.values())
    assert (broken / "judge.pt").exists() == ("w_judge" in reward)
    assert len(list((broken / "samples").glob("*.png"))) == 2


@pytest.mark.slow
def test_lighter_faces_are_learned(run):
    """The target folder's faces are lighter, and differ in nothing else: the skin's brightness goes up."""
    settings = {"w_critic": 0.0, "w_judge": 1.0, "content": 0.0, "batch": 4, "actions": 8, "by_slider": False}
    done = run("light", steps=40, learning_rate=5e-3, evaluate_every=40, **settings)
    lines = [json.loads(line) for line in (done / "metrics.jsonl").read_text().splitlines()]
    last = next(line for line in reversed(lines) if "judge_gain" in line)
    assert last["mean/skin_brightness"] > 20 and last["judge_gain"] > 0 and last["judge_better"] == 1


@pytest.mark.slow
def test_a_runs_policy_becomes_a_face_style(run, tmp_path, monkeypatch):
    done = run("run", recipe_name="paper", task="faces", steps=2, evaluate_every=2)
    monkeypatch.setattr(styles, "user_folder", lambda: tmp_path / "styles")
    path = export_style(done, "mine", "", "", "rounder")
    assert path == tmp_path / "styles" / "mine.onnx"
    style = styles.find_style("mine")
    assert (style.name, style.description) == ("mine", "rounder")
    values = style.choose(np.random.default_rng(0).random((64, 64, 3), dtype=np.float32))
    assert values.shape == (len(FACE_NAMES),)
    with pytest.raises(PolicyError) as raised:
        Policy.load(path)
    assert raised.value.kind == "another task"


@pytest.mark.parametrize(
    "changes",
    [{"network": "statistics"}, {"hindsight_share": 0.5}, {"w_clipping": 1.0}, {"dropout": 0.1}, {"edit_size": 16},
     {"w_critic": 0.0}, {"low_score": 4.0}, {"smallest_crop": 0.5}, {"imitation": 1.0}],
)  # fmt: skip
def test_what_faces_don_t_have_is_refused(changes):
    with pytest.raises(ConfigError) as raised:
        recipe("faces", **changes)
    assert raised.value.kind == "contradiction" and next(iter(changes)) in str(raised.value)


@pytest.mark.parametrize("changes", [{"network": "pixels"}, {"w_judge": 1.0}, {"task": "faces"}])
def test_what_photos_don_t_have_is_refused(changes):
    with pytest.raises(ConfigError) as raised:
        recipe("default", **changes)
    assert raised.value.kind == "contradiction"
