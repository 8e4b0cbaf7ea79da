# SPDX-License-Identifier: GPL-3.0-or-later
"""The chain of `trainer enhance --as gegl` in the real command `gegl`, and as GIMP's GEGL Graph takes it."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from editor_ops import SLIDERS, edit, filters
from enhancer.formats import gegl_chain
from tools.gimp_roots import root
from tools.gimp_roots.render import random_values

from .real_gimp import at_once

pytestmark = pytest.mark.gimp

PHOTO = Path(__file__).parents[1] / "photos" / "parrots.png"
RANDOM = 4
LEVEL = 0.1
"""Allowed difference in 8-bit levels: GEGL writes floats."""
WAYS = {
    "command": "xargs gegl in.png -o {i}-command.tif -- < {i}.gegl",
    "graph": 'gegl in.png -o {i}-graph.tif -- gegl:gegl string="$(cat {i}.gegl)"',
}


def looks() -> list[dict[str, float]]:
    random = np.random.default_rng(0)
    single = [{s.name: end} for s in SLIDERS for end in (s.lowest, s.highest) if end != s.neutral]
    return single + [random_values(random) for _ in range(RANDOM)]


@at_once
def rendered(version: str) -> dict[str, list[np.ndarray]]:
    """way -> what GEGL makes of the photo by each look, sRGB-encoded floats."""
    with tempfile.TemporaryDirectory() as name, Image.open(PHOTO) as photo:
        folder = Path(name)
        photo.convert("RGB").save(folder / "in.png")
        script = ["cd /case"]
        for i, values in enumerate(looks()):
            (folder / f"{i}.gegl").write_text(gegl_chain(filters(values, *photo.size)))
            script += [way.format(i=i) for way in WAYS.values()]
        (folder / "all.sh").write_text("\n".join(script) + "\n")
        said = root.run(version, ["sh", "/case/all.sh"], folder).stdout
        made = {way: [folder / f"{i}-{way}.tif" for i in range(len(looks()))] for way in WAYS}
        missing = [path.name for paths in made.values() for path in paths if not path.exists()]
        assert not missing, f"{missing}: {said[-2000:]}"
        return {way: [tifffile.imread(path)[..., :3] for path in paths] for way, paths in made.items()}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("version", root.VERSIONS)
def test_gegl_makes_the_edit(version: str, way: str) -> None:
    with Image.open(PHOTO) as photo:
        picture = np.asarray(photo.convert("RGB")).astype(np.float32) / 255
    for values, made in zip(looks(), rendered(version)[way], strict=True):
        assert made.dtype == np.float32
        assert 255 * np.abs(np.clip(made, 0, 1) - np.clip(edit(picture, values), 0, 1)).max() < LEVEL, values
