# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs inside GIMP: calls the plug-in with its bundle and without, where nothing else can decide.

/case/bundle.json has the installed plug-in's folder. /case/results.json is what was seen; test_bundle.py judges it.
"""

import json
import os

from gi.repository import Gimp, Gio

with open("/case/bundle.json") as file:
    FOLDER = json.load(file)["folder"]


def decided():
    """(status, error message, Decision) of a call for a photo."""
    path = Gio.File.new_for_path("/case/photo.png")
    image = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, path)
    procedure = Gimp.get_pdb().lookup_procedure("python-fu-auto-enhance-rl")
    config = procedure.create_config()
    config.set_property("run-mode", Gimp.RunMode.NONINTERACTIVE)
    config.set_property("image", image)
    config.set_core_object_array("drawables", image.get_layers()[:1])
    values = procedure.run(config)
    status = int(values.index(0))
    if status != int(Gimp.PDBStatusType.SUCCESS):
        return status, Gimp.get_pdb().get_last_error(), None
    return status, "", json.loads(values.index(1))


results = {"with": decided()}
os.rename(f"{FOLDER}/bundle", "/case/bundle")
results["without"] = decided()
os.rename("/case/bundle", f"{FOLDER}/bundle")
with open("/case/results.json", "w") as file:
    json.dump(results, file)
open("/case/done", "w").close()
