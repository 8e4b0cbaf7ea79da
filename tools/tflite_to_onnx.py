# SPDX-License-Identifier: GPL-3.0-or-later
"""TensorFlow Lite -> ONNX, for networks made of the few operators that MediaPipe's face networks have.

Pictures are (N, height, width, channels) at the input and the outputs, as in TensorFlow Lite, with any N, and
(N, channels, height, width) in between. Weights of 16 bits stay so in the file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import onnx
import tflite
from onnx import helper, numpy_helper

OPSET = 13
IR_VERSION = 8
"""What ONNX Runtime 1.18, the oldest that is allowed, reads, and much before it."""
KINDS = {number: name for name, number in vars(tflite.BuiltinOperator).items() if isinstance(number, int)}
TYPES = {
    tflite.TensorType.FLOAT32: np.float32,
    tflite.TensorType.FLOAT16: np.float16,
    tflite.TensorType.INT32: np.int32,
}
TO_CHANNELS_FIRST, TO_CHANNELS_LAST = [0, 3, 1, 2], [0, 2, 3, 1]


def convert(contents: bytes, names: Mapping[str, str]) -> bytes:
    """An ONNX file that computes what a TensorFlow Lite file does. names: of its input and outputs -> as they are to be
    called. ValueError for operators that are not known here."""
    return _Graph(contents, names).to_onnx()


class _Graph:
    """The ONNX graph while it is made. `values`: tensor's number -> (its name in ONNX, channels first or not)."""

    def __init__(self, contents: bytes, names: Mapping[str, str]) -> None:
        self.model = tflite.Model.GetRootAsModel(contents, 0)
        self.graph = self.model.Subgraphs(0)
        self.names = names
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []
        self.values: dict[int, tuple[str, bool]] = {}
        self.constants: dict[int, np.ndarray] = {}  # as DEQUANTIZE gives them on

    def to_onnx(self) -> bytes:
        inputs = []
        for number in self.graph.InputsAsNumpy().tolist():
            name = self.names[self.graph.Tensors(number).Name().decode()]
            inputs.append(helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["N", *self.shape(number)[1:]]))
            self.values[number] = self.node("Transpose", [name], f"{name}_first", perm=TO_CHANNELS_FIRST), True
        for i in range(self.graph.OperatorsLength()):
            self.operator(self.graph.Operators(i))
        outputs = []
        for number in self.graph.OutputsAsNumpy().tolist():
            name = self.names[self.graph.Tensors(number).Name().decode()]
            outputs.append(helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["N", *self.shape(number)[1:]]))
            value, first = self.values[number]
            if first:
                self.node("Transpose", [value], name, perm=TO_CHANNELS_LAST)
            else:
                self.node("Identity", [value], name)
        graph = helper.make_graph(self.nodes, "face", inputs, outputs, self.weights)
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="auto-enhance-rl"
        )
        model.ir_version = IR_VERSION
        onnx.checker.check_model(model, full_check=True)
        return bytes(model.SerializeToString(deterministic=True))

    def operator(self, operator: Any) -> None:
        code = self.model.OperatorCodes(operator.OpcodeIndex())
        kind = KINDS[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]  # whichever of the two the file uses
        rules: dict[str, Callable[[Any, list[int], int], None]] = {
            "DEQUANTIZE": self.dequantize, "CONV_2D": self.convolution, "DEPTHWISE_CONV_2D": self.depthwise,
            "RELU": self.relu, "PRELU": self.prelu, "ADD": self.add, "PAD": self.pad, "MAX_POOL_2D": self.max_pool,
            "RESHAPE": self.reshape, "CONCATENATION": self.concatenation,
        }  # fmt: skip
        if kind not in rules:
            raise ValueError(f"no rule for the operator {kind}")
        rules[kind](operator, operator.InputsAsNumpy().tolist(), int(operator.Outputs(0)))

    # What the rules are made of.

    def node(self, operator: str, inputs: list[str], output: str, **attributes: Any) -> str:
        self.nodes.append(
            helper.make_node(operator, inputs, [output], name=f"{operator}_{len(self.nodes)}", **attributes)
        )
        return output

    def weight(self, name: str, value: np.ndarray) -> str:
        value = np.ascontiguousarray(value)
        if value.dtype == np.float16:
            self.weights.append(numpy_helper.from_array(value, f"{name}_half"))
            return self.node("Cast", [f"{name}_half"], name, to=onnx.TensorProto.FLOAT)
        self.weights.append(numpy_helper.from_array(value, name))
        return name

    def shape(self, number: int) -> list[int]:
        tensor = self.graph.Tensors(number)
        return [int(n) for n in tensor.ShapeAsNumpy()] if tensor.ShapeLength() else []

    def constant(self, number: int) -> np.ndarray:
        if number in self.constants:
            return self.constants[number]
        tensor = self.graph.Tensors(number)
        contents = self.model.Buffers(tensor.Buffer()).DataAsNumpy()
        return np.frombuffer(contents.tobytes(), TYPES[tensor.Type()]).reshape(self.shape(number))

    def first(self, number: int) -> str:
        """The name of a tensor with channels first."""
        name, first = self.values[number]
        if not first:
            raise ValueError(f"tensor {number} has its channels last, where a picture is needed")
        return name

    def activated(self, name: str, activation: int, output: int) -> None:
        if activation == tflite.ActivationFunctionType.RELU:
            name = self.node("Relu", [name], f"t{output}")
        elif activation != tflite.ActivationFunctionType.NONE:
            raise ValueError(f"no rule for the activation {activation}")
        self.values[output] = name, True

    # A rule for each operator: its options, the numbers of its inputs, the number of its output.

    def dequantize(self, operator: Any, inputs: list[int], output: int) -> None:
        self.constants[output] = self.constant(inputs[0])

    def convolution(self, operator: Any, inputs: list[int], output: int) -> None:
        options = _options(operator, tflite.Conv2DOptions)
        kernel = self.constant(inputs[1]).transpose(0, 3, 1, 2)  # (out, h, w, in) -> (out, in, h, w)
        self._convolve(options, inputs, kernel, 1, output)

    def depthwise(self, operator: Any, inputs: list[int], output: int) -> None:
        options = _options(operator, tflite.DepthwiseConv2DOptions)
        kernel = self.constant(inputs[1]).transpose(3, 0, 1, 2)  # (1, h, w, channels) -> (channels, 1, h, w)
        self._convolve(options, inputs, kernel, len(kernel), output)

    def _convolve(self, options: Any, inputs: list[int], kernel: np.ndarray, groups: int, output: int) -> None:
        strides = [options.StrideH(), options.StrideW()]
        dilations = [options.DilationHFactor(), options.DilationWFactor()]
        spans = [(n - 1) * d + 1 for n, d in zip(kernel.shape[2:], dilations, strict=True)]
        weights = [self.weight(f"t{output}_w", kernel), self.weight(f"t{output}_b", self.constant(inputs[2]))]
        name = self.node(
            "Conv",
            [self.first(inputs[0]), *weights],
            f"t{output}_conv",
            strides=strides, dilations=dilations, kernel_shape=list(kernel.shape[2:]), group=groups,
            pads=self._pads(options, inputs[0], spans, strides),
        )  # fmt: skip
        self.activated(name, options.FusedActivationFunction(), output)

    def _pads(self, options: Any, number: int, spans: list[int], strides: list[int]) -> list[int]:
        """TensorFlow's padding as ONNX has it: what is odd goes behind."""
        if options.Padding() != tflite.Padding.SAME:
            return [0, 0, 0, 0]
        sides = zip(self.shape(number)[1:3], spans, strides, strict=True)
        totals = [max((-(-n // stride) - 1) * stride + span - n, 0) for n, span, stride in sides]
        return [total // 2 for total in totals] + [total - total // 2 for total in totals]

    def relu(self, operator: Any, inputs: list[int], output: int) -> None:
        self.values[output] = self.node("Relu", [self.first(inputs[0])], f"t{output}"), True

    def prelu(self, operator: Any, inputs: list[int], output: int) -> None:
        slope = self.weight(f"t{output}_a", self.constant(inputs[1]).reshape(-1, 1, 1))
        self.values[output] = self.node("PRelu", [self.first(inputs[0]), slope], f"t{output}"), True

    def add(self, operator: Any, inputs: list[int], output: int) -> None:
        name = self.node("Add", [self.first(number) for number in inputs], f"t{output}_add")
        self.activated(name, _options(operator, tflite.AddOptions).FusedActivationFunction(), output)

    def pad(self, operator: Any, inputs: list[int], output: int) -> None:
        pads = self.constant(inputs[1])[TO_CHANNELS_FIRST].T.reshape(-1).astype(np.int64)  # all before, all behind
        self.values[output] = (
            self.node("Pad", [self.first(inputs[0]), self.weight(f"t{output}_p", pads)], f"t{output}"),
            True,
        )

    def max_pool(self, operator: Any, inputs: list[int], output: int) -> None:
        options = _options(operator, tflite.Pool2DOptions)
        spans, strides = [options.FilterHeight(), options.FilterWidth()], [options.StrideH(), options.StrideW()]
        pads = self._pads(options, inputs[0], spans, strides)
        name = self.node(
            "MaxPool", [self.first(inputs[0])], f"t{output}", kernel_shape=spans, strides=strides, pads=pads
        )
        self.values[output] = name, True

    def reshape(self, operator: Any, inputs: list[int], output: int) -> None:
        name, first = self.values[inputs[0]]
        if first:
            name = self.node("Transpose", [name], f"t{output}_last", perm=TO_CHANNELS_LAST)
        shape = self.weight(f"t{output}_s", np.array([0, *self.shape(output)[1:]], np.int64))  # 0: N, as it is
        self.values[output] = self.node("Reshape", [name, shape], f"t{output}"), False

    def concatenation(self, operator: Any, inputs: list[int], output: int) -> None:
        axis = _options(operator, tflite.ConcatenationOptions).Axis()
        if any(self.values[number][1] for number in inputs):
            raise ValueError("no rule for the concatenation of pictures")
        self.values[output] = self.node("Concat", [self.values[n][0] for n in inputs], f"t{output}", axis=axis), False


def _options(operator: Any, kind: Any) -> Any:
    options, table = kind(), operator.BuiltinOptions()
    options.Init(table.Bytes, table.Pos)
    return options
