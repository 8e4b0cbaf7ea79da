# SPDX-License-Identifier: GPL-3.0-or-later
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from enhancer import ahead, photo


def picture(path: Path, level: int) -> Path:
    Image.new("RGB", (20, 10), (level, level, level)).save(path)
    return path


def test_a_photo_is_read_ahead_once_and_others_when_they_are_wanted(tmp_path: Path) -> None:
    first, other = picture(tmp_path / "a.png", 10), picture(tmp_path / "b.jpg", 200)
    read = ahead.reading(first)
    assert read(other).samples.min() == 200
    assert read(first).samples.max() == 10
    picture(first, 99)
    assert read(first).samples.max() == 99


def test_what_is_wrong_is_said_when_the_photo_is_wanted(tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.jpg"
    damaged.write_bytes(picture(tmp_path / "a.jpg", 10).read_bytes()[:200])
    for path, kind in ((damaged, "damaged"), (tmp_path / "missing.jpg", "unreadable")):
        read = ahead.reading(path)
        with pytest.raises(photo.PhotoError) as caught:
            read(path)
        assert caught.value.kind == kind


def test_a_reader_that_shuts_stderr_does_not_run_beside_others(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "named.jpg", np.zeros((10, 20, 3), np.uint8), photometric="rgb")
    assert ahead.reading(tmp_path / "named.jpg") is photo.read
