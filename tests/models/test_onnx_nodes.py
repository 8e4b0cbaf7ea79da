# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes are read from a file's bytes as the onnx package reads them; other bytes are no file."""

from __future__ import annotations

import contextlib

import onnx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from onnx import TensorProto, helper

from models.onnx_nodes import lacks_an_input, nodes
from models.policy import SHIPPED


def test_nodes_are_those_that_onnx_reads():
    wanted = [(n.op_type, [name.encode() for name in n.input]) for n in onnx.load(SHIPPED).graph.node]
    assert list(nodes(SHIPPED.read_bytes())) == wanted and len(wanted) > 100


def inner(depth: int) -> onnx.GraphProto:
    """Graphs inside graphs, the innermost of which adds nothing to nothing."""
    node = helper.make_node("Sum", ["a", ""], ["b"])
    for _ in range(depth):
        node = helper.make_node("If", ["c"], ["d"], then_branch=helper.make_graph([node], "g", [], []))
    return helper.make_graph([node], "g", [], [helper.make_tensor_value_info("d", TensorProto.FLOAT, [])])


@pytest.mark.parametrize("depth", [0, 1, 5])
def test_an_input_is_missed_in_inner_graphs_too(depth):
    assert lacks_an_input(helper.make_model(inner(depth)).SerializeToString())


def test_graphs_without_end_are_refused():
    with pytest.raises(ValueError):
        lacks_an_input(helper.make_model(inner(9)).SerializeToString())


@given(st.binary(max_size=60))
@example(b"\x3a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")
@example(b"\xff" * 20)
def test_any_bytes_are_read_or_refused(data):
    with contextlib.suppress(ValueError):
        lacks_an_input(data)
