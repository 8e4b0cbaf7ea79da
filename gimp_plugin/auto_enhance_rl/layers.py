# SPDX-License-Identifier: GPL-3.0-or-later
"""The layer that the user selected: whether it can be worked on, and what the agent is shown of it."""

from __future__ import annotations

from gi.repository import Gegl, Gimp
from ours import ours
from words import TITLE, wrong_call


def check_drawables(image: Gimp.Image, drawables: list[Gimp.Drawable]) -> Gimp.Layer:
    """The one layer to work on. GIMP greys out the menu item for most of these, but checks nothing in batch calls."""
    if len(drawables) != 1:
        raise wrong_call(f"{TITLE} works on one layer, and {len(drawables)} are selected. Select one.")
    layer = drawables[0]
    if not isinstance(layer, Gimp.Layer):
        raise wrong_call(
            f"{TITLE} works on a layer, and “{layer.get_name()}” is a mask or channel. "
            "Select the layer itself: click its picture in the Layers dialog."
        )
    if image.get_base_type() == Gimp.ImageBaseType.INDEXED:
        raise wrong_call(
            f"{TITLE} can't work on an indexed image: its palette has no room for new colours. "
            "Convert it first: Image > Mode > RGB."
        )
    if layer.is_floating_sel():
        raise wrong_call(f"{TITLE} can't work on a floating selection. Anchor it first: Layer > Anchor Layer.")
    item = layer
    while item is not None:  # GIMP lets a filter through on a locked layer, so the lock is kept here
        if item.get_lock_content():
            raise wrong_call(f"The pixels of “{item.get_name()}” are locked. Unlock them in the Layers dialog.")
        item = item.get_parent()
    return layer


def check_merged(layer: Gimp.Layer) -> None:
    if layer.is_group():
        raise wrong_call(
            f"“{layer.get_name()}” is a group, and filters can't be merged into one. "
            "Apply as filters instead, or select a layer in it."
        )
    # Since 3.2: text, vector and link layers, whose pixels GIMP draws again whenever their source changes.
    rasterizable = getattr(Gimp, "Rasterizable", None)
    if rasterizable and isinstance(layer, rasterizable) and not layer.is_rasterized():
        raise wrong_call(
            f"“{layer.get_name()}” has no pixels of its own to merge filters into. "
            "Apply as filters instead, or rasterize it first: Layer > Rasterize."
        )


def pixels(image: Gimp.Image, layer: Gimp.Layer) -> tuple[int, int, int, bytes]:
    """(width, height, channels, bytes): the selected part of the layer as it shows, own filters included, in sRGB."""
    there, x, y, width, height = layer.mask_intersect()
    if not there:
        raise wrong_call(f"The selection lies outside “{layer.get_name()}”. Change it, or use Select > None.")
    channels, babl_format = (4, "R'G'B'A u8") if layer.has_alpha() else (3, "R'G'B' u8")
    rectangle = Gegl.Rectangle.new(x, y, width, height)
    scratch = None
    if layer.get_filters():  # a layer's buffer is its pixels before its filters: render those on a copy
        scratch = scratch_image(image, layer)
        layer = scratch.merge_visible_layers(Gimp.MergeType.CLIP_TO_IMAGE)
    try:
        data = layer.get_buffer().get(rectangle, 1.0, babl_format, Gegl.AbyssPolicy.NONE)
    finally:
        if scratch is not None:
            scratch.delete()
    return width, height, channels, data


def scratch_image(image: Gimp.Image, layer: Gimp.Layer) -> Gimp.Image:
    """A throw-away image with a copy of the layer, its filters included, and nothing else."""
    scratch = Gimp.Image.new_with_precision(
        layer.get_width(), layer.get_height(), image.get_base_type(), image.get_precision()
    )
    scratch.undo_disable()
    profile = image.get_color_profile()
    if profile is not None:  # GEGL works in the profile's primaries, so without it the filters would do other things
        scratch.set_color_profile(profile)
    copy = Gimp.Layer.new_from_drawable(layer, scratch)
    scratch.insert_layer(copy, None, 0)
    copy.set_offsets(0, 0)
    for each in ours(copy):  # of an earlier run; they will go
        each.delete()
    # Only the layer's own pixels count, not how it is laid over others.
    copy.set_visible(True)
    copy.set_opacity(100.0)
    copy.set_mode(Gimp.LayerMode.NORMAL)
    if copy.get_mask() is not None:
        copy.remove_mask(Gimp.MaskApplyMode.DISCARD)
    return scratch
