# SPDX-License-Identifier: GPL-3.0-or-later
"""Memory and time of merged mode in real GIMP on 24 megapixels, all eight tools, against GIMP's own merging.

    python -m benchmarks.merged_memory [--gimp 3.0] [--gimp 3.2] [--without-gimps-own]

Each case runs in a GIMP of its own; the memory is the peak of GIMP itself (VmHWM of its process), image included, with
undo on. Also how long it takes to read what the agent is shown. Target: 1.5 GB, with and without a selection, and with
filters of the user's own. Needs the GIMP roots (tools/gimp_roots/root.py), which it makes if they are missing.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image

import editor_ops
from tools import policies
from tools.gimp_roots import root
from tools.gimp_roots.plug_in import install_in

TARGET = 1.5e9
SIZE = (6000, 4000)
CASES = ("no selection", "rectangle", "feathered", "own filters")
PHOTO = Path(__file__).parents[1] / "tests" / "photos" / "colosseum.png"
SCRIPT = Path(__file__).parent / "in_gimp" / "merged_memory.py"


def measure(version: str, case: str, gimps_own: bool = False, size: tuple[int, int] = SIZE) -> dict[str, Any]:
    """{"seen": seconds to read what the agent is shown, "merged": seconds to merge, "bytes": peak of GIMP}."""
    values = {s.name: s.values()[policies.EVERY_SLIDER[s.name]] for s in editor_ops.SLIDERS}
    filters = editor_ops.filters(values, *size)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Image.open(PHOTO) as photo:
            photo.convert("RGB").resize(size, Image.Resampling.BICUBIC).save(folder / "photo.jpg")
        inside = f"/case/{install_in(folder, version).relative_to(folder)}"
        setup = {"folder": inside, "filters": filters, "case": case, "gimps own": gimps_own}
        (folder / "setup.json").write_text(json.dumps(setup))
        root.gimp(version, SCRIPT, folder)
        result: dict[str, Any] = json.loads((folder / "result.json").read_text())
        return result


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--gimp", action="append", choices=list(root.VERSIONS), help="GIMP version (default: all)")
    parser.add_argument("--without-gimps-own", action="store_true", help="don't measure GIMP's merging of the stack")
    arguments = parser.parse_args()
    machine = f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    print(f"{SIZE[0]}x{SIZE[1]}, 8 bits, 8 filters; {machine}; target {TARGET / 1e9} GB")
    for version in arguments.gimp or root.VERSIONS:
        for gimps_own in (False,) if arguments.without_gimps_own else (False, True):
            for case in CASES:
                seen = measure(version, case, gimps_own)
                way = "GIMP's own" if gimps_own else "merged mode"
                print(
                    f"GIMP {version}  {way:12} {case:13} {seen['bytes'] / 1e9:.2f} GB  {seen['merged']:.1f} s"
                    f"  (agent's picture read in {seen['seen']:.2f} s)",
                    flush=True,
                )


if __name__ == "__main__":
    main()
