# SPDX-License-Identifier: GPL-3.0-or-later
"""How long the browser page lets a user wait, in a real headless Chromium, on photos of 12 and 24 megapixels.

    python -m benchmarks.web_page [PHOTO]

Targets, on two cores: 3 s from a photo of 12 megapixels to its edit on the screen; then less than 100 ms from a
slider's movement to the edit. The edit is shown at the screen's size, at most 1600 pixels; while a slider moves,
smaller where the machine needs it. Processor time is that of all of Chromium's threads, and tells more than the clock
where other programs run. Memory is that of all of Chromium's processes together, shared pages counted once.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import threading
from pathlib import Path
from typing import Any

from PIL import Image

from tools import web_page

PHOTO = Path(__file__).parents[1] / "tests" / "photos" / "church.jpg"
SIZES = {"photo": (4000, 3000), "large": (6000, 4000)}
"""Pixels: 12 and 24 megapixels."""
LATE = 100
"""Milliseconds."""
ROWS = {
    "ready": "from the address to a page that is ready, also without a network",
    "shown": "12 megapixels: from the file to its edit on the screen",
    "alternatives": "then until the alternatives are there",
    "moves": "a move of {slider}, median; shown at {low} to {high} pixels",
    "saved": "saving 12 megapixels as JPEG",
    "shownLarge": "24 megapixels: from the file to its edit on the screen",
    "savedLarge": "saving them as JPEG",
}
EVERY = 0.2
"""Seconds between two looks at the memory."""


def memory_of_children() -> int:
    """Bytes of all processes that this one has started, and theirs."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue  # it has ended
    ours = {os.getpid()}
    while more := {child for child, parent in parents.items() if parent in ours} - ours:
        ours |= more
    total = 0
    for number in ours - {os.getpid()}:
        try:
            text = Path(f"/proc/{number}/smaps_rollup").read_text()
        except OSError:
            continue
        total += sum(int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith("Pss:"))
    return total


def watched(**given: Any) -> tuple[Any, int]:
    """What web/drive/measure.mjs tells, and the most memory that it took."""
    done, most = threading.Event(), [0]

    def watch() -> None:
        while not done.wait(EVERY):
            most[0] = max(most[0], memory_of_children())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        return web_page.drive("measure", **given), most[0]
    finally:
        done.set()
        watcher.join()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photo", nargs="?", type=Path, default=PHOTO, help="brought to the sizes")
    chosen = parser.parse_args()
    web_page.build()
    with tempfile.TemporaryDirectory() as name, web_page.served() as (url, _):
        folder, paths = Path(name), {}
        for size, pixels in SIZES.items():
            paths[size] = str(folder / f"{size}.jpg")
            with Image.open(chosen.photo) as photo:
                photo.convert("RGB").resize(pixels, Image.Resampling.LANCZOS).save(paths[size], quality=92)
        seen, most = watched(url=url, out=str(folder), **paths)
    print(f"{seen['threads']} threads; other programs: load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n")
    print("| what | by the clock | processor time |\n|---|---|---|")
    for key, words in ROWS.items():
        if key != "moves":
            print(f"| {words} | {seen[key]['clock'] / 1e3:.2f} s | {seen[key]['processor'] / 1e3:.2f} s |")
            continue
        for slider, seen_moves in seen["moves"].items():
            took, sides = zip(*((move["took"], move["side"]) for move in seen_moves["moves"]), strict=True)
            late = f"{sum(each > LATE for each in took)} of {len(took)} above {LATE}"
            print(f"| {words.format(slider=slider, low=min(sides), high=max(sides))} "
                  f"| {statistics.median(took):.0f} ms, {late} | {seen_moves['processor']:.0f} ms |")  # fmt: skip
    print(f"| memory at most, of the whole browser | {most / 1e9:.1f} GB | |")


if __name__ == "__main__":
    main()
