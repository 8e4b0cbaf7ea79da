# SPDX-License-Identifier: GPL-3.0-or-later
"""The editor as ONNX operators: an image and slider values -> the edited image.

Nothing of the editor is written again here: `editor_ops` runs with arrays that write operators (onnx_arrays.py). What
full_size.py does for NumPy is done here for a graph: all before the first blur works on channels alone, so it is a
table of the 256 numbers that a sample can be; the rest is done in strips (operator Scan), so that a large picture needs
little memory; and blurs are products of matrices.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from editor_ops import SLIDERS, blur_matrix
from editor_ops.blur_matrix import Weights
from editor_ops.chain import Step, steps_of
from editor_ops.color import linear_to_srgb, srgb_to_linear
from editor_ops.editor import run
from editor_ops.operations import as_float, rounded
from editor_ops.shadows_highlights import ONCE
from editor_ops.spatial import SPATIAL
from editor_ops.wide_blur import lagrange, node_count, node_step

from .onnx_arrays import Namespace, Traced, Unstacked, cast, constant, counted, if_, ints, item, op, reshaped, scan

STRIP = 2**16
"""Pixels worked at a time, measured: with fewer the operators' own time counts, with more planes leave the cache."""
REPEATED = "gegl:shadows-highlights"
"""The operation that large amounts repeat."""
MOST_REPEATS = 4
"""Of amounts of 100, the largest that GIMP takes."""


