# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a folder of favourites teaches its look: two known looks, given to finished photos, and what is learned.

    python -m benchmarks.taste SOURCE_DIR FINISHED_DIR --out DIR [--model FILE.onnx] [--photos 50]

Finished photos are edited in one way, all alike: warm and pale, then cool and contrasty. `trainer fit --from` the
policy learns from them beside the source photos. On photos that it did not see, compared are the levels that the taught
policy chooses with those of one taught by the same photos as they were: these have a taste of their own, such as deeper
colours than the source photos have. That one is compared with the policy that both began with. Target: the sliders of
the look move by half of the known amount, and the others little.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from rich.console import Console
from rich.table import Table

import models
from editor_ops import NAMES, NEUTRAL_LEVEL, SLIDERS, edit
from enhancer import files as files_
from enhancer import photo
from models.thumbnail import thumbnail

LOOKS: dict[str, dict[str, float]] = {
    "as they were": {},
    "warm and pale": {"temperature": 8500.0, "saturation": 0.7},
    "cool and contrasty": {"temperature": 5300.0, "contrast": 0.6},
}
NEW = 60
"""Photos that the policies are compared on, at most: as many finished ones as source photos."""
OTHERS = 3
"""Of the sliders that have no part in a look, those that move most are told."""


def known_levels(values: Mapping[str, float]) -> dict[str, float]:
    """Levels from neutral that set a look's values: on the slider's own scale, between two levels where it falls so."""
    levels = {}
    for slider in SLIDERS:
        if slider.name in values:
            table = np.array(slider.values())
            order = np.argsort(table)
            levels[slider.name] = float(np.interp(values[slider.name], table[order], order)) - NEUTRAL_LEVEL
    return levels


def by_name(folder: Path) -> list[Path]:
    """The photos of a folder in an order that has nothing to do with what they show."""
    return sorted(files_.find(folder), key=lambda path: hashlib.sha256(path.name.encode()).digest())


def thumbnails(files: Sequence[Path]) -> np.ndarray:
    """float32 (N, 3, 64, 64)."""
    return np.stack([thumbnail(photo.srgb(photo.read(path))) for path in files])


def write_targets(files: Sequence[Path], values: Mapping[str, float], folder: Path) -> None:
    folder.mkdir(parents=True)
    for path in files:
        edited = edit(photo.srgb(photo.read(path)), values)
        Image.fromarray(edited).save(folder / f"{path.stem}.png")


def moved(taught: models.Policy, beside: models.Policy, pictures: np.ndarray) -> np.ndarray:
    """Mean change of each slider, in levels: (K,)."""
    chosen = [policy.logits(pictures)[1].astype(float) for policy in (taught, beside)]
    return (chosen[0] - chosen[1]).mean(0)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("source", type=Path, metavar="SOURCE_DIR")
    parser.add_argument("finished", type=Path, metavar="FINISHED_DIR")
    parser.add_argument("--out", type=Path, required=True, help="folder for the looks' photos and the runs")
    parser.add_argument("--model", type=Path, default=None, help="policy to begin with (default: the shipped one)")
    parser.add_argument("--photos", type=int, default=50, help="favourites of each look (default 50)")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    from trainer import fit
    from trainer.config import recipe
    from trainer.export import export_run

    try:
        finished, sources = by_name(arguments.finished), by_name(arguments.source)
        # the part that `trainer fit` holds out comes first in this order, so that no policy has learned from it
        new = [*finished[: NEW // 2], *sources[: NEW // 2]]
        liked, taken = finished[NEW // 2 :][: arguments.photos], sources[NEW // 2 :]
        pictures = thumbnails(new)
        start = arguments.model or models.SHIPPED
        table = Table("favourites", "beside", "slider", "known", "learned", "share", "minutes")
        beside, name_beside = models.Policy.load(start), "the first policy"
        for name, values in LOOKS.items():
            folder = arguments.out / name.replace(" ", "-")
            write_targets(liked, values, folder / "favourites")
            started = time.monotonic()
            settings = recipe("taste", seed=arguments.seed)
            files = (taken, files_.find(folder / "favourites"))
            fit.fit(arguments.source, folder / "favourites", folder / "run", settings, files=files, start=start)
            export_run(folder / "run", folder / "run" / "policy.onnx")
            minutes = f"{(time.monotonic() - started) / 60:.1f}"
            taught = models.Policy.load(folder / "run" / "policy.onnx")
            change = dict(zip(NAMES, moved(taught, beside, pictures).tolist(), strict=True))
            for slider, levels in known_levels(values).items():
                learned = change.pop(slider)
                row = (slider, f"{levels:+.1f}", f"{learned:+.1f}", f"{learned / levels:.0%}")
                table.add_row(name, name_beside, *row, minutes)
            for slider in sorted(change, key=lambda other: -abs(change[other]))[:OTHERS]:
                table.add_row(name, name_beside, slider, "-", f"{change[slider]:+.1f}", "-", minutes)
            if not values:
                beside, name_beside = taught, name
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    Console(width=120).print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
