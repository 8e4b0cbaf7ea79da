# SPDX-License-Identifier: GPL-3.0-or-later
"""How long the plug-in takes in real GIMP on a 24-megapixel layer, from the call to the filters on the layer.

    python -m benchmarks.plugin_speed

That is what a user waits for after the dialog: GIMP starts the plug-in, the pixels come over, the agent decides, and
the filters are appended, all eight tools, for the policy used here moves every slider. Both ways to ask the agent are
timed: in GIMP's own Python, and by the helper process. Needs the GIMP roots (tools/gimp_roots/root.py), which
it makes if they are missing.
"""

from __future__ import annotations

import json
import os
import statistics
import tempfile
from pathlib import Path

from PIL import Image

from tools import policies
from tools.gimp_roots import root
from tools.gimp_roots.plug_in import install_in

TARGET = 1.5
"""Seconds, plug-in start included."""
PHOTO = Path(__file__).parents[1] / "tests" / "photos" / "colosseum.png"
# Run inside GIMP.
SCRIPT = """
import json, os, time
from gi.repository import Gimp, Gio

with open("/case/setup.json") as file:
    folder = json.load(file)["folder"]
procedure = Gimp.get_pdb().lookup_procedure("python-fu-auto-enhance-rl")
image = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, Gio.File.new_for_path("/case/photo.jpg"))
layer = image.get_layers()[0]


def processor():
    # Of GIMP, its plug-ins and their helpers: no other process can be seen from in here.
    ticks = 0
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat") as file:
                ticks += sum(map(int, file.read().rpartition(")")[2].split()[11:15]))
        except OSError:  # it has just ended, and its time is its parent's
            pass
    return ticks / os.sysconf("SC_CLK_TCK")


def seconds():
    config = procedure.create_config()
    config.set_property("image", image)
    config.set_core_object_array("drawables", [layer])
    config.set_property("model", "/case/every.onnx")
    start, used = time.perf_counter(), processor()
    procedure.run(config)
    taken = time.perf_counter() - start
    time.sleep(0.3)  # until the plug-in's process has ended
    used = processor() - used
    filters = layer.get_filters()
    assert len(filters) == 8, filters
    for each in filters:
        each.delete()
    return taken, used


times = {"RGB, in process": [seconds() for _ in range(5)]}
os.rename(folder + "/lib", "/case/lib")
times["RGB, helper"] = [seconds() for _ in range(5)]
layer.add_alpha()
times["with alpha, helper"] = [seconds() for _ in range(5)]
os.rename("/case/lib", folder + "/lib")
times["with alpha, in process"] = [seconds() for _ in range(5)]
with open("/case/times.json", "w") as file:
    json.dump(times, file)
open("/case/done", "w").close()
"""


def main() -> None:
    machine = f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    print(f"Auto Enhance (RL) on 6000x4000, 8 bits; {machine}; target {TARGET} s")
    print("median of 5 calls (fastest, slowest); processor time, which a busy machine stretches less")
    for version in root.VERSIONS:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            with Image.open(PHOTO) as photo:
                photo.convert("RGB").resize((6000, 4000), Image.Resampling.BICUBIC).save(folder / "photo.jpg")
            policies.write(folder / "every.onnx", policies.EVERY_SLIDER)
            plug_in = install_in(folder, version)
            (folder / "setup.json").write_text(json.dumps({"folder": f"/case/{plug_in.relative_to(folder)}"}))
            (folder / "speed.py").write_text(SCRIPT)
            root.gimp(version, folder / "speed.py", folder)
            times = json.loads((folder / "times.json").read_text())
        for case, seen in times.items():
            taken, used = zip(*seen, strict=True)
            spread = f"({min(taken):.2f}, {max(taken):.2f})"
            cpu = statistics.median(used)
            print(f"GIMP {version}  {case:24} {statistics.median(taken):.2f} s {spread}  processor {cpu:.2f} s")


if __name__ == "__main__":
    main()
