# SPDX-License-Identifier: GPL-3.0-or-later
"""The ways of a selection and of pixels between a layer and its float copy, for filters that are merged there."""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Iterator

from gi.repository import Gegl, Gimp

from .layers import by_tables, copy_selection

FAINT = 2.0**-31  # so far selected that GIMP sees it and no user does: just above the steps of 32-bit integers
# Between two filters GIMP itself keeps these as they are, clipped, for 32-bit floats can't hold all their values.
INTEGERS_KEPT = (Gimp.Precision.U32_LINEAR, Gimp.Precision.U32_NON_LINEAR, Gimp.Precision.U32_PERCEPTUAL)


def to_float(scratch: Gimp.Image) -> None:
    """Makes the scratch image one of 32-bit floats in linear light, as which GIMP runs filters that are appended."""
    profile = scratch.get_color_profile()
    if profile is not None and by_tables(profile):
        scratch.set_color_profile(Gimp.ColorProfile.new_rgb_srgb())  # as which GEGL takes the numbers
    if scratch.get_precision() not in (Gimp.Precision.FLOAT_LINEAR, *INTEGERS_KEPT):
        scratch.convert_precision(Gimp.Precision.FLOAT_LINEAR)  # makes the profile linear with it


def select_same(image: Gimp.Image, layer: Gimp.Layer, scratch: Gimp.Image) -> None:
    """Selects in the scratch image what is selected of the layer, so that each filter stops there by itself.

    What GIMP merges sees nothing beyond the selection's bounds; what it appends does, and a blur shows it. So the
    bounds are the whole layer here: two corners are selected, faintly.
    """
    Gimp.Selection.all(scratch)
    selection = scratch.get_selection()  # written to directly: by way of a channel it would take more memory
    copy_selection(image, layer, selection)
    buffer = selection.get_buffer()
    for x, y in ((0, 0), (layer.get_width() - 1, layer.get_height() - 1)):
        corner = Gegl.Rectangle.new(x, y, 1, 1)
        if not any(buffer.get(corner, 1.0, "Y float", Gegl.AbyssPolicy.NONE)):
            buffer.set(corner, "Y float", struct.pack("f", FAINT))
    buffer.flush()
    selection.update(0, 0, layer.get_width(), layer.get_height())


def to_shadow(copy: Gimp.Layer, layer: Gimp.Layer) -> None:
    """Writes the copy's pixels into the layer's shadow buffer: rounded once, if the layer is of integers."""
    whole = Gegl.Rectangle.new(0, 0, layer.get_width(), layer.get_height())
    shadow = layer.get_shadow_buffer()
    copy.get_buffer().copy(whole, Gegl.AbyssPolicy.NONE, shadow, whole)
    shadow.flush()


def write_shadow(image: Gimp.Image, layer: Gimp.Layer) -> None:
    """Makes the shadow buffer the layer's pixels, all of it: GIMP alone would stop at the selection once more."""
    with nothing_selected(image):
        layer.merge_shadow(True)
        layer.update(0, 0, layer.get_width(), layer.get_height())


@contextlib.contextmanager
def nothing_selected(image: Gimp.Image) -> Iterator[None]:
    """A while in which no selection limits anything. Its undo step's Redo doesn't bring the selection back."""
    selection, canvas = image.get_selection(), Gegl.Rectangle.new(0, 0, image.get_width(), image.get_height())
    if Gimp.Selection.is_empty(image):
        yield
        return
    # Kept here, not in a channel: undoing that leaves no layer selected in GIMP 3.2.
    selected = selection.get_buffer().get(canvas, 1.0, "Y float", Gegl.AbyssPolicy.NONE)
    Gimp.Selection.none(image)
    try:
        yield
    finally:
        Gimp.Selection.all(image)  # a step in the history, which takes along what is written now
        buffer = selection.get_buffer()
        buffer.set(canvas, "Y float", selected)
        buffer.flush()
        selection.update(0, 0, image.get_width(), image.get_height())
