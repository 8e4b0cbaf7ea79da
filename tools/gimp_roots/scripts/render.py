# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs inside GIMP: put filters on pictures and write what comes out.

/case/cases.json is a list of {"input": NAME.npy, "output": NAME.npy, "ways": NAME.npy or null, "mask": NAME.npy or
null, "filters": [{"operation", "properties", "mode", "opacity"}, ...]}.
An input is an array (height, width, 1 to 4: grey or RGB, without or with alpha), uint8, uint16 or float32,
sRGB-encoded; the output has the same type. Ways, (height, width, 2), float32, say how far each pixel looks, x then y,
in pixels: the layer's pixels are moved so first. With a mask, (height, width), float32, the filters are put on a copy
of the layer that lies above and is shown through it.
The filters are appended as non-destructive ones, in order, and then merged, which gives what the user sees.
/case/properties.json holds, of each operation met, the properties GIMP gives it with their ranges.
"""

import json

import numpy as np
from gi.repository import Gegl, Gimp

# dtype -> (precision of the image, babl component type)
PRECISIONS = {
    "uint8": (Gimp.Precision.U8_NON_LINEAR, "u8"),
    "uint16": (Gimp.Precision.U16_NON_LINEAR, "u16"),
    "float32": (Gimp.Precision.FLOAT_NON_LINEAR, "float"),
}
# channels -> (kind of layer, babl's model)
KINDS = {
    1: (Gimp.ImageType.GRAY_IMAGE, "Y' "),
    2: (Gimp.ImageType.GRAYA_IMAGE, "Y'A "),
    3: (Gimp.ImageType.RGB_IMAGE, "R'G'B' "),
    4: (Gimp.ImageType.RGBA_IMAGE, "R'G'B'A "),
}
Gegl.init(None)
inputs: dict[str, object] = {}
known: dict[str, object] = {}


def describe(config):
    found = {}
    for pspec in config.list_properties():
        limits = [getattr(pspec, "minimum", None), getattr(pspec, "maximum", None)]
        found[pspec.name] = {"limits": limits, "default": config.get_property(pspec.name)}
    return found


def make_filter(layer, operation, properties, mode, opacity):
    made = Gimp.DrawableFilter.new(layer, operation, operation)
    config = made.get_config()
    known.setdefault(operation, describe(config))
    for name, value in properties.items():
        config.set_property(name, value)
        # GIMP keeps the old value, with no more than a warning, where it does not like the new one.
        kept = config.get_property(name)
        if kept != value:
            raise ValueError(f"{operation} {name}={value!r} became {kept!r}")
    made.set_blend_mode(getattr(Gimp.LayerMode, mode.upper()))
    made.set_opacity(opacity)
    made.update()
    return made


def move(layer, ways):
    """As the plug-in moves a face's pixels: gegl:map-relative with the linear sampler, through the shadow buffer."""
    height, width, _ = ways.shape
    rectangle = Gegl.Rectangle.new(0, 0, width, height)
    aux = Gegl.Buffer.new("YA float", 0, 0, width, height)
    aux.set(rectangle, "YA float", np.ascontiguousarray(ways).tobytes())
    graph = Gegl.Node()
    source, where, mapped, sink = (
        graph.create_child(f"gegl:{name}")
        for name in ("buffer-source", "buffer-source", "map-relative", "write-buffer")
    )
    source.set_property("buffer", layer.get_buffer())
    where.set_property("buffer", aux)
    mapped.set_property("sampler-type", 1)  # linear
    mapped.set_property("abyss-policy", 1)  # clamp
    shadow = layer.get_shadow_buffer()
    sink.set_property("buffer", shadow)
    source.connect_to("output", mapped, "input")
    where.connect_to("output", mapped, "aux")
    mapped.connect_to("output", sink, "input")
    sink.process()
    shadow.flush()
    layer.merge_shadow(True)
    layer.update(0, 0, width, height)


def masked_copy(image, layer, shown):
    copy = layer.copy()
    image.insert_layer(copy, None, 0)
    mask = copy.create_mask(Gimp.AddMaskType.WHITE)
    copy.add_mask(mask)
    height, width = shown.shape
    buffer = mask.get_buffer()
    buffer.set(Gegl.Rectangle.new(0, 0, width, height), "Y float", np.ascontiguousarray(shown).tobytes())
    buffer.flush()
    return copy


def render(picture, filters, ways, shown):
    height, width, channels = picture.shape
    precision, component = PRECISIONS[picture.dtype.name]
    base = Gimp.ImageBaseType.GRAY if channels < 3 else Gimp.ImageBaseType.RGB
    kind, babl = KINDS[channels]
    image = Gimp.Image.new_with_precision(width, height, base, precision)
    image.undo_disable()
    layer = Gimp.Layer.new(image, "picture", width, height, kind, 100, Gimp.LayerMode.NORMAL)
    image.insert_layer(layer, None, 0)
    buffer = layer.get_buffer()
    rectangle = Gegl.Rectangle.new(0, 0, width, height)
    buffer.set(rectangle, babl + component, picture.tobytes())
    buffer.flush()
    if ways is not None:
        move(layer, ways)
    top = layer if shown is None else masked_copy(image, layer, shown)
    for step in filters:
        top.append_filter(make_filter(top, **step))
    if shown is None:
        layer.merge_filters()
    else:
        layer = image.merge_visible_layers(Gimp.MergeType.CLIP_TO_IMAGE)
    pixels = layer.get_buffer().get(rectangle, 1.0, babl + component, Gegl.AbyssPolicy.NONE)
    image.delete()
    return np.frombuffer(pixels, picture.dtype).reshape(picture.shape)


with open("/case/cases.json") as file:
    cases = json.load(file)
for case in cases:
    name = case["input"]
    if name not in inputs:
        inputs.clear()  # cases come sorted by input: one full-size picture in memory is enough
        inputs[name] = np.load(f"/case/{name}")
    ways, shown = (np.load(f"/case/{case[key]}") if case[key] else None for key in ("ways", "mask"))
    np.save(f"/case/{case['output']}", render(inputs[name], case["filters"], ways, shown))
with open("/case/properties.json", "w") as file:
    json.dump(known, file)
open("/case/done", "w").close()
