# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole editor in one file: what ONNX Runtime makes of it against the policy and the editor themselves."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from PIL import Image

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnx_ir")
pytest.importorskip("torch")

from click.testing import CliRunner  # noqa: E402

from editor_ops import NAMES, SLIDERS, edit  # noqa: E402
from models import SHIPPED, Policy  # noqa: E402
from models.errors import UserError  # noqa: E402
from tools import policies  # noqa: E402
from tools.whole_editor import SUMS, WHOLE_EDITOR  # noqa: E402
from trainer.cli import main  # noqa: E402
from trainer.whole_editor import INTERFACE, export_whole_editor  # noqa: E402

PHOTOS = Path(__file__).parents[1] / "photos"
LEVEL, MEAN = 1, 0.02
"""Allowed differences of 8-bit levels: a rounding may fall the other way, but rarely."""


def session(path: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


@pytest.fixture(scope="module")
def brightening(tmp_path_factory: pytest.TempPathFactory) -> tuple[Policy, Path]:
    """A policy that looks at the picture, and its whole editor."""
    folder = tmp_path_factory.mktemp("policy")
    file = policies.write(folder / "brighten.onnx", policies.BRIGHTEN, training_data="nothing")
    return Policy.load(file), export_whole_editor(file, folder / "editor.onnx")


@pytest.fixture(scope="module")
def run(brightening: tuple[Policy, Path]) -> Any:
    """image, strength, slider values -> what the file gives: edited, sliders, probabilities."""
    ready = session(brightening[1])

    def ask(image: np.ndarray, strength: float = 1.0, **values: float) -> list[np.ndarray]:
        own = np.array([values.get(name, np.nan) for name in NAMES], np.float32)
        feeds = {"image": image, "strength": np.array(strength, np.float32), "set_sliders": own}
        return ready.run(["edited", "sliders", "probabilities"], feeds)

    return ask


def photo(width: int, height: int) -> np.ndarray:
    with Image.open(PHOTOS / "church.jpg") as picture:
        return np.asarray(picture.convert("RGB").resize((width, height), Image.Resampling.BOX))


def test_standard_operators_of_one_set_alone(brightening: tuple[Policy, Path]) -> None:
    model = onnx.load(brightening[1])
    onnx.checker.check_model(model, full_check=True)
    assert [(each.domain, each.version) for each in model.opset_import] == [("", 18)]
    assert {each.name for each in [*model.graph.input, *model.graph.output]} == set(INTERFACE)
    known = {each.key: each.value for each in model.metadata_props}
    assert known["policy_sha256"] == brightening[0].sha256 and known["training_data"] == "nothing"
    assert [row["name"] for row in json.loads(known["sliders"])] == list(NAMES)


@pytest.mark.parametrize(
    ("width", "height"), [(1, 1), (3, 2), (1, 40), (31, 33), (34, 20), (63, 65), (200, 150), (640, 417), (90, 700)]
)
def test_every_size_is_edited_as_the_editor_does(
    run: Any, brightening: tuple[Policy, Path], width: int, height: int
) -> None:
    image, random = photo(width, height), np.random.default_rng(width)
    values = {s.name: float(np.float32(random.choice(s.values()))) for s in SLIDERS}
    edited, sliders, _ = run(image, **values)
    exact = edit(image, values)
    difference = np.abs(edited.astype(int) - exact)
    assert difference.max() <= LEVEL and difference.mean() <= MEAN
    assert sliders == pytest.approx(list(values.values()))


@pytest.mark.parametrize("strength", [0.0, 0.6, 1.0, 2.0])
@pytest.mark.parametrize("name", ["church.jpg", "otters.png"])
def test_it_chooses_as_the_policy_does(run: Any, brightening: tuple[Policy, Path], name: str, strength: float) -> None:
    with Image.open(PHOTOS / name) as picture:
        image = np.asarray(picture.convert("RGB"))[:300, :200]
    edited, sliders, probabilities = run(image, strength, tint=1.1)
    decision = brightening[0].decide(image, strength)
    values = decision.values | {"tint": float(np.float32(1.1))}
    assert sliders == pytest.approx(list(values.values()), rel=1e-6)
    assert probabilities == pytest.approx([choice.probability for choice in decision.choices], rel=1e-4)
    assert np.abs(edited.astype(int) - edit(image, values)).max() <= LEVEL


def test_nothing_moved_changes_nothing(run: Any) -> None:
    image = np.arange(256 * 3, dtype=np.uint8).reshape(16, 16, 3)
    assert np.array_equal(run(image, 0.0)[0], image)
    assert np.array_equal(run(image, 1.0, **{s.name: s.neutral for s in SLIDERS})[0], image)


def test_amounts_that_repeat_and_values_beyond_the_range(run: Any) -> None:
    image = photo(120, 80)
    values = {"exposure": 0.3, "shadows": 90.0, "highlights": -75.0, "clarity": 2.0}
    still = {s.name: s.neutral for s in SLIDERS}
    edited = run(image, **still | values)[0]
    assert np.abs(edited.astype(int) - edit(image, values)).max() <= LEVEL
    held = run(image, **still | {"tint": 50.0, "mid_tones": -np.inf})[1]
    assert held[NAMES.index("tint")] == 2.0 and held[NAMES.index("mid_tones")] == -1.0


@pytest.mark.parametrize("slider", SLIDERS, ids=lambda slider: slider.name)
def test_strength_scales_every_slider_as_the_table_does(tmp_path: Path, slider: Any) -> None:
    """A rule of the table alone: without the editor, in a graph of its own."""
    import onnx_ir as ir

    from trainer.onnx_arrays import argument, scope

    with scope() as written:
        value, strength = argument("value", np.float64), argument("strength", np.float64)
        scaled = slider.scaled(value, strength).as_output("scaled")
    graph = ir.Graph([value.value, strength.value], [scaled], nodes=written.nodes, opset_imports={"": 18}, name="g")
    ir.save(ir.Model(graph, ir_version=8), tmp_path / "scaled.onnx")
    ready = session(tmp_path / "scaled.onnx")
    for level in slider.values()[::4]:
        for far in (0.0, 0.3, 1.0, 2.0):
            (made,) = ready.run(None, {"value": np.array(level), "strength": np.array(far)})
            assert made == pytest.approx(slider.scaled(level, far), rel=1e-9, abs=1e-12)


def test_the_command(tmp_path: Path, every: Path) -> None:
    out = tmp_path / "new" / "editor.onnx"
    done = CliRunner().invoke(main, ["export", str(every), "--whole-editor", "--out", str(out)])
    assert done.exit_code == 0 and str(out) in done.stdout.replace("\n", "")
    assert [each.name for each in session(out).get_inputs()] == ["image", "strength", "set_sliders"]
    for arguments in (
        [str(every), "--whole-editor", "--as-style", "mine"],
        [str(every), "--whole-editor", "--out", str(out), "--licence", "mine"],
        [str(every), "--whole-editor", "--out", str(every)],
        [str(out), "--whole-editor", "--out", str(tmp_path / "x.onnx")],
        [str(tmp_path / "missing"), "--whole-editor", "--out", str(tmp_path / "x.onnx")],
        [str(tmp_path), "--whole-editor", "--out", str(tmp_path / "x.onnx")],
    ):
        refused = CliRunner().invoke(main, ["export", *arguments])
        assert refused.exit_code == 2 and "Traceback" not in refused.output, arguments
    assert not (tmp_path / "x.onnx").exists() and Policy.load(every)


def test_operators_that_nobody_knows(tmp_path: Path, every: Path) -> None:
    model = onnx.load(every)
    model.opset_import[0].version = 7  # Reshape and ReduceSum were others then
    onnx.save(model, tmp_path / "old.onnx")
    with pytest.raises(UserError):
        export_whole_editor(tmp_path / "old.onnx", tmp_path / "editor.onnx")


def test_the_shipped_one_is_of_the_shipped_policy() -> None:
    """Where this fails: python -m tools.whole_editor."""
    assert SUMS.read_text().split() == [hashlib.sha256(WHOLE_EDITOR.read_bytes()).hexdigest(), WHOLE_EDITOR.name]
    assert WHOLE_EDITOR.stat().st_size < 2 * 10**6
    metadata = session(WHOLE_EDITOR).get_modelmeta().custom_metadata_map
    assert metadata["policy_sha256"] == hashlib.sha256(SHIPPED.read_bytes()).hexdigest()


def test_the_shipped_one_edits_a_photo_as_the_program_does() -> None:
    image = photo(360, 240)
    feeds = {
        "image": image,
        "strength": np.array(1, np.float32),
        "set_sliders": np.full(len(SLIDERS), np.nan, np.float32),
    }
    edited, sliders, _ = session(WHOLE_EDITOR).run(None, feeds)
    decision = Policy.load().decide(image)
    assert sliders == pytest.approx(list(decision.values.values()), rel=1e-5)
    assert np.abs(edited.astype(int) - edit(image, decision.values)).max() <= LEVEL
