# SPDX-License-Identifier: GPL-3.0-or-later
"""The policy file: what it decides, and every way in which a file can be wrong."""

import contextlib
import json
import shutil
import subprocess
import sys
import time

import numpy as np
import onnx
import pytest

import models.policy_file
from benchmarks.hostile import policy_files
from editor_ops import NAMES, SLIDERS
from models import SHIPPED, Policy, PolicyError
from models.decision import FORMAT_VERSION
from models.errors import UserError
from models.policy import INTERVAL, interval
from models.thumbnail import thumbnail
from tools import policies
from tools.policies import with_filters

IMAGE = np.random.default_rng(2).integers(0, 256, (90, 120, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def policy():
    return Policy.load()


def changed(tmp_path, **metadata):
    """The shipped policy with other metadata; None takes a key away."""
    model = onnx.load(SHIPPED)
    kept = {p.key: p.value for p in model.metadata_props} | metadata
    del model.metadata_props[:]
    for key, value in kept.items():
        if value is not None:
            model.metadata_props.add(key=key, value=value)
    path = tmp_path / "changed.onnx"
    onnx.save(model, path)
    return path


def test_the_shipped_policy_decides(policy):
    decision = policy.decide(IMAGE)
    assert list(decision.values) == list(NAMES)
    for choice in decision.choices:
        assert choice.value in choice.slider.values()
        assert 1 / 33 <= choice.probability <= 1
        assert choice.interval[0] <= choice.value <= choice.interval[1]
        assert set(choice.interval) <= set(choice.slider.values())
    assert decision == policy.decide(IMAGE)  # the same every time


def test_an_interval_has_as_little_outside_on_either_side():
    even = np.full(33, 1 / 33)
    low, high = interval(even, 16)
    assert (low, high) == (3, 29) and even[low : high + 1].sum() >= INTERVAL
    sure = np.eye(33)[20]
    assert interval(sure, 20) == (20, 20)
    assert interval(sure, 25) == (20, 25)  # what is chosen is always among them


def test_strength_scales_the_interval_and_a_slider_left_alone_has_none(policy):
    full, half = policy.decide(IMAGE), policy.decide(IMAGE, 0.5, leave=["exposure"])
    for before, after in zip(full.choices, half.choices, strict=True):
        if after.slider.name == "exposure":
            assert after.interval is None
        else:
            assert after.interval == tuple(before.slider.scaled(end, 0.5) for end in before.interval)


def test_the_files_outputs_are_the_contract(policy):
    """What a host with nothing but an ONNX runtime sees."""
    import onnxruntime

    session = onnxruntime.InferenceSession(SHIPPED.read_bytes())
    thumbnails = np.stack([thumbnail(IMAGE), thumbnail(IMAGE[::-1])])
    logits, levels, sliders, value = session.run(None, {"thumbnail": thumbnails})
    assert logits.shape == (2, len(SLIDERS), 33) and value.shape == (2,)
    assert levels.dtype == np.int64 and np.array_equal(levels, logits.argmax(-1))
    rows = json.loads(session.get_modelmeta().custom_metadata_map["sliders"])
    assert sliders == pytest.approx(np.array([[r["levels"][k] for r, k in zip(rows, n, strict=True)] for n in levels]))
    assert list(policy.decide(IMAGE).values.values()) == pytest.approx(sliders[0].tolist())


def test_strength_scales_and_zero_is_nothing(policy):
    assert all(c.value == c.slider.neutral for c in policy.decide(IMAGE, strength=0).choices)
    full, double = policy.decide(IMAGE), policy.decide(IMAGE, strength=2)
    for one, two in zip(full.choices, double.choices, strict=True):
        assert two.value == one.slider.scaled(one.value, 2)
    for strength in (-0.1, 2.1, float("nan")):
        with pytest.raises(UserError) as error:
            policy.decide(IMAGE, strength=strength)
        assert error.value.kind == "out of range"


def test_a_grey_picture_keeps_its_colour_sliders_neutral(policy):
    decision = policy.decide(IMAGE, colour=False)
    assert all(c.value == c.slider.neutral for c in decision.choices if c.slider.colour)


def test_the_decision_as_json_is_ready_for_gimp(policy):
    plain = json.loads(json.dumps(with_filters(policy.decide(IMAGE), 1200, 900), allow_nan=False))
    assert plain["format"] == FORMAT_VERSION and plain["model"] == {"name": "photo", "sha256": policy.sha256}
    moved = [s for s in plain["sliders"] if s["value"] != s["neutral"]]
    assert moved
    for row in moved:
        (filter_,) = (f for f in plain["filters"] if row["label"] in f["label"])
        if row["property"] == "opacity":
            assert filter_["opacity"] == abs(row["value"]) and filter_["mode"] != "replace"
        else:
            assert filter_["properties"][row["property"]] == row["value"] and filter_["mode"] == "replace"
        assert row["text"] in filter_["label"] and row["label"] in filter_["label"]
    assert "filters" not in policy.decide(IMAGE).to_json()


@pytest.mark.parametrize("change", [policy_files.much_memory, policy_files.much_time])
def test_one_that_wants_all_memory_or_never_ends_is_damaged(tmp_path, monkeypatch, change):
    """A few bytes of a graph can ask for either."""
    monkeypatch.setattr(models.policy_file, "LONGEST_RUN", 0.3)
    path = policies.write(tmp_path / "a.onnx", policies.BRIGHTEN)
    model = onnx.load(path)
    change(model, 2**40)
    path.write_bytes(model.SerializeToString())
    begun = time.monotonic()
    with pytest.raises(PolicyError) as error:
        Policy.load(path).decide(IMAGE)
    assert error.value.kind == "damaged" and time.monotonic() - begun < 5


def test_one_that_would_crash_onnx_runtime_is_damaged(tmp_path):
    """It follows a null pointer where an operator of any number of inputs has one without a name."""
    model = onnx.load(SHIPPED)
    next(node for node in model.graph.node if node.op_type == "Max").input[1] = ""
    (tmp_path / "a.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(PolicyError) as error:
        Policy.load(tmp_path / "a.onnx")
    assert error.value.kind == "damaged"


def test_nothing_is_printed_about_one_that_is_damaged(tmp_path, capfd):
    """ONNX Runtime prints that it tries again: in the helper that would be an answer."""
    content = SHIPPED.read_bytes()
    for at in range(100, 2000, 100):
        (tmp_path / "a.onnx").write_bytes(content[:at] + b"\xff\xfe" + content[at + 2 :])
        with contextlib.suppress(PolicyError):
            Policy.load(tmp_path / "a.onnx")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("metadata", "kind"),
    [
        ({"sliders": json.dumps([{"levels": [10**400]}])}, "other sliders"),
        ({"sliders": "[" * 3000 + "]" * 3000}, "other sliders"),
        ({"format_version": None}, "not a policy"),
        ({"format_version": str(FORMAT_VERSION + 1)}, "other version"),
        ({"format_version": "1"}, "other version"),
        ({"format_version": "x"}, "other version"),
        ({"thumbnail": "nearest"}, "other version"),
        ({"sliders": None}, "other sliders"),
        ({"sliders": "[]"}, "other sliders"),
        ({"sliders": "[1, 2"}, "other sliders"),
        ({"sliders": '{"a": 1}'}, "other sliders"),
    ],
)
def test_wrong_metadata_is_refused(tmp_path, metadata, kind):
    path = changed(tmp_path, **metadata)
    with pytest.raises(PolicyError) as error:
        Policy.load(path)
    assert error.value.kind == kind and str(path) in str(error.value)


def test_a_newer_file_asks_for_an_update(tmp_path):
    newer = str(FORMAT_VERSION + 1)
    for version, remedy in ((newer, "update Auto Enhance"), ("1", "trainer fit"), ("x", "trainer fit")):
        with pytest.raises(PolicyError, match=remedy):
            Policy.load(changed(tmp_path, format_version=version))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rows: rows.pop(), "doesn't fit this version's"),  # K
        (lambda rows: [r["levels"].pop() for r in rows], "shape"),  # L
        (lambda rows: rows[0].update(operation="gegl:warp"), "another operation"),
        (lambda rows: rows.reverse(), "another name"),
        (lambda rows: rows[4].update(radius_share=0.5), "another radius_share"),
        (lambda rows: rows[0].update(levels=[1e9] * 33), "leaves GIMP's range"),
        (lambda rows: rows[0].update(levels=[float("nan")] * 33), "leaves GIMP's range"),
        (lambda rows: rows[0].update(levels="abc"), "doesn't fit"),
    ],
)
def test_sliders_that_are_not_ours_are_refused(tmp_path, change, message):
    rows = json.loads({p.key: p.value for p in onnx.load(SHIPPED).metadata_props}["sliders"])
    change(rows)
    with pytest.raises(PolicyError, match=message):
        Policy.load(changed(tmp_path, sliders=json.dumps(rows)))


