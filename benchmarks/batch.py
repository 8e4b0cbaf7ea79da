# SPDX-License-Identifier: GPL-3.0-or-later
"""`trainer enhance` on a folder of 12-megapixel photos: one job against two, and killed in the middle.

    python -m benchmarks.batch [--photos 200] [--timed 40] [--gimp 3.0]

Makes the photos first: parts of the test photos, each another one, enlarged to 4000 x 3000 with some grain, so that
their files have the size of a camera's. Then, one after the other:

- Of some of them, evenly taken (--timed), undisturbed, `--jobs 1` (one process on all cores) and `--jobs 2` (two
  processes of one core each): seconds by the clock, and the most memory that all processes had together (each page
  counted once). Both must come to the same bytes.
- Of all, `--jobs 2`, killed with SIGKILL when a third of the copies and when two thirds are there, and started again
  each time. In the end the copies of the timed photos must be, byte for byte, those of the undisturbed runs; every copy
  must be the one that its sidecar tells of; no other file may be there; and no copy that was there at a kill may have
  been written again.

With --gimp, also examples/gimp_batch.py in that GIMP on the first of the photos (--gimp-photos), by the clock and as a
ratio. Needs the GIMP roots of the tests (tools/gimp_roots/root.py). Exit status 1 where a check fails.
"""

from __future__ import annotations

import argparse
import filecmp
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.enhance_speed import fastest, measured
from enhancer import sidecar
from enhancer.pool import WorkerPool
from tools.gimp_roots import root
from tools.gimp_roots.plug_in import install_in
from trainer import console

ROOT = Path(__file__).parents[1]
TEST_PHOTOS = [ROOT / "tests" / "photos" / name for name in ("church.jpg", "valley.jpg")]
SIZE = (4000, 3000)
GRAIN = 5.0
"""Levels, standard deviation: makes files of some 5 MB, as cameras do."""
SAMPLE = 0.2
"""Seconds between two looks at the memory."""
GIMP_TIME = 3000
"""Seconds that GIMP may take for the photos; 15 each are usual."""


def make_photo(path: Path, number: int) -> None:
    """A part of a test photo, chosen by the number, at SIZE."""
    choose = random.Random(number)
    with Image.open(TEST_PHOTOS[number % len(TEST_PHOTOS)]) as photo:
        width = choose.uniform(0.5, 1.0) * min(photo.width, photo.height * 4 / 3)
        left, top = choose.uniform(0, photo.width - width), choose.uniform(0, photo.height - width * 3 / 4)
        part = photo.convert("RGB").resize(
            SIZE, Image.Resampling.BICUBIC, box=(left, top, left + width, top + width * 3 / 4)
        )
    noise = np.random.default_rng(number).normal(0, GRAIN, (SIZE[1], SIZE[0], 1)).astype(np.float32)
    pixels = np.clip(np.asarray(part) + noise, 0, 255).astype(np.uint8)
    Image.fromarray(pixels).save(path, quality=92)


def make_photos(folder: Path, n: int) -> None:
    """In four folders."""
    paths = [folder / f"{i % 4}" / f"{i:04d}.jpg" for i in range(n)]
    for path in paths[:4]:
        path.parent.mkdir(parents=True, exist_ok=True)
    with WorkerPool(2) as pool:
        made = pool.map(make_photo, paths, range(n))
        for _ in console.steps("Making photos", n):
            next(made)
    size = sum(path.stat().st_size for path in paths) / 1e6
    print(f"{n} photos of {SIZE[0]} x {SIZE[1]}, {size / n:.1f} MB each, as files", flush=True)


def started(photos: Path, out: Path, jobs: int) -> subprocess.Popen[bytes]:
    """The command in a process group of its own."""
    command = [sys.executable, "-m", "trainer", "enhance", str(photos), "--out", str(out), "--jobs", str(jobs)]
    quiet = subprocess.DEVNULL
    return subprocess.Popen(command, stdout=quiet, stderr=quiet, start_new_session=True, cwd=ROOT)


def memory(group: int) -> int:
    """Bytes that the processes of a group have together, a shared page counted once."""
    total = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if int((folder / "stat").read_text().rpartition(")")[2].split()[2]) == group:
                rows = dict(line.split(":") for line in (folder / "smaps_rollup").read_text().splitlines()[1:])
                total += int(rows["Pss"].split()[0]) * 1024
        except (OSError, ValueError, KeyError):  # it has just ended
            pass
    return total


def run(photos: Path, out: Path, jobs: int, until: Callable[[], bool] | None = None) -> tuple[float, int]:
    """Seconds and peak memory of a run; one that is killed as soon as `until` says so."""
    began, peak, looked = time.monotonic(), 0, 0.0
    process = started(photos, out, jobs)
    try:
        while process.poll() is None:
            if until and until():
                process.send_signal(signal.SIGKILL)
                process.wait()
                return time.monotonic() - began, peak
            if time.monotonic() - looked > SAMPLE:
                looked = time.monotonic()
                peak = max(peak, memory(process.pid))
            time.sleep(0.02)
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    if process.returncode:
        sys.exit(f"trainer enhance ended with {process.returncode}")
    return time.monotonic() - began, peak


def copies(out: Path) -> dict[Path, tuple[int, int]]:
    """Each copy's name -> its inode and time of change, others where it was written again."""
    stats = {path.relative_to(out): path.stat() for path in out.glob("*/[0-9]*.jpg")}
    return {name: (stat.st_ino, stat.st_mtime_ns) for name, stat in stats.items()}


