# SPDX-License-Identifier: GPL-3.0-or-later
"""`trainer enhance` beside Pillow's own decoding and encoding of the same file, and beside others on a folder.

    python -m benchmarks.command_speed PHOTO [--repeat 3] [--photos 100]

PHOTO is enlarged to 24 megapixels with the grain of a camera, a JPEG of some 8 MB, on two cores. The whole command with
the shipped policy's own edit, with every slider half way up, and on a 16-bit TIFF, takes turns with Pillow; so do its
starts. Then a folder of 12-megapixel copies, two at a time, beside `aaphoto -a` and ImageMagick's `-auto-level
-auto-gamma` where these are installed. Of each the fastest counts. A busy machine makes clocks useless: processor time,
which is printed too, is less hurt. Targets: 4 times Pillow, with every slider 6 times, 350 MB; starts of 0.25 s, and
0.5 s with a photo of 0.3 megapixels; faster than the others.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image

from benchmarks.enhance_speed import CORES, Run, enlarged, fastest, measured
from editor_ops import NEUTRAL_LEVEL, SLIDERS
from enhancer.pool import WorkerPool
from tools import policies

GRAIN = 6.0
"""Standard deviation, in 8-bit levels: an enlarged photo is smooth, which JPEG packs to half of what cameras write."""
MEMORY = 350e6
TRAINER = str(Path(sys.executable).with_name("trainer"))

# Run as a child process of its own, as the command is: prints the processor seconds of decoding and encoding alone.
PILLOW = """
import sys, time
from PIL import Image, JpegImagePlugin
start = time.perf_counter(), time.process_time()
with Image.open(sys.argv[1]) as photo:
    photo.load()
    photo.save(sys.argv[2], quality=95, subsampling=JpegImagePlugin.get_sampling(photo))
print(time.perf_counter() - start[0], time.process_time() - start[1])
"""


def grained(photo: Path) -> None:
    """Adds GRAIN to a JPEG."""
    with Image.open(photo) as image:
        pixels = np.asarray(image).astype(np.float32)
    pixels += np.random.default_rng(0).normal(0, GRAIN, (*pixels.shape[:2], 1)).astype(np.float32)
    Image.fromarray(np.clip(pixels + 0.5, 0, 255).astype(np.uint8)).save(photo, quality=90)


def prepare(photo: Path, folder: Path) -> None:
    """All inputs into the folder: PHOTO in 24, 12 and 0.3 megapixels and as TIFF, and a policy for every slider."""
    enlarged(photo, folder / "photo.jpg")
    grained(folder / "photo.jpg")
    with Image.open(folder / "photo.jpg") as image:
        tifffile.imwrite(folder / "photo.tif", np.asarray(image).astype(np.uint16) * 257, photometric="rgb")
        image.resize((672, 448)).save(folder / "small.jpg", quality=90)
        image.resize((4242, 2828), Image.Resampling.LANCZOS).save(folder / "half.jpg", quality=90)
    half_up = {slider.name: NEUTRAL_LEVEL + NEUTRAL_LEVEL // 2 for slider in SLIDERS}
    policies.write(folder / "every.onnx", half_up)


def pillow(photo: Path, out: Path) -> Run:
    _, said = measured([sys.executable, "-c", PILLOW, str(photo), str(out)])
    return Run(*map(float, said.split()))


def enhance(photo: Path, out: Path, *options: str) -> Run:
    shutil.rmtree(out, ignore_errors=True)
    return timed([TRAINER, "enhance", str(photo), "--out", str(out), *options])


def timed(command: list[str]) -> Run:
    return measured(command)[0]


def by_turns(runs: Mapping[str, Callable[[], Run]], repeat: int) -> dict[str, Run]:
    """The fastest of each, all after each other and again."""
    found: dict[str, list[Run]] = {name: [] for name in runs}
    for _ in range(repeat):
        for name, run in runs.items():
            found[name].append(run())
    return {name: fastest(several) for name, several in found.items()}


def print_rows(rows: dict[str, Run], unit: Run | None = None) -> None:
    for name, run in rows.items():
        times = f", {run.seconds / unit.seconds:5.2f} times ({run.processor / unit.processor:5.2f})" if unit else ""
        memory = f", {run.memory / 1e6:.0f} MB" if run.memory else ""
        print(f"{name:40} {run.seconds:7.2f} s ({run.processor:7.2f} s of processor time){times}{memory}")


def on_folder(folder: Path, n: int) -> None:
    """n times the photo of 12 megapixels, two at a time, by us and by the others."""
    photos, places = folder / "photos", {name: folder / name for name in ("ours", "aaphoto", "convert")}
    photos.mkdir()
    for place in places.values():
        place.mkdir()
    for i in range(n):
        os.link(folder / "half.jpg", photos / f"{i}.jpg")
    two = ["xargs", "--arg-file", str(folder / "names"), "--max-procs", "2", "-I", "{}"]
    (folder / "names").write_text("".join(f"{i}.jpg\n" for i in range(n)))
    one = {
        "aaphoto": ["aaphoto", "-a", "-s", "-t", "1", "-o", str(places["aaphoto"]), f"{photos}/{{}}"],
        "convert": ["env", "OMP_NUM_THREADS=1", "convert", f"{photos}/{{}}", "-auto-level", "-auto-gamma",
                    f"{places['convert']}/{{}}"],
    }  # fmt: skip
    runs = {"trainer enhance --jobs 2": partial(enhance, photos, places["ours"], "--jobs", "2")}
    for name, command in one.items():
        if shutil.which(name):
            runs[f"{name}, two at a time"] = partial(timed, [*two, *command])
        else:
            print(f"{name} is not installed: left out")
    print_rows(by_turns(runs, 1))


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("photo", type=Path, metavar="PHOTO")
    parser.add_argument("--repeat", type=int, default=3, help="runs of each, of which the fastest counts (default 3)")
    parser.add_argument("--photos", type=int, default=100, help="in the folder; 0: no folder (default 100)")
    arguments = parser.parse_args()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])  # for every child, too
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed program is compiled once, not at every start
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        photo, out, every = folder / "photo.jpg", folder / "out", folder / "every.onnx"
        with WorkerPool(1) as pool:  # elsewhere: the peak memory of a child begins with that of its parent
            pool.submit(prepare, arguments.photo, folder).result()
        print(f"{arguments.photo.name} at 24 megapixels, {photo.stat().st_size / 1e6:.1f} MB, {CORES} cores")
        runs = {
            "Pillow, decoding and encoding": partial(pillow, photo, folder / "pillow.jpg"),
            "trainer enhance, its own edit": partial(enhance, photo, out),
            "trainer enhance, every slider": partial(enhance, photo, out, "--model", str(every)),
            "trainer enhance, 16-bit TIFF": partial(enhance, folder / "photo.tif", out),
            "trainer --help": partial(timed, [TRAINER, "--help"]),
            "trainer enhance, 0.3 megapixels": partial(enhance, folder / "small.jpg", out),
        }
        rows = by_turns(runs, arguments.repeat)
        unit = rows["Pillow, decoding and encoding"]
        print_rows(rows, unit)
        own, all_, _, start, little = list(rows.values())[1:]
        met = own.seconds <= 4 * unit.seconds and all_.seconds <= 6 * unit.seconds and own.memory <= MEMORY
        met = met and all_.memory <= MEMORY and start.seconds <= 0.25 and little.seconds <= 0.5
        if arguments.photos:
            on_folder(folder, arguments.photos)
    print("\n4 and 6 times Pillow, 350 MB, starts of 0.25 and 0.5 s: " + ("yes" if met else "NO"))
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
