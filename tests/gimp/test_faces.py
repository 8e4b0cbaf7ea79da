# SPDX-License-Identifier: GPL-3.0-or-later
"""Auto Enhance Faces in real GIMP: scripts/faces.py runs it on every kind of image and layer, judged here."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from editor_ops.faces import edit_face
from tools.gimp_roots import profiles, root
from tools.gimp_roots.plug_in import install_in

from .real_gimp import at_once

pytestmark = pytest.mark.gimp

SCRIPTS = Path(__file__).parent / "scripts"
with Image.open(Path(__file__).parents[1] / "photos" / "astronaut.jpg") as photo:
    # As large as the canvases, selections and masks of kinds.py are made for, with the face's middle in all of them.
    PICTURE = np.asarray(photo.convert("RGB").crop((120, 44, 330, 244)).resize((140, 133), Image.Resampling.BOX))
HEIGHT, WIDTH, _ = PICTURE.shape
# A style that moves something of each kind, far enough that it shows.
STYLE = {"eye_size": 0.12, "jaw_width": -0.12, "smile": 0.03, "skin_smoothing": 0.5, "skin_brightness": 0.25,
         "skin_warmth": 6100.0, "skin_saturation": 1.2}  # fmt: skip


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """version -> (what the script saw, the folder): GIMP runs once for each version."""

    def run(version: str) -> tuple[dict[str, Any], Path]:
        folder = tmp_path_factory.mktemp(f"faces-{version}")
        np.save(folder / "picture.npy", PICTURE)
        Image.fromarray(PICTURE).save(folder / "picture.png")
        for name in profiles.PRIMARIES:
            (folder / f"{name}.icc").write_bytes(profiles.matrix(name))
        (folder / "Linear AdobeRGB.icc").write_bytes(profiles.matrix("AdobeRGB", linear=True))
        (folder / "tables.icc").write_bytes(profiles.tables())
        plug_in = install_in(folder, version)
        (folder / "styles").mkdir()
        (folder / "styles" / "mild.json").write_text(json.dumps({"format": 1, "sliders": STYLE}))
        config = plug_in / "config.json"
        config.write_text(json.dumps(json.loads(config.read_text()) | {"face_styles": "/case/styles"}))
        (plug_in / "lib" / "onnxruntime.off").write_text("raise ImportError('as in most GIMPs')\n")
        (folder / "setup.json").write_text(json.dumps({"folder": f"/case/{plug_in.relative_to(folder)}"}))
        shutil.copyfile(SCRIPTS / "kinds.py", folder / "kinds.py")
        root.gimp(version, SCRIPTS / "faces.py", folder, fonts=True)
        return json.loads((folder / "results.json").read_text()), folder

    return at_once(run)


REFUSED = {
    "Indexed": "Image > Mode > RGB",
    "Two layers selected": "Select one",
    "Layer mask selected": "Select the layer itself",
    "Channel selected": "Select the layer itself",
    "Floating selection": "Anchor it first",
    "Pixels of the group locked": "Unlock them",
    "Selection beside the layer": "Select > None",
    "Text layer": "No face",
    "One pixel": "No face",
    "Three pixels wide": "No face",
    "Panorama of 10000 x 100": "No face",
    "Wholly transparent": "No face",
}
"""Kind -> a word of the remedy, or of the plain sentence where there is no face."""
"""Levels of 8 bits, largest and mean. The mask is of 8 bits; where the image is too, the shape is rounded to it before
the skin's filters see it."""


def judge(seen: Any, version: str, name: str, picture: np.ndarray, within: float = 2.0) -> None:
    results, folder = seen(version)
    (face,) = results[name]["decision"]["faces"]
    expected = edited(picture, face)
    after = np.load(folder / f"{name}-after.npy")[..., :3]
    difference = np.abs(np.clip(after, 0, 1) - expected) * 255
    assert difference.max() <= within


def edited(picture: np.ndarray, face: dict[str, Any]) -> np.ndarray:
    return edit_face(picture, np.array(face["points"], np.float32), face["sliders"], tuple(face["box"]))
