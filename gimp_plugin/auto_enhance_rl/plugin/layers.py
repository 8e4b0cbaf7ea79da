# SPDX-License-Identifier: GPL-3.0-or-later
"""The layer that the user selected: whether it can be worked on, and what the agent is shown of it."""

from __future__ import annotations

import math
import struct

from gi.repository import Gegl, Gimp

from .messages import TITLE, _, calling_error
from .own_filters import own_filters

FLOATS = {
    getattr(Gimp.Precision, f"{kind}_{curve}")
    for kind in ("HALF", "FLOAT", "DOUBLE")
    for curve in ("LINEAR", "NON_LINEAR", "PERCEPTUAL")
}
HALF_SELECTED = 128  # of 255
HALF_A_LEVEL = 0.5 / 255  # no one sees less; profiles hold sRGB's primaries rounded


def check_drawables(image: Gimp.Image, drawables: list[Gimp.Drawable]) -> Gimp.Layer:
    """The one layer to put filters on."""
    layer = one_layer(image, drawables, TITLE)
    check_unlocked(layer)
    return layer


def one_layer(image: Gimp.Image, drawables: list[Gimp.Drawable], title: str) -> Gimp.Layer:
    """The one layer to work on. GIMP greys out the menu item for most of these, but checks nothing in batch calls.

    title: the menu item's.
    """
    if len(drawables) != 1:
        message = _("{plug_in} works on one layer, and {count} are selected. Select one.")
        raise calling_error(message.format(plug_in=title, count=len(drawables)))
    layer = drawables[0]
    if not isinstance(layer, Gimp.Layer):
        message = _(
            "{plug_in} works on a layer, and “{name}” is a mask or channel. "
            "Select the layer itself: click its picture in the Layers dialog."
        )
        raise calling_error(message.format(plug_in=title, name=layer.get_name()))
    if image.get_base_type() == Gimp.ImageBaseType.INDEXED:
        message = _(
            "{plug_in} can't work on an indexed image: its palette has no room for new colours. "
            "Convert it first: Image > Mode > RGB."
        )
        raise calling_error(message.format(plug_in=title))
    if layer.is_floating_sel():
        message = _(
            "{plug_in} can't work on a floating selection. Anchor it first: Layer > Anchor Floating Layer or Mask."
        )
        raise calling_error(message.format(plug_in=title))
    return layer


def check_unlocked(item: Gimp.Item | None) -> None:
    """Of a layer or group, and of the groups that it is in: GIMP lets a plug-in through, so the lock is kept here."""
    while item is not None:
        if item.get_lock_content():
            message = _("The pixels of “{name}” are locked. Unlock them in the Layers dialog.")
            raise calling_error(message.format(name=item.get_name()))
        item = item.get_parent()


def check_merged(layer: Gimp.Layer) -> None:
    if layer.is_group():
        message = _(
            "“{name}” is a group, and filters can't be merged into one. "
            "Apply as filters instead, or select a layer in it."
        )
        raise calling_error(message.format(name=layer.get_name()))
    # Since 3.2: text, vector and link layers, whose pixels GIMP draws again whenever their source changes.
    rasterizable = getattr(Gimp, "Rasterizable", None)
    if rasterizable and isinstance(layer, rasterizable) and not layer.is_rasterized():
        message = _(
            "“{name}” has no pixels of its own to merge filters into. "
            "Apply as filters instead, or rasterize it first: Layer > Rasterize."
        )
        raise calling_error(message.format(name=layer.get_name()))


