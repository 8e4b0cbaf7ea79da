# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether an edit looks the same on the thumbnail, where it is chosen, and on the photo, where it is applied.

    python -m benchmarks.thumbnail_consistency PHOTO_DIR [--photos 20] [--model FILE.onnx]

Each photo is edited at its own size, rounded to 8 bits and shrunk by `models.thumbnail`; and its thumbnail is edited as
it is. Compared are these two, in 8-bit levels: with the sliders that the policy chooses, and with each slider alone at
either end. Target: 1.0 level on average with the chosen sliders.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image

import editor_ops
import models
from models.thumbnail import thumbnail as shrink

MEAN = 1.0
FORMATS = {".jpg", ".jpeg", ".png"}


def difference(pixels: np.ndarray, thumbnail: np.ndarray, values: Mapping[str, float]) -> float:
    """Mean absolute difference in levels between edit-then-shrink and shrink-then-edit of one photo.

    pixels: uint8 (height, width, 3); thumbnail: its float32 (3, 64, 64).
    """
    applied = shrink(editor_ops.edit(pixels, values))
    seen = editor_ops.edit(np.ascontiguousarray(thumbnail.transpose(1, 2, 0)), values)
    return float(np.abs(np.clip(seen, 0, 1).transpose(2, 0, 1) - applied).mean() * 255)


def spread(photos: list[Path], count: int) -> list[Path]:
    """`count` of the photos, evenly spaced over the list."""
    if len(photos) <= count:
        return photos
    return [photos[i * len(photos) // count] for i in range(count)]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, metavar="PHOTO_DIR")
    parser.add_argument("--photos", type=int, default=20, help="how many to take (default 20)")
    parser.add_argument("--model", type=Path, default=None, help="policy file (default: the shipped one)")
    arguments = parser.parse_args()
    try:
        policy = models.Policy.load(arguments.model)
        found = sorted(path for path in arguments.folder.iterdir() if path.suffix.lower() in FORMATS)
    except (models.PolicyError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    photos = spread(found, arguments.photos)
    if not photos:
        print(f"{arguments.folder}: no photo ({', '.join(sorted(FORMATS))}) in it", file=sys.stderr)
        return 1

    edits: dict[str, Mapping[str, float] | None] = {"chosen sliders": None}
    for slider in editor_ops.SLIDERS:
        for end in (slider.lowest, slider.highest):
            if end != slider.neutral:
                edits[f"{slider.name} {slider.format(end)}"] = {slider.name: end}
    means: dict[str, list[float]] = {name: [] for name in edits}
    moved = 0
    for path in photos:
        with Image.open(path) as photo:
            pixels = np.asarray(photo.convert("RGB"))
        thumbnail = shrink(pixels)
        chosen = policy.decide_thumbnail(thumbnail).values
        moved += bool(editor_ops.filters(chosen, 64, 64))
        for name, values in edits.items():
            means[name].append(difference(pixels, thumbnail, chosen if values is None else values))

    print(f"{len(photos)} photos of {arguments.folder}; mean difference in levels\n")
    print(f"{'sliders':34} {'mean':>7} {'worst photo':>12}")
    for name, each in means.items():
        print(f"{name:34} {np.mean(each):7.3f} {max(each):12.3f}  {photos[int(np.argmax(each))].name}")
    alone = {name: float(np.mean(each)) for name, each in means.items() if name != "chosen sliders"}
    worst = max(alone, key=alone.__getitem__)
    mean = float(np.mean(means["chosen sliders"]))
    print(f"\nworst slider: {worst} with {alone[worst]:.3f} levels")
    good = mean <= MEAN and moved > 0  # a policy that leaves every photo alone shows nothing
    print(
        f"chosen sliders, moved in {moved} of {len(photos)}: {mean:.3f} levels; target {MEAN}: "
        + ("met" if good else "MISSED")
    )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
