# SPDX-License-Identifier: GPL-3.0-or-later
"""The plug-in as a user meets it: menu, dialog, undo and redo, last values, in GIMP's own window (scripts/gui.py)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from models import Policy
from tests.gimp import gui, root
from tests.gimp.plug_in import at_once
from trainer import photo

pytestmark = pytest.mark.gimp

PHOTO = Path(__file__).parents[1] / "photos" / "valley.jpg"
SUCCESS = 3  # Gimp.PDBStatusType


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """version -> what was seen: GIMP's window is opened once for each version."""

    def run(version: str) -> tuple[dict[str, Any], Path]:
        folder = tmp_path_factory.mktemp(f"gui-{version}")
        return gui.work(version, PHOTO, folder), folder

    return at_once(run)


@pytest.fixture(params=list(root.VERSIONS))
def seen(request: pytest.FixtureRequest, work: Any) -> Any:
    return work(request.param)


def test_dialog_and_filters(seen: Any) -> None:
    read = photo.read(PHOTO)
    expected = Policy.load().decide(photo.srgb(read)).to_json(read.width, read.height)["filters"]
    assert expected
    enhanced = seen[0]["enhanced"]
    assert enhanced["filters"] == [each["label"] for each in expected]
    assert enhanced["pixels"] == seen[0]["before"]["pixels"]  # non-destructive
    assert enhanced["shown"] != seen[0]["before"]["shown"]


def test_cancel_changes_nothing(seen: Any) -> None:
    assert seen[0]["cancelled"] == seen[0]["before"]


def test_one_undo_step_restores_all(seen: Any) -> None:
    # Not "dirty": as many undo steps were taken back as were made, and one was taken back.
    assert seen[0]["before"]["dirty"] is False and seen[0]["enhanced"]["dirty"] is True
    assert seen[0]["undo item"] == "Undo Auto Enhance (RL)"
    assert seen[0]["undone"] == seen[0]["before"]


def test_redo_brings_all_filters_back(seen: Any) -> None:
    # In the wrong order: GIMP's own fault (gimpdrawablefilterundo.c notes the row before there is one).
    assert seen[0]["redo item"] == "Redo Auto Enhance (RL)"
    assert sorted(seen[0]["redone"]["filters"]) == sorted(seen[0]["enhanced"]["filters"])


def test_merged_at_half_strength_and_one_undo_step(seen: Any) -> None:
    merged = seen[0]["merged"]
    assert merged["filters"] == []
    assert merged["pixels"] == merged["shown"] != seen[0]["before"]["pixels"]
    assert seen[0]["merged undone"] == seen[0]["before"]


def test_dialog_lists_the_styles_that_can_be_used(seen: Any) -> None:
    photo, film = seen[0]["styles"]
    assert photo.startswith("photo") and film == "film: a style of the user's own"


def test_last_values_are_the_dialogs(seen: Any) -> None:
    assert seen[0]["last values"] == [SUCCESS, 0.5, "film"]
    assert seen[0]["after last values"]["pixels"] == seen[0]["merged"]["pixels"]


@pytest.mark.parametrize("name", ["menu", "dialog", "layer-effects"])
def test_pictures_show_something(seen: Any, name: str) -> None:
    with Image.open(seen[1] / f"{name}.png") as picture:
        assert picture.size == (1280, 800)
        assert len(picture.convert("RGB").getcolors(1280 * 800) or []) > 1000
