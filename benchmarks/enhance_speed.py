# SPDX-License-Identifier: GPL-3.0-or-later
"""`trainer enhance` on a 24-megapixel JPEG against GIMP's own merging of the same filters, on two cores.

    python -m benchmarks.enhance_speed PHOTO [--model FILE.onnx] [--repeat 2]

PHOTO is enlarged to 6000x4000 first. Two edits: the one that the policy chooses, by the whole command (start of Python,
reading, deciding, editing, writing); and one that moves every slider, by `editor_ops.edit` alone. GIMP gets the same
filters on the same picture, already loaded: appended and merged at once, which is what the plug-in's filters cost when
they are merged, and merged one after the other. Both take turns, and the fastest run of each counts. Targets: no longer
than GIMP's merge at once, and at most 1.5 GB of memory.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

import editor_ops
import models
from tools.gimp_roots import root

SIZE = (6000, 4000)
CORES = 2
MEMORY = 1.5e9
SCRIPT = Path(__file__).parent / "in_gimp" / "merge_speed.py"
GIMP_TIME = 600
"""Seconds that GIMP may take; 60 is usual."""

# Run as a child process of its own, so that its peak memory can be told: prints seconds and processor seconds.
EDIT = """
import json, sys, time
import numpy as np
from PIL import Image
import editor_ops
with Image.open(sys.argv[1]) as photo:
    pixels = np.asarray(photo)
start = time.perf_counter(), time.process_time()
editor_ops.edit(pixels, json.loads(sys.argv[2]))
print(time.perf_counter() - start[0], time.process_time() - start[1])
"""


class Run(NamedTuple):
    """Seconds by the clock, seconds of processor time, and peak memory in bytes (0 where it was not measured)."""

    seconds: float
    processor: float
    memory: float = 0.0


def fastest(runs: list[Run]) -> Run:
    """The fastest by the clock, with the least processor time and the most memory of all."""
    return Run(min(r.seconds for r in runs), min(r.processor for r in runs), max(r.memory for r in runs))


def enlarged(photo: Path, out: Path) -> None:
    """The middle of the photo, with the proportions of SIZE, at SIZE."""
    with Image.open(photo) as image:
        width, height = image.size
        cut_w, cut_h = min(width, height * SIZE[0] // SIZE[1]), min(height, width * SIZE[1] // SIZE[0])
        left, top = (width - cut_w) // 2, (height - cut_h) // 2
        box = (left, top, left + cut_w, top + cut_h)
        image.convert("RGB").resize(SIZE, Image.Resampling.LANCZOS, box=box).save(out, quality=92)


def measured(command: list[str]) -> tuple[Run, str]:
    """A command's run and stdout, or SystemExit with what it said."""
    with tempfile.TemporaryFile("w+") as out:
        start = time.perf_counter()
        child = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        said = out.read()
    if child.returncode:
        sys.exit(f"{command[0]} ended with {child.returncode}:\n{said}")
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024), said  # Linux counts memory in KiB


def enhance(photo: Path, out: Path, model: Path) -> Run:
    """The whole command."""
    trainer = str(Path(sys.executable).with_name("trainer"))
    return measured([trainer, "enhance", str(photo), "--out", str(out), "--model", str(model)])[0]


def edit(photo: Path, values: Mapping[str, float]) -> Run:
    """`editor_ops.edit` alone; the memory is the whole process's."""
    run, said = measured([sys.executable, "-c", EDIT, str(photo), json.dumps(values)])
    seconds, processor = map(float, said.split())
    return Run(seconds, processor, run.memory)


def in_gimp(version: str, photo: Path, values: Mapping[str, float]) -> dict[str, Run]:
    """Step -> its run in GIMP."""
    filters = [f._asdict() for f in editor_ops.filters(values, *SIZE)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.link(photo, folder / "photo.jpg")
        (folder / "filters.json").write_text(json.dumps(filters))
        root.gimp(version, SCRIPT, folder, GIMP_TIME)
        return {step: Run(*times) for step, times in json.loads((folder / "seconds.json").read_text()).items()}


def every_slider() -> dict[str, float]:
    """Each slider half way to its upper end."""
    return {s.name: s.values()[editor_ops.NEUTRAL_LEVEL + editor_ops.NEUTRAL_LEVEL // 2] for s in editor_ops.SLIDERS}


def compare(
    name: str, run: Callable[[int], Run], photo: Path, values: Mapping[str, float], versions: list[str], repeat: int
) -> bool:
    """Runs ours and GIMP by turns and prints a row for each GIMP; whether the targets were met."""
    ours: list[Run] = []
    theirs: dict[str, list[dict[str, Run]]] = {version: [] for version in versions}
    for i in range(repeat):
        ours.append(run(i))
        for version in versions:
            theirs[version].append(in_gimp(version, photo, values))
    best = fastest(ours)
    print(f"\n{name}, {len(editor_ops.filters(values, *SIZE))} filters: {_shown(best)}, {best.memory / 1e9:.2f} GB")
    good = best.memory <= MEMORY
    for version, runs in theirs.items():
        for step in runs[0]:
            gimp = fastest([run[step] for run in runs])
            ratio = f"  ours / GIMP {best.seconds / gimp.seconds:.2f}" if step.startswith("merge") else ""
            print(f"  GIMP {version} {step:18} {_shown(gimp)}{ratio}")
        good = good and best.seconds <= fastest([run["merge at once"] for run in runs]).seconds
    return good


def _shown(run: Run) -> str:
    return f"{run.seconds:6.2f} s ({run.processor:6.2f} s of processor time)"


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

        with Image.open(photo) as image:
            chosen = models.Policy.load(arguments.model).decide(np.asarray(image)).values
        every = every_slider()
        met = [
            compare(name, run, photo, values, versions, arguments.repeat)
            for name, run, values in (
                ("trainer enhance", lambda i: enhance(photo, folder / f"out-{i}", arguments.model), chosen),
                ("editor_ops.edit", lambda i: edit(photo, every), every),
            )
        ]
    print("\nno slower than GIMP's merge at once, and at most 1.5 GB: " + ("yes" if all(met) else "NO"))
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
