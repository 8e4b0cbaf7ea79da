# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the README's picture: three photos of different kinds, before and after an edit by the shipped policy.

python -m tools.before_after
"""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image

from enhancer import photo
from models import Policy
from models.files import atomic_write

PROJECT = Path(__file__).resolve().parents[1]
PICTURE = PROJECT / "docs" / "pictures" / "before-after.jpg"
PHOTOS = ("church.jpg", "valley.jpg", "otters.png")
"""Of tests/photos: a building, a landscape, animals. Chosen before anybody saw what the policy makes of them."""
SIDE, GAP = 400, 8
"""Pixels: three rows of two pictures as wide as a page's text."""
QUALITY = 88


def main() -> None:
    policy = Policy.load()
    rows = [_row(PROJECT / "tests" / "photos" / name, policy) for name in PHOTOS]
    sheet = Image.new("RGB", (2 * SIDE + GAP, sum(row.height + GAP for row in rows) - GAP), "white")
    top = 0
    for row in rows:
        sheet.paste(row, (0, top))
        top += row.height + GAP
    stream = io.BytesIO()
    sheet.save(stream, "JPEG", quality=QUALITY)
    with atomic_write(PICTURE) as file:
        file.write(stream.getvalue())
    print(f"written: {PICTURE}")


def _row(path: Path, policy: Policy) -> Image.Image:
    """A photo and its edit side by side, each SIDE pixels wide."""
    original = photo.read(path)
    decision = policy.decide(photo.srgb(original), colour=not original.grey)
    print(f"{path.name}: {', '.join(c.slider.format(c.value) for c in decision.choices)}")
    pictures = [
        Image.fromarray(np.ascontiguousarray(p)) for p in (original.samples, photo.edited(original, decision.values))
    ]
    height = round(SIDE * original.height / original.width)
    row = Image.new("RGB", (2 * SIDE + GAP, height), "white")
    for i, picture in enumerate(pictures):
        row.paste(picture.resize((SIDE, height), Image.Resampling.LANCZOS), (i * (SIDE + GAP), 0))
    return row


if __name__ == "__main__":
    main()
