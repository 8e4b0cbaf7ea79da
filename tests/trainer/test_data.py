# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch")

from models import thumbnail  # noqa: E402
from trainer import data  # noqa: E402


def test_every_photo_once_with_its_crops(folders):
    photos = data.load(folders[0], crops=2, seed=0, quiet=True)
    assert photos.pictures.shape == (12, 3, 3, 64, 64) and photos.pictures.dtype == torch.uint8
    assert photos.names == tuple(f"{i:02d}.jpg" for i in range(12))
    whole = thumbnail(np.asarray(Image.open(folders[0] / "03.jpg")))
    assert np.abs(photos.pictures[3, 0].numpy() / 255 - whole).max() <= 0.5 / 255 + 1e-6
    again = data.load(folders[0], crops=2, seed=0, quiet=True)
    assert torch.equal(again.pictures, photos.pictures)
    assert not torch.equal(data.load(folders[0], crops=2, seed=1, quiet=True).pictures[:, 1:], photos.pictures[:, 1:])


def test_one_more_photo_changes_none_of_the_others(folders, tmp_path):
    for path in folders[0].iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    Image.new("RGB", (70, 70)).save(tmp_path / "00a.png")
    more, fewer = (data.load(f, crops=1, seed=0, quiet=True) for f in (tmp_path, folders[0]))
    assert torch.equal(more.pictures[2:], fewer.pictures[1:])
    held = [set(data.split(p, 0.25)[1].names) for p in (more, fewer)]
    assert len(held[0] & held[1]) >= 2  # of 3: the newcomer may push one out


def test_split_parts_share_nothing(folders):
    photos = data.load(folders[0], crops=0, seed=0, quiet=True)
    learned, held = data.split(photos, 0.25)
    assert len(held.names) == 3 and not set(learned.names) & set(held.names)
    assert len(learned.names) + len(held.names) == 12


def test_draws_repeat_with_the_seed(folders):
    photos = data.load(folders[0], crops=0, seed=0, quiet=True)
    one, two = (data.draw(photos, 6, torch.Generator().manual_seed(9)) for _ in range(2))
    assert torch.equal(one, two) and one.shape == (6, 3, 64, 64) and one.max() <= 1
    assert data.draw(photos, 0, torch.Generator()).shape == (0, 3, 64, 64)


def test_folders_that_don_t_do(tmp_path, folders):
    with pytest.raises(ValueError, match="has no photos"):
        data.load(tmp_path, 0, 0)
    with pytest.raises(ValueError, match="is not a folder"):
        data.load(tmp_path / "none", 0, 0)
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8 not really")
    with pytest.warns(UserWarning, match="broken.jpg"), pytest.raises(ValueError, match="not one of its photos"):
        data.load(tmp_path, 0, 0, quiet=True)
    (tmp_path / "good.jpg").write_bytes((folders[0] / "00.jpg").read_bytes())
    with pytest.warns(UserWarning, match="left out: .*broken.jpg"):
        assert data.load(tmp_path, 0, 0, quiet=True).names == ("good.jpg",)
