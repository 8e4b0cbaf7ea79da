# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs inside GIMP, imported by scripts beside it: every kind of image and layer of docs/image-kinds.md.

/case/picture.npy has the picture, uint8 (H, W, 3) in sRGB; /case/NAME.icc the profiles, /case/picture.png what is
linked.
"""

import numpy as np
from gi.repository import Gegl, Gimp, Gio

PICTURE = np.load("/case/picture.npy")
NEW = Gimp.ChannelOps.REPLACE
KINDS = {}


def kind(name, **how):
    """Registers a function that makes an image of this kind and returns (image, what is selected in it)."""

    def register(make):
        KINDS[name] = (make, how)
        return make

    return register


def picture(precision=Gimp.Precision.U8_NON_LINEAR, data=PICTURE, form="R'G'B' u8", base=Gimp.ImageBaseType.RGB):
    """An image with one layer of this data."""
    height, width, channels = data.shape
    image = Gimp.Image.new_with_precision(width, height, base, precision)
    type_ = {1: Gimp.ImageType.GRAY_IMAGE, 3: Gimp.ImageType.RGB_IMAGE, 4: Gimp.ImageType.RGBA_IMAGE}[channels]
    layer = Gimp.Layer.new(image, "photo", width, height, type_, 100.0, Gimp.LayerMode.NORMAL)
    image.insert_layer(layer, None, 0)
    buffer = layer.get_buffer()
    buffer.set(Gegl.Rectangle.new(0, 0, width, height), form, data.tobytes())
    buffer.flush()
    return image, [layer]


def of_precision(name, precision):
    kind(name)(lambda: picture(precision))


of_precision("RGB, 8 bits", Gimp.Precision.U8_NON_LINEAR)
of_precision("16 bits", Gimp.Precision.U16_NON_LINEAR)
of_precision("32-bit integers", Gimp.Precision.U32_NON_LINEAR)
of_precision("16-bit float", Gimp.Precision.HALF_NON_LINEAR)
of_precision("32-bit float", Gimp.Precision.FLOAT_NON_LINEAR)
of_precision("64-bit float", Gimp.Precision.DOUBLE_NON_LINEAR)
of_precision("Linear light, 8 bits", Gimp.Precision.U8_LINEAR)
of_precision("Linear light, 16 bits", Gimp.Precision.U16_LINEAR)
of_precision("Linear light, 32-bit float", Gimp.Precision.FLOAT_LINEAR)


@kind("Brighter than white")
def hdr():
    return picture(Gimp.Precision.FLOAT_LINEAR, (PICTURE / 255 * 2).astype(np.float32), "R'G'B' float")


@kind("Grey")
def grey():
    return picture(data=PICTURE[..., 1:2].copy(), form="Y' u8", base=Gimp.ImageBaseType.GRAY)


@kind("Grey with a profile")
def grey_with_profile():
    image, layers = grey()
    image.convert_precision(Gimp.Precision.U16_NON_LINEAR)
    image.convert_color_profile(
        Gimp.ColorProfile.new_d65_gray_linear(), Gimp.ColorRenderingIntent.RELATIVE_COLORIMETRIC, False
    )
    return image, layers


def with_alpha(alpha):
    return picture(data=np.dstack([PICTURE, alpha]).astype(np.uint8), form="R'G'B'A u8")


@kind("Transparency")
def transparency():
    """Clear at the left, solid at the right."""
    height, width, _ = PICTURE.shape
    return with_alpha(np.tile(np.clip(np.linspace(-100, 350, width), 0, 255), (height, 1)))


@kind("Wholly transparent")
def transparent():
    return with_alpha(np.zeros(PICTURE.shape[:2]))


def in_profile(name):
    def make():
        image, layers = picture(Gimp.Precision.FLOAT_NON_LINEAR)  # integers clip elsewhere than sRGB's do
        profile = Gimp.ColorProfile.new_from_icc_profile(profile_of(name))
        image.convert_color_profile(profile, Gimp.ColorRenderingIntent.RELATIVE_COLORIMETRIC, False)
        return image, layers

    return make


def profile_of(name):
    with open(f"/case/{name}.icc", "rb") as file:
        return file.read()


for name in ("AdobeRGB", "Display P3", "ProPhoto"):
    kind(name)(in_profile(name))
kind("Linear-light profile")(in_profile("Linear AdobeRGB"))


@kind("Profile of lookup tables")
def lookup_tables():
    image, layers = picture()
    image.set_color_profile(Gimp.ColorProfile.new_from_icc_profile(profile_of("tables")))
    return image, layers


@kind("Profile assigned")
def assigned():
    image, layers = picture()
    image.set_color_profile(Gimp.ColorProfile.new_from_icc_profile(profile_of("AdobeRGB")))
    return image, layers


@kind("Soft-proofing")
def soft_proofing():
    image, layers = picture()
    with open("/usr/share/color/icc/ghostscript/default_cmyk.icc", "rb") as file:
        image.set_simulation_profile(Gimp.ColorProfile.new_from_icc_profile(file.read()))
    return image, layers


@kind("Selection")
def selection():
    image, layers = picture()
    image.select_rectangle(NEW, 30, 20, 60, 40)
    return image, layers


@kind("Feathered selection")
def feathered():
    image, layers = picture()
    image.select_ellipse(NEW, 20, 10, 100, 70)
    Gimp.Selection.feather(image, 20)
    return image, layers


@kind("Feathered selection and transparency")
def feathered_and_transparent():
    image, layers = transparency()
    layers[0].set_offsets(7, -5)
    image.select_ellipse(NEW, 20, 10, 100, 70)
    Gimp.Selection.feather(image, 20)
    return image, layers


@kind("Selection beside the layer")
def selected_elsewhere():
    image, layers = picture()
    layers[0].set_offsets(-PICTURE.shape[1] + 30, 0)
    image.select_rectangle(NEW, 60, 10, 50, 50)
    return image, layers


@kind("Layer mask")
def masked():
    image, layers = picture()
    image.select_ellipse(NEW, 20, 10, 100, 70)
    layers[0].add_mask(layers[0].create_mask(Gimp.AddMaskType.SELECTION))
    Gimp.Selection.none(image)
    return image, layers


@kind("Smaller than the canvas")
def smaller():
    image, layers = picture()
    image.resize(PICTURE.shape[1] + 40, PICTURE.shape[0] + 30, 13, 7)
    return image, layers


@kind("Larger than the canvas")
def larger():
    image, layers = picture()
    image.resize(PICTURE.shape[1] - 50, PICTURE.shape[0] - 30, -20, -10)
    return image, layers


@kind("Beside the canvas")
def beside():
    image, layers = picture()
    layers[0].set_offsets(PICTURE.shape[1] + 10, 0)
    return image, layers


def grouped(mode=None):
    image, layers = picture()
    group = Gimp.GroupLayer.new(image, "group")
    if mode is not None:
        group.set_mode(mode)
    image.insert_layer(group, None, 0)
    image.reorder_item(layers[0], group, 0)
    return image, [group]


kind("Layer group")(grouped)
kind("Pass-through group")(lambda: grouped(Gimp.LayerMode.PASS_THROUGH))


@kind("Layer in a group")
def in_group():
    image, (group,) = grouped()
    return image, group.get_children()


@kind("Text layer")
def text():
    image, _ = picture()
    layer = Gimp.TextLayer.new(image, "Text", Gimp.context_get_font(), 60, Gimp.Unit.pixel())
    image.insert_layer(layer, None, 0)
    layer.set_color(Gegl.Color.new("rgb(0.3,0.5,0.2)"))
    return image, [layer]


@kind("Vector or link layer", since="LinkLayer")
def link():
    image, _ = picture()
    layer = Gimp.LinkLayer.new(image, Gio.File.new_for_path("/case/picture.png"))
    image.insert_layer(layer, None, 0)
    return image, [layer]


@kind("Invisible layer")
def invisible():
    image, layers = picture()
    layers[0].set_visible(False)
    return image, layers


@kind("Opacity and blend mode")
def blended():
    image, layers = picture()
    layers[0].set_opacity(50.0)
    layers[0].set_mode(Gimp.LayerMode.MULTIPLY)
    return image, layers


@kind("Pixels locked")
def locked():
    image, layers = picture()
    layers[0].set_lock_content(True)
    return image, layers


@kind("Pixels of the group locked")
def group_locked():
    image, (group,) = grouped()
    group.set_lock_content(True)
    return image, group.get_children()


@kind("Position, alpha or visibility locked")
def otherwise_locked():
    image, layers = transparency()
    layers[0].set_lock_position(True)
    layers[0].set_lock_alpha(True)
    layers[0].set_lock_visibility(True)
    return image, layers


@kind("Floating selection")
def floating():
    image, layers = picture()
    image.select_rectangle(NEW, 10, 10, 50, 50)
    return image, [Gimp.Selection.float(image, layers, 5, 5)]


@kind("Layer mask selected")
def the_mask():
    image, layers = masked()
    return image, [layers[0].get_mask()]


@kind("Channel selected")
def a_channel():
    image, _ = picture()
    channel = Gimp.Channel.new_from_component(image, Gimp.ChannelType.RED, "red")
    image.insert_channel(channel, None, 0)
    return image, [channel]


@kind("Indexed")
def indexed():
    image, layers = picture()
    image.convert_indexed(Gimp.ConvertDitherType.NONE, Gimp.ConvertPaletteType.GENERATE, 16, False, False, "")
    return image, layers


@kind("Two layers selected")
def two():
    image, layers = picture()
    other = layers[0].copy()
    image.insert_layer(other, None, 0)
    return image, [*layers, other]


@kind("One pixel")
def one_pixel():
    return picture(data=PICTURE[30:31, 40:41].copy())


@kind("Three pixels wide")
def narrow():
    return picture(data=PICTURE[:, 40:43].copy())


@kind("Panorama of 10000 x 100")
def panorama():
    return picture(data=np.tile(PICTURE, (2, 72, 1))[:100, :10000].copy())


def own_filters(image, layer):
    """Two of the user's own, one of them limited to what was selected when it was made."""
    for stops, whole in ((-0.5, True), (0.7, False)):
        if not whole:
            image.select_ellipse(NEW, 30, 20, 60, 40)
        own = Gimp.DrawableFilter.new(layer, "gegl:exposure", "the user's own")
        own.get_config().set_property("exposure", stops)
        layer.append_filter(own)
    Gimp.Selection.none(image)


