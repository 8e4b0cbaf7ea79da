# SPDX-License-Identifier: GPL-3.0-or-later
"""A policy file -> one ONNX file that takes a picture and gives the edited one: thumbnail, policy and editor."""

from __future__ import annotations

import itertools
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import onnx_ir as ir

from editor_ops import NAMES, SLIDERS
from editor_ops.sliders import table
from models.errors import UserError
from models.files import atomic_write
from models.policy import Policy
from models.thumbnail import cell_edges
from models.thumbnail_rule import RULE, SIZE

from .export import OPSET, export_run
from .onnx_arrays import Scope, Traced, argument, cast, constant, counted, ints, item, op, reshaped, scan, scope
from .onnx_editor import Strips, edit

IR_VERSION = 8
"""Version of the file that goes with the opset: ONNX Runtime 1.14 and later read both."""
VERSION = 1
"""Of the file's inputs, outputs and metadata."""
MERGED = ("Gather", "Slice")
"""Operators that ONNX Runtime 1.21, which is Debian's, merges. It refuses a graph where two of these are nameless."""
KEPT = ("name", "description", "training_data", "licence", "date")
"""What a whole editor's metadata has from its policy's."""
INTERFACE = {
    "image": "uint8 (height, width, 3), sRGB, any size",
    "strength": "float32 (): 0 nothing, 1 as the policy chose, 2 twice as far",
    "set_sliders": "float32 (K): values in GIMP's units in place of the policy's; NaN leaves the policy's",
    "edited": "uint8 (height, width, 3), sRGB",
    "sliders": "float32 (K): the values that were applied, in GIMP's units",
    "probabilities": "float32 (K): of the levels that the policy chose",
}


def export_whole_editor(source: Path, out: Path, *notes: str) -> Path:
    """Writes the whole editor of a policy file, or of a run's folder (then with notes as `export_run` takes them).

    CheckpointError and PolicyError where there is no such policy.
    """
    if source.is_dir():
        with tempfile.TemporaryDirectory() as folder:
            return export_whole_editor(export_run(source, Path(folder) / f"{out.stem}.onnx", *notes), out)
    if out.exists() and source.exists() and out.samefile(source):
        raise UserError(f"{out}: is the policy itself; give another name with --out", "taken")
    policy = Policy.load(source)
    model = build(_same_opset(source), policy.levels)
    for key, value in _metadata(policy).items():
        model.metadata_props.add(key=key, value=value)
    onnx.checker.check_model(model)
    out.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(out) as file:
        file.write(model.SerializeToString(deterministic=True))
    return out


def _same_opset(path: Path) -> onnx.ModelProto:
    """A policy file's graph with the operators of OPSET. UserError where it has others that can't be converted."""
    try:
        model = onnx.load_from_string(path.read_bytes())
        if [(each.domain, each.version) for each in model.opset_import] != [("", OPSET)]:
            model = onnx.version_converter.convert_version(model, OPSET)
    except Exception as error:  # onnx's and protobuf's share no base class below Exception
        raise UserError(
            f"{path}: has operators that a whole editor can't hold; export it again with 'trainer export'", "operators"
        ) from error
    return model


def _metadata(policy: Policy) -> dict[str, str]:
    return {
        "whole_editor_version": str(VERSION),
        "policy_sha256": policy.sha256,
        "sliders": json.dumps(table()),
        "thumbnail": RULE,
        "interface": json.dumps(INTERFACE),
        **{key: policy.metadata[key] for key in KEPT if key in policy.metadata},
    }


def build(policy: onnx.ModelProto, levels: np.ndarray) -> onnx.ModelProto:
    """The graph, without metadata. policy: of OPSET; levels: its sliders' values, (K, L)."""
    k = len(SLIDERS)
    with scope() as written:
        image = argument("image", np.uint8, "height", "width", 3)
        strength, own = argument("strength", np.float32), argument("set_sliders", np.float32, k)
        strips = Strips(image)
        logits, chosen, weights = _inlined(policy, thumbnail(strips), written)
        sliders = decide(chosen, levels, strength, own)
        probabilities = op("ReduceMax", op("Softmax", logits, axis=-1), ints(0, 2), keepdims=0)  # (K,)
        edited = edit(strips, {name: item(sliders, row) for row, name in enumerate(NAMES)})
    outputs = [
        edited.as_output("edited", "height", "width", 3), sliders.as_output("sliders", k),
        probabilities.as_output("probabilities", k),
    ]  # fmt: skip
    graph = ir.Graph(
        [image.value, strength.value, own.value], outputs, nodes=written.nodes, initializers=weights,
        opset_imports={"": OPSET}, name="photo_editor",
    )  # fmt: skip
    model = ir.to_proto(ir.Model(graph, ir_version=IR_VERSION))
    _number_names(model.graph, itertools.count())
    return model


