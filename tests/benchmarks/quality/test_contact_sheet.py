# SPDX-License-Identifier: GPL-3.0-or-later
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.quality import contact_sheet as sheets


def test_a_tile_holds_the_whole_picture_in_the_middle() -> None:
    tile = sheets.tile(np.full((100, 200, 3), 7, np.uint8))
    assert tile.shape == (sheets.SIDE, sheets.SIDE, 3)
    assert (tile[60:180] == 7).all() and (tile[:60] == sheets.GREY).all() and (tile[180:] == sheets.GREY).all()


def test_shown_photos_are_spaced_over_the_whole_folder() -> None:
    assert sheets.chosen(3) == [0, 1, 2]
    many = sheets.chosen(480)
    assert many == list(range(0, 480, 10)) and len(many) == sheets.MOST
    assert sheets.chosen(0) == []


def test_a_sheet_puts_together_what_belongs_together(tmp_path: Path) -> None:
    photos = [[np.full((sheets.SIDE, sheets.SIDE, 3), 2 * i + k, np.uint8) for k in range(2)] for i in range(9)]
    sheet = sheets.sheet(photos)
    cell = 2 * sheets.SIDE + sheets.GAP
    columns = sheet.shape[1] // cell
    assert columns == sheets.WIDTH // cell and sheet.shape[0] == 2 * (sheets.SIDE + sheets.GAP)
    for i in range(9):
        row, column = divmod(i, columns)
        middle = sheet[row * (sheets.SIDE + sheets.GAP) + 5, column * cell :]
        assert middle[sheets.SIDE - 1, 0] == 2 * i and middle[sheets.SIDE, 0] == 2 * i + 1
    sheets.write(photos, tmp_path / "sheet.jpg")
    with Image.open(tmp_path / "sheet.jpg") as image:
        assert image.format == "JPEG" and image.size == (sheet.shape[1], sheet.shape[0])
    assert [path.name for path in tmp_path.iterdir()] == ["sheet.jpg"]
