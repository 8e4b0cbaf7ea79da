# SPDX-License-Identifier: GPL-3.0-or-later
"""How long the dialog lets a user wait, in real GIMP with its windows, on a 24-megapixel photo.

    python -m benchmarks.dialog_speed [--rounds 3]

Three waits, by the clock: from the menu item to the filters on the layer (the live preview; the drawing is GIMP's),
from the dialog to the alternatives' pictures, and from a movement of Strength to the values in the filters: while GIMP
still draws the first preview, and when it has drawn (to 100 and 60 %, and to 0 %, where all filters go). Both ways to
ask the agent are timed: in GIMP's own Python, and by the helper. Needs the GIMP roots of the tests, which it makes if
they are missing.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import tempfile
from pathlib import Path

from PIL import Image

from tools.gimp_roots import gui, root

PHOTO = Path(__file__).parents[1] / "tests" / "photos" / "church.jpg"
SIZE = (6000, 4000)
TARGETS = {"preview": 2.0, "alternatives": 1.5, "follow": 0.3}  # seconds
# In the plug-in's log:
FOLLOWED = re.compile(r"DEBUG values set ([\d.]+) s after")
SHOWN = re.compile(r"DEBUG preview at ([\d.]+)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3, help="how often the dialog is opened (default 3)")
    rounds = parser.parse_args().rounds
    targets = ", ".join(f"{name} {seconds:g} s" for name, seconds in TARGETS.items())
    print(f"Dialog on {SIZE[0]}x{SIZE[1]}, 8 bits; {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print(f"median of {rounds} (fastest, slowest); targets: {targets}")
    for version in root.VERSIONS:
        for in_process in (True, False):
            with tempfile.TemporaryDirectory() as name:
                folder = Path(name)
                with Image.open(PHOTO) as photo:
                    photo.resize(SIZE, Image.Resampling.BICUBIC).save(folder / "large.jpg", quality=95)
                seen = gui.work(version, folder / "large.jpg", folder, 600, rounds, in_process)
            way = "in process" if in_process else "helper"
            # four movements a round, the first while GIMP draws
            followed = [float(each) for each in FOLLOWED.findall(seen["log"])]
            shown = [float(each) for each in SHOWN.findall(seen["log"])]
            waits = {
                "preview": [at - each["menu"] for at, each in zip(shown, seen["seconds"], strict=True)],
                "alternatives": [each["alternatives"] for each in seen["seconds"]],
            }
            waits["follow"] = [each for i, each in enumerate(followed) if i % 4]
            waits["follow, GIMP draws"] = followed[::4]
            for wait, taken in waits.items():
                spread = f"({min(taken):.2f}, {max(taken):.2f})"
                print(f"GIMP {version}  {way:10}  {wait:18}  {statistics.median(taken):.2f} s {spread}", flush=True)


if __name__ == "__main__":
    main()