def _number_names(graph: onnx.GraphProto, numbers: Iterator[int]) -> None:
    """Of the nodes of MERGED; the others need none."""
    for node in graph.node:
        node.name = str(next(numbers)) if node.op_type in MERGED else ""
        for attribute in node.attribute:
            if attribute.HasField("g"):
                _number_names(attribute.g, numbers)


def _inlined(policy: onnx.ModelProto, thumbnail: Traced, written: Scope) -> tuple[Traced, Traced, list[ir.Value]]:
    """A policy's logits (1, K, L) and levels (1, K) for a thumbnail, and its weights."""
    graph = ir.from_proto(policy).graph
    weights, nodes = list(graph.initializers.values()), list(graph)
    logits, levels = (next(value for value in graph.outputs if value.name == name) for name in ("logits", "levels"))
    ir.convenience.replace_all_uses_with(graph.inputs[0], thumbnail.value)
    graph.initializers.clear()
    graph.outputs.clear()
    graph.remove(nodes)
    for value in [*weights, *(value for node in nodes for value in node.outputs)]:
        value.name = f"policy.{value.name}"
    for value in (value for node in nodes for value in node.outputs):
        value.shape = None  # known for a batch of any size, this one has one
    written.nodes += nodes
    return Traced(logits, np.float32), Traced(levels, np.int64), weights


def thumbnail(strips: Strips) -> Traced:
    """As models.thumbnail: float32 (1, 3, SIZE, SIZE). Sums of whole numbers, exact up to 65,793 pixels a cell."""
    (top, bottom), (left, right) = (cell_edges(n, SIZE) for n in (strips.height, strips.width))  # int64 (SIZE,)
    most = (strips.height + SIZE - 1) // SIZE + 1  # rows that a cell touches
    rows = reshaped(top, SIZE, 1) + counted(most)  # (SIZE, rows)
    inside = cast(rows < reshaped(bottom, SIZE, 1), np.float32)

    def band(rows: Traced, inside: Traced) -> list[Traced]:
        """Sums over the rows of a cell, (3 width,)."""
        return [inside @ cast(reshaped(strips.pixels(rows), 0, -1), np.float32)]

    (bands,) = scan(band, rows, inside)  # (SIZE, 3 width)
    columns = counted(strips.width)
    inside = cast((columns >= reshaped(left, SIZE, 1)) & (columns < reshaped(right, SIZE, 1)), np.float32)
    sums = inside @ reshaped(bands, SIZE, -1, 3)  # (SIZE, SIZE, 3)
    pixels = reshaped(bottom - top, SIZE, 1, 1) * reshaped(right - left, 1, SIZE, 1)
    mean = cast(sums, np.float64) / cast(pixels, np.float64) / constant(255, np.float64)
    return op("Unsqueeze", op("Transpose", cast(mean, np.float32), perm=(2, 0, 1)), ints(0))


def decide(chosen: Traced, levels: np.ndarray, strength: Traced, wanted: Traced) -> Traced:
    """Slider values in GIMP's units, float32 (K,): the host's where it gives one, else the policy's, by strength.

    chosen: levels, int64 (1, K). levels: their values, (K, L).
    """
    table = constant(levels, np.float64)
    values = reshaped(op("GatherElements", table, reshaped(chosen, -1, 1), axis=1), -1)  # (K,)
    far = cast(op("Min", op("Max", strength, constant(0)), constant(2)), np.float64)
    decided = []
    for k, slider in enumerate(SLIDERS):
        low, high = slider.property_range
        own = item(wanted, k)
        held = op("Min", op("Max", own, constant(low)), constant(high))
        scaled = cast(slider.scaled(item(values, k), far), np.float32)
        decided.append(reshaped(op("Where", op("IsNaN", own, dtype=bool), scaled, held, dtype=np.float32), 1))
    return op("Concat", *decided, axis=0)
