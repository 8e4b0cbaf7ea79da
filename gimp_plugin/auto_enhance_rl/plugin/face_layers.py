# SPDX-License-Identifier: GPL-3.0-or-later
"""The layers that an edit of faces makes: a group above the photo's layer, which itself stays as it is."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from gi.repository import Gegl, Gimp

from editor_ops import Filter

from .face_warp import Box, warp
from .filters import append, new_filters, one_undo_step
from .layers import pixels, scratch_image
from .merged import nothing_selected
from .messages import _, calling_error
from .own_filters import KEPT

PARASITE = "auto-enhance-rl-faces"


class Seen:
    """What is seen of a layer, its filters included, kept as it was when the faces were looked for.

    width, height, channels: of `take_data`'s bytes, as `layers.pixels` has them. opaque: whether nothing shows through.
    """

    def __init__(self, image: Gimp.Image, layer: Gimp.Layer) -> None:
        self._scratch = scratch_image(image, layer, own=True)
        self.layer = self._scratch.get_layers()[0]
        if self.layer.get_filters() or not is_plain(self.layer):
            self.layer = self._scratch.merge_visible_layers(Gimp.MergeType.CLIP_TO_IMAGE)
        try:
            self.width, self.height, self.channels, self._data = pixels(self._scratch, self.layer)
            alpha = self._data[3::4] if self.channels == 4 else b""
            self.opaque = alpha.count(255) == len(alpha)
        except BaseException:
            self.close()
            raise

    def can_be_seen(self, x: float, y: float) -> bool:
        """Whether a pixel of the layer is not wholly clear."""
        if self.opaque:
            return True
        column, row = min(max(0, int(x)), self.width - 1), min(max(0, int(y)), self.height - 1)
        pixel = Gegl.Rectangle.new(column, row, 1, 1)
        red_green_blue_alpha = self.layer.get_buffer().get(pixel, 1.0, "R'G'B'A u8", Gegl.AbyssPolicy.NONE)
        return red_green_blue_alpha[3] > 0

    def take_data(self) -> bytes:
        """The pixels, once: nothing keeps them afterwards."""
        data, self._data = self._data, b""
        return data

    def close(self) -> None:
        self._scratch.delete()


def is_plain(layer: Gimp.Layer) -> bool:
    """Whether it has pixels of its own: groups have none, nor have text, vector and link layers, whose GIMP draws."""
    rasterizable = getattr(Gimp, "Rasterizable", None)  # since 3.2
    drawn = isinstance(layer, rasterizable) if rasterizable else isinstance(layer, Gimp.TextLayer)
    return not layer.is_group() and not drawn


@dataclass(frozen=True)
class FacePart:
    """What an edit does to one face.

    box: what it can touch. displacement: as `face_warp.warp` has it, empty where the shape stays. mask: a byte a pixel
    of the box, how far each is skin. filters: those for the skin, none where it stays.
    """

    box: Box
    displacement: bytes = b""
    mask: bytes = b""
    filters: list[Filter] = field(default_factory=list)


def earlier(image: Gimp.Image, layer: Gimp.Layer) -> tuple[Gimp.Layer, Gimp.GroupLayer | None]:
    """The layer with the photo, and the group that an earlier run made of it, if any.

    layer: what the user selected: the photo's layer, or that group, or a layer in it. Where the photo's layer is gone,
    the selected one is a photo like any other.
    """
    for group in (layer, layer.get_parent()):
        if group is not None and read_record(group):
            source = _source(image, group)
            if source is not None:
                return source, group
    for sibling in siblings(image, layer):
        if read_record(sibling) and _same(_source(image, sibling), layer):
            return layer, sibling
    return layer, None


def _same(one: Gimp.Item | None, other: Gimp.Item) -> bool:
    return one is not None and one.get_id() == other.get_id()


def siblings(image: Gimp.Image, item: Gimp.Layer) -> list[Gimp.Layer]:
    """The item and those beside it, the top one first."""
    parent = item.get_parent()
    return list(parent.get_children() if parent is not None else image.get_layers())


def _source(image: Gimp.Image, group: Gimp.GroupLayer) -> Gimp.Layer | None:
    """The layer that the group was made of: one below it, by its number or name, and of the same size still.

    A number alone won't do: GIMP 3.0 gives a duplicated image's layers new ones.
    """
    record, beside = read_record(group), siblings(image, group)
    size = (group.get_width(), group.get_height())
    for each in beside[image.get_item_position(group) + 1 :]:
        known = each.get_tattoo() == record.get("tattoo") or each.get_name() == record.get("name")
        if known and (each.get_width(), each.get_height()) == size:
            return each
    return None


def read_record(group: Gimp.Item) -> dict[str, Any]:
    """What `write_record` wrote; empty where nothing did, or a file from anywhere holds anything else."""
    parasite = group.get_parasite(PARASITE) if isinstance(group, Gimp.GroupLayer) else None
    if parasite is None:
        return {}
    try:
        record = json.loads(bytes(parasite.get_data()))
    except (ValueError, RecursionError):
        return {}
    return record if isinstance(record, dict) else {}


def write_record(group: Gimp.GroupLayer, record: dict[str, Any]) -> None:
    group.attach_parasite(Gimp.Parasite.new(PARASITE, KEPT, list(json.dumps(record).encode())))


def apply_faces(
    image: Gimp.Image, layer: Gimp.Layer, there: Gimp.GroupLayer | None, seen: Seen, parts: list[FacePart],
    record: dict[str, Any],
) -> Gimp.GroupLayer | None:  # fmt: skip
    """Puts the edit above the layer, in place of the group that is there from an earlier run; one undo step, if any.

    record: what the group is to remember of it. With no parts, that group goes, and None is returned.
    """
    if not parts and there is None:
        return None
    visible = layer.get_visible() or was_hidden(there)
    hides = bool(parts) and shows_through(layer, seen)
    shape, skins = new_layers(image, layer, seen, parts) if parts else (None, [])
    group = Gimp.GroupLayer.new(image, _("Faces")) if parts else None
    with one_undo_step(image):
        if there is not None:
            image.remove_layer(there)
        if group is not None:
            image.insert_layer(group, layer.get_parent(), image.get_item_position(layer))
            for each in (shape, *(skin for skin, _filters in skins)):  # the lowest first
                image.insert_layer(each, group, 0)
                if each.get_mask() is not None:
                    each.set_edit_mask(False)  # else GIMP takes the mask for what is selected when the layer is
            with nothing_selected(image):
                for skin, filters in skins:
                    append(skin, filters)  # only now: with filters that a layer brings along, Redo brings it without
            take_looks(group, layer, hides)
            group.set_visible(visible)
            made_of = {"tattoo": layer.get_tattoo(), "name": layer.get_name(), "hid": hides}
            write_record(group, record | made_of)
        if layer.get_visible() != (visible and not hides):
            layer.set_visible(visible and not hides)
        image.set_selected_layers([group or layer])
    return group


def check_hiding(layer: Gimp.Layer, there: Gimp.GroupLayer | None, seen: Seen) -> None:
    """PluginError where the layer has to be hidden or shown again, and must not be."""
    if layer.get_lock_visibility() and shows_through(layer, seen) != was_hidden(there):
        message = _("The visibility of “{name}” is locked. Unlock it in the Layers dialog.")
        raise calling_error(message.format(name=layer.get_name()))


def was_hidden(there: Gimp.GroupLayer | None) -> bool:
    """Whether an earlier run has hidden the layer that it made this group of."""
    return there is not None and bool(read_record(there).get("hid"))


def shows_through(layer: Gimp.Layer, seen: Seen) -> bool:
    """Whether the layer would be seen beside or through its warped copy, and so must be hidden."""
    usual = layer.get_mode() == Gimp.LayerMode.NORMAL and layer.get_opacity() == 100.0
    return not (usual and seen.opaque and layer.get_mask() is None)


def take_looks(group: Gimp.GroupLayer, layer: Gimp.Layer, hides: bool) -> None:
    """Lays the group over what is below as the layer is, where that is hidden."""
    if not hides:
        return
    group.set_opacity(layer.get_opacity())
    if layer.get_mode() != Gimp.LayerMode.PASS_THROUGH:  # its group was rendered by itself
        group.set_mode(layer.get_mode())
        group.set_blend_space(layer.get_blend_space())
        group.set_composite_space(layer.get_composite_space())
        group.set_composite_mode(layer.get_composite_mode())


Skin = tuple[Gimp.Layer, list[Gimp.DrawableFilter]]
"""A layer, and filters made for it that are not on it yet."""


def new_layers(
    image: Gimp.Image, layer: Gimp.Layer, seen: Seen, parts: list[FacePart]
) -> tuple[Gimp.Layer, list[Skin]]:
    """The copy with the shapes changed, and a layer for each face whose skin changes; in no image yet. All or none."""
    left, top = layer.get_offsets()[1:]
    shape = Gimp.Layer.new_from_drawable(seen.layer, image)
    made, skins = [shape], []
    try:
        shape.set_name(_("Face: shape"))
        shape.set_offsets(left, top)
        for number, part in enumerate(parts, 1):
            if part.displacement:
                warp(shape, part.box, part.displacement)
            Gimp.progress_update(0.5 + number / (4 * len(parts)))  # the first half was the agent's
        copy_mask(layer, shape)
        changed = [part for part in parts if part.filters]
        for number, part in enumerate(changed, 1):
            name = _("Face: skin") if len(changed) == 1 else _("Face: skin {number}").format(number=number)
            skin = skin_layer(image, shape, part, name)
            made.append(skin)
            skin.set_offsets(left + part.box[0], top + part.box[1])
            skins.append((skin, new_filters(skin, part.filters)))
            Gimp.progress_update(0.75 + number / (4 * len(changed)))
    except BaseException:
        for each in made:
            each.delete()
        raise
    return shape, skins


def copy_mask(layer: Gimp.Layer, shape: Gimp.Layer) -> None:
    mask = layer.get_mask()
    if mask is None:
        return
    copy = shape.create_mask(Gimp.AddMaskType.WHITE)
    shape.add_mask(copy)
    buffer, whole = copy.get_buffer(), Gegl.Rectangle.new(0, 0, layer.get_width(), layer.get_height())
    mask.get_buffer().copy(whole, Gegl.AbyssPolicy.NONE, buffer, whole)
    buffer.flush()
    shape.set_apply_mask(layer.get_apply_mask())


def skin_layer(image: Gimp.Image, shape: Gimp.Layer, part: FacePart, name: str) -> Gimp.Layer:
    """The box of the warped layer once more, with the skin as its mask."""
    x, y, width, height = part.box
    here = Gegl.Rectangle.new(0, 0, width, height)
    skin = Gimp.Layer.new(image, name, width, height, shape.type(), 100.0, Gimp.LayerMode.NORMAL)
    buffer = skin.get_buffer()
    shape.get_buffer().copy(Gegl.Rectangle.new(x, y, width, height), Gegl.AbyssPolicy.NONE, buffer, here)
    buffer.flush()
    mask = skin.create_mask(Gimp.AddMaskType.BLACK)
    skin.add_mask(mask)
    shares = mask.get_buffer()
    shares.set(here, "Y u8", part.mask)
    shares.flush()
    # Where the photo is clear or masked, so is the skin.
    skin.set_composite_mode(Gimp.LayerCompositeMode.CLIP_TO_BACKDROP)
    return skin
