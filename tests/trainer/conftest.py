# SPDX-License-Identifier: GPL-3.0-or-later
"""Two small folders of photos, cut out of the test photos."""

import importlib
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


FEW = {
    "inverse.PAIRS": 32, "inverse.ROUNDS": 2, "fitted.ROUNDS": 10, "style_shift.ROUNDS": 2,
    "learner.NORMALISATION_PHOTOS": 64, "made_pictures.PAGES": 4, "validation.PAIRS": 20,
}  # fmt: skip
"""Enough where a test asks for a run, not for what it learns: a run then starts in a tenth of the time."""
FEWER = "\n".join(
    ["from trainer import fitted, inverse, learner, made_pictures, style_shift, validation"]
    + [f"{name} = {number}" for name, number in FEW.items()]
    + [""]
)
"""FEW, as lines of a program that a test starts."""


@pytest.fixture(scope="module")
def fewer():
    """FEW in this process, for a module's tests."""
    pytest.importorskip("torch")
    from trainer import made_pictures

    with pytest.MonkeyPatch.context() as patch:
        for name, number in FEW.items():
            module, constant = name.split(".")
            patch.setattr(importlib.import_module(f"trainer.{module}"), constant, number)
        made_pictures._pages.cache_clear()  # pages are drawn once for a process
        yield
    made_pictures._pages.cache_clear()
