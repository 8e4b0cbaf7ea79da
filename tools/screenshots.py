# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the README's pictures of the plug-in in GIMP: real ones, of GIMP in a window, worked as a user does.

    python -m tools.screenshots [PHOTO] [--gimp 3.2]

Writes docs/pictures/menu.png, dialog.png, layer-effects.png, faces-dialog.png and faces-layers.png. Needs the GIMP
roots (tools/gimp_roots), which it makes if they are missing. To be run again when the shipped policy, a dialog or the
menu changes.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from PIL import Image

from tools.gimp_roots import gui, root

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
PHOTOS = Path(__file__).parents[1] / "tests" / "photos"
# The screen is 1600 x 900 (scripts/desktop.py). Left, top, right, bottom:
PHOTO_CROPS = {
    "menu": (290, 0, 1110, 735),  # the canvas with the open menu
    "dialog": (420, 40, 1592, 770),  # the canvas with the dialog on it
    "layer-effects": (430, 210, 1592, 735),  # the canvas and the Layers dialog
}
FACES_CROPS = {
    "faces-dialog": (480, 40, 1592, 770),
    "faces-layers": (500, 210, 1592, 800),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photo", nargs="?", type=Path, default=PHOTOS / "church.jpg", help="a JPEG of about 640 x 480")
    parser.add_argument("--portrait", type=Path, default=PHOTOS / "astronaut.jpg", help="a JPEG of about 512 x 512")
    parser.add_argument("--only", choices=["photo", "faces"], help="the pictures of one dialog alone")
    parser.add_argument("--gimp", choices=list(root.VERSIONS), default="3.2")
    chosen = parser.parse_args()
    PICTURES.mkdir(exist_ok=True)
    if chosen.only != "faces":
        make(chosen.gimp, chosen.photo, "gui.py", PHOTO_CROPS)
    if chosen.only != "photo":
        make(chosen.gimp, chosen.portrait, "gui_faces.py", FACES_CROPS)


def make(version: str, photo: Path, script: str, crops: dict[str, tuple[int, int, int, int]]) -> None:
    """Works a scenario and cuts the pictures of the docs out of the screen's."""
    with tempfile.TemporaryDirectory() as name:
        gui.work(version, photo, Path(name), script=script)
        cut(Path(name), crops)


def cut(folder: Path, crops: dict[str, tuple[int, int, int, int]]) -> None:
    """folder: of the screen's pictures. crops: name -> left, top, right, bottom."""
    for picture, box in crops.items():
        with Image.open(folder / f"{picture}.png") as whole:
            keep(whole.convert("RGB").crop(box), picture)


def keep(picture: Image.Image, name: str) -> None:
    """Writes a picture of a window into the docs."""
    # 256 colours, dithered: a photo in a window still looks right, at a third of the size. Pillow dithers to a palette
    # that it is given, not to one that it seeks.
    palette = picture.quantize(256, method=Image.Quantize.MEDIANCUT)
    dithered = picture.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG)
    dithered.save(PICTURES / f"{name}.png", optimize=True)
    print(PICTURES / f"{name}.png")


if __name__ == "__main__":
    main()