class Strips:
    """An image (height, width, 3), uint8, in strips of equal height; the last one repeats the image's last row."""

    def __init__(self, image: Traced) -> None:
        self.image = image
        shape = op("Shape", image, dtype=np.int64)
        self.height, self.width = item(shape, 0), item(shape, 1)
        one = constant(1, np.int64)
        n_rows = op("Min", op("Max", constant(STRIP, np.int64) // self.width, one), self.height)
        count = (self.height + n_rows - 1) // n_rows
        self.rows = reshaped(counted(count * n_rows), count, n_rows)  # (strips, rows of one)

    def pixels(self, rows: Traced) -> Traced:
        """These rows, uint8 (rows, width, 3)."""
        return op("Gather", self.image, op("Min", rows, self.height - 1), axis=0)

    def joined(self, strips: Traced) -> Traced:
        """What a scan has made of the strips, (strips, rows of one, ...), as one: (rows of all, ...)."""
        rest = op("Shape", strips, dtype=np.int64, start=2)
        return op("Reshape", strips, op("Concat", ints(-1), rest, axis=0))

    def whole(self, strips: Traced) -> Traced:
        """The same without the last strip's repetitions: (height, ...)."""
        return op("Slice", self.joined(strips), ints(0), reshaped(self.height, 1), ints(0))


class Blur:
    """A blur of a standard deviation, () in pixels, at nodes: how planes come there, and back to a strip's pixels.

    Along a line, a stretch of `step` pixels takes part in four nodes, by a cubic, and these in all. What comes of a
    stretch, its four parts, is a short product of matrices for every pixel; the rest has few numbers.
    """

    def __init__(self, strips: Strips, std_dev: Traced) -> None:
        std_dev = reshaped(std_dev, 1, 1)
        self.step = node_step(std_dev)  # (1, 1), float
        self.n_step, self.width = cast(op("Squeeze", self.step), np.int64), strips.width
        down, across = (self._node_numbers(side) for side in (strips.height, strips.width))
        part = cast(counted(constant(4, np.int64)), np.float32)
        self.n_stretches = op("Size", across, dtype=np.int64) - 3
        stretches = cast(counted(self.n_stretches), np.float32)
        # The node of each part of each stretch.
        self.parts = reshaped(reshaped(stretches, -1, 1) + part, -1)  # (4 stretches,)

        pixels = reshaped(cast(counted(strips.height), np.float32), 1, -1)
        sides = [reshaped(cast(side, np.float32), 1, 1) for side in (strips.height, strips.width)]
        to_down, to_across = (
            blur_matrix.node_places(reshaped(numbers, -1, 1), self.step) for numbers in (down, across)
        )
        from_parts = blur_matrix.node_places(reshaped(self.parts, 1, -1), self.step)

        def matrices(weights: Callable[[Traced, Traced, Traced], Weights]) -> list[Traced]:
            rows = weights(to_down, pixels, sides[0])
            rows_whole = rows.smooth + Namespace.where(pixels == 0.0, rows.first, 0.0)
            rows_whole = rows_whole + Namespace.where(pixels == sides[0] - 1.0, rows.last, 0.0)
            columns = weights(to_across, from_parts, sides[1])
            return [
                rows_whole,
                *(op("Transpose", each, perm=(1, 0)) for each in (columns.smooth, columns.first, columns.last)),
            ]

        def recursive() -> list[Traced]:
            known = blur_matrix.poles(std_dev)
            return matrices(lambda places, pixels, n: blur_matrix.recursive_weights(known, places, pixels, n))

        def convolved() -> list[Traced]:
            return matrices(lambda places, pixels, n: blur_matrix.convolved_weights(places, pixels, n, std_dev))

        # (nodes down, height), (4 stretches, nodes across), (1, nodes across) twice
        self.down, self.across, self.first, self.last = if_(op("Squeeze", std_dev >= 1.0), recursive, convolved)
        rows = reshaped(cast(strips.rows, np.float32), -1, 1)
        self.at_rows = blur_matrix.interpolation(rows, reshaped(down, 1, -1), self.step)  # (rows of all, nodes down)
        t = cast(counted(self.n_step), np.float32) / reshaped(self.step, 1)
        weights = [reshaped(weight, 1, -1) for weight in lagrange(t)]
        self.cubic = op("Concat", *weights, axis=0)  # (4, step)
        self.cubic_turned = op("Transpose", self.cubic, perm=(1, 0))

    def _node_numbers(self, side: Traced) -> Traced:
        """0 and on, float32 (nodes,)."""
        n = node_count(cast(side, np.float32), self.step)  # (1, 1)
        return cast(counted(cast(op("Squeeze", n), np.int64)), np.float32)

    def gathered(self, plane: Traced) -> list[Traced]:
        """Of some rows of a plane: the parts of their stretches, (rows, 4 stretches), and their ends, (rows, 1)."""
        room = reshaped(self.n_stretches * self.n_step - self.width, 1)
        padded = op("Pad", plane, op("Concat", ints(0, 0, 0), room, axis=0))
        parts = reshaped(padded, -1, self.n_step) @ self.cubic_turned  # (rows stretches, 4)
        return [reshaped(parts, -1, self.n_stretches * 4), op("Gather", plane, ints(0), axis=1),
                op("Gather", plane, reshaped(self.width - 1, 1), axis=1)]  # fmt: skip

    def nodes(self, parts: Traced, first: Traced, last: Traced) -> Traced:
        """The blurred plane at its nodes, of what was `gathered` of its rows: (nodes down, nodes across)."""
        lines = parts @ self.across + first * self.first + last * self.last  # (height, nodes across)
        return self.down @ lines

    def strip(self, nodes: Traced, rows: Traced) -> Traced:
        """The blurred plane at these rows: (rows, width)."""
        lines = op("Gather", self.at_rows, rows, axis=0) @ nodes  # (rows, nodes across)
        stretches = op("Gather", lines, cast(self.parts, np.int64), axis=1)  # (rows, 4 stretches)
        fine = reshaped(stretches, -1, 4) @ self.cubic  # (rows stretches, step)
        fine = reshaped(fine, op("Squeeze", op("Shape", rows, dtype=np.int64)), -1)
        return op("Slice", fine, ints(0), reshaped(self.width, 1), ints(1))


Source = Callable[[Traced], Unstacked]
"""Row numbers of a strip -> its pixels, in linear light."""


def edit(strips: Strips, values: dict[str, Traced]) -> Traced:
    """The image edited, uint8 (height, width, 3)."""
    long_side = cast(op("Max", strips.height, strips.width), np.float32)
    steps = steps_of(values, long_side)
    at = [i for i, (operation, _) in enumerate(steps) if operation in SPATIAL]
    source = _decoded(strips, steps[: at[0]])
    blurs: dict[float | None, Blur] = {}  # by their share of the long side
    for i, end in zip(at, [*at[1:], len(steps)], strict=True):
        operation, properties = steps[i]
        share = next(slider.radius_share for slider in SLIDERS if slider.operation == operation)
        blurs[share] = blurs.get(share) or Blur(strips, properties[SPATIAL[operation].radius])
        source = _blurred(strips, source, steps[i], values, blurs[share], keeps=i != at[0])
        source = _then(source, steps[i + 1 : end])

    def encode(rows: Traced) -> list[Traced]:
        samples = rounded(linear_to_srgb(source(rows)), 255.0)
        planes = [op("Unsqueeze", cast(plane, np.uint8), ints(-1)) for plane in samples.planes]
        return [op("Concat", *planes, axis=-1)]

    (edited,) = scan(encode, strips.rows)
    return strips.whole(edited)


def _decoded(strips: Strips, steps: list[Step]) -> Source:
    """The image in linear light after steps that work on channels alone: by a table of what a sample can be."""
    greys = constant(srgb_to_linear(as_float(np.arange(256, dtype=np.uint8))))
    table = run(Unstacked([greys] * 3, last=True), steps)
    samples = op("Concat", *(reshaped(plane, 1, -1) for plane in table.planes), axis=0)  # (3, 256)

    def source(rows: Traced) -> Unstacked:
        numbers = reshaped(op("Transpose", cast(strips.pixels(rows), np.int32), perm=(2, 0, 1)), 3, -1)
        picture = reshaped(op("GatherElements", samples, numbers, axis=1), 3, -1, strips.width)
        return Unstacked(
            [op("Squeeze", each, ints(0)) for each in op("Split", picture, outputs=3, num_outputs=3)], last=True
        )

    return source


def _then(source: Source, steps: list[Step]) -> Source:
    return (lambda rows: run(source(rows), steps)) if steps else source


def _blurred(strips: Strips, source: Source, step: Step, values: dict[str, Traced], blur: Blur, keeps: bool) -> Source:
    """The source after an operation with a blur in it, which takes a pass of its own where one of its sliders moves.

    keeps: that pass keeps what the source gives, since it is dearer to compute again than to hold.
    """
    operation, properties = step
    spatial = SPATIAL[operation]
    rest = {name: value for name, value in properties.items() if name != spatial.radius}
    own = {slider.name: slider for slider in SLIDERS if slider.operation == operation}
    moved = any_of([~(values[name] == own[name].neutral) for name in own])
    black = constant(np.zeros((1, 1)))
    blurred_part = spatial.blurred_part or (lambda channels: channels)
    n_planes = len(blurred_part(Unstacked([black] * 3, last=False)).planes)

    def across(rows: Traced) -> list[Traced]:
        picture = _channels_first(source(rows))
        gathered = [each for plane in blurred_part(picture).planes for each in blur.gathered(plane)]
        return gathered + list(picture.planes if keeps else ())

    def blurred() -> list[Traced]:
        made = scan(across, strips.rows)
        parts, kept = made[: 3 * n_planes], made[3 * n_planes :]
        nodes = [blur.nodes(*map(strips.whole, parts[3 * k : 3 * k + 3])) for k in range(n_planes)]
        return nodes + [strips.joined(plane) for plane in kept]

    made = if_(moved, blurred, lambda: [black] * (n_planes + (3 if keeps else 0)))
    nodes, kept = made[:n_planes], made[n_planes:]
    far = any_of([abs(values[name]) > ONCE for name in own])

    def before(rows: Traced) -> Unstacked:
        if not keeps:
            return _channels_first(source(rows))
        return Unstacked([op("Gather", plane, rows, axis=0) for plane in kept], last=False)

    def work(rows: Traced) -> Unstacked:
        def finished(**more: Any) -> tuple[Traced, ...]:
            surroundings = Unstacked([blur.strip(plane, rows) for plane in nodes], last=False)
            return spatial(before(rows), surroundings, **rest, **more).planes

        def either() -> Any:
            return if_(far, lambda: finished(repeats=MOST_REPEATS), lambda: finished(repeats=1))

        then = either if operation == REPEATED else finished
        return Unstacked(if_(moved, then, lambda: source(rows).planes), last=True)

    return work


def _channels_first(picture: Unstacked) -> Unstacked:
    return Namespace.moveaxis(picture, -1, 0)


def any_of(conditions: list[Traced]) -> Traced:
    return functools.reduce(lambda one, other: one | other, conditions)
