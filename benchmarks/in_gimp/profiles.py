# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs inside GIMP for benchmarks/profiles.py: renders filters on pictures in several colour profiles."""

import json

import numpy as np
from gi.repository import Gegl, Gimp

Gegl.init(None)
with open("/case/cases.json") as file:
    cases = json.load(file)
for case in cases:
    pixels = np.load(f"/case/{case['photo']}.npy")
    height, width, _ = pixels.shape
    image = Gimp.Image.new_with_precision(width, height, Gimp.ImageBaseType.RGB, Gimp.Precision.FLOAT_LINEAR)
    image.undo_disable()
    layer = Gimp.Layer.new(image, "photo", width, height, Gimp.ImageType.RGB_IMAGE, 100.0, Gimp.LayerMode.NORMAL)
    image.insert_layer(layer, None, 0)
    whole = Gegl.Rectangle.new(0, 0, width, height)
    buffer = layer.get_buffer()
    buffer.set(whole, "R'G'B' float", pixels.tobytes())
    buffer.flush()
    del buffer
    if case["space"] != "sRGB":
        with open(f"/case/{case['space']}.icc", "rb") as file:
            profile = Gimp.ColorProfile.new_from_icc_profile(file.read())
        image.convert_color_profile(profile, Gimp.ColorRenderingIntent.RELATIVE_COLORIMETRIC, False)
    for operation, properties, mode, opacity in case["filters"]:
        added = Gimp.DrawableFilter.new(layer, operation, operation)
        config = added.get_config()
        for name, value in properties.items():
            config.set_property(name, value)
        added.set_blend_mode(getattr(Gimp.LayerMode, mode.upper()))
        added.set_opacity(opacity)
        added.update()
        layer.append_filter(added)
    layer.merge_filters()
    data = layer.get_buffer().get(whole, 1.0, "R'G'B' float", Gegl.AbyssPolicy.NONE)
    np.save(f"/case/{case['name']}.npy", np.frombuffer(data, np.float32).reshape(height, width, 3))
    image.delete()
open("/case/done", "w").close()