def from_srgb_matrix(image: Gimp.Image) -> list[float] | None:
    """The matrix from linear sRGB to the image's linear RGB, row by row; None where they are the same, or it is grey.

    GEGL works in the image's own primaries, so the filters need to know them. None too for a profile that is made of
    lookup tables: GEGL then works on the numbers as if they were sRGB's.
    """
    profile = image.get_color_profile()
    if profile is None or image.get_base_type() == Gimp.ImageBaseType.GRAY or by_tables(profile):
        return None
    # GIMP is asked for its own colours of sRGB's red, green and blue: nobody else's reading of the profile counts.
    scratch = Gimp.Image.new_with_precision(3, 1, Gimp.ImageBaseType.RGB, Gimp.Precision.FLOAT_LINEAR)
    try:
        scratch.set_color_profile(profile)
        layer = Gimp.Layer.new(scratch, "", 3, 1, Gimp.ImageType.RGB_IMAGE, 100.0, Gimp.LayerMode.NORMAL)
        scratch.insert_layer(layer, None, 0)
        whole = Gegl.Rectangle.new(0, 0, 3, 1)
        buffer = layer.get_buffer()
        buffer.set(whole, "RGB float", struct.pack("9f", 1, 0, 0, 0, 1, 0, 0, 0, 1))
        buffer.flush()
        columns = struct.unpack("9f", buffer.get(whole, 1.0, None, Gegl.AbyssPolicy.NONE))
        del buffer  # GIMP kills a plug-in whose buffer outlives its image
    finally:
        scratch.delete()
    matrix = [columns[3 * column + row] for row in range(3) for column in range(3)]
    differs = max(abs(value - (i % 4 == 0)) for i, value in enumerate(matrix))
    return matrix if differs > HALF_A_LEVEL else None


def holds_beyond(image: Gimp.Image, layer: Gimp.Layer) -> bool:
    """Whether filters on the layer may meet values darker than black or brighter than white: in an image of floats, and
    above filters of the user's own."""
    own = {each.get_id() for each in own_filters(layer)}
    return image.get_precision() in FLOATS or any(each.get_id() not in own for each in layer.get_filters())


def by_tables(profile: Gimp.ColorProfile) -> bool:
    """Whether an RGB profile is made of lookup tables. GEGL can't read those, and takes the numbers as sRGB's."""
    return profile.is_rgb() and not Gimp.ColorTransform.can_gegl_copy(profile, Gimp.ColorProfile.new_rgb_srgb())


def pixels(image: Gimp.Image, layer: Gimp.Layer) -> tuple[int, int, int, bytes]:
    """(width, height, channels, bytes): what is seen of the layer, own filters included, in sRGB.

    That is the part on the canvas, and with a selection the selected part, in which alpha says how far each pixel is
    selected. Of a layer that lies beside the canvas it is the whole layer.
    """
    x, y, width, height, weighted = seen_part(image, layer)
    profile = image.get_color_profile()
    tables = profile is not None and by_tables(profile)
    channels, babl_format = (4, "R'G'B'A u8") if weighted or layer.has_alpha() else (3, "R'G'B' u8")
    scratch = None
    if weighted or tables or layer.get_filters():  # a layer's buffer is its pixels before its filters
        scratch = scratch_image(image, layer)
        if weighted:
            mask_by_selection(image, layer, scratch.get_layers()[0])
        layer = scratch.merge_visible_layers(Gimp.MergeType.CLIP_TO_IMAGE)
        if tables:
            scratch.convert_color_profile(
                Gimp.ColorProfile.new_rgb_srgb(), Gimp.ColorRenderingIntent.RELATIVE_COLORIMETRIC, False
            )
    try:
        rectangle = Gegl.Rectangle.new(x, y, width, height)
        data = layer.get_buffer().get(rectangle, 1.0, babl_format, Gegl.AbyssPolicy.NONE)
    finally:
        if scratch is not None:
            scratch.delete()
    return width, height, channels, data


