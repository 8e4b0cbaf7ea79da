# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs inside GIMP: what the plug-in says there; /case/results.json has it, test_words.py judges it."""

import json

from gi.repository import Gimp, Gio

procedure = Gimp.get_pdb().lookup_procedure("python-fu-auto-enhance-rl")
strength = procedure.find_argument("strength")
results = {
    "label": procedure.get_menu_label(),
    "blurb": procedure.get_blurb(),
    "strength": [strength.get_nick(), strength.get_blurb()],
}
image = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, Gio.File.new_for_path("/case/photo.png"))
(layer,) = image.get_layers()


def call(**arguments):
    config = procedure.create_config()
    config.set_property("image", image)
    config.set_core_object_array("drawables", [layer])
    for name, value in arguments.items():
        config.set_property(name.replace("_", "-"), value)
    values = procedure.run(config)
    return "" if values.index(0) == Gimp.PDBStatusType.SUCCESS else Gimp.get_pdb().get_last_error()


results["unknown slider"] = call(leave_alone="speed")
results["style and model"] = call(style="film", model="/case/every.onnx")
results["no model"] = call(model="/case/missing.onnx")
results["edit"] = call(model="/case/every.onnx")
results["filters"] = [each.get_name() for each in reversed(layer.get_filters())]
results["layer"] = layer.get_name()
layer.set_lock_content(True)
results["locked"] = call()
layer.set_lock_content(False)
image.convert_indexed(Gimp.ConvertDitherType.NONE, Gimp.ConvertPaletteType.GENERATE, 16, False, False, "")
results["indexed"] = call()
image.delete()
with open("/case/results.json", "w") as file:
    json.dump(results, file)
open("/case/done", "w").close()