def killed(photos: Path, out: Path, undisturbed: Path, n: int) -> bool:
    """The run that is killed twice; whether all is as it should be."""
    there: dict[Path, tuple[int, int]] = {}
    kept = True
    for share in (n // 3, 2 * n // 3):
        run(photos, out, 2, lambda share=share: len(copies(out)) >= share)  # type: ignore[misc]
        now = copies(out)  # at once: the workers may not have noticed yet
        kept &= there.items() <= now.items()
        there = now
        left = sum(path.name.endswith(".part") for path in out.rglob("*"))
        print(f"killed with SIGKILL: {len(now)} copies there, {left} files half written", flush=True)
    seconds, peak = run(photos, out, 2)
    done = copies(out)
    kept &= there.items() <= done.items()
    names = {path.relative_to(photos) for path in photos.rglob("*.jpg")}
    exact = names == done.keys() and sum(path.is_file() for path in out.rglob("*")) == 2 * n
    whole = sum(sidecar.is_copy(out / name, contents=True) for name in done)
    wanted = copies(undisturbed)
    same = sum(filecmp.cmp(out / name, undisturbed / name, shallow=False) for name in wanted)
    print(f"the last start: {seconds:.0f} s for the other {n - len(there)}, {peak / 1e9:.2f} GB of memory")
    print(f"{whole} of {n} copies are whole; {same} of {len(wanted)} are, byte for byte, those of an undisturbed run")
    print(f"a copy and a sidecar for each photo, and no other file: {'yes' if exact else 'NO'}")
    print(f"nothing done twice: {'yes' if kept else 'NO'}", flush=True)
    return kept and exact and whole == n and same == len(wanted)


def in_gimp(version: str, photos: list[Path], folder: Path) -> None:
    """examples/gimp_batch.py and `trainer enhance` on the same few photos, by turns."""
    (folder / "photos").mkdir(parents=True)
    for path in photos:
        os.link(path, folder / "photos" / path.name)
    shutil.copyfile(ROOT / "docs" / "gimp_batch.py", folder / "gimp_batch.py")
    install_in(folder, version)
    n = len(photos)
    ours = {}
    for jobs in (1, 2):
        command = [sys.executable, "-m", "trainer", "enhance", str(folder / "photos"), "--jobs", str(jobs)]
        runs = [measured([*command, "--out", str(folder / f"out-{jobs}-{i}")])[0] for i in range(2)]
        ours[jobs] = fastest(runs).seconds
        print(f"trainer enhance --jobs {jobs}: {ours[jobs] / n:.1f} s a photo, of {n}", flush=True)
    for save in ("xcf", "same", "both"):
        script = ["--batch-interpreter=python-fu-eval", "-b", 'exec(open("gimp_batch.py").read())', "--quit"]
        variables = {"PHOTOS": "photos", "OUT": f"gimp-{save}", "SAVE": save}
        began = time.monotonic()
        done = root.run(version, [f"gimp-console-{version}", "-idf", *script], folder, GIMP_TIME, variables)
        seconds = time.monotonic() - began
        if done.returncode:
            sys.exit(f"GIMP ended with {done.returncode}:\n{done.stdout[-3000:]}")
        ratios = ", ".join(f"{seconds / ours[jobs]:.1f} times --jobs {jobs}" for jobs in ours)
        print(f"GIMP {version}, SAVE={save}: {seconds / n:.1f} s a photo; {ratios}", flush=True)


def timed(photos: Path, folder: Path, n: int) -> bool:
    """One job against two; whether both come to the same bytes, which are left in folder/jobs-2."""
    times = {}
    for jobs in (1, 2):
        times[jobs], peak = run(photos, folder / f"jobs-{jobs}", jobs)
        pace = n / times[jobs] * 60
        print(
            f"--jobs {jobs}: {times[jobs]:.0f} s for {n}, {pace:.0f} a minute; {peak / 1e9:.2f} GB of memory",
            flush=True,
        )
    print(f"--jobs 2 takes {times[2] / times[1]:.2f} of the time of --jobs 1")
    one, two = folder / "jobs-1", folder / "jobs-2"
    same = copies(one).keys() == copies(two).keys()
    same = same and all(filecmp.cmp(one / name, two / name, shallow=False) for name in copies(one))
    print(f"the same bytes from both: {'yes' if same else 'NO'}", flush=True)
    return same


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--photos", type=int, default=200, metavar="N", help="how many (default 200)")
    parser.add_argument("--timed", type=int, default=40, metavar="N", help="how many of them are timed (default 40)")
    parser.add_argument("--gimp", choices=list(root.VERSIONS), help="also time examples/gimp_batch.py in this GIMP")
    parser.add_argument("--gimp-photos", type=int, default=6, metavar="N", help="on how many of them (default 6)")
    arguments = parser.parse_args()
    n: int = arguments.photos
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_photos(folder / "photos", n)
        return 0 if check(folder, arguments.timed, arguments.gimp, arguments.gimp_photos) else 1


def check(folder: Path, n_timed: int, gimp: str | None, n_gimp: int) -> bool:
    """All checks on the photos in folder/photos."""
    found = sorted((folder / "photos").rglob("*.jpg"))
    some = found[:: max(1, len(found) // n_timed)][:n_timed]
    for path in some:
        link = folder / "some" / path.relative_to(folder / "photos")
        link.parent.mkdir(parents=True, exist_ok=True)
        os.link(path, link)
    good = timed(folder / "some", folder, len(some))
    good &= killed(folder / "photos", folder / "killed", folder / "jobs-2", len(found))
    if gimp:
        in_gimp(gimp, found[:n_gimp], folder / "gimp")
    return good


if __name__ == "__main__":
    sys.exit(main())
