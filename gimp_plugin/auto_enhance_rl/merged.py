# SPDX-License-Identifier: GPL-3.0-or-later
"""The ways of a selection and of pixels between a layer and its float copy, for filters that are merged there."""

from __future__ import annotations

from gi.repository import Gegl, Gimp
from layers import copy_selection


def select_same(image: Gimp.Image, layer: Gimp.Layer, scratch: Gimp.Image) -> None:
    """Selects in the scratch image what is selected of the layer, so that each filter stops there by itself."""
    channel = Gimp.Channel.new(scratch, "", layer.get_width(), layer.get_height(), 100.0, Gegl.Color.new("black"))
    scratch.insert_channel(channel, None, 0)
    copy_selection(image, layer, channel)
    scratch.select_item(Gimp.ChannelOps.REPLACE, channel)
    scratch.remove_channel(channel)


def to_shadow(copy: Gimp.Layer, layer: Gimp.Layer) -> None:
    """Writes the copy's pixels into the layer's shadow buffer: rounded once, if the layer is of integers."""
    whole = Gegl.Rectangle.new(0, 0, layer.get_width(), layer.get_height())
    shadow = layer.get_shadow_buffer()
    copy.get_buffer().copy(whole, Gegl.AbyssPolicy.NONE, shadow, whole)
    shadow.flush()


def write_shadow(image: Gimp.Image, layer: Gimp.Layer) -> None:
    """Makes the shadow buffer the layer's pixels, all of it: GIMP alone would stop at the selection once more."""
    selected = image.get_selected_layers()
    kept = None if Gimp.Selection.is_empty(image) else Gimp.Selection.save(image)
    if kept is not None:
        Gimp.Selection.none(image)
    layer.merge_shadow(True)
    layer.update(0, 0, layer.get_width(), layer.get_height())
    if kept is not None:
        image.select_item(Gimp.ChannelOps.REPLACE, kept)
        image.remove_channel(kept)
        image.set_selected_layers(selected)  # saving a selection makes its channel the selected item
