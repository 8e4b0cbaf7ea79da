# SPDX-License-Identifier: GPL-3.0-or-later
"""A run's policy as a file, and as a style that the lists then show."""

import json

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")

from click.testing import CliRunner  # noqa: E402

from models import styles  # noqa: E402
from trainer import checkpoint  # noqa: E402
from trainer.cli import main  # noqa: E402
from trainer.networks import PaperPolicy  # noqa: E402


@pytest.fixture
def run_folder(tmp_path):
    """What export needs of a run."""
    run = tmp_path / "run"
    checkpoint.write(run / "checkpoints", 7, {"average": PaperPolicy()})  # exported in a third of the other's time
    settings = {"steps": 7, "w_critic": 1.0, "critic": "paper", "edit_size": 64, "network": "paper", "dropout": 0.0}
    record = {"source": "/home/ada/snapshots", "target": "/home/ada/favourites", "settings": settings}
    (run / "config.json").write_text(json.dumps(record))
    return run


@pytest.mark.slow
def test_a_run_becomes_a_style(run_folder, tmp_path, monkeypatch):
    folder = tmp_path / "styles"
    monkeypatch.setattr(styles, "user_folder", lambda: folder)
    arguments = ["export", str(run_folder), "--as-style", "mine", "--description", "warm\nand soft"]
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 0, done.output
    (style,) = styles.find()[1:]
    assert (style.name, style.path, style.description) == ("mine", folder / "mine.onnx", "warm and soft")
    policy = styles.load("mine")
    assert policy.metadata["name"] == "mine" and policy.metadata["updates"] == "7"
    before = style.path.read_bytes()
    again = CliRunner().invoke(main, arguments)
    assert again.exit_code == 2 and "mine" in again.stderr
    assert style.path.read_bytes() == before


@pytest.mark.slow
def test_without_description_the_folders_are_named(run_folder, tmp_path):
    done = CliRunner().invoke(main, ["export", str(run_folder), "--out", str(tmp_path / "a.onnx")])
    assert done.exit_code == 0, done.output
    policy = styles.Policy.load(tmp_path / "a.onnx")
    assert policy.description == "taught with snapshots, favourites"
    assert "description" not in policy.metadata


@pytest.mark.slow
def test_a_runs_whole_editor(run_folder, tmp_path):
    """With the paper's network, whose operators are others; edits as that policy alone would have it."""
    import numpy as np
    import onnxruntime

    from editor_ops import NAMES
    from models.thumbnail import thumbnail

    out = tmp_path / "editor.onnx"
    done = CliRunner().invoke(
        main, ["export", str(run_folder), "--whole-editor", "--out", str(out), "--licence", "mine"]
    )
    assert done.exit_code == 0, done.output
    session = onnxruntime.InferenceSession(str(out), providers=["CPUExecutionProvider"])
    known = session.get_modelmeta().custom_metadata_map
    assert (known["licence"], known["name"]) == ("mine", "editor")
    image = np.random.default_rng(0).integers(0, 256, (40, 30, 3), np.uint8)
    feeds = {
        "image": image,
        "strength": np.array(1, np.float32),
        "set_sliders": np.full(len(NAMES), np.nan, np.float32),
    }
    sliders = session.run(["sliders"], feeds)[0]
    network = PaperPolicy()
    network.load_state_dict(checkpoint.read_newest(run_folder / "checkpoints")["average"])
    levels = network.eval()(torch.from_numpy(thumbnail(image))[None])[0].argmax(-1)[0].tolist()
    rows = json.loads(known["sliders"])
    assert sliders == pytest.approx([row["levels"][level] for row, level in zip(rows, levels, strict=True)], rel=1e-5)