@pytest.mark.parametrize(("axis", "left"), [(1, len(SLIDERS) - 1), (2, 17)], ids=["K", "L"])
def test_a_network_of_another_shape_is_refused(tmp_path, axis, left):
    """Sound metadata, but the network answers for fewer sliders or levels."""
    model = onnx.load(SHIPPED)
    graph = model.graph
    for node in graph.node:
        node.output[:] = ["all" if name == "logits" else name for name in node.output]
        node.input[:] = ["all" if name == "logits" else name for name in node.input]
    bounds = {"from": 0, "to": left, "along": axis}
    graph.initializer.extend(onnx.helper.make_tensor(n, onnx.TensorProto.INT64, [1], [v]) for n, v in bounds.items())
    graph.node.append(onnx.helper.make_node("Slice", ["all", *bounds], ["logits"]))
    graph.output[0].type.tensor_type.shape.dim[axis].dim_value = left
    onnx.save(model, tmp_path / "other.onnx")
    with pytest.raises(PolicyError, match=f"are not {len(SLIDERS)} sliders of 33 levels; export it again"):
        Policy.load(tmp_path / "other.onnx")


def test_files_that_are_no_policies_are_refused(tmp_path):
    (tmp_path / "empty.onnx").write_bytes(b"")
    (tmp_path / "junk.onnx").write_bytes(b"\x08\x07" + bytes(range(256)))
    shutil.copy(SHIPPED, tmp_path / "cut.onnx")
    with (tmp_path / "cut.onnx").open("r+b") as file:
        file.truncate(SHIPPED.stat().st_size // 2)
    with (tmp_path / "huge.onnx").open("wb") as file:
        file.truncate(65 * 2**20)  # sparse
    kinds = dict.fromkeys(("empty.onnx", "junk.onnx", "cut.onnx"), "damaged")
    kinds |= {"huge.onnx": "not a policy", "": "not a file", "none.onnx": "missing"}
    for name, kind in kinds.items():
        with pytest.raises(PolicyError) as error:
            Policy.load(tmp_path / name)
        assert error.value.kind == kind and str(tmp_path / name) in str(error.value)


def test_neither_the_packages_nor_a_decision_import_torch():
    code = (
        "import sys, numpy, editor_ops, models, trainer, gimp_plugin, trainer.cli;"
        "models.Policy.load().decide(numpy.zeros((9, 9, 3), numpy.uint8));"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0


def test_sliders_are_left_alone(policy):
    image = np.random.default_rng(5).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    whole = policy.decide(image)
    left = policy.decide(image, leave=["exposure", "saturation"])
    for name in NAMES:
        neutral = next(slider.neutral for slider in SLIDERS if slider.name == name)
        assert left.values[name] == (neutral if name in ("exposure", "saturation") else whole.values[name])
    with pytest.raises(ValueError, match="no slider 'speed' to leave alone; there are mid_tones, "):
        policy.decide(image, leave=["speed"])
