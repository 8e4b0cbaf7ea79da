# SPDX-License-Identifier: GPL-3.0-or-later
"""How fast the learning is, and what its time goes to.

    python -m benchmarks.throughput PHOTOS            the editor alone, then `trainer fit` with 1 and 2 processes
    python -m benchmarks.throughput --cache 100000    the thumbnail cache with so many photos, made for it

PHOTOS is a folder of photos, which are source and target at once. Run it on an idle machine.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as the command line does

import numpy as np
import torch
from PIL import Image
from rich.console import Console
from rich.table import Table

from editor_ops import LEVELS, SLIDERS
from enhancer import files as files_
from trainer import batches, cache, data, distributed, draws, edits, environment, fit
from trainer.config import recipe

OFFICIAL = 183.0
"""Edits a second of the official code's editor (satoshi-kosugi/Unpaired-Image-Enhancement at d78374f) on pictures of
64x64, measured on two cores."""
BATCH, ACTIONS = 48, 11
"""Of the editor alone: the default recipe's photos, and the edits it tries on each."""
UPDATES, WARM = 40, 5
"""Measured updates, and those before them that are not: memory is allocated and caches are filled."""
# parts of an update -> the functions whose time they are, by where they are called; one that calls another gives its
# time up. The network's forward pass is timed in `measured_run`; the rest of `fit.update` is backward and step.
PARTS: dict[str, list[tuple[Any, str]]] = {
    "drawing photos": [(data, "draw")],
    "degrading": [(draws, "sample_degradations"), (draws, "sample_target_jitter"), (batches, "degrade")],
    "network forward": [],
    "sampling": [(fit, "sample_actions")],
    "editing": [(fit, "edit_batch")],
    "reward": [(fit, "rewards")],
    "losses, backward, step": [(fit, "update")],
    "critic": [(fit, "update_critic")],
}


def editor_alone(threads: int, seconds: float = 10.0) -> float:
    """Edits a second at 64x64 on the CPU, random levels."""
    torch.set_num_threads(threads)
    generator = torch.Generator().manual_seed(0)
    levels = torch.tensor([s.values() for s in SLIDERS], dtype=torch.float32)
    state = torch.rand(BATCH, 3, 64, 64, generator=generator)
    action = torch.randint(LEVELS, (BATCH, ACTIONS, len(SLIDERS)), generator=generator)
    with torch.no_grad():
        edits.edit_batch(state, action, levels)
        started, done = time.monotonic(), 0
        while time.monotonic() - started < seconds:
            edits.edit_batch(state, action, levels)
            done += BATCH * ACTIONS
    return done / (time.monotonic() - started)


def editors_together(processes: int) -> float:
    """The same in several processes of one thread each, as torchrun starts them."""
    command = [sys.executable, "-m", "benchmarks.throughput", "--editor"]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(processes)]
    return sum(float(process.communicate()[0]) for process in running)


