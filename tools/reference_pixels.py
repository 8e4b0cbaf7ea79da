# SPDX-License-Identifier: GPL-3.0-or-later
"""Pixels of real GIMP, stored, so that every operation is held to GIMP in a second on any machine.

    python -m tools.reference_pixels      after an operation or a case was added; needs the GIMP roots

The file tests/editor_ops/reference_pixels.npz has small pictures, settings of every operation, and what GIMP 3.0 and
3.2 make of them at some places of each picture, as floats; and how it was made.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from editor_ops.blend import MODES
from tools.gimp_roots import root
from tools.gimp_roots.operation_cases import ENDS, RANGES, SEED, blended, pictures, settings
from tools.gimp_roots.render import Case, Step, render

FILE = Path(__file__).parents[1] / "tests" / "editor_ops" / "reference_pixels.npz"
PICTURES = ("parrots", "noise", "beyond", "otters-alpha")
RANDOM = 6
"""Random settings of each operation, besides those at the ends of the ranges."""
PLACES = 90
"""Pixels of each result: with more the file would pass a megabyte, and each operation has some thousand of them."""


class Reference(NamedTuple):
    """A case, its picture (height, width, 3 or 4), and GIMP's version -> pixels (P, 3) at places in a row (P,)."""

    case: Case
    picture: np.ndarray
    places: np.ndarray
    pixels: Mapping[str, np.ndarray]


def cases() -> list[Case]:
    """Those that are stored: the same settings that the tests in real GIMP begin with, and the ends."""
    steps = [
        Step(operation, values)
        for operation in RANGES
        for values in [*(settings(operation)[:RANDOM] if RANGES[operation] else []), *ENDS[operation]]
    ]
    steps += [step for mode in MODES if mode != "replace" for step in blended(mode)]
    return [Case(picture, (step,)) for step in steps for picture in PICTURES]


def places_of(case: int, picture: np.ndarray) -> np.ndarray:
    """Places in a picture's row of pixels, others for each case."""
    random = np.random.default_rng([SEED, case])
    return np.sort(random.choice(picture.shape[0] * picture.shape[1], PLACES, replace=False)).astype(np.uint16)


def load(path: Path = FILE) -> list[Reference]:
    with np.load(path, allow_pickle=False) as stored:
        listed: list[dict[str, Any]] = json.loads(str(stored["cases"]))
        inputs = {name: stored[f"picture {name}"] for name in PICTURES}
        places, first, differs = stored["places"], stored["pixels 3.0"], stored["differs"]
        second = first.copy()
        second[differs] = stored["pixels 3.2 where it differs"]
    return [
        Reference(
            Case(row.pop("picture"), (Step(**row),)), inputs[name], places[i],
            {"3.0": first[i], "3.2": second[i]},
        )
        for i, row in enumerate(listed)
        for name in (row["picture"],)
    ]  # fmt: skip


def main() -> None:
    all_cases, inputs = cases(), {name: pictures()[name] for name in PICTURES}
    places = np.stack([places_of(i, inputs[case.picture]) for i, case in enumerate(all_cases)])
    pixels = {}
    for version in root.VERSIONS:
        results, _ = render(version, inputs, all_cases)
        taken = [result[..., :3].reshape(-1, 3)[at] for result, at in zip(results, places, strict=True)]
        pixels[version] = np.stack(taken)
    differs = np.flatnonzero((pixels["3.0"] != pixels["3.2"]).any(axis=(1, 2)))
    listed = [
        {"picture": case.picture} | case.steps[0]._asdict() | {"properties": dict(case.steps[0].properties)}
        for case in all_cases
    ]
    provenance = {
        "command": "python -m tools.reference_pixels", "date": str(datetime.date.today()), "seed": SEED,
        "versions": {version: packages(version) for version in root.VERSIONS},
    }  # fmt: skip
    arrays: dict[str, Any] = {
        "provenance": np.array(json.dumps(provenance)), "cases": np.array(json.dumps(listed)), "places": places,
        "differs": differs, "pixels 3.0": pixels["3.0"], "pixels 3.2 where it differs": pixels["3.2"][differs],
    }  # fmt: skip
    arrays |= {f"picture {name}": picture for name, picture in inputs.items()}
    np.savez_compressed(FILE, **arrays)
    size = FILE.stat().st_size / 1e6
    print(f"{len(all_cases)} cases, {len(differs)} of them different in GIMP 3.2; {size:.2f} MB: {FILE}")


def packages(version: str) -> dict[str, str]:
    """The exact versions of GIMP, GEGL and babl in a root."""
    status = (root.find(version) / "var/lib/dpkg/status").read_text(encoding="utf-8")
    found = {}
    for block in status.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line and line[0] != " ")
        if fields.get("Package") in ("gimp", "libgegl-0.4-0t64", "libgegl-0.4-0", "libbabl-0.1-0"):
            found[fields["Package"]] = fields["Version"]
    return found


if __name__ == "__main__":
    main()
