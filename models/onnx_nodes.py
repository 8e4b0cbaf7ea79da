# SPDX-License-Identifier: GPL-3.0-or-later
"""The nodes of an ONNX file, read from its bytes before ONNX Runtime has them: it crashes at some

Plain protocol buffers (protobuf.dev, "Encoding"), with the field numbers of onnx.proto 1.16: ModelProto.graph 7,
GraphProto.node 1, NodeProto.input 1, .op_type 4, .attribute 5, AttributeProto.g 6, .graphs 11.
"""

from __future__ import annotations

from collections.abc import Iterator

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
"""Wire types."""
DEEPEST = 8
"""Graphs inside graphs: a policy has none, and ONNX Runtime's own readers end here or a little later."""
MANY_INPUTS = frozenset({"Max", "Min", "Mean", "Sum"})
"""Operators of any number of inputs: ONNX Runtime 1.30 to 1.32 follows a null pointer where one has no name."""


def nodes(model: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """Operator and inputs of every node, those of inner graphs too. ValueError for bytes that are no ONNX file."""
    for number, graph in _fields(memoryview(model)):
        if number == 7:
            yield from _graph_nodes(graph, DEEPEST)


def lacks_an_input(model: bytes) -> bool:
    """Whether a node would crash ONNX Runtime for want of an input. ValueError as `nodes`."""
    return any(operator in MANY_INPUTS and b"" in inputs for operator, inputs in nodes(model))


def _graph_nodes(graph: memoryview, depth: int) -> Iterator[tuple[str, list[bytes]]]:
    if depth == 0:
        raise ValueError("graphs inside graphs without end")
    for number, node in _fields(graph):
        if number != 1:
            continue
        inputs, operator, inner = list[bytes](), "", list[memoryview]()
        for part, contents in _fields(node):
            if part == 1:
                inputs.append(bytes(contents))
            elif part == 4:
                operator = bytes(contents).decode(errors="replace")
            elif part == 5:
                inner += [each for kind, each in _fields(contents) if kind in (6, 11)]
        yield operator, inputs
        for each in inner:
            yield from _graph_nodes(each, depth - 1)


def _fields(message: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Numbers and contents of the fields that are bytes, texts or messages; the others are passed over."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        wire = key & 7
        if wire == VARINT:
            _, at = _varint(message, at)
            continue
        if wire == BYTES:
            size, at = _varint(message, at)
        elif wire in (FIXED64, FIXED32):
            size = 8 if wire == FIXED64 else 4
        else:
            raise ValueError(f"wire type {wire}")
        if at + size > len(message):
            raise ValueError("cut short")
        if wire == BYTES:
            yield key >> 3, message[at : at + size]
        at += size


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    """An integer in groups of 7 bits, at most 64 in all, and where it ends."""
    number = 0
    for shift in range(0, 70, 7):
        if at >= len(message):
            raise ValueError("cut short")
        byte = message[at]
        at += 1
        number |= (byte & 127) << shift
        if byte < 128:
            return number, at
    raise ValueError("a number of more than 64 bits")
