# SPDX-License-Identifier: GPL-3.0-or-later
"""Arrays that write ONNX operators: `editor_ops`, run with them, makes its own graph.

They know as much of the array API as `editor_ops` uses. A picture's channels are kept apart, in an `Unstacked`: so
nothing is spent on putting them together and apart again between operations. What is written goes into the graph or
subgraph that is being made, a `scope`.
"""

from __future__ import annotations

import contextlib
import itertools
import numbers
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import onnx_ir as ir

Dtype = Any
"""What NumPy takes for one."""


class Scope:
    """A graph that is being made. numbers: for its tensors' names, subgraphs' too; constants: by their value."""

    def __init__(self, numbers: Iterator[int]) -> None:
        self.numbers = numbers
        self.nodes: list[ir.Node] = []
        self.constants: dict[tuple[str, bytes, tuple[int, ...]], Traced] = {}


_scopes: list[Scope] = []


@contextlib.contextmanager
def scope() -> Iterator[Scope]:
    """What is written in here becomes one graph."""
    _scopes.append(Scope(_scopes[-1].numbers if _scopes else itertools.count()))
    try:
        yield _scopes[-1]
    finally:
        _scopes.pop()


class Traced:
    """A tensor of the graph. Its operators and functions write into the innermost scope."""

    __array_ufunc__ = None  # NumPy leaves operators of its arrays with these to these
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, value: ir.Value, dtype: Dtype) -> None:
        self.value, self.dtype = value, np.dtype(dtype)

    def __array_namespace__(self, api_version: str | None = None) -> type[Namespace]:
        return Namespace

    def as_output(self, name: str, *shape: int | str) -> ir.Value:
        """Under its name and shape among the graph's outputs."""
        self.value.name, self.value.type, self.value.shape = name, _tensor(self.dtype), ir.Shape(shape)
        return self.value

    def __add__(self, other: Any) -> Any:
        return _elementwise("Add", self, other)

    def __radd__(self, other: Any) -> Any:
        return _elementwise("Add", other, self)

    def __sub__(self, other: Any) -> Any:
        return _elementwise("Sub", self, other)

    def __rsub__(self, other: Any) -> Any:
        return _elementwise("Sub", other, self)

    def __mul__(self, other: Any) -> Any:
        return _elementwise("Mul", self, other)

    def __rmul__(self, other: Any) -> Any:
        return _elementwise("Mul", other, self)

    def __truediv__(self, other: Any) -> Any:
        if isinstance(other, numbers.Real):  # multiplying is faster
            return self * (1.0 / float(other))
        return _elementwise("Div", self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return _elementwise("Div", other, self)

    def __floordiv__(self, other: Any) -> Any:
        """Of whole numbers that are not negative."""
        return _elementwise("Div", self, other)

    def __pow__(self, exponent: float) -> Any:
        """Of a positive base: by way of its logarithm, which takes a fifth of the time of ONNX Runtime's Pow."""
        return Namespace.exp(Namespace.log(self) * exponent)

    def __rpow__(self, base: float) -> Any:
        return Namespace.exp(self * float(np.log(base)))

    def __neg__(self) -> Any:
        return _elementwise("Neg", self)

    def __abs__(self) -> Any:
        return _elementwise("Abs", self)

    def __gt__(self, other: Any) -> Any:
        return _elementwise("Greater", self, other, dtype=bool)

    def __ge__(self, other: Any) -> Any:
        return _elementwise("GreaterOrEqual", self, other, dtype=bool)

    def __lt__(self, other: Any) -> Any:
        return _elementwise("Less", self, other, dtype=bool)

    def __le__(self, other: Any) -> Any:
        return _elementwise("LessOrEqual", self, other, dtype=bool)

    def __eq__(self, other: object) -> Any:
        return _elementwise("Equal", self, other, dtype=bool)

    def __and__(self, other: Any) -> Any:
        return _elementwise("And", self, other)

    def __or__(self, other: Any) -> Any:
        return _elementwise("Or", self, other)

    def __invert__(self) -> Any:
        return _elementwise("Not", self)

    def __matmul__(self, other: Traced) -> Traced:
        return op("MatMul", self, other)

    def __getitem__(self, index: Any) -> Any:
        """A plane as the only one of several, or as it goes with each channel of a picture: itself."""
        if index == (Ellipsis, None):
            return self
        assert index is None, "nothing but plane[None] and plane[..., None] is known"
        return Unstacked((self,), last=False)

    def __bool__(self) -> bool:
        raise TypeError("a value of the graph is not known while the graph is made")


class Unstacked(Traced):
    """A picture (height, width, 3), or planes (P, height, width), as planes (height, width)."""

    def __init__(self, planes: Sequence[Traced], last: bool) -> None:
        self.planes, self.last = tuple(planes), last
        self.dtype = self.planes[0].dtype

    def __getitem__(self, index: Any) -> Any:
        if self.last:
            before, index = index
            assert before is Ellipsis, "of a picture nothing but picture[..., channel] is known"
        return self.planes[index]


def op(
    kind: str, *inputs: Traced, dtype: Dtype = None, outputs: int = 1, **attributes: int | Sequence[int] | ir.Graph
) -> Any:
    """Writes an operator. dtype: of what comes out; None: the first input's. One Traced, or a list of several."""
    node = ir.Node(
        "", kind, [each.value for each in inputs], num_outputs=outputs, name="",
        attributes=[_attribute(name, value) for name, value in attributes.items()],
    )  # fmt: skip
    _scopes[-1].nodes.append(node)
    made = [_named(value, inputs[0].dtype if dtype is None else dtype) for value in node.outputs]
    return made[0] if outputs == 1 else made


def _attribute(name: str, value: Any) -> ir.Attr:
    if isinstance(value, ir.Graph):
        return ir.AttrGraph(name, value)
    return ir.AttrInt64(name, value) if isinstance(value, int) else ir.AttrInt64s(name, value)


def _named(value: ir.Value, dtype: Dtype) -> Traced:
    value.name = f"v{next(_scopes[-1].numbers)}"
    return Traced(value, dtype)


def argument(name: str, dtype: Dtype, *shape: int | str) -> Traced:
    """An input of the graph."""
    return Traced(ir.Value(name=name, type=_tensor(dtype), shape=ir.Shape(shape)), dtype)


def _tensor(dtype: Dtype) -> ir.TensorType:
    return ir.TensorType(ir.DataType.from_numpy(np.dtype(dtype)))


def constant(value: Any, dtype: Dtype = np.float32) -> Traced:
    array = np.asarray(value, dtype)
    known = _scopes[-1].constants
    key = (array.dtype.str, array.tobytes(), array.shape)
    if key not in known:
        node = ir.Node("", "Constant", [], attributes=[ir.AttrTensor("value", ir.tensor(array))], name="")
        _scopes[-1].nodes.append(node)
        known[key] = _named(node.outputs[0], dtype)
    return known[key]


def ints(*values: int) -> Traced:
    """int64 (n,)."""
    return constant(values, np.int64)


def cast(x: Traced, dtype: Dtype) -> Traced:
    return op("Cast", x, dtype=dtype, to=int(ir.DataType.from_numpy(np.dtype(dtype))))


def counted(n: Traced) -> Traced:
    """0 to n - 1, int64 (n,). n: int64 ()."""
    return op("Range", constant(0, np.int64), n, constant(1, np.int64))


def reshaped(x: Traced, *sides: Traced | int) -> Traced:
    """A side is a number (-1: what is left; 0: as it is), or known in the graph alone, int64 ()."""
    if all(isinstance(side, int) for side in sides):
        return op("Reshape", x, ints(*sides))  # type: ignore[arg-type]
    parts = [reshaped(side, 1) if isinstance(side, Traced) else ints(side) for side in sides]
    return op("Reshape", x, op("Concat", *parts, axis=0))


def item(vector: Traced, index: int) -> Traced:
    """One number of a vector, shape ()."""
    return op("Gather", vector, constant(index, np.int64))


def if_(condition: Traced, then: Callable[[], Sequence[Traced]], otherwise: Callable[[], Sequence[Traced]]) -> Any:
    """Either list of tensors. condition: ()."""
    (yes, kinds), (no, _) = _subgraph(then), _subgraph(otherwise)
    return _several("If", [condition], kinds, then_branch=yes, else_branch=no)


def scan(body: Callable[..., Sequence[Traced]], *sequences: Traced) -> list[Traced]:
    """What body makes of each element of the sequences (n, ...), stacked: (n, ...) each."""
    graph, kinds = _subgraph(body, [each.dtype for each in sequences])
    return _several("Scan", sequences, kinds, body=graph, num_scan_inputs=len(sequences))


def _several(kind: str, inputs: Sequence[Traced], kinds: list[Dtype], **attributes: Any) -> list[Traced]:
    made = op(kind, *inputs, outputs=len(kinds), **attributes)
    made = [made] if len(kinds) == 1 else made
    return [Traced(each.value, kind) for each, kind in zip(made, kinds, strict=True)]


def _subgraph(body: Callable[..., Sequence[Traced]], kinds: Sequence[Dtype] = ()) -> tuple[ir.Graph, list[Dtype]]:
    with scope() as inner:
        inputs = [_named(ir.Value(type=_tensor(kind)), kind) for kind in kinds]
        made: list[Traced] = []
        for each in body(*inputs):
            own = each.value.producer() in inner.nodes and all(each is not other for other in made)
            made.append(each if own else op("Identity", each))  # a subgraph gives what is made in it, once
        values = [each.value for each in inputs]
        graph = ir.Graph(values, [each.value for each in made], nodes=inner.nodes, name="g")
    for each in made:
        each.value.type = _tensor(each.dtype)
    return graph, [each.dtype for each in made]


def _elementwise(kind: str, *arguments: Any, dtype: Dtype = None) -> Any:
    """An operator, on each plane where an argument has its planes apart. Numbers become constants.

    Tensors of different types are made the wider one; conditions stay what they are.
    """
    apart = next((each for each in arguments if isinstance(each, Unstacked)), None)
    if apart is not None:
        rows = (
            [each.planes[k] if isinstance(each, Unstacked) else each for each in arguments]
            for k in range(len(apart.planes))
        )
        return Unstacked([_elementwise(kind, *row, dtype=dtype) for row in rows], apart.last)
    kinds = [each.dtype for each in arguments if isinstance(each, Traced) and each.dtype != bool]
    wide = np.result_type(*kinds) if kinds else np.dtype(np.float64 if kind == "Where" else bool)
    return op(kind, *(_typed(each, wide) for each in arguments), dtype=wide if dtype is None else dtype)


def _typed(x: Any, dtype: Dtype) -> Traced:
    if not isinstance(x, Traced):
        return constant(x, dtype)
    return x if x.dtype in (dtype, bool) else cast(x, dtype)


def _function(kind: str) -> staticmethod[[Any], Any]:
    return staticmethod(lambda x: _elementwise(kind, x))


class Namespace:
    """The array API's functions, as far as `editor_ops` uses them."""

    abs, exp, log, floor, cos, sin, atan = map(_function, ("Abs", "Exp", "Log", "Floor", "Cos", "Sin", "Atan"))

    @staticmethod
    def clip(x: Traced, low: Any, high: Any) -> Any:
        """An end that is infinite takes no operator."""
        for kind, end in (("Max", low), ("Min", high)):
            if isinstance(end, Traced) or np.isfinite(end):
                x = _elementwise(kind, x, end)
        return x

    @staticmethod
    def minimum(x: Traced, y: Any) -> Any:
        return _elementwise("Min", x, y)

    @staticmethod
    def where(condition: Traced, then: Any, otherwise: Any) -> Any:
        return _elementwise("Where", condition, then, otherwise)

    @staticmethod
    def ones_like(x: Traced) -> float:
        return 1.0

    @staticmethod
    def copysign(size: Any, sign: Traced) -> Any:
        """Of a size that is not negative."""
        if not isinstance(size, Traced):
            size = constant(size, sign.dtype)
        return Namespace.where(sign < 0.0, -size, size)

    @staticmethod
    def stack(planes: Sequence[Traced], axis: int) -> Unstacked:
        assert axis == -3, "planes are stacked before height and width alone"
        return Unstacked(planes, last=False)

    @staticmethod
    def moveaxis(x: Unstacked, source: int, destination: int) -> Unstacked:
        assert {source, destination} <= {-1, 0, -3}, "what moves is the axis of channels, between first and last"
        return Unstacked(x.planes, last=destination == -1)
