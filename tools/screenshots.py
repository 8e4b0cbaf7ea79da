# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the README's pictures of the plug-in in GIMP: real ones, of GIMP in a window, worked as a user does.

    python -m tools.screenshots [PHOTO] [--gimp 3.2]

Writes docs/pictures/menu.png, dialog.png and layer-effects.png. Needs the GIMP roots (tools/gimp_roots), which it makes
if they are missing. To be run again when the shipped policy, the dialog or the menu changes.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from PIL import Image

from tools.gimp_roots import gui, root

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
PHOTO = Path(__file__).parents[1] / "tests" / "photos" / "church.jpg"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photo", nargs="?", type=Path, default=PHOTO, help="a JPEG of about 640 x 480 pixels")
    parser.add_argument("--gimp", choices=list(root.VERSIONS), default="3.2")
    chosen = parser.parse_args()
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        gui.work(chosen.gimp, chosen.photo, folder)
        # The screen is 1600 x 900 (scripts/desktop.py). Left, top, right, bottom:
        crops = {
            "menu": (290, 0, 1110, 735),  # the canvas with the open menu
            "dialog": (420, 40, 1592, 770),  # the canvas with the dialog on it
            "layer-effects": (430, 210, 1592, 735),  # the canvas and the Layers dialog
        }
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
