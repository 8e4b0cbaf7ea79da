# SPDX-License-Identifier: GPL-3.0-or-later
"""Moves a layer's pixels by a displacement, with GEGL's own operation for that."""

from __future__ import annotations

from gi.repository import Gegl, Gimp

Box = tuple[int, int, int, int]
"""x, y, width and height in a layer's pixels."""
LINEAR, CLAMP = 1, 1  # Gegl.SamplerType and Gegl.AbyssPolicy, which a node takes as numbers alone


def warp(layer: Gimp.Layer, box: Box, displacement: bytes) -> None:
    """Moves the pixels in a box of a layer that is in no image yet, so that no undo step comes of it.

    displacement: float32 x and y of each pixel, row by row: each pixel becomes what lies that far from it. It is zero
    at the box's border, so that nothing tears there. Sampled bilinearly in linear light, as `editor_ops.face_warp`
    does; GEGL weighs colours by alpha.
    """
    x, y, width, height = box
    there = Gegl.Rectangle.new(x, y, width, height)
    field = Gegl.Buffer.new("YA float", x, y, width, height)
    field.set(there, "YA float", displacement)
    shadow = layer.get_shadow_buffer()  # of the layer's own format: rounded once, if that is of integers
    graph = Gegl.Node()
    pixels = _child(graph, "gegl:buffer-source", buffer=layer.get_buffer())
    moved_by = _child(graph, "gegl:buffer-source", buffer=field)
    moved = _child(graph, "gegl:map-relative", sampler_type=LINEAR, abyss_policy=CLAMP)
    part = _child(graph, "gegl:crop", x=float(x), y=float(y), width=float(width), height=float(height))
    written = _child(graph, "gegl:write-buffer", buffer=shadow)
    pixels.connect_to("output", moved, "input")
    moved_by.connect_to("output", moved, "aux")
    moved.connect_to("output", part, "input")
    part.connect_to("output", written, "input")
    written.process()
    shadow.flush()
    buffer = layer.get_buffer()
    shadow.copy(there, Gegl.AbyssPolicy.NONE, buffer, there)
    buffer.flush()
    layer.free_shadow()


def _child(graph: Gegl.Node, operation: str, **properties: object) -> Gegl.Node:
    node = graph.create_child(operation)
    for name, value in properties.items():
        node.set_property(name.replace("_", "-"), value)
    return node
