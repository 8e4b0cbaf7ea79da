# SPDX-License-Identifier: GPL-3.0-or-later
import pytest

torch = pytest.importorskip("torch")

from trainer.features import color_features, membership  # noqa: E402


def test_memberships_share_a_value_between_its_two_bins():
    shares = membership(torch.tensor([[0.0, 0.25, 0.5, 1.0, 7.0]]), 5, 0.0, 1.0)[0]
    assert shares.sum(-1).tolist() == pytest.approx([1] * 5)
    assert shares.argmax(-1).tolist() == [0, 1, 2, 4, 4]
    assert membership(torch.tensor([[0.375]]), 5, 0.0, 1.0)[0, 0].tolist() == pytest.approx([0, 0.5, 0.5, 0, 0])


def test_a_small_look_is_enough():
    """Statistics of a thumbnail are those of its 2x2 means."""
    thumbnails = torch.rand(3, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    small = torch.nn.functional.avg_pool2d(thumbnails, 2)
    assert torch.allclose(color_features(thumbnails), color_features(small), atol=1e-6)


def test_colours_count_and_their_places_do_not():
    picture = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    mirrored = color_features(picture.flip(-1))
    assert torch.allclose(color_features(picture), mirrored, atol=1e-5)
    warm = color_features(picture * torch.tensor([1.0, 0.9, 0.8])[:, None, None])
    assert (warm - mirrored).abs().max() > 0.1


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_black_and_white_pictures_have_statistics(value):
    assert torch.isfinite(color_features(torch.full((1, 3, 64, 64), value))).all()
