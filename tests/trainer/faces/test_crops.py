# SPDX-License-Identifier: GPL-3.0-or-later
"""Folders of photos become aligned crops with landmarks, once."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch")

from models.errors import UserError  # noqa: E402
from models.faces import face_crop, find_faces  # noqa: E402
from models.faces.crop import BELOW, SIDE  # noqa: E402
from trainer.faces import crops  # noqa: E402

ASTRONAUT = Path(__file__).parents[2] / "photos" / "astronaut.jpg"


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A face, the same mirrored, and a picture without one."""
    root = tmp_path_factory.mktemp("faces")
    face = Image.open(ASTRONAUT).convert("RGB").crop((120, 0, 350, 230))
    face.save(root / "a.png")
    face.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(root / "b.png")
    Image.linear_gradient("L").save(root / "nobody.png")
    return root


def test_a_folder_of_faces(folder, tmp_path, monkeypatch):
    with pytest.warns(UserWarning, match=r"nobody\.png"):
        faces = crops.load(folder, quiet=True, cache=tmp_path / "cache")
    assert (
        faces.names == ("a.png", "b.png") and faces.crops.shape == (2, 3, 64, 64) and faces.points.shape == (2, 468, 2)
    )
    image = np.asarray(Image.open(folder / "a.png"))
    wanted = face_crop(image, find_faces(image)[0])
    assert np.abs(faces.pictures()[0].permute(1, 2, 0).numpy() - wanted.pixels).max() < 0.51 / 255
    assert np.array_equal(faces.points[0].numpy(), wanted.points)
    middle = (faces.points[:, 33] + faces.points[:, 263]) / 2  # between the eyes, in both
    assert (middle - torch.tensor([32, 32 - 64 * BELOW / SIDE])).abs().max() < 0.1
    monkeypatch.setattr(crops, "find_faces", None)  # they are found once
    with pytest.warns(UserWarning, match=r"nobody\.png"):
        again = crops.load(folder, quiet=True, cache=tmp_path / "cache")
    assert torch.equal(again.crops, faces.crops) and torch.equal(again.points, faces.points)
    assert again.keys == faces.keys and faces.select([1]).names == ("b.png",)


def test_a_folder_without_faces_is_refused(folder, tmp_path):
    with pytest.warns(UserWarning), pytest.raises(UserError) as raised:
        crops.load(folder, quiet=True, cache=tmp_path / "cache", files=[folder / "nobody.png"])
    assert raised.value.kind == "no faces"
