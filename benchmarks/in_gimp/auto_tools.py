# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs inside GIMP: what is under Colors > Auto, on many pictures in one process.

The folder in AUTO_FOLDER holds 0.npy, 1.npy and so on, uint8 sRGB (height, width, 3). Written are N-white-balance.npy,
N-stretch-contrast.npy and N-color-enhance.npy for each, and at last `done` with GIMP's version. Every tool has the
settings that its menu entry starts with.
"""

import os

import numpy as np
from gi.repository import Gegl, Gimp

FOLDER = os.environ["AUTO_FOLDER"]


def filtered(layer, operation):
    layer.merge_filter(Gimp.DrawableFilter.new(layer, operation, operation))


def white_balance(layer):
    procedure = Gimp.get_pdb().lookup_procedure("gimp-drawable-levels-stretch")
    config = procedure.create_config()
    config.set_property("drawable", layer)
    status = procedure.run(config).index(0)
    if status != Gimp.PDBStatusType.SUCCESS:
        raise RuntimeError(f"gimp-drawable-levels-stretch: {status}")


TOOLS = {
    "white-balance": white_balance,
    "stretch-contrast": lambda layer: filtered(layer, "gegl:stretch-contrast"),
    "color-enhance": lambda layer: filtered(layer, "gegl:color-enhance"),
}


def auto(picture, tool):
    height, width, _ = picture.shape
    image = Gimp.Image.new_with_precision(width, height, Gimp.ImageBaseType.RGB, Gimp.Precision.U8_NON_LINEAR)
    image.undo_disable()
    layer = Gimp.Layer.new(image, "picture", width, height, Gimp.ImageType.RGB_IMAGE, 100, Gimp.LayerMode.NORMAL)
    image.insert_layer(layer, None, 0)
    buffer = layer.get_buffer()
    rectangle = Gegl.Rectangle.new(0, 0, width, height)
    buffer.set(rectangle, "R'G'B' u8", picture.tobytes())
    buffer.flush()
    tool(layer)
    pixels = layer.get_buffer().get(rectangle, 1.0, "R'G'B' u8", Gegl.AbyssPolicy.NONE)
    image.delete()
    return np.frombuffer(pixels, np.uint8).reshape(picture.shape)


number = 0
while os.path.exists(f"{FOLDER}/{number}.npy"):
    picture = np.load(f"{FOLDER}/{number}.npy")
    for name, tool in TOOLS.items():
        np.save(f"{FOLDER}/{number}-{name}.npy", auto(picture, tool))
    number += 1
with open(f"{FOLDER}/done", "w") as file:
    file.write(Gimp.version())
