# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch")

from models.thumbnail import thumbnail  # noqa: E402
from trainer import data  # noqa: E402


def test_every_photo_once(folders):
    photos = data.load(folders[0], quiet=True)
    assert photos.names == tuple(f"{i:02d}.jpg" for i in range(12))
    assert photos.select([3, 5]).names == ("03.jpg", "05.jpg") and photos.select([5]).keys == (photos.keys[5],)


def test_the_whole_is_the_thumbnail(tmp_path):
    """To the rounding of the miniature, where 128 divides the photo's sides."""
    rng = np.random.default_rng(0)
    pictures = [rng.integers(0, 256, size, dtype=np.uint8) for size in ((256, 384, 3), (128, 256, 3))]
    for name, picture in zip("ab", pictures, strict=True):
        Image.fromarray(picture).save(tmp_path / f"{name}.png")
    whole = data.whole(data.load(tmp_path, quiet=True), [0, 1])
    assert whole.shape == (2, 3, 64, 64) and whole.dtype == torch.uint8
    for row, picture in zip(whole, pictures, strict=True):
        assert np.abs(row.numpy() - thumbnail(picture) * 255).max() <= 1 + 1e-3


def test_split_parts_share_nothing(folders):
    photos = data.load(folders[0], quiet=True)
    learned, held = data.split(photos, 0.25)
    assert len(held.names) == 3 and not set(learned.names) & set(held.names)
    assert len(learned.names) + len(held.names) == 12


def test_a_newcomer_hardly_changes_the_split(folders, tmp_path):
    for path in folders[0].iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    Image.new("RGB", (70, 70)).save(tmp_path / "00a.png")
    held = [set(data.split(data.load(folder, quiet=True), 0.25)[1].names) for folder in (tmp_path, folders[0])]
    assert len(held[0] & held[1]) >= 2  # of 3: the newcomer may push one out


def test_draws_repeat_with_the_seed(folders):
    photos = data.load(folders[0], quiet=True)
    one, two = (data.draw(photos, 6, torch.Generator().manual_seed(9), 0.5) for _ in range(2))
    assert torch.equal(one, two) and one.shape == (6, 3, 64, 64) and one.dtype == torch.float32
    assert one.min() >= 0 and one.max() <= 1 and torch.equal((one * 255).round() / 255, one)
    assert data.draw(photos, 0, torch.Generator()).shape == (0, 3, 64, 64)


def test_processes_that_share_a_draw_see_its_parts(folders):
    photos = data.load(folders[0], quiet=True)
    generators = [torch.Generator().manual_seed(3) for _ in range(3)]
    together = data.draw(photos, 8, generators[0], 0.5)
    parts = [data.draw(photos, 8, g, 0.5, local_rows=slice(i, 8, 2)) for i, g in enumerate(generators[1:])]
    assert all(torch.equal(part, together[i::2]) for i, part in enumerate(parts))
    assert len({float(torch.rand(1, generator=g)) for g in generators}) == 1  # all took the same numbers


def test_views_are_the_photo_or_parts_of_it(tmp_path):
    """A ramp in both directions tells by its ends which part of the photo is seen."""
    ramp = np.linspace(0, 255, 128).round().astype(np.uint8)
    picture = np.stack([np.broadcast_to(ramp, (128, 128)), np.broadcast_to(ramp[:, None], (128, 128))] * 2, -1)[..., :3]
    Image.fromarray(picture).save(tmp_path / "ramp.png")
    photos = data.load(tmp_path, quiet=True)
    views = data.draw(photos, 2000, torch.Generator().manual_seed(0), 0.5)
    across, down = views[:, 0, 0], views[:, 1, :, 0]  # (N, 64)
    mirrored = across[:, 0] > across[:, -1]
    assert abs(mirrored.float().mean() - 0.5) < 0.05
    # from the middle of the first cell to that of the last lie 63 of 64 parts of the side
    sides = torch.stack([(across[:, -1] - across[:, 0]).abs(), down[:, -1] - down[:, 0]], 1) * 64 / 63  # (N, 2)
    whole = (sides > 0.98).all(1)
    assert abs(whole.float().mean() - data.WHOLE) < 0.05
    parts = sides[~whole]
    assert parts.min() > 0.48 and (parts.mean(0) - 0.75).abs().max() < 0.02
    assert abs(torch.corrcoef(parts.T)[0, 1]) < 0.1  # height and width by themselves
    top = down[~whole, 0] / (1 - parts[:, 1]).clamp(min=0.02)  # 0 at the top, 1 as far down as it goes
    assert abs(top.mean() - 0.5) < 0.05
    only = data.draw(photos, 40, torch.Generator().manual_seed(0), 1.0)
    assert all(torch.equal(v, only[0]) or torch.equal(v, only[0].flip(-1)) for v in only)


def test_crops_are_box_means(folders):
    photos = data.load(folders[0], quiet=True)
    picture = photos.miniature(2)
    for side in (1, 2, 40, 64, 65, 127, 128):
        part = picture[:, :side, -side:]
        assert np.abs(data._box_mean(part) / 255 - thumbnail(part.transpose(1, 2, 0))).max() < 1e-6
    view = data._view(picture, 0.4, 0.9, 0.2, 0.7, 0.3, 0.6, 0.9)
    height, width = round(128 * (0.4 + 0.6 * 0.2)), round(128 * (0.4 + 0.6 * 0.7))
    top, left = int(0.3 * (129 - height)), int(0.6 * (129 - width))
    expected = thumbnail(picture.transpose(1, 2, 0)[top : top + height, left : left + width])
    assert np.abs(view / 255 - expected).max() < 1e-6


def test_folders_that_don_t_do(tmp_path, folders):
    with pytest.raises(ValueError, match="has no photos"):
        data.load(tmp_path)
    with pytest.raises(ValueError, match="is not a folder"):
        data.load(tmp_path / "none")
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8 not really")
    with pytest.warns(UserWarning, match="broken.jpg"), pytest.raises(ValueError, match="not one of its photos"):
        data.load(tmp_path, quiet=True)
    (tmp_path / "good.jpg").write_bytes((folders[0] / "00.jpg").read_bytes())
    for _ in range(2):  # the second time from the index
        with pytest.warns(UserWarning, match="left out: .*broken.jpg"):
            assert data.load(tmp_path, quiet=True).names == ("good.jpg",)
