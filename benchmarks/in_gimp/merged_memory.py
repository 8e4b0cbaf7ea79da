# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs inside GIMP for benchmarks/merged_memory.py: one case of merged mode, or GIMP's own merging."""

import json
import os
import sys
import time

from gi.repository import Gegl, Gimp, Gio

with open("/case/setup.json") as file:
    setup = json.load(file)
sys.path[:0] = [setup["folder"], setup["folder"] + "/lib"]
from plugin.filters import append, apply, new_filters  # noqa: E402 (the plug-in's own)
from plugin.layers import pixels  # noqa: E402

from editor_ops import Filter  # noqa: E402

Gegl.init(None)
image = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, Gio.File.new_for_path("/case/photo.jpg"))
layer = image.get_layers()[0]
if setup["case"] == "rectangle":
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 500, 400, 5000, 3000)
if setup["case"] == "feathered":
    image.select_ellipse(Gimp.ChannelOps.REPLACE, 300, 200, 5400, 3600)
    Gimp.Selection.feather(image, 200)
if setup["case"] == "own filters":
    for operation in ("gegl:exposure", "gegl:saturation"):
        layer.append_filter(Gimp.DrawableFilter.new(layer, operation, "own"))
start = time.perf_counter()
seen = pixels(image, layer)
seconds = {"seen": time.perf_counter() - start}
assert seen[0] * seen[1] * seen[2] == len(seen[3])
del seen
filters = [Filter(*each) for each in setup["filters"]]
start = time.perf_counter()
if setup["gimps own"]:
    append(layer, new_filters(layer, filters))
    layer.merge_filters()
else:
    apply(image, layer, filters, True)
seconds["merged"] = time.perf_counter() - start
assert not layer.get_filters()
with open(f"/proc/{os.getppid()}/status") as file:
    kilobytes = next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))
with open("/case/result.json", "w") as file:
    json.dump({**seconds, "bytes": kilobytes * 1024}, file)
open("/case/done", "w").close()
