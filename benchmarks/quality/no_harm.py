# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures that an edit easily harms, made from fixed seeds and finished photos, and whether it did."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from benchmarks.quality.cases import NO_HARM, Case, spaced
from benchmarks.quality.looks import LUMA
from enhancer import photo
from models.files import atomic_write
from trainer.evaluate import shrunk

SEED = 255
"""With a kind's name and the picture's own name it always gives the same picture."""
MOST = 12
"""Pictures of a kind: a rule that fails for one in six is found nine times in ten, and a run takes seconds."""
QUALITY = 85
"""Of the JPEG files: what cameras and web sites commonly take."""

WHITE, BLACK, EQUAL = "white", "black", "equal channels"
WHITE_FROM, BLACK_TO = 250, 5
"""Levels above and below which all channels of a pixel are, where it is part of a white or black ground."""
WHITE_STAYS, BLACK_STAYS = 247.0, 10.0
"""Levels that the ground's mean must stay above or below. 8 levels of 255 are about where an eye sees paper as grey on
a white screen; black can take 5 more, since screens and rooms lift it anyway."""

WORDS = ("light", "of", "a", "photo", "that", "we", "print", "on", "paper", "for", "morning", "readers", "and", "keep")


class Kind(NamedTuple):
    """make: from a picture uint8 (H, W, 3) or None, a generator and the longest side, to a picture uint8 (H, W, 3)."""

    must_stay: str
    from_photo: bool
    make: Callable[[np.ndarray | None, np.random.Generator, int], np.ndarray]
    suffix: str = ".png"


def text_page(_: np.ndarray | None, random: np.random.Generator, longest: int) -> np.ndarray:
    """Black text on an upright white page with the sides of A4."""
    page = Image.new("RGB", (round(longest / 2**0.5), longest), "white")
    draw = ImageDraw.Draw(page)
    margin, size = longest // 12, int(random.integers(longest // 48, longest // 24))
    ink = (int(random.integers(0, 60)),) * 3
    draw.text((margin, margin), _words(random, 3).title(), ink, _font(size * 2))
    _lines(draw, (margin, margin + 4 * size, page.width - margin, longest - margin), size, ink, random)
    return np.asarray(page)


def screenshot(_: np.ndarray | None, random: np.random.Generator, longest: int) -> np.ndarray:
    """A window with a bar, a side panel, a button and black text on white."""
    return _window(random, longest, ground=255, ink=20)


def dark_screenshot(_: np.ndarray | None, random: np.random.Generator, longest: int) -> np.ndarray:
    """The same, pale text on black."""
    return _window(random, longest, ground=0, ink=210)


