# SPDX-License-Identifier: GPL-3.0-or-later
"""Policy files, changed as somebody would who wants to do harm: metadata, shapes, sizes, operators, data elsewhere."""

from __future__ import annotations

import functools
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import onnx
from onnx import TensorProto, helper

import models
from tools import policies

from .mutate import EXTREMES, mutated, mutated_json, strange

OPERATORS = ("Add", "Mul", "MatMul", "Reshape", "Expand", "Tile", "Gather", "Concat", "Softmax", "NonZero", "Cast",
             "Loop", "If", "Scan", "Range", "Resize", "Einsum", "StringNormalizer", "no such", "Identity")  # fmt: skip
HUGE = (2**20, 2**28, 2**31, 2**40, 2**62, -1, 0)


def make(rng: Random) -> tuple[str, bytes]:
    if rng.random() < 0.35:
        return "policy.onnx", mutated(rng.choice(whole()), rng, rng.choice(whole()))
    model = onnx.ModelProto.FromString(rng.choice(whole()))
    for _ in range(rng.randint(1, 3)):
        try:
            rng.choice(CHANGES)(model, rng)
        except (ValueError, TypeError, IndexError, OverflowError):  # the change can't be written
            continue
    return "policy.onnx", model.SerializeToString()


@functools.cache
def whole() -> list[bytes]:
    """The shipped policy, and a small one, whose graph is quickly changed."""
    with tempfile.TemporaryDirectory() as folder:
        small = [
            policies.write(Path(folder, "policy.onnx"), levels) for levels in (policies.BRIGHTEN, {"exposure": 20})
        ]
        return [models.SHIPPED.read_bytes(), *[policies.write(path, policies.BRIGHTEN).read_bytes() for path in small]]


def _metadata(model: Any, rng: Random) -> None:
    row = rng.choice(model.metadata_props)
    if row.key == "sliders" or rng.random() < 0.4:
        (row,) = [each for each in model.metadata_props if each.key == "sliders"]
        row.value = mutated_json(json.loads(row.value), rng).decode(errors="replace")
    elif rng.random() < 0.2:
        row.key = strange(rng).encode(errors="replace").decode()
    else:
        row.value = strange(rng).encode(errors="replace").decode() * rng.choice((1, 1, 10_000))


def _shape(model: Any, rng: Random) -> None:
    value = rng.choice([*model.graph.input, *model.graph.output])
    dimension = rng.choice(value.type.tensor_type.shape.dim)
    if rng.random() < 0.3:
        dimension.dim_param = rng.choice(("N", "M", ""))
    else:
        dimension.dim_value = rng.choice(HUGE)


def _name(model: Any, rng: Random) -> None:
    rng.choice([*model.graph.input, *model.graph.output]).name = rng.choice(("thumbnail", "logits", "", "x"))


def _kind(model: Any, rng: Random) -> None:
    value = rng.choice([*model.graph.input, *model.graph.output])
    value.type.tensor_type.elem_type = rng.randrange(0, 24)


def _initializer(model: Any, rng: Random) -> None:
    tensor = rng.choice(model.graph.initializer)
    if tensor.dims and rng.random() < 0.6:
        tensor.dims[rng.randrange(len(tensor.dims))] = rng.choice(HUGE)
    elif rng.random() < 0.5:
        tensor.raw_data = mutated(tensor.raw_data, rng)
    else:
        tensor.data_type = rng.randrange(0, 24)


def _elsewhere(model: Any, rng: Random) -> None:
    """Weights in another file, which a policy never has."""
    tensor = rng.choice(model.graph.initializer)
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    place = rng.choice(("/etc/passwd", "/dev/zero", "../../../etc/passwd", "weights.bin", "", "/dev/stdin"))
    for key, value in (("location", place), ("offset", str(rng.choice(HUGE))), ("length", str(rng.choice(HUGE)))):
        entry = tensor.external_data.add()
        entry.key, entry.value = key, value


def _operator(model: Any, rng: Random) -> None:
    node = rng.choice(model.graph.node)
    node.op_type = rng.choice(OPERATORS)
    if rng.random() < 0.2:
        node.domain = rng.choice(("com.microsoft", "ai.onnx.ml", "mine"))


def _wires(model: Any, rng: Random) -> None:
    node, other = rng.choice(model.graph.node), rng.choice(model.graph.node)
    if node.input and other.output:
        node.input[rng.randrange(len(node.input))] = rng.choice((other.output[0], "", "nothing"))


def _attribute(model: Any, rng: Random) -> None:
    nodes = [node for node in model.graph.node if node.attribute]
    attribute = rng.choice(rng.choice(nodes).attribute)
    attribute.i = rng.choice((*EXTREMES, -1, -(2**63)))
    attribute.type = rng.randrange(0, 14)


def _node_removed(model: Any, rng: Random) -> None:
    del model.graph.node[rng.randrange(len(model.graph.node))]


def _versions(model: Any, rng: Random) -> None:
    model.ir_version = rng.choice((0, 1, 8, 99, 2**31))
    model.opset_import[0].version = rng.choice((0, 1, 7, 17, 18, 99, 2**40))


def _much_memory(model: Any, rng: Random) -> None:
    much_memory(model, rng.choice((2**20, 2**30, 2**34, 2**62)))


def much_memory(model: Any, size: int) -> None:
    """A constant as large as one likes, from a few bytes, summed into the value."""
    shape = helper.make_tensor("wide", TensorProto.INT64, [1], [size])
    model.graph.initializer.append(shape)
    nodes = [
        helper.make_node("ConstantOfShape", ["wide"], ["plane"]),
        helper.make_node("ReduceSum", ["plane"], ["total"], keepdims=0),
    ]
    _before_value(model, nodes)


def _much_time(model: Any, rng: Random) -> None:
    much_time(model, rng.choice((10, 2**40)))


def much_time(model: Any, times: int) -> None:
    """A loop that counts as long as one likes."""
    names = ("times", "going_on", "none")
    body = helper.make_graph(
        [helper.make_node("Identity", ["on"], ["still_on"]), helper.make_node("Add", ["sum", "sum"], ["more"])],
        "body",
        [helper.make_tensor_value_info(name, kind, []) for name, kind in
         (("i", TensorProto.INT64), ("on", TensorProto.BOOL), ("sum", TensorProto.FLOAT))],
        [helper.make_tensor_value_info(name, kind, []) for name, kind in
         (("still_on", TensorProto.BOOL), ("more", TensorProto.FLOAT))],
    )  # fmt: skip
    for name, kind, value in zip(names, (7, 9, 1), (times, True, 0.0), strict=True):
        model.graph.initializer.append(helper.make_tensor(name, kind, [], [value]))
    _before_value(model, [helper.make_node("Loop", list(names), ["total"], body=body)])


def _before_value(model: Any, nodes: list[Any]) -> None:
    """Puts nodes before the others, and adds the scalar "total" that they make to the output "value"."""
    last = next((node for node in model.graph.node if "value" in node.output), None)
    if last is None:  # an earlier change took it away
        return
    last.output[list(last.output).index("value")] = "own_value"
    rest = [*model.graph.node, helper.make_node("Add", ["own_value", "total"], ["value"])]
    del model.graph.node[:]
    model.graph.node.extend([*nodes, *rest])


CHANGES: tuple[Callable[[Any, Random], None], ...] = (
    _metadata, _metadata, _shape, _name, _kind, _initializer, _elsewhere, _operator, _wires, _attribute, _node_removed,
    _versions, _much_memory, _much_time,
)  # fmt: skip
