# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a folder of favourites teaches its look: two known looks, given to finished photos, and what is learned.

    python -m benchmarks.taste SOURCE_DIR FINISHED_DIR --out DIR [--model FILE.onnx] [--photos 50]

Finished photos are edited in one way, all alike: warm and pale, then cool and contrasty. `trainer fit --from` the
policy learns from them beside the source photos. On photos that it did not see, compared are the levels that the taught
policy chooses with those of the policy it began with. Target: the sliders of the look move by half of the known
amount, and the others little.
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
from trainer import photo

LOOKS = {
    "warm and pale": {"temperature": 8500.0, "saturation": 0.7},
    "cool and contrasty": {"temperature": 5300.0, "contrast": 1.2},
}
NEW = 60
"""Photos that the policies are compared on, at most: as many finished ones as source photos."""


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
    return sorted(photo.find(folder), key=lambda path: hashlib.sha256(path.name.encode()).digest())


def thumbnails(files: Sequence[Path]) -> np.ndarray:
    """float32 (N, 3, 64, 64)."""
    return np.stack([models.thumbnail(photo.srgb(photo.read(path))) for path in files])


def write_targets(files: Sequence[Path], values: Mapping[str, float], folder: Path) -> None:
    folder.mkdir(parents=True)
    for path in files:
        edited = edit(photo.srgb(photo.read(path)), values)
        Image.fromarray(edited).save(folder / f"{path.stem}.png")


def moved(taught: models.Policy, before: models.Policy, pictures: np.ndarray) -> np.ndarray:
    """Mean change of each slider, in levels: (K,)."""
    chosen = [policy.logits(pictures)[1].astype(float) for policy in (taught, before)]
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

    try:
        before = models.Policy.load(arguments.model)
        finished, sources = by_name(arguments.finished), by_name(arguments.source)
        # the part that `trainer fit` holds out comes first in this order, so that no policy has learned from it
        new = [*finished[: NEW // 2], *sources[: NEW // 2]]
        liked, taken = finished[NEW // 2 :][: arguments.photos], sources[NEW // 2 :]
        pictures = thumbnails(new)
        table = Table("look", "slider", "known", "learned", "share", "most of the others", "minutes")
        for name, values in LOOKS.items():
            folder = arguments.out / name.replace(" ", "-")
            write_targets(liked, values, folder / "favourites")
            started = time.monotonic()
            start = arguments.model or models.SHIPPED
            settings = recipe("taste", seed=arguments.seed)
            files = (taken, photo.find(folder / "favourites"))
            fit.fit(arguments.source, folder / "favourites", folder / "run", settings, files=files, start=start)
            minutes = (time.monotonic() - started) / 60
            taught = models.Policy.load(folder / "run" / "policy.onnx")
            change = dict(zip(NAMES, moved(taught, before, pictures).tolist(), strict=True))
            known = known_levels(values)
            other = max((n for n in change if n not in known), key=lambda n: abs(change[n]))
            for slider, levels in known.items():
                table.add_row(
                    name, slider, f"{levels:+.1f}", f"{change[slider]:+.1f}", f"{change[slider] / levels:.0%}",
                    f"{other} {change[other]:+.1f}", f"{minutes:.1f}",
                )  # fmt: skip
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
