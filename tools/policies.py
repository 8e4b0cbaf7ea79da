# SPDX-License-Identifier: GPL-3.0-or-later
"""Policy files with a known answer, written with onnx alone, for tests that can't do with the shipped one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from editor_ops import LEVELS, NAMES, NEUTRAL_LEVEL, filters
from editor_ops.sliders import table
from models import Decision
from models.policy import TASK
from models.policy_file import PHOTOS, Task
from models.thumbnail_rule import SIZE

# All tools at once, each far enough to be seen and not so far that a photo clips.
EVERY_SLIDER = {
    "mid_tones": 20, "contrast": 13, "exposure": 19, "black_level": 19, "temperature": 12, "tint": 20, "shadows": 24,
    "highlights": 10, "saturation": 22, "clarity": 26,
}  # fmt: skip
# A policy that answers to the picture: exposure is neutral for white and rises by a level for every 1/16 below it.
BRIGHTEN = "brighten"


def write(path: Path, levels: Mapping[str, int] | str, task: Task = TASK, **metadata: str) -> Path:
    """Writes a policy that always chooses `levels` (slider name -> level index; left out: neutral), or BRIGHTEN."""
    k = len(task.sliders)
    values = np.array([slider.values() for slider in task.sliders], np.float32)  # (K, L)
    bias = np.zeros((k, LEVELS), np.float32)
    slope = np.zeros((1, k * LEVELS), np.float32)
    if levels == BRIGHTEN:
        # (4 - 2 m) l - l^2 / 16 is largest at level l = 32 - 16 m, for a mean m of the thumbnail
        bias[:, NEUTRAL_LEVEL] = 9.0
        index, row = np.arange(LEVELS), NAMES.index("exposure")
        bias[row] = 4.0 * index - index**2 / 16
        slope[0, row * LEVELS : (row + 1) * LEVELS] = -2.0 * index
    else:
        assert not isinstance(levels, str)
        for row, slider in enumerate(task.sliders):
            bias[row, levels.get(slider.name, NEUTRAL_LEVEL)] = 9.0
    constants: dict[str, np.ndarray] = {
        "slope": slope, "bias": bias, "shape": np.array([-1, k, LEVELS], np.int64), "values": values,
        "depth": np.array(LEVELS, np.int64), "off_on": np.array([0.0, 1.0], np.float32),
        "one": np.array([-1], np.int64),
    }  # fmt: skip
    nodes = [
        helper.make_node("Flatten", [task.picture], ["flat"]),
        helper.make_node("ReduceMean", ["flat"], ["mean"], axes=[1], keepdims=1),  # (N, 1)
        helper.make_node("MatMul", ["mean", "slope"], ["sloped"]),
        helper.make_node("Reshape", ["sloped", "shape"], ["shaped"]),
        helper.make_node("Add", ["shaped", "bias"], ["logits"]),
        helper.make_node("ArgMax", ["logits"], ["levels"], axis=2, keepdims=0),
        helper.make_node("OneHot", ["levels", "depth", "off_on"], ["chosen"], axis=-1),
        helper.make_node("Mul", ["chosen", "values"], ["chosen_values"]),
        helper.make_node("ReduceSum", ["chosen_values", "one"], ["sliders"], keepdims=0),
        helper.make_node("Reshape", ["mean", "one"], ["value"]),
    ]
    graph = helper.make_graph(
        nodes,
        "policy",
        [helper.make_tensor_value_info(task.picture, TensorProto.FLOAT, ["N", 3, SIZE, SIZE])],
        [
            helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["N", k, LEVELS]),
            helper.make_tensor_value_info("levels", TensorProto.INT64, ["N", k]),
            helper.make_tensor_value_info("sliders", TensorProto.FLOAT, ["N", k]),
            helper.make_tensor_value_info("value", TensorProto.FLOAT, ["N"]),
        ],
        [numpy_helper.from_array(array, name) for name, array in constants.items()],
    )
    # Opset and file version that Debian's onnxruntime (1.21) knows too.
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    described = {
        "format_version": str(task.version), task.picture: task.rule, "sliders": json.dumps(table(task.sliders)),
        "name": path.stem,
    }  # fmt: skip
    described |= {"task": task.name} if task.name != PHOTOS else {}
    helper.set_model_props(model, described | metadata)
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())
    return path


def with_filters(decision: Decision, width: int, height: int) -> dict[str, Any]:
    """The Decision JSON of a picture of this size, as `trainer enhance --json` and the plug-in give it."""
    return decision.to_json(filters(decision.values, width, height))
