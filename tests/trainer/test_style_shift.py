# SPDX-License-Identifier: GPL-3.0-or-later
"""The style shift is found where it is known, and nothing is found where there is none."""

import json

import pytest

torch = pytest.importorskip("torch")

from editor_ops import NAMES, SLIDERS  # noqa: E402
from trainer.edits import edit_batch  # noqa: E402
from trainer.style_shift import (  # noqa: E402
    StyleShiftError,
    colours,
    described,
    find_style_shift,
    read_style_shift,
    write_style_shift,
)

from .conftest import crops  # noqa: E402

MANY = 32
"""Photos that show a look well enough to hold it to numbers; three times as many find it hardly better."""


def edited(pictures, moved):
    action = torch.tensor([[[16 + moved.get(name, 0) for name in NAMES]]]).expand(len(pictures), -1, -1)
    return edit_batch(pictures, action, torch.tensor([s.values() for s in SLIDERS]))[:, 0]


@pytest.mark.slow
@pytest.mark.parametrize("known", [{"temperature": 8, "saturation": -8}, {"temperature": -8, "exposure": 4}, {}])
def test_a_known_edit_is_found_and_hardly_another(folders, known):
    """Levels from neutral. The scenes are the same in both, so that they differ in the look alone."""
    found = find_style_shift(edited(crops(folders, 0, MANY), known), crops(folders, 0, MANY)) * 16
    for name, levels in zip(NAMES, found.tolist(), strict=True):
        if name in known:
            assert 0.5 <= levels / known[name] <= 1.4, (name, levels)
        else:
            assert abs(levels) < 4, (name, levels)


@pytest.mark.slow
def test_few_photos_show_less_of_a_look_than_many(folders):
    plain = crops(folders, 0, MANY)
    warm = edited(plain, {"temperature": 8})
    moves = [float(find_style_shift(warm[:n], plain)[NAMES.index("temperature")]) for n in (6, MANY)]
    assert 0 < moves[0] < moves[1]


def test_one_photo_is_enough_to_say_nothing(folders):
    one = crops(folders, 0, 1)
    assert float(find_style_shift(one, one).abs().max()) < 0.05


def test_colours_are_finite_where_a_picture_is_black_or_white():
    pictures = torch.stack([torch.zeros(3, 32, 32), torch.ones(3, 32, 32)])
    assert bool(colours(pictures).isfinite().all())


def test_a_look_is_kept_in_a_file(tmp_path):
    shares = torch.linspace(-0.5, 0.5, len(NAMES))
    write_style_shift(tmp_path / "look.json", shares)
    assert torch.allclose(read_style_shift(tmp_path / "look.json"), shares)
    assert list(json.loads((tmp_path / "look.json").read_text())) == list(NAMES)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", *(json.dumps(dict.fromkeys(NAMES, n)) for n in (7, None, "a" * 9000))]
)
def test_a_file_that_is_no_look_is_refused(tmp_path, text):
    (tmp_path / "look.json").write_text(text)
    with pytest.raises(StyleShiftError) as raised:
        read_style_shift(tmp_path / "look.json")
    assert raised.value.kind == "damaged" and "look.json" in str(raised.value) and len(str(raised.value)) < 400


def test_a_look_is_told_in_the_sliders_units():
    assert described(torch.zeros(len(NAMES))) == "none"
    shares = torch.zeros(len(NAMES))
    shares[NAMES.index("saturation")] = -0.5
    assert described(shares) == "saturation 0.700"