@kind("Filters of your own")
def filtered():
    image, layers = picture()
    own_filters(image, layers[0])
    return image, layers


@kind("Filters of your own and a selection")
def filtered_and_selected():
    image, layers = feathered()
    kept = Gimp.Selection.save(image)
    own_filters(image, layers[0])
    image.select_item(NEW, kept)
    image.remove_channel(kept)
    return image, layers


def whole(drawable):
    return Gegl.Rectangle.new(0, 0, drawable.get_width(), drawable.get_height())


def shown(image, drawables):
    """What the user sees of the layers, (height, width, 4) sRGB floats: rendered by GIMP on a copy of the image."""
    copy = image.duplicate()
    for layer in copy.get_layers():
        layer.set_visible(True)
        layer.set_opacity(100.0)
        if layer.get_mode() != Gimp.LayerMode.PASS_THROUGH:
            layer.set_mode(Gimp.LayerMode.NORMAL)
    if drawables[0].get_name() == "Text":  # alone
        copy.remove_layer(copy.get_layers()[-1])
    return merged_pixels(copy)


def merged_pixels(copy):
    """All visible layers of a duplicate as one, (height, width, 4) sRGB floats; the duplicate goes."""
    copy.resize_to_layers()
    top = copy.merge_visible_layers(Gimp.MergeType.CLIP_TO_IMAGE)
    profile = copy.get_color_profile()
    if profile is not None and not Gimp.ColorTransform.can_gegl_copy(profile, Gimp.ColorProfile.new_rgb_srgb()):
        copy.convert_color_profile(
            Gimp.ColorProfile.new_rgb_srgb(), Gimp.ColorRenderingIntent.RELATIVE_COLORIMETRIC, False
        )
    data = top.get_buffer().get(whole(top), 1.0, "R'G'B'A float", Gegl.AbyssPolicy.NONE)
    size = (top.get_height(), top.get_width(), 4)
    copy.delete()
    return np.frombuffer(data, np.float32).reshape(size)
