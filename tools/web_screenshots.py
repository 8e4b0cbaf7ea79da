# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the docs' pictures of the browser page, in a real Chromium: docs/pictures/web-page.png and web-phone.png

python -m tools.web_screenshots
python -m tools.web_screenshots --all DIR    every language, at both widths, to look at
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image

from tools import screenshots, web_page

DESKTOP, PHONE = (1280, 800), (390, 844)
"""Pixels of the page."""


def wanted(path: Path, size: tuple[int, int], language: str = "en", photo: str = "church.jpg") -> dict[str, Any]:
    return {"path": str(path), "language": language, "width": size[0], "height": size[1], "photo": photo}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", type=Path, metavar="DIR", help="into this folder, and nothing into the docs")
    chosen = parser.parse_args()
    web_page.build()
    with tempfile.TemporaryDirectory() as name, web_page.served() as (url, _):
        if chosen.all:
            chosen.all.mkdir(parents=True, exist_ok=True)
            sizes = {"desktop": DESKTOP, "phone": PHONE}
            pictures = [
                wanted(chosen.all.absolute() / f"{language}-{what}.png", size, language)
                for language in ("en", "de", "ja", "zh-CN") for what, size in sizes.items()
            ]  # fmt: skip
            starts = [wanted(chosen.all.absolute() / f"start-{what}.png", size) for what, size in sizes.items()]
            web_page.drive("pictures", url=url, pictures=[*pictures, *(each | {"start": True} for each in starts)])
            return
        made = {
            "web-page": wanted(Path(name) / "web-page.png", DESKTOP),
            "web-phone": wanted(Path(name) / "web-phone.png", PHONE, photo="valley.jpg"),
        }
        web_page.drive("pictures", url=url, pictures=list(made.values()))
        for picture, each in made.items():
            with Image.open(each["path"]) as shown:
                screenshots.keep(shown.convert("RGB"), picture)


if __name__ == "__main__":
    main()
