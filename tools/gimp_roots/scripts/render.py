# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs inside GIMP: put filters on pictures and write what comes out.

/case/cases.json is a list of {"input": NAME.npy, "output": NAME.npy, "filters": [{"operation", "properties",
"mode", "opacity"}, ...]}.
An input is an array (height, width, 3 or 4), uint8, uint16 or float32, sRGB-encoded; the output has the same type.
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


def render(picture, filters):
    height, width, channels = picture.shape
    precision, component = PRECISIONS[picture.dtype.name]
    kind, babl = (Gimp.ImageType.RGBA_IMAGE, "R'G'B'A ") if channels == 4 else (Gimp.ImageType.RGB_IMAGE, "R'G'B' ")
    image = Gimp.Image.new_with_precision(width, height, Gimp.ImageBaseType.RGB, precision)
    image.undo_disable()
    layer = Gimp.Layer.new(image, "picture", width, height, kind, 100, Gimp.LayerMode.NORMAL)
    image.insert_layer(layer, None, 0)
    buffer = layer.get_buffer()
    rectangle = Gegl.Rectangle.new(0, 0, width, height)
    buffer.set(rectangle, babl + component, picture.tobytes())
    buffer.flush()
    for step in filters:
        layer.append_filter(make_filter(layer, **step))
    layer.merge_filters()
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
    np.save(f"/case/{case['output']}", render(inputs[name], case["filters"]))
with open("/case/properties.json", "w") as file:
    json.dump(known, file)
open("/case/done", "w").close()