def seen_part(image: Gimp.Image, layer: Gimp.Layer) -> tuple[int, int, int, int, bool]:
    """(x, y, width, height) in the layer, and whether some of it is selected less than fully."""
    there, x, y, width, height = layer.mask_intersect()
    if not there:
        message = _("The selection lies outside “{name}”. Change it, or use Select > None.")
        raise calling_error(message.format(name=layer.get_name()))
    left, top = layer.get_offsets()[1:]
    if Gimp.Selection.is_empty(image):
        right, bottom = min(x + width, image.get_width() - left), min(y + height, image.get_height() - top)
        x, y = max(x, -left), max(y, -top)
        if right <= x or bottom <= y:
            return 0, 0, layer.get_width(), layer.get_height(), False
        return x, y, right - x, bottom - y, False
    rectangle = Gegl.Rectangle.new(x + left, y + top, width, height)
    selected = image.get_selection().get_buffer().get(rectangle, 1.0, "Y u8", Gegl.AbyssPolicy.NONE)
    return x, y, width, height, selected.count(255) < len(selected)


def is_selected(image: Gimp.Image, layer: Gimp.Layer, x: float, y: float) -> bool:
    """Whether a point of the layer is at least half selected; without a selection, whether it is on the canvas, if any
    of the layer is."""
    left, top = layer.get_offsets()[1:]
    column, row = math.floor(left + x), math.floor(top + y)
    if Gimp.Selection.is_empty(image):
        beside_canvas = not (
            -layer.get_width() < left < image.get_width() and -layer.get_height() < top < image.get_height()
        )
        return beside_canvas or (0 <= column < image.get_width() and 0 <= row < image.get_height())
    pixel = Gegl.Rectangle.new(column, row, 1, 1)
    return image.get_selection().get_buffer().get(pixel, 1.0, "Y u8", Gegl.AbyssPolicy.NONE)[0] >= HALF_SELECTED


def mask_by_selection(image: Gimp.Image, layer: Gimp.Layer, copy: Gimp.Layer) -> None:
    """Gives a copy of the layer, in an image of its own, the selection as its mask."""
    copy.add_alpha()
    mask = copy.create_mask(Gimp.AddMaskType.BLACK)
    copy.add_mask(mask)
    copy_selection(image, layer, mask)


def copy_selection(image: Gimp.Image, layer: Gimp.Layer, channel: Gimp.Drawable) -> None:
    """Copies what is selected of the layer into a mask or channel of its size."""
    left, top = layer.get_offsets()[1:]
    # Beyond the canvas nothing is selected, which is what the abyss is filled with.
    there = Gegl.Rectangle.new(left, top, layer.get_width(), layer.get_height())
    here = Gegl.Rectangle.new(0, 0, layer.get_width(), layer.get_height())
    buffer = channel.get_buffer()
    image.get_selection().get_buffer().copy(there, Gegl.AbyssPolicy.NONE, buffer, here)
    buffer.flush()


def scratch_image(image: Gimp.Image, layer: Gimp.Layer, own: bool = False) -> Gimp.Image:
    """A throw-away image with a copy of the layer, its filters included, and nothing else.

    own: with the filters of an earlier run too.
    """
    scratch = Gimp.Image.new_with_precision(
        layer.get_width(), layer.get_height(), image.get_base_type(), image.get_precision()
    )
    scratch.undo_disable()
    profile = image.get_color_profile()
    if profile is not None:  # GEGL works in the profile's primaries, so without it the filters would do other things
        scratch.set_color_profile(profile)
    copy = Gimp.Layer.new_from_drawable(layer, scratch)
    scratch.insert_layer(copy, None, 0)
    for unlock in (copy.set_lock_content, copy.set_lock_position, copy.set_lock_visibility, copy.set_lock_alpha):
        unlock(False)
    copy.set_offsets(0, 0)
    for each in [] if own else own_filters(copy):  # of an earlier run; they will go
        each.delete()
    # Only the layer's own pixels count, not how it is laid over others.
    copy.set_visible(True)
    copy.set_opacity(100.0)
    copy.set_mode(Gimp.LayerMode.NORMAL)
    if copy.get_mask() is not None:
        copy.remove_mask(Gimp.MaskApplyMode.DISCARD)
    return scratch
