# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters written into the layer's pixels: the same picture as appended ones show."""

from __future__ import annotations

from agent import Filter
from filters import delete, new_filters, one_undo_step
from gi.repository import Gegl, Gimp
from layers import copy_selection, scratch_image


def merge(image: Gimp.Image, layer: Gimp.Layer, filters: list[Filter]) -> None:
    """Merges the layer's own filters, then these, which stop at the selection. One step in the history.

    Filter by filter on a float copy: half the time and a quarter of the memory of GIMP's merging of a tall stack
    (8 s and 1.3 GB against 15 s and 4.7 GB for 24 megapixels), and as exact, for nothing is rounded in between.
    """
    scratch = scratch_image(image, layer)
    try:
        scratch.convert_precision(Gimp.Precision.FLOAT_LINEAR)  # makes the profile linear with it
        copy = scratch.get_layers()[0]
        if copy.get_filters():
            copy.merge_filters()
        if not Gimp.Selection.is_empty(image):
            select_same(image, layer, scratch)
        for done, filter_ in enumerate(new_filters(copy, filters), 1):
            copy.merge_filter(filter_)
            Gimp.progress_update(done / (len(filters) + 1))
        whole = Gegl.Rectangle.new(0, 0, layer.get_width(), layer.get_height())
        shadow = layer.get_shadow_buffer()
        copy.get_buffer().copy(whole, Gegl.AbyssPolicy.NONE, shadow, whole)
        shadow.flush()
        del shadow
    finally:
        scratch.delete()
    with one_undo_step(image):
        delete(list(reversed(layer.get_filters())))
        write(image, layer)


def select_same(image: Gimp.Image, layer: Gimp.Layer, scratch: Gimp.Image) -> None:
    """Selects in the scratch image what is selected of the layer, so that each filter stops there by itself."""
    channel = Gimp.Channel.new(scratch, "", layer.get_width(), layer.get_height(), 100.0, Gegl.Color.new("black"))
    scratch.insert_channel(channel, None, 0)
    copy_selection(image, layer, channel)
    scratch.select_item(Gimp.ChannelOps.REPLACE, channel)
    scratch.remove_channel(channel)


def write(image: Gimp.Image, layer: Gimp.Layer) -> None:
    """The shadow buffer becomes the layer's pixels: all of it, where GIMP alone would stop at the selection again."""
    active = image.get_selected_drawables()
    kept = None if Gimp.Selection.is_empty(image) else Gimp.Selection.save(image)
    if kept is not None:
        Gimp.Selection.none(image)
    layer.merge_shadow(True)
    layer.update(0, 0, layer.get_width(), layer.get_height())
    if kept is not None:
        image.select_item(Gimp.ChannelOps.REPLACE, kept)
        image.remove_channel(kept)
        image.set_selected_layers(active)  # saving a selection makes its channel the active one