def _window(random: np.random.Generator, longest: int, ground: int, ink: int) -> np.ndarray:
    height = longest * 10 // 16
    screen = Image.new("RGB", (longest, height), (ground,) * 3)
    draw = ImageDraw.Draw(screen)
    bar, panel, size = height // 12, longest // 5, max(8, longest // 40)
    flat = tuple(int(level) for level in random.integers(40, 220, 3))
    aside = tuple((3 * ground + level) // 4 for level in flat)  # a tint of the ground
    draw.rectangle((0, 0, longest, bar), flat)
    draw.rectangle((0, bar, panel, height), aside)
    draw.text((size, bar // 4), _words(random, 2).title(), (255,) * 3, _font(size))
    _lines(draw, (size // 2, 2 * bar, panel, height), size, (ink,) * 3, random)
    right = (panel + 2 * size, 2 * bar, longest - size, height - 3 * bar)
    _lines(draw, right, size, (ink,) * 3, random)
    draw.rectangle((right[0], height - 2 * bar, right[0] + panel, height - bar), flat)
    return np.asarray(screen)


def _lines(
    draw: ImageDraw.ImageDraw, box: tuple[int, int, int, int], size: int, ink: tuple[int, ...],
    random: np.random.Generator,
) -> None:  # fmt: skip
    """Lines of words, ragged on the right, in a box (left, top, right, bottom)."""
    font = _font(size)
    for top in range(box[1], box[3] - size, size * 3 // 2):
        line = _words(random, int(random.integers(6, 20)))
        share = (box[2] - box[0]) / draw.textlength(line, font)  # of it that fits, since letters are about as wide
        draw.text((box[0], top), line[: int(len(line) * share)], ink, font)


@functools.cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Pillow's own, which every machine has."""
    return ImageFont.load_default(size)


def _words(random: np.random.Generator, n: int) -> str:
    return " ".join(random.choice(WORDS, n))


def on_white(picture: np.ndarray | None, random: np.random.Generator, longest: int) -> np.ndarray:
    """A photo in the middle of a white square, as shops show their products."""
    return _in_the_middle(picture, random.uniform(0.4, 0.65), longest, 255)


def on_black(picture: np.ndarray | None, random: np.random.Generator, longest: int) -> np.ndarray:
    """A photo in the middle of a black square, as slides and stills of films have it."""
    return _in_the_middle(picture, random.uniform(0.6, 0.85), longest, 0)


def _in_the_middle(picture: np.ndarray | None, share: float, longest: int, ground: int) -> np.ndarray:
    assert picture is not None
    small = shrunk(picture, round(longest * share))
    square = np.full((longest, longest, 3), ground, np.uint8)
    top, left = ((longest - side) // 2 for side in small.shape[:2])
    square[top : top + small.shape[0], left : left + small.shape[1]] = small
    return square


def vignette(picture: np.ndarray | None, random: np.random.Generator, _: int) -> np.ndarray:
    """A photo that falls off to black before its corners, along an ellipse."""
    assert picture is not None
    y, x = (np.linspace(-1, 1, side) for side in picture.shape[:2])
    radius = np.hypot(y[:, None], x)  # 1 in the middle of the edges, 1.41 in the corners
    end = random.uniform(0.9, 1.1)
    return _times(picture, _smooth((end - radius) / 0.5))


def night_sky(picture: np.ndarray | None, random: np.random.Generator, _: int) -> np.ndarray:
    """A photo at night: half as bright, and its upper part a black sky with a sensor's noise and some stars."""
    assert picture is not None
    height, width = picture.shape[:2]
    y = np.linspace(0, 1, height)[:, None] + np.zeros(width)
    lit = 0.5 * _smooth((y - random.uniform(0.4, 0.6)) / 0.3)
    noise = random.integers(0, 4, (height, width, 1))  # stays below BLACK_TO
    night = np.maximum(_times(picture, lit), noise).astype(np.uint8)
    stars = random.random((40, 2)) * (0.4 * height, width)
    night[tuple(stars.astype(int).T)] = 200
    return night


def _smooth(share: np.ndarray) -> np.ndarray:
    """0 below 0, 1 above 1, between them without an edge."""
    share = np.clip(share, 0, 1)
    return share * share * (3 - 2 * share)


def _times(picture: np.ndarray, share: np.ndarray) -> np.ndarray:
    """A picture (H, W, 3) with each pixel's level times a share (H, W)."""
    return (picture * share[..., None] + 0.5).astype(np.uint8)


def black_and_white(picture: np.ndarray | None, _: np.random.Generator, __: int) -> np.ndarray:
    """A photo's luma in three equal channels."""
    assert picture is not None
    return np.repeat((picture @ LUMA + 0.5).astype(np.uint8)[..., None], 3, -1)


KINDS = {
    "text-page": Kind(WHITE, False, text_page),
    "screenshot": Kind(WHITE, False, screenshot),
    "product-on-white": Kind(WHITE, True, on_white),
    "dark-screenshot": Kind(BLACK, False, dark_screenshot),
    "black-surround": Kind(BLACK, True, on_black),
    "vignette": Kind(BLACK, True, vignette),
    "night-sky": Kind(BLACK, True, night_sky),
    "black-and-white": Kind(EQUAL, True, black_and_white),
    "black-and-white-jpeg": Kind(EQUAL, True, black_and_white, ".jpg"),
}


def write_cases(folder: Path, finished: Path, held_out: Sequence[str], longest: int) -> list[Case]:
    """Writes the pictures of every kind into a folder, over those of before; as files, since `trainer enhance` takes
    files. finished, held_out: the folder of the photos that are used, and their names."""
    folder.mkdir(parents=True, exist_ok=True)
    names = spaced(held_out, MOST)
    photos = {name: shrunk(photo.srgb(photo.read(finished / name)), longest) for name in names}
    cases = []
    for group, kind in KINDS.items():
        for i, name in enumerate(names if kind.from_photo else map(str, range(MOST))):
            picture = kind.make(photos.get(name) if kind.from_photo else None, _random(group, name), longest)
            path = folder / f"{group}-{i:02}{kind.suffix}"
            with atomic_write(path, durable=False) as stream:
                options = {"quality": QUALITY} if kind.suffix == ".jpg" else {"compress_level": 1}
                Image.fromarray(picture).save(stream, "JPEG" if kind.suffix == ".jpg" else "PNG", **options)
            cases.append(Case(NO_HARM, group, path.name, path))
    return cases


def _random(group: str, name: str) -> np.random.Generator:
    digest = hashlib.sha256(f"{SEED}/{group}/{name}".encode("utf-8", "surrogateescape")).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "big"))


def ground(must_stay: str, image: np.ndarray) -> np.ndarray:
    """Which pixels of a picture uint8 (H, W, 3) count: (H, W), bool."""
    if must_stay == EQUAL:
        return np.ones(image.shape[:2], bool)
    return (image.min(-1) > WHITE_FROM) if must_stay == WHITE else (image.max(-1) < BLACK_TO)


def measures(group: str, image: np.ndarray, edited: np.ndarray) -> dict[str, float]:
    """Of a picture before and after, uint8 (H, W, 3). stays: the ground's mean, in levels of 255; where the channels
    must stay equal, the largest difference between them in a pixel. kept: 1, or 0 if harmed. tint: the largest
    difference between the channels' means over the ground, which does not count."""
    must_stay = KINDS[group].must_stay
    if must_stay == EQUAL:
        before, stays = (float(np.ptp(picture, axis=-1).max()) for picture in (image, edited))
        return {"stays": stays, "kept": float(stays <= before)}
    means = edited[ground(must_stay, image)].mean(0, dtype=np.float64)  # (3,)
    stays = float(means.mean())
    kept = stays > WHITE_STAYS if must_stay == WHITE else stays < BLACK_STAYS
    return {"stays": stays, "kept": float(kept), "tint": float(np.ptp(means))}


def worst(group: str, stays: Sequence[float]) -> float:
    """Of the pictures of a kind, the one that comes off worst."""
    return min(stays) if KINDS[group].must_stay == WHITE else max(stays)
