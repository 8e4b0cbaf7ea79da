# SPDX-License-Identifier: GPL-3.0-or-later
"""How long the plug-in takes in real GIMP on a 24-megapixel layer, from the call to the filters on the layer.

    python -m benchmarks.plugin_speed

That is what a user waits for after the dialog: GIMP starts the plug-in, the pixels come over, the agent decides, and
the filters are appended, all eight tools, since the policy used here moves every slider. Both ways to ask the agent are
timed: in GIMP's own Python, and by the helper process. Needs the GIMP roots (tools/gimp_roots/root.py), which
it makes if they are missing.
"""

from __future__ import annotations

import argparse
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
SCRIPT = Path(__file__).parent / "in_gimp" / "plugin_speed.py"


def main() -> None:
    argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0]).parse_args()
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
            root.gimp(version, SCRIPT, folder)
            times = json.loads((folder / "times.json").read_text())
        for case, seen in times.items():
            taken, used = zip(*seen, strict=True)
            spread = f"({min(taken):.2f}, {max(taken):.2f})"
            cpu = statistics.median(used)
            print(f"GIMP {version}  {case:24} {statistics.median(taken):.2f} s {spread}  processor {cpu:.2f} s")


if __name__ == "__main__":
    main()
