# SPDX-License-Identifier: GPL-3.0-or-later
"""The look is found where it is known, and nothing is found where there is none."""

import json

import pytest

torch = pytest.importorskip("torch")

from editor_ops import NAMES, SLIDERS  # noqa: E402
from trainer import data, look  # noqa: E402
from trainer.edits import edit_batch  # noqa: E402
from trainer.look import LookError, colours, described, energy_distance, find_look, read_look, write_look  # noqa: E402

KNOWN = {"temperature": 8, "saturation": -8}
"""Levels from neutral."""


def crops(folders, seed, n=96):
    generator = torch.Generator().manual_seed(seed)
    return data.draw(data.load(folders[1], quiet=True), n, generator, smallest_crop=0.5)


def edited(pictures, moved):
    action = torch.tensor([[[16 + moved.get(name, 0) for name in NAMES]]]).expand(len(pictures), -1, -1)
    return edit_batch(pictures, action, torch.tensor([s.values() for s in SLIDERS]))[:, 0]


@pytest.mark.parametrize("known", [KNOWN, {}])
def test_a_known_edit_is_found_and_no_other(folders, monkeypatch, known):
    monkeypatch.setattr(look, "PICTURES", 96)
    monkeypatch.setattr(look, "ROUNDS", 10)
    others, finished = (torch.nn.functional.avg_pool2d(crops(folders, seed), 2) for seed in (0, 1))
    found = find_look(edited(finished, known), others, torch.Generator().manual_seed(0)) * 16
    for name, levels in zip(NAMES, found.tolist(), strict=True):
        if name in known:
            assert 0.5 <= levels / known[name] <= 1.4, (name, levels)
        else:
            assert abs(levels) < 3.5, (name, levels)


def test_the_distance_of_a_cloud_to_itself_is_nothing():
    cloud = torch.randn(40, 5, generator=torch.Generator().manual_seed(0))
    assert float(energy_distance(cloud, cloud)) == pytest.approx(0, abs=1e-6)
    assert float(energy_distance(cloud, cloud + 1)) > 0.5
    # of two points, by hand: twice the distance between them
    assert float(energy_distance(torch.zeros(1, 2), torch.tensor([[3.0, 4.0]]))) == pytest.approx(10)


def test_colours_are_finite_where_a_picture_is_black_or_white():
    pictures = torch.stack([torch.zeros(3, 32, 32), torch.ones(3, 32, 32)])
    assert bool(colours(pictures).isfinite().all())


def test_a_look_is_kept_in_a_file(tmp_path):
    shares = torch.linspace(-0.5, 0.5, len(NAMES))
    write_look(tmp_path / "look.json", shares)
    assert torch.allclose(read_look(tmp_path / "look.json"), shares)
    assert list(json.loads((tmp_path / "look.json").read_text())) == list(NAMES)


@pytest.mark.parametrize("text", ["", "[]", "{}", *(json.dumps(dict.fromkeys(NAMES, n)) for n in (7, None))])
def test_a_file_that_is_no_look_is_refused(tmp_path, text):
    (tmp_path / "look.json").write_text(text)
    with pytest.raises(LookError, match=r"look\.json.*start the run anew"):
        read_look(tmp_path / "look.json")


def test_a_look_is_told_in_the_sliders_units():
    assert described(torch.zeros(len(NAMES))) == "none"
    shares = torch.zeros(len(NAMES))
    shares[NAMES.index("saturation")] = -0.5
    assert described(shares) == "saturation 0.700"
