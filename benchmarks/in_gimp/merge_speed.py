# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs inside GIMP: how long its own merging of filters takes on a photo.

/case/photo.jpg is the photo, /case/filters.json the filters, each operation, properties, mode and opacity. seconds.json
gets the seconds for loading, for appending all and merging them at once, for merging one after the other, and for
exporting a JPEG: each [by the clock, of GIMP's processor time].
"""

import json
import os
import time

from gi.repository import Gimp, Gio


def loaded():
    image = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, Gio.File.new_for_path("/case/photo.jpg"))
    image.undo_disable()
    return image, image.get_layers()[0]


def made(layer, step):
    new = Gimp.DrawableFilter.new(layer, step["operation"], step["operation"])
    config = new.get_config()
    for name, value in step["properties"].items():
        config.set_property(name, value)
    new.set_blend_mode(getattr(Gimp.LayerMode, step["mode"].upper()))
    new.set_opacity(step["opacity"])
    new.update()
    return new


def clocks():
    """Seconds by the clock and of processor time, of GIMP itself: this script runs in a child of it."""
    with open(f"/proc/{os.getppid()}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return time.perf_counter(), (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def since(start):
    return [now - then for now, then in zip(clocks(), start, strict=True)]


with open("/case/filters.json") as file:
    filters = json.load(file)
seconds = {}

start = clocks()
image, layer = loaded()
seconds["load"] = since(start)
start = clocks()
for step in filters:
    layer.append_filter(made(layer, step))
layer.merge_filters()
seconds["merge at once"] = since(start)
start = clocks()
Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, image, Gio.File.new_for_path("/case/at-once.jpg"), None)
seconds["export"] = since(start)
image.delete()

image, layer = loaded()
start = clocks()
for step in filters:
    layer.merge_filter(made(layer, step))
seconds["merge one by one"] = since(start)
image.delete()

with open("/case/seconds.json", "w") as file:
    json.dump(seconds, file)
open("/case/done", "w").close()
