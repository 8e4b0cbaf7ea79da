# SPDX-License-Identifier: GPL-3.0-or-later
"""How far an edit in another profile is from the same edit in sRGB, in real GIMP, with the plain values and adapted.

    python -m benchmarks.profiles [PHOTO...] [--gimp 3.0] [--gimp 3.2]

Float images, so that nothing clips. Each slider at both its ends on the first three photos, and what the shipped policy
chooses on all of them (default: tests/photos). Printed: the largest difference in 8-bit levels of sRGB, and the mean
colour difference (CIEDE2000), for filters as they would be in sRGB and as `editor_ops.filters` makes them for these
primaries. Needs scikit-image, and the GIMP roots (tools/gimp_roots/root.py), which it makes if they are missing.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from skimage.color import deltaE_ciede2000, rgb2lab

import editor_ops
from editor_ops.color import RGB_TO_XYZ
from models import Policy
from tools.gimp_roots import profiles, root

SIDE = 200  # pixels: enough for the colours of a photo
PHOTOS = Path(__file__).parents[1] / "tests" / "photos"
Seen = list[tuple[float, float]]  # largest level, mean CIEDE2000
SCRIPT = Path(__file__).parent / "in_gimp" / "profiles.py"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("photos", nargs="*", type=Path, metavar="PHOTO")
    parser.add_argument("--gimp", action="append", choices=list(root.VERSIONS), help="GIMP version (default: all)")
    arguments = parser.parse_args()
    photos = arguments.photos or sorted(p for p in PHOTOS.iterdir() if p.suffix in (".jpg", ".png"))
    for version in arguments.gimp or root.VERSIONS:
        print(f"GIMP {version}, {len(photos)} photos: largest level, mean CIEDE2000; plain -> adapted")
        for (what, space), ways in measure(version, photos).items():
            texts = [f"{max(level for level, _ in seen):6.2f} {np.mean([e for _, e in seen]):5.2f}" for seen in ways]
            print(f"{what:24} {space:11} {' -> '.join(texts)}")


def measure(version: str, photos: list[Path]) -> dict[tuple[str, str], tuple[Seen, Seen]]:
    """(edit, space) -> for the plain and the adapted filters, (largest level, mean CIEDE2000) of each photo."""
    policy = Policy.load()
    ends = {f"{s.name} {end:.4g}": {s.name: end} for s in editor_ops.SLIDERS for end in (s.lowest, s.highest)
            if end != s.neutral}  # fmt: skip
    found: dict[tuple[str, str], tuple[Seen, Seen]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cases: list[dict[str, Any]] = []
        for space in profiles.PRIMARIES:
            (folder / f"{space}.icc").write_bytes(profiles.matrix(space))
        for i, photo in enumerate(photos):
            with Image.open(photo) as opened:
                small = opened.convert("RGB")
            edits = {"the policy's choice": policy.decide(np.asarray(small)).values, **(ends if i < 3 else {})}
            small.thumbnail((SIDE, SIDE))
            np.save(folder / f"photo-{i}.npy", np.asarray(small, np.float32) / 255)
            for what, values in edits.items():
                ways: dict[tuple[str, str], list[float] | None] = {("sRGB", ""): None}
                for space, columns in profiles.PRIMARIES.items():
                    matrix = np.linalg.inv(np.array(columns)) @ np.array(RGB_TO_XYZ)
                    ways |= {(space, "plain"): None, (space, "adapted"): matrix.ravel().tolist()}
                for (space, way), primaries in ways.items():
                    filters = editor_ops.filters(values, *small.size, primaries, beyond=True)
                    steps = [(f.operation, f.properties, f.mode, f.opacity) for f in filters]
                    case = {"photo": f"photo-{i}", "space": space, "filters": steps, "name": f"out-{len(cases)}"}
                    cases.append(case | {"what": what, "way": way})
        (folder / "cases.json").write_text(json.dumps(cases))
        root.gimp(version, SCRIPT, folder)
        for case in cases:
            picture = np.clip(np.load(folder / f"{case['name']}.npy"), 0, 1)
            if not case["way"]:  # in sRGB, which comes first
                wanted = picture
                continue
            colours = deltaE_ciede2000(rgb2lab(wanted), rgb2lab(picture))
            row = found.setdefault((str(case["what"]), str(case["space"])), ([], []))
            row[case["way"] == "adapted"].append((float(np.abs(wanted - picture).max() * 255), float(colours.mean())))
    return found


if __name__ == "__main__":
    main()
