# SPDX-License-Identifier: GPL-3.0-or-later
"""How far `editor_ops.edit` is from what real GIMP's filters make of whole photos, 8-bit.

    python -m benchmarks.gimp_parity PHOTO... [--edits 2] [--model FILE.onnx] [--gimp 3.0] [--gimp 3.2]

Each photo gets the sliders that the policy chooses for it and some random ones; the filters are put on a layer in GIMP
as non-destructive ones and merged. Targets: at most 1 level anywhere, 0.01 on average.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image

import editor_ops
import models
from tools.gimp_roots.render import Case, random_values, render, steps
from tools.gimp_roots.root import VERSIONS, RootError, find

MAX, MEAN = 1, 0.01
SEED = 0
GIMP_TIME = 120
"""Seconds that GIMP may take for one edit: ten times what 24 megapixels need."""


def read(path: Path) -> np.ndarray:
    """A photo's pixels as they are, 8-bit RGB (height, width, 3)."""
    with Image.open(path) as photo:
        return np.asarray(photo.convert("RGB"))


def difference(ours: np.ndarray, theirs: np.ndarray) -> tuple[int, float, float]:
    """Largest and mean difference in levels, and the share of values that differ."""
    # uint8 arithmetic with the sign left out: a 24-megapixel photo's differences need not be 8 bytes each
    apart = np.maximum(ours, theirs) - np.minimum(ours, theirs)
    return int(apart.max()), float(apart.mean()), float((apart > 0).mean())


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("photos", nargs="+", type=Path, metavar="PHOTO")
    parser.add_argument("--edits", type=int, default=2, help="random edits for each photo (default 2)")
    parser.add_argument("--model", type=Path, default=None, help="policy file (default: the shipped one)")
    parser.add_argument("--gimp", action="append", choices=list(VERSIONS), help="GIMP version (default: all)")
    arguments = parser.parse_args()

    versions = arguments.gimp or list(VERSIONS)
    try:
        policy = models.Policy.load(arguments.model)
        for version in versions:
            find(version)
    except (models.PolicyError, RootError) as error:
        print(error, file=sys.stderr)
        return 1

    random = np.random.default_rng(SEED)
    rows = []
    print(f"{'photo':28} {'size':>11} {'sliders':>9} {'GIMP':>4} {'max':>4} {'mean':>9} {'differ':>8} {'ours, s':>8}")
    for path in arguments.photos:
        pixels = read(path)
        height, width, _ = pixels.shape
        edits = [("chosen", policy.decide(pixels).values)]
        edits += [(f"random {i + 1}", random_values(random)) for i in range(arguments.edits)]
        theirs = {}
        for version in versions:
            cases = [Case("photo", steps(values, width, height)) for _, values in edits]
            theirs[version], _ = render(version, {"photo": pixels}, cases, timeout=GIMP_TIME * len(cases))
        for i, (name, values) in enumerate(edits):
            start = time.perf_counter()
            ours = editor_ops.edit(pixels, values)
            seconds = time.perf_counter() - start
            for version in versions:
                largest, mean, share = difference(ours, theirs[version][i])
                rows.append((largest, mean))
                size = f"{width}x{height}"
                print(
                    f"{path.stem[:28]:28} {size:>11} {name:>9} {version:>4} {largest:4d} {mean:9.6f} {share:8.4%}"
                    f" {seconds:8.2f}",
                    flush=True,
                )
    largest, mean = max(row[0] for row in rows), float(np.mean([row[1] for row in rows]))
    worst_mean = max(row[1] for row in rows)
    count = f"{len(arguments.photos)} photos, {len(rows)} edits"
    print(f"\n{count}: max {largest}, mean {mean:.6f}, worst mean {worst_mean:.6f}")
    good = largest <= MAX and worst_mean <= MEAN
    print("target max 1, mean 0.01: " + ("met" if good else "MISSED"))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