class Clock:
    """Seconds by part; a part's time excludes that of parts called within it."""

    def __init__(self, device: str) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.inner = [0.0]
        self.device = device

    def now(self) -> float:
        if self.device == "cuda":
            torch.cuda.synchronize()
        return time.perf_counter()

    def timed(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def wrapper(*arguments: Any, **named: Any) -> Any:
            started = self.now()
            self.inner.append(0.0)
            result = function(*arguments, **named)
            took = self.now() - started
            self.seconds[part] += took - self.inner.pop()
            self.inner[-1] += took
            return result

        return wrapper


def measured_run(folder: Path, out: Path, settings: dict[str, Any]) -> None:
    """A short run of `fit` with a clock in it; the first process writes out/clock.json."""
    config = recipe("default", **settings)
    clock = Clock(config.device)
    for part, functions in PARTS.items():
        for place, name in functions:
            setattr(place, name, clock.timed(part, getattr(place, name)))
    parallel = distributed.parallel
    distributed.parallel = lambda network: clock.timed("network forward", parallel(network))  # type: ignore[assignment,return-value]

    began: list[float] = []
    sample_batch, step = environment.sample_batch, 0  # called once, at the start of each update

    def watched(*arguments: Any) -> Any:
        nonlocal step
        step += 1
        if step == WARM + 1:
            clock.seconds.clear()
            began.append(clock.now())
        elif step == WARM + UPDATES + 1:
            total = clock.now() - began[0]
            n = config.batch * config.actions * (1 + len(SLIDERS) * config.by_slider) * distributed.world_size()
            if distributed.rank() == 0:
                record = {"total": total, "edits": n * UPDATES, "seconds": dict(clock.seconds)}
                (out / "clock.json").write_text(json.dumps(record))
        return sample_batch(*arguments)

    environment.sample_batch = watched  # type: ignore[assignment]  # the same, watched
    fit.fit(folder, folder, out / "run", config, quiet=True)


def whole_loop(folder: Path, processes: int, settings: dict[str, Any]) -> dict[str, Any]:
    """A measured run in processes of their own, each with as many threads as its share of the processors."""
    # one update more, so that the end of the last measured one is seen; the batch is shared among the processes
    settings = settings | {"steps": WARM + UPDATES + 1, "evaluate_every": 10_000}
    with tempfile.TemporaryDirectory() as out:
        launcher = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
        arguments = ["-m", "benchmarks.throughput", str(folder), "--measure", out, json.dumps(settings)]
        threads = str(max(1, (os.cpu_count() or 1) // processes))
        command = [sys.executable, *(launcher if processes > 1 else []), *arguments]
        done = subprocess.run(command, env=os.environ | {"OMP_NUM_THREADS": threads}, capture_output=True, text=True)
        if done.returncode:
            sys.exit(done.stderr)
        return dict(json.loads((Path(out) / "clock.json").read_text()))


def print_loop(folder: Path) -> None:
    devices = ["cpu"] + ["cuda"] * torch.cuda.is_available()
    critic = {"w_critic": 0.1, "hindsight_share": 0.5, "edit_size": 64}
    columns, results = [], []
    for device in devices:
        for name, settings in (("default", {}), ("with critic", critic)):
            for processes in (1, 2):
                if device == "cuda" and processes > torch.cuda.device_count():
                    continue
                batch = {"batch": BATCH // processes, "device": device}
                columns.append(f"{device}, {name}, {processes} process{'es' * (processes > 1)}")
                results.append(whole_loop(folder, processes, settings | batch))
    table = Table("whole loop, 48 photos an update", *columns)
    table.add_row("edits a second", *(f"{r['edits'] / r['total']:.0f}" for r in results))
    table.add_row("ms an update", *(f"{1000 * r['total'] / UPDATES:.0f}" for r in results))
    for part in PARTS:
        table.add_row(f"{part}, %", *(f"{100 * r['seconds'].get(part, 0) / r['total']:.1f}" for r in results))
    rest = [100 * (1 - sum(r["seconds"].values()) / r["total"]) for r in results]
    table.add_row("the rest, %", *(f"{share:.1f}" for share in rest))
    Console(width=160).print(table)


def print_cache(n: int) -> None:
    """First and second start with n photos, and the memory while drawing; all of it in a temporary folder."""
    bare = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    place = Path(tempfile.mkdtemp(prefix="auto-enhance-rl-benchmark-"))
    try:
        photos = place / "photos"
        rng = np.random.default_rng(0)
        for i in range(n):
            folder = photos / f"{i // 1000:04d}"
            folder.mkdir(parents=True, exist_ok=True)
            pixels = rng.integers(0, 256, (16, 16, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / f"{i:06d}.png", compress_level=0)
        times = []
        for _ in range(2):
            started = time.monotonic()
            loaded = data.load(photos, quiet=True, cache=place / "cache")
            times.append(time.monotonic() - started)
        assert len(loaded.names) == n == len(files_.find(photos))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        generator = torch.Generator().manual_seed(0)
        started, times_drawn = time.monotonic(), 100
        for _ in range(times_drawn):
            data.draw(loaded, BATCH, generator, 0.5)
        took = (time.monotonic() - started) / times_drawn
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        table = Table(f"cache of {n} photos", "")
        table.add_row("first start", f"{times[0]:.1f} s ({n / times[0]:.0f} photos a second)")
        table.add_row("second start", f"{times[1]:.1f} s")
        table.add_row("drawing 48", f"{1000 * took:.1f} ms")
        table.add_row("peak memory before loading", f"{bare:.0f} MB")
        table.add_row("peak memory before drawing", f"{before:.0f} MB")
        table.add_row("peak memory after 100 draws", f"{peak:.0f} MB")
        table.add_row("all miniatures", f"{n * cache.PIXELS / 2**20:.0f} MB")
        Console(width=120).print(table)
    finally:
        shutil.rmtree(place)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", nargs="?", type=Path)
    parser.add_argument("--cache", type=int, metavar="N")
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)  # what the processes are started with
    parser.add_argument("--editor", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        measured_run(given.photos, Path(given.measure[0]), json.loads(given.measure[1]))
    elif given.editor:
        print(editor_alone(1))
    elif given.cache:
        print_cache(given.cache)
    elif given.photos:
        table = Table("editor alone, 64x64, CPU", "edits a second", f"times the official editor's {OFFICIAL:.0f}")
        for threads in (1, 2):
            speed = editor_alone(threads)
            table.add_row(f"{threads} thread{'s' * (threads > 1)}", f"{speed:.0f}", f"{speed / OFFICIAL:.1f}")
        speed = editors_together(2)
        table.add_row("2 processes", f"{speed:.0f}", f"{speed / OFFICIAL:.1f}")
        Console(width=120).print(table)
        print_loop(given.photos)
    else:
        parser.error("give a folder of photos, or --cache N")


if __name__ == "__main__":
    main()
