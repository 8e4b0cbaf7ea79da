# SPDX-License-Identifier: GPL-3.0-or-later
"""Finished pictures that folders of photos lack, made by code: pages, screenshots, things on white, black surrounds,
nights, black-and-white. An agent that never saw a page makes its white grey.
"""

from __future__ import annotations

import functools
import math

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont

from editor_ops.operations import to_dtype
from models.thumbnail import thumbnail

from .features import luma

PAGES = 192
"""Pages and screenshots that are drawn, once: no two alike."""
SEED = 77
KINDS = ("page", "on white", "on black", "night", "grey")
"""In equal shares."""
CHANCES = 7
"""Random numbers for a picture."""
WORDS = ("quick", "brown", "fox", "jumps", "over", "lazy", "dog", "while", "seven", "wizards", "box", "a", "in", "of")


def make(photos: torch.Tensor, chance: torch.Tensor) -> torch.Tensor:
    """Pictures made of photos (n, 3, size, size), sRGB in [0, 1], each of one kind; for a page only its size counts.

    chance: (n, CHANCES), even in [0, 1).
    """
    size = photos.shape[-1]
    kind = (chance[:, 6] * len(KINDS)).long()[:, None, None, None]
    pages = _pages(size)[(chance[:, 0] * PAGES).long()]
    shape = _shapes(chance, size)  # (n, 1, size, size), 1 inside
    white = torch.where(chance[:, 5] < 0.6, 1.0, 0.985 + 0.015 * chance[:, 5])[:, None, None, None]
    black = torch.where(chance[:, 5] < 0.6, 0.0, 0.02 * (chance[:, 5] - 0.6) / 0.4)[:, None, None, None]
    night = photos ** (2 + 2 * chance[:, 0, None, None, None])  # what is lit stays, all else is dark
    grey = luma(photos).expand_as(photos)
    every = torch.stack([pages, torch.lerp(white, photos, shape), torch.lerp(black, photos, shape), night, grey])
    return every.gather(0, kind[None].expand(1, *photos.shape))[0]


def _shapes(chance: torch.Tensor, size: int) -> torch.Tensor:
    """Ellipses and rectangles with soft edges, (n, 1, size, size): what stands on a white or black ground."""
    x, y = (torch.linspace(-1, 1, size).view(shape) for shape in ((1, 1, 1, size), (1, 1, size, 1)))
    width, height = (0.35 + 0.55 * chance[:, i, None, None, None] for i in (1, 2))
    left, top = ((1 - side) * (2 * chance[:, i, None, None, None] - 1) for side, i in ((width, 3), (height, 4)))
    x, y = ((x - left) / width).abs(), ((y - top) / height).abs()
    ellipse = chance[:, 0, None, None, None] < 0.5
    inside = 1 - torch.where(ellipse, (x**2 + y**2).sqrt(), torch.maximum(x.expand_as(x + y), y.expand_as(x + y)))
    return (inside * size / 4).clamp(0, 1)  # an edge of two pixels


@functools.cache
def _pages(size: int) -> torch.Tensor:
    """(PAGES, 3, size, size)."""
    random = np.random.default_rng(SEED)
    pages = [to_dtype(thumbnail(np.asarray(_page(random)), size=size), np.uint8, 255) for _ in range(PAGES)]
    return torch.from_numpy(np.stack(pages)).float() / 255


def _page(random: np.random.Generator) -> Image.Image:
    """A page of text, or a window with a bar, a list and coloured blocks."""
    wide, tall = (int(side) for side in random.integers(260, 560, 2))
    white = 255 if random.random() < 0.7 else int(random.integers(251, 256))
    page = Image.new("RGB", (wide, tall), (white, white, white))
    pen = ImageDraw.Draw(page)
    font = ImageFont.load_default(size=int(random.integers(8, 22)))
    left, right, top = (int(edge) for edge in random.integers(8, 60, 3))
    if random.random() < 0.5:  # a window
        tone = int(random.integers(30, 250))
        pen.rectangle((0, 0, wide, top), fill=_colour(random))
        pen.rectangle((0, top, left * 2, tall), fill=(tone, tone, min(255, tone + 4)))
        left = left * 2 + 10
        for _ in range(int(random.integers(0, 5))):
            x, y = int(random.integers(left, wide)), int(random.integers(top, tall))
            pen.rectangle(
                (x, y, x + int(random.integers(10, 150)), y + int(random.integers(10, 100))), fill=_colour(random)
            )
    ink = (0, 0, 0) if random.random() < 0.6 else _colour(random, most=110)
    step = font.size * random.uniform(1.2, 1.9) if isinstance(font, ImageFont.FreeTypeFont) else 16.0
    line = float(top)
    while line < tall - top:
        if random.random() > 0.15:
            words = " ".join(random.choice(WORDS, math.ceil(wide / 30)))
            pen.text((left, line), words[: max(1, int(len(words) * random.uniform(0.4, 1)))], fill=ink, font=font)
        line += step
    pen.rectangle((wide - right, top, wide, tall), fill=(white, white, white))  # the margin
    return page


def _colour(random: np.random.Generator, most: int = 256) -> tuple[int, int, int]:
    red, green, blue = (int(channel) for channel in random.integers(0, most, 3))
    return red, green, blue
