# SPDX-License-Identifier: GPL-3.0-or-later
"""`trainer enhance` on a 24-megapixel JPEG against GIMP's own merging of the same filters, on two cores.

    python -m benchmarks.enhance_speed PHOTO [--model FILE.onnx] [--repeat 2]

PHOTO is enlarged to 6000x4000 first. Two edits: the one that the policy chooses, by the whole command (start of Python,
reading, deciding, editing, writing); and one that moves every slider, by `editor_ops.edit` alone. GIMP gets the same
filters on the same picture, already loaded: appended and merged at once, which is what the plug-in's filters cost when
they are merged, and merged one after the other. Targets: the command takes no longer than GIMP's merge at once, and at
most 1.5 GB of memory.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import editor_ops
import models
from tests.gimp import root

SIZE = (6000, 4000)
CORES = 2
MEMORY = 1.5e9
SCRIPT = Path(root.__file__).with_name("scripts") / "merge_speed.py"
GIMP_TIME = 600
"""Seconds that GIMP may take; 60 is usual."""

# A child process of its own, so that its peak memory can be told.
EDIT = """
import json, sys, time
import numpy as np
from PIL import Image
import editor_ops
with Image.open(sys.argv[1]) as photo:
    pixels = np.asarray(photo)
start = time.perf_counter()
editor_ops.edit(pixels, json.loads(sys.argv[2]))
print(time.perf_counter() - start)
"""


def enlarged(photo: Path, out: Path) -> None:
    """The middle of the photo, with the proportions of SIZE, at SIZE."""
    with Image.open(photo) as image:
        width, height = image.size
        cut_w, cut_h = min(width, height * SIZE[0] // SIZE[1]), min(height, width * SIZE[1] // SIZE[0])
        left, top = (width - cut_w) // 2, (height - cut_h) // 2
        box = (left, top, left + cut_w, top + cut_h)
        image.convert("RGB").resize(SIZE, Image.Resampling.LANCZOS, box=box).save(out, quality=92)


def measured(command: list[str], environment: Mapping[str, str] | None = None) -> tuple[float, float, str]:
    """(seconds, peak bytes, stdout) of a command, or SystemExit with what it said."""
    with tempfile.TemporaryFile("w+") as out:
        start = time.perf_counter()
        child = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, env=environment)
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        said = out.read()
    if child.returncode:
        sys.exit(f"{command[0]} ended with {child.returncode}:\n{said}")
    return seconds, usage.ru_maxrss * 1024, said  # Linux counts in KiB


def in_gimp(version: str, photo: Path, filters: list[dict[str, Any]], repeat: int) -> dict[str, float]:
    """Seconds of each step in GIMP, the fastest of `repeat` runs."""
    runs = [once_in_gimp(version, photo, filters) for _ in range(repeat)]
    return {step: min(run[step] for run in runs) for step in runs[0]}


def once_in_gimp(version: str, photo: Path, filters: list[dict[str, Any]]) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.link(photo, folder / "photo.jpg")
        (folder / "filters.json").write_text(json.dumps(filters))
        root.gimp(version, SCRIPT, folder, GIMP_TIME)
        seconds: dict[str, float] = json.loads((folder / "seconds.json").read_text())
        return seconds


def every_slider() -> dict[str, float]:
    """Each slider half way to its upper end."""
    return {s.name: s.values()[editor_ops.NEUTRAL_LEVEL + editor_ops.NEUTRAL_LEVEL // 2] for s in editor_ops.SLIDERS}


def compare(
    name: str, photo: Path, ours: tuple[float, float], values: Mapping[str, float], versions: list[str], repeat: int
) -> bool:
    """Prints one edit's row for each GIMP; whether ours was no slower than merging at once, and small enough."""
    seconds, memory = ours
    filters = [{"operation": f.operation, "properties": f.properties} for f in editor_ops.filters(values, *SIZE)]
    good = memory <= MEMORY
    for version in versions:
        gimp = in_gimp(version, photo, filters, repeat)
        print(
            f"{name}: {seconds:.2f} s, {memory / 1e9:.2f} GB; GIMP {version}, {len(filters)} filters: at once "
            f"{gimp['merge at once']:.2f} s (ours / GIMP {seconds / gimp['merge at once']:.2f}), one by one "
            f"{gimp['merge one by one']:.2f} s ({seconds / gimp['merge one by one']:.2f}); "
            f"load {gimp['load']:.2f} s, export {gimp['export']:.2f} s",
            flush=True,
        )
        good = good and seconds <= gimp["merge at once"]
    return good


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("photo", type=Path, metavar="PHOTO")
    parser.add_argument("--model", type=Path, default=models.SHIPPED, help="policy file (default: the shipped one)")
    parser.add_argument("--repeat", type=int, default=2, help="runs of each, of which the fastest counts (default 2)")
    parser.add_argument("--gimp", action="append", choices=list(root.VERSIONS), help="GIMP version (default: all)")
    arguments = parser.parse_args()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])  # for every child, too
    versions = arguments.gimp or list(root.VERSIONS)
    try:
        for version in versions:
            root.find(version)
    except root.RootError as error:
        print(error, file=sys.stderr)
        return 1

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        photo = folder / "photo.jpg"
        enlarged(arguments.photo, photo)
        print(f"{arguments.photo.name} at {SIZE[0]}x{SIZE[1]}, {CORES} cores")

        runs = []
        for i in range(arguments.repeat):
            trainer = str(Path(sys.executable).with_name("trainer"))
            out = str(folder / f"enhanced-{i}")
            runs.append(measured([trainer, "enhance", str(photo), "--out", out, "--model", str(arguments.model)]))
        with Image.open(photo) as image:
            values = models.Policy.load(arguments.model).decide(np.asarray(image)).values
        ours = min(run[0] for run in runs), max(run[1] for run in runs)
        good = compare("trainer enhance", photo, ours, values, versions, arguments.repeat)

        values = every_slider()
        command = [sys.executable, "-c", EDIT, str(photo), json.dumps(values)]
        runs = [measured(command) for _ in range(arguments.repeat)]
        ours = min(float(said) for _, _, said in runs), max(memory for _, memory, _ in runs)
        good = compare("editor_ops.edit", photo, ours, values, versions, arguments.repeat) and good
    print("no slower than GIMP's merge at once, and at most 1.5 GB: " + ("yes" if good else "NO"))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
