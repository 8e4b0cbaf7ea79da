# SPDX-License-Identifier: GPL-3.0-or-later
"""Two small folders of photos, cut out of the test photos."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

PHOTOS = Path(__file__).parents[1] / "photos"


@pytest.fixture(scope="session")
def folders(tmp_path_factory):
    """(source, target): 12 photos of 96x80 pixels each."""
    rng = np.random.default_rng(1)
    root = tmp_path_factory.mktemp("folders")
    for kind in ("source", "target"):
        (root / kind).mkdir()
        for i in range(12):
            picture = np.asarray(Image.open(sorted(PHOTOS.glob("*.png"))[i % 3]).convert("RGB"))
            top, left = (rng.integers(0, side - s + 1) for side, s in zip(picture.shape, (80, 96), strict=False))
            Image.fromarray(picture[top : top + 80, left : left + 96]).save(root / kind / f"{i:02d}.jpg", quality=95)
    return root / "source", root / "target"


def crops(folders, seed, n, size=64):
    """n views of parts of the finished photos, (n, 3, size, size); the same for the same seed."""
    import torch  # not above: without it these tests are skipped

    from trainer import data

    generator = torch.Generator().manual_seed(seed)
    return data.draw(data.load(folders[1], quiet=True), n, generator, smallest_crop=0.5, size=size)


FEWER = """
from trainer import inverse, learner, made_pictures, validation
inverse.PAIRS, learner.NORMALISATION_PHOTOS, made_pictures.PAGES, validation.PAIRS = 32, 64, 4, 20
"""
"""Enough where a test asks for a run, not for what it learns: a run then starts in a tenth of the time."""


@pytest.fixture
def fewer(monkeypatch):
    """FEWER in this process."""
    from trainer import inverse, learner, made_pictures, validation

    monkeypatch.setattr(inverse, "PAIRS", 32)
    monkeypatch.setattr(made_pictures, "PAGES", 4)
    monkeypatch.setattr(learner, "NORMALISATION_PHOTOS", 64)
    monkeypatch.setattr(validation, "PAIRS", 20)
    made_pictures._pages.cache_clear()  # pages are drawn once for a process
    yield
    made_pictures._pages.cache_clear()
