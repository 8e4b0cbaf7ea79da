# SPDX-License-Identifier: GPL-3.0-or-later
"""Auto Enhance Faces as a user meets it, in GIMP's own window (scripts/gui_faces.py)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tools.gimp_roots import gui, root

from .real_gimp import at_once

pytestmark = pytest.mark.gimp

PORTRAIT = Path(__file__).parents[1] / "photos" / "astronaut.jpg"
STEP = "Auto Enhance Faces (RL)"


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """version -> what was seen: GIMP's window is opened once for each version, with a helper, as most GIMPs need."""
    return at_once(
        lambda version: gui.work(
            version, PORTRAIT, tmp_path_factory.mktemp(f"gui-faces-{version}"), script="gui_faces.py", in_process=False
        )
    )


@pytest.fixture(params=list(root.VERSIONS))
def seen(request: pytest.FixtureRequest, work: Any) -> Any:
    return work(request.param)


def test_the_image_is_untouched_while_the_dialog_is_open_and_after_cancel(seen: Any) -> None:
    assert seen["before"]["layers"] == [["photo.jpg", True, []]] and seen["before"]["dirty"] is False
    assert seen["open"] == seen["before"] == seen["cancelled"]
    assert seen["cancelled again"] == seen["second run"]


def test_the_dialog_can_be_used_by_its_names_and_fits_a_small_screen(seen: Any) -> None:
    names = [name for _, name in seen["names"]]
    for name in ("Face 1", "Edit face 1", "Show before", "Strength (%)", "Jaw width (%)", "Skin smoothing (%)"):
        assert name in names
    assert all(name for role, name in seen["names"] if role != "combo box")
    width, height = seen["size"]
    assert width <= 800 and height <= 740  # of 1024 x 768, with GIMP's frame around it


def test_the_pictures_follow_the_sliders(seen: Any) -> None:
    assert seen["pictures"] == [True, True]  # after is not before, and comes back
    assert seen["strength 0"]


def test_help_opens_the_part_about_faces(seen: Any) -> None:
    assert seen["help"].endswith("/plug-ins/auto_enhance_rl/help/index.html#faces")


def test_ok_puts_a_group_above_the_photo_in_one_step(seen: Any) -> None:
    applied = seen["applied"]
    group, photo = applied["layers"]
    assert (group[0], [name for name, _, _ in group[2]]) == ("Faces", ["Face: skin", "Face: shape"])
    assert photo == seen["before"]["layers"][0] and applied["photo"] == seen["before"]["photo"]
    assert applied["parasites"] == seen["before"]["parasites"]
    assert applied["history"] == ["[ Base Image ]", STEP] and applied["dirty"]
    assert applied["shown"] != seen["before"]["shown"] and applied["selected"] == ["Faces"]
    skin, shape = applied["filters"]
    assert len(skin) >= 1 and shape == []


def test_a_second_run_goes_on_from_the_first_and_replaces_it(seen: Any) -> None:
    assert seen["resumed"] == pytest.approx(-4)
    second = seen["second run"]
    assert second["layers"] == seen["applied"]["layers"] and second["shown"] != seen["applied"]["shown"]
    assert second["history"] == ["[ Base Image ]", STEP, STEP]


def test_undo_and_redo(seen: Any) -> None:
    for name in ("layers", "photo", "shown", "selected", "filters"):
        assert seen["second run undone"][name] == seen["applied"][name], name
        assert seen["undone"][name] == seen["before"][name], name
    assert seen["redone"]["layers"] == seen["applied"]["layers"]
    assert seen["redone"]["filters"] == seen["applied"]["filters"]  # one each: of more, GIMP turns the order round


def test_with_all_faces_off_the_layers_go(seen: Any) -> None:
    assert seen["switched off"]["layers"] == seen["before"]["layers"]
    assert seen["switched off"]["shown"] == seen["before"]["shown"]


def test_nothing_was_complained_about(seen: Any) -> None:
    assert [line for line in seen["log"].splitlines() if "WARNING" in line or "ERROR" in line] == []
