# SPDX-License-Identifier: GPL-3.0-or-later
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.quality import auto_tools
from tests.gimp.real_gimp import needed
from tools.gimp_roots import root

PHOTO = Path(__file__).parents[2] / "photos" / "otters.png"


def flat() -> np.ndarray:
    """A photo with half its contrast: what every one of the tools stretches."""
    with Image.open(PHOTO) as image:
        small = np.asarray(image.convert("RGB").resize((60, 40)))
    return (small // 2 + 60).astype(np.uint8)


def test_autocontrast_leaves_half_a_percent_at_either_end() -> None:
    ramp = np.repeat(np.arange(1000).reshape(20, 50, 1) // 5 + 20, 3, axis=2).astype(np.uint8)  # 20 to 219
    stretched = auto_tools.pillow_autocontrast(ramp)
    assert (stretched == 0).mean() >= 0.005 and (stretched == 255).mean() >= 0.005
    assert (stretched == 0).mean() <= 0.015 and (stretched == 255).mean() <= 0.015


@pytest.mark.skipif(not shutil.which("aaphoto"), reason="NOT TESTED: aaphoto is not installed")
def test_aaphoto_stretches() -> None:
    auto_tools.find_aaphoto()
    picture = flat()
    one, other = auto_tools.aaphoto([picture, picture[:, ::-1]])
    assert one.shape == picture.shape and one.dtype == np.uint8
    assert one.std() > 1.2 * picture.std()
    assert np.abs(one.astype(int) - other[:, ::-1]).mean() < 1, "in the order given"


def test_aaphoto_gets_every_picture_and_is_believed_only_where_it_wrote_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stand-in that copies, so that this holds where the program is not installed."""
    program = tmp_path / "aaphoto"
    program.write_text("#!/bin/sh\nfor name; do case $name in *.png) cp $name ${name%.png}_new.png;; esac; done\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    pictures = [np.full((3 + i, 5, 3), 40 * i, np.uint8) for i in range(3)]
    for picture, found in zip(pictures, auto_tools.aaphoto(pictures), strict=True):
        assert np.array_equal(picture, found)
    program.write_text("#!/bin/sh\necho cannot read 1.png\n")
    with pytest.raises(auto_tools.ToolError, match="left pictures out: cannot read 1.png"):
        auto_tools.aaphoto(pictures)


def test_a_program_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(auto_tools.ToolError, match=r"aaphoto is not installed.*apt-get"):
        auto_tools.find_aaphoto()


def test_gimp_that_fails_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    console = tmp_path / "gimp-console-3.2"
    console.write_text("#!/bin/sh\necho no display at all\nexit 3\n")
    console.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(auto_tools.ToolError, match="gimp-console-3.2: no display at all"):
        auto_tools.find_gimp("3.2", tmp_path / "home")


@pytest.mark.gimp
@pytest.mark.parametrize("version", root.VERSIONS)
def test_gimps_tools_do_what_their_names_say(version: str, tmp_path: Path) -> None:
    needed(version)
    picture = flat()
    assert auto_tools.find_gimp(version, tmp_path / "home").startswith(version)
    rows = auto_tools.gimp_auto(version, [picture, picture[:, ::-1]], tmp_path / "home")
    assert list(rows) == list(auto_tools.GIMP)
    for row, (one, other) in rows.items():
        assert one.shape == picture.shape and one.dtype == np.uint8
        assert np.abs(one.astype(int) - other[:, ::-1]).max() <= 1, f"{row}: in the order given"
    balanced, stretched, enhanced = (rows[row][0] for row in auto_tools.GIMP)
    assert (balanced.min(axis=(0, 1)) <= 5).all() and (balanced.max(axis=(0, 1)) >= 250).all(), "each channel alone"
    assert stretched.min() == 0 and stretched.max() == 255
    chroma = [float((side.max(axis=-1) - side.min(axis=-1)).mean()) for side in (picture, enhanced)]
    assert chroma[1] > 1.5 * chroma[0], "colours, not tones"
