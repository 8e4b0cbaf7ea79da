# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs inside GIMP for tests/gimp/test_web_line.py: what the browser page copies, executed as in the Python console."""

from pathlib import Path

import numpy as np
from gi.repository import Gegl, Gimp, Gio

image = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, Gio.File.new_for_path("/case/photo.png"))
(layer,) = image.get_layers()
image.set_selected_layers([layer])
exec(Path("/case/line").read_text(encoding="utf-8"), {})
names = [each.get_name() for each in layer.get_filters()]
layer.merge_filters()
rectangle = Gegl.Rectangle.new(0, 0, layer.get_width(), layer.get_height())
pixels = layer.get_buffer().get(rectangle, 1.0, "R'G'B' u8", Gegl.AbyssPolicy.NONE)
np.save("/case/out.npy", np.frombuffer(pixels, np.uint8).reshape(layer.get_height(), layer.get_width(), 3))
Path("/case/done").write_text("\n".join(reversed(names)), encoding="utf-8")
