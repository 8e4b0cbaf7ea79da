# SPDX-License-Identifier: GPL-3.0-or-later
"""Every row of docs/image-kinds.md in real GIMP: scripts/image_kinds.py makes and edits the images, judged here."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import editor_ops
from editor_ops.color import RGB_TO_XYZ, linear_to_srgb, srgb_to_linear
from editor_ops.editor import run
from editor_ops.full_size import edit_full_size
from enhancer import icc
from tools import policies
from tools.gimp_roots import profiles, root
from tools.gimp_roots.plug_in import install_in

from .real_gimp import at_once

pytestmark = pytest.mark.gimp

PROJECT = Path(__file__).parents[2]
PAGE = PROJECT / "docs" / "image-kinds.md"
VALUES = {s.name: s.values()[policies.EVERY_SLIDER[s.name]] for s in editor_ops.SLIDERS}
GREY_VALUES = {s.name: VALUES[s.name] for s in editor_ops.SLIDERS if not s.colour}
with Image.open(PROJECT / "tests" / "photos" / "otters.png") as photo:
    PICTURE = np.asarray(photo.convert("RGB").resize((140, 93), Image.Resampling.BOX))
HEIGHT, WIDTH, _ = PICTURE.shape
FLOAT = PICTURE / np.float32(255)
GREEN = np.repeat(FLOAT[..., 1:2], 3, -1)
LEVEL = 1 / 255


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """version -> (what the script saw, the folder): GIMP runs once for each version."""

    def run(version: str) -> tuple[dict[str, Any], Path]:
        folder = tmp_path_factory.mktemp(f"kinds-{version}")
        np.save(folder / "picture.npy", PICTURE)
        Image.fromarray(PICTURE).save(folder / "picture.png")
        profiles.write_all(folder)
        inside = f"/case/{install_in(folder, version).relative_to(folder)}"
        (folder / "setup.json").write_text(json.dumps({"folder": inside, "values": VALUES}))
        scripts = Path(__file__).parent / "scripts"
        shutil.copyfile(scripts / "kinds.py", folder / "kinds.py")
        root.gimp(version, scripts / "image_kinds.py", folder, fonts=True)
        return json.loads((folder / "results.json").read_text()), folder

    return at_once(run)


class Seen:
    """What happened to one kind."""

    def __init__(self, name: str, results: dict[str, Any], folder: Path) -> None:
        self.name, self.folder = name, folder
        self.filters, self.merged = results["filters"], results["merged"]

    def array(self, what: str) -> np.ndarray:
        return np.load(self.folder / f"{self.name}-{what}.npy")

    def agent_saw(self, expected: np.ndarray, within: float = 1) -> None:
        """expected: floats (H, W, 3 or 4), sRGB; within: levels."""
        seen = self.array("seen")
        assert seen.shape == expected.shape
        visible = expected[..., 3] > 0 if expected.shape[-1] == 4 else np.ones(expected.shape[:2], bool)
        difference = np.abs(seen - np.clip(expected, 0, 1) * 255)
        assert difference[visible].max(initial=0) <= within + 1e-3
        if expected.shape[-1] == 4:
            assert difference[..., 3].max() <= within + 1e-3

    def shows(self, expected: np.ndarray, within: float = 1.001, linear: bool = False) -> None:
        """expected: floats (H, W, 3), sRGB; within: levels of 8 bits, in linear light or not."""
        shown = self.array("shown")
        assert shown.shape[:2] == expected.shape[:2]
        visible = shown[..., 3] > 0
        pair = [np.clip(each, 0, 1) for each in (shown[..., :3].astype(np.float64), expected)]
        if linear:
            pair = [srgb_to_linear(each) for each in pair]
        assert np.abs(pair[0] - pair[1])[visible].max(initial=0) <= within * LEVEL
        assert visible.any() or self.name == "Wholly transparent"


def edited(picture: np.ndarray = FLOAT, values: dict[str, float] = VALUES, alpha: np.ndarray | None = None) -> Any:
    return editor_ops.edit(np.ascontiguousarray(picture), values, alpha)


def plain(seen: Seen) -> None:
    seen.agent_saw(FLOAT)
    seen.shows(edited())


def linear_8(seen: Seen) -> None:
    held = linear_to_srgb(np.rint(srgb_to_linear(FLOAT) * 255) / 255).astype(np.float32)
    seen.agent_saw(held)
    seen.shows(edited(held), linear=True)


def clipped_between(seen: Seen) -> None:
    """GIMP keeps integers of 32 bits between two filters, and so clips there."""
    seen.agent_saw(FLOAT)
    linear = srgb_to_linear(FLOAT.astype(np.float64))
    for step in editor_ops.chain(VALUES, WIDTH, HEIGHT):
        linear = np.clip(run(linear, [step]), 0, 1)
    seen.shows(linear_to_srgb(linear), within=0.1)


def brighter_than_white(seen: Seen) -> None:
    seen.agent_saw(2 * FLOAT)
    assert np.abs(seen.array("shown")[..., :3] - edited(2 * FLOAT)).max() < 0.1 * LEVEL
    assert edited(2 * FLOAT).max() > 1.05  # clipped before mid-tones and contrast, and not after


def grey(seen: Seen) -> None:
    seen.agent_saw(GREEN)
    seen.shows(edited(GREEN, GREY_VALUES))
    assert seen.filters["filters"] == 5


ALPHA = np.clip(np.linspace(-100, 350, WIDTH), 0, 255).astype(np.uint8)[None].repeat(HEIGHT, 0) / np.float32(255)


def transparency(seen: Seen) -> None:
    seen.agent_saw(np.dstack([FLOAT, ALPHA]))
    seen.shows(edited(alpha=ALPHA))


def wholly_transparent(seen: Seen) -> None:
    seen.agent_saw(np.dstack([FLOAT, 0 * ALPHA]))
    assert seen.filters["effect"] == 0


def to_srgb(name: str) -> np.ndarray:
    """The space's linear RGB to linear sRGB."""
    return np.linalg.inv(RGB_TO_XYZ) @ np.array(profiles.PRIMARIES[name])


def other_primaries(seen: Seen) -> None:
    """As `edit_full_size` has it, to a tenth of a level; curves aside, as in sRGB."""
    seen.agent_saw(FLOAT)
    there = to_srgb(seen.name if seen.name in profiles.PRIMARIES else "AdobeRGB")
    numbers = linear_to_srgb(srgb_to_linear(FLOAT.astype(np.float64)) @ np.linalg.inv(there).T)
    made = edit_full_size(numbers.astype(np.float32), VALUES, None, there)
    seen.shows(linear_to_srgb(srgb_to_linear(made.astype(np.float64)) @ there.T), within=0.1)
    assert seen.filters["primaries"] is not None


def lookup_tables(seen: Seen) -> None:
    profile = profiles.tables()
    shown = np.clip(seen.array("shown")[..., :3], 0, 1) * 255
    # GIMP's own limit: the tools take the numbers as sRGB's.
    for there, numbers in ((seen.array("seen"), PICTURE), (shown, editor_ops.edit(PICTURE, VALUES))):
        to_srgb = icc.srgb_conversion(profile, False)
        meant = (to_srgb(numbers) if to_srgb else numbers).astype(int)
        apart = np.abs(there - meant)
        # The darkest steps of a gamma in a table are anyone's guess; and by the numbers alone it were far off.
        assert apart.max() <= 12 and apart.mean() < 0.5 and np.abs(numbers - meant).mean() > 3
    assert seen.filters["primaries"] is None


def assigned(seen: Seen) -> None:
    there = to_srgb("AdobeRGB")
    seen.agent_saw(linear_to_srgb(srgb_to_linear(FLOAT.astype(np.float64)) @ there.T))
    held = np.rint(np.clip(edit_full_size(FLOAT, VALUES, None, there), 0, 1).astype(np.float64) * 255) / 255
    # A level of AdobeRGB is up to 1.4 of sRGB's, and more where red is nearly none.
    seen.shows(linear_to_srgb(srgb_to_linear(held) @ there.T), within=4)


def within_selection(selected: np.ndarray, picture: np.ndarray = FLOAT, alpha: np.ndarray | None = None) -> np.ndarray:
    """Each filter by itself is blended in, in linear light, by how far a pixel is selected (H, W)."""
    linear = srgb_to_linear(picture.astype(np.float64))
    for step in editor_ops.chain(VALUES, picture.shape[1], picture.shape[0]):
        linear = linear + selected[..., None] * (run(linear, [step], alpha) - linear)
    return linear_to_srgb(linear)


def selection(seen: Seen) -> None:
    seen.agent_saw(FLOAT[20:60, 30:90])
    shown = within_selection(seen.array("selection") / 255)
    seen.shows(shown)
    assert np.abs(shown - FLOAT).max(axis=-1)[:20].max() < 1e-6


def feathered(seen: Seen) -> None:
    selected = seen.array("selection") / 255
    rows, columns = (np.flatnonzero(selected.any(axis)) for axis in (1, 0))
    part = np.ix_(range(rows[0], rows[-1] + 1), range(columns[0], columns[-1] + 1))
    assert 0 < selected[part].min() + 0.1 < selected.max() == 1
    seen.agent_saw(np.dstack([FLOAT[part], selected[part]]))
    seen.shows(within_selection(selected), within=1.5)  # what is known of the selection is rounded to 8 bits


def feathered_and_transparent(seen: Seen) -> None:
    canvas = seen.array("selection") / 255
    selected = np.zeros((HEIGHT, WIDTH))
    selected[5:, : WIDTH - 7] = canvas[: HEIGHT - 5, 7:]  # the layer lies at (7, -5)
    rows, columns = (np.flatnonzero(selected.any(axis)) for axis in (1, 0))
    part = np.ix_(range(rows[0], rows[-1] + 1), range(columns[0], columns[-1] + 1))
    seen.agent_saw(np.dstack([FLOAT[part], (selected * ALPHA)[part]]))
    assert seen.filters["effect"] > 20


def masked(seen: Seen) -> None:
    plain(seen)
    alpha = seen.array("shown")[..., 3]
    assert alpha.min() == 0 and alpha.max() == 1


def group(seen: Seen) -> None:
    seen.agent_saw(np.dstack([FLOAT, np.ones_like(ALPHA)]))
    seen.shows(edited())


def larger(seen: Seen) -> None:
    seen.agent_saw(FLOAT[10:73, 20:110])
    seen.shows(edited())


def text(seen: Seen) -> None:
    shape = seen.array("seen")
    solid = shape[..., 3] == 255
    assert solid.sum() > 100 and shape[..., 3].min() == 0
    colour = linear_to_srgb(np.array([0.3, 0.5, 0.2]))
    assert np.abs(shape[solid][:, :3] - colour * 255).max() <= 1
    assert seen.filters["effect"] > 20


def link(seen: Seen) -> None:
    assert np.array_equal(seen.array("seen")[..., :3], PICTURE)
    seen.shows(edited())


def of(rows: slice, columns: slice) -> Callable[[Seen], None]:
    def judge(seen: Seen) -> None:
        seen.agent_saw(FLOAT[rows, columns])
        seen.shows(edited(FLOAT[rows, columns]))

    return judge


def panorama(seen: Seen) -> None:
    wide = np.tile(PICTURE, (2, 72, 1))[:100, :10000]
    assert np.array_equal(seen.array("seen"), wide)
    seen.shows(edited(wide) / 255)


def own_filters(seen: Seen) -> None:
    """Half a stop darker; 0.2 stops brighter where the second of the user's filters acts."""
    for row, column, stops in ((3, 3, -0.5), (40, 60, 0.2)):
        wanted = editor_ops.edit(PICTURE, {"exposure": stops})[row, column].astype(int)
        assert np.abs(seen.array("seen")[row, column, :3] - wanted).max() <= 1
    assert seen.filters["effect"] > 20


def own_filters_and_selection(seen: Seen) -> None:
    assert seen.array("seen").shape[-1] == 4
    assert seen.filters["effect"] > 20


def refused(*words: str) -> tuple[str, ...]:
    return words


# Row of the table -> the judge of what was seen, or words of the refusal.
KINDS: dict[str, Callable[[Seen], None] | tuple[str, ...]] = {
    "RGB, 8 bits": plain,
    "16 bits": plain,
    "32-bit integers": clipped_between,
    "16-bit float": plain,
    "32-bit float": plain,
    "64-bit float": plain,
    "Linear light, 8 bits": linear_8,
    "Linear light, 16 bits": plain,
    "Linear light, 32-bit float": plain,
    "Brighter than white": brighter_than_white,
    "Grey": grey,
    "Grey with a profile": grey,
    "Transparency": transparency,
    "Wholly transparent": wholly_transparent,
    "AdobeRGB": other_primaries,
    "Display P3": other_primaries,
    "ProPhoto": other_primaries,
    "Linear-light profile": other_primaries,
    "Profile of lookup tables": lookup_tables,
    "Profile assigned": assigned,
    "Soft-proofing": plain,
    "Selection": selection,
    "Feathered selection": feathered,
    "Feathered selection and transparency": feathered_and_transparent,
    "Selection beside the layer": refused("The selection lies outside", "Select > None"),
    "Layer mask": masked,
    "Smaller than the canvas": plain,
    "Larger than the canvas": larger,
    "Beside the canvas": plain,
    "Layer group": group,
    "Pass-through group": group,
    "Layer in a group": plain,
    "Text layer": text,
    "Vector or link layer": link,
    "Invisible layer": plain,
    "Opacity and blend mode": plain,
    "Pixels locked": refused("“photo” are locked", "Unlock them"),
    "Pixels of the group locked": refused("“group” are locked", "Unlock them"),
    "Position, alpha or visibility locked": transparency,
    "Floating selection": refused("floating selection", "Anchor it"),
    "Layer mask selected": refused("is a mask or channel", "Select the layer"),
    "Channel selected": refused("is a mask or channel", "Select the layer"),
    "Indexed": refused("indexed image", "Image > Mode > RGB"),
    "Two layers selected": refused("2 are selected", "Select one"),
    "One pixel": of(slice(30, 31), slice(40, 41)),
    "Three pixels wide": of(slice(None), slice(40, 43)),
    "Panorama of 10000 x 100": panorama,
    "Filters of your own": own_filters,
    "Filters of your own and a selection": own_filters_and_selection,
}
# Filters of the user's own, or a float image: values may lie beyond black and white, and are clipped first.
CLIPPED = (
    "16-bit float", "32-bit float", "64-bit float", "Linear light, 32-bit float", "Brighter than white", "AdobeRGB",
    "Display P3", "ProPhoto", "Linear-light profile", "Filters of your own", "Filters of your own and a selection",
)  # fmt: skip
# Refused in merged mode alone: version -> words.
# A level of the layer's own 8 bits, in which filters and merged may differ, in sRGB's, in which they are compared: red
# of AdobeRGB counts 1.4 times as much, and what comes out of lookup tables is rounded once more,
# and more where there is nearly no red.
ONE_LEVEL = {"Profile assigned": 1.4, "Profile of lookup tables": 4.001}
NOT_MERGED = {
    "Layer group": {"3.0": ("is a group", "Apply as filters"), "3.2": ("is a group", "Apply as filters")},
    "Pass-through group": {"3.0": ("is a group", "Apply as filters"), "3.2": ("is a group", "Apply as filters")},
    "Text layer": {"3.2": ("has no pixels of its own", "Layer > Rasterize")},
    "Vector or link layer": {"3.2": ("has no pixels of its own", "Layer > Rasterize")},
}
SINCE_3_2 = {"Vector or link layer"}


@pytest.fixture
def seen(work: Any, version: str, kind: str) -> Seen:
    results, folder = work(version)
    if kind in SINCE_3_2 and version == "3.0":
        assert kind not in results
        pytest.skip("GIMP 3.0 has no such layers")
    return Seen(kind, results[kind], folder)


def test_the_table_has_these_rows() -> None:
    table = PAGE.read_text().partition("\n## ")[0]
    rows = re.findall(r"^\| ([^|]+?) +\|", table, re.MULTILINE)
    assert rows[0] == "Kind"
    assert rows[1:] == list(KINDS)


@pytest.mark.parametrize("kind", [kind for kind, judge in KINDS.items() if callable(judge)])
def test_decided_and_edited(seen: Seen, kind: str) -> None:
    assert seen.filters["error"] == ""
    clips = kind in CLIPPED
    expected = (5 if kind.startswith("Grey") else 8) + clips
    assert seen.filters["filters"] == expected
    assert seen.filters["alpha"] == 0 and seen.filters["dirty"]
    assert seen.filters["before"] == seen.filters["after"]
    judge = KINDS[kind]
    assert callable(judge)
    judge(seen)


@pytest.mark.parametrize("kind", [kind for kind, judge in KINDS.items() if callable(judge)])
def test_merged_is_the_same(seen: Seen, version: str, kind: str) -> None:
    merged = seen.merged
    assert merged["before"] == merged["after"]
    if words := NOT_MERGED.get(kind, {}).get(version):
        assert all(word in merged["error"] for word in words), merged["error"]
        assert not merged["dirty"] and merged["filters"] == 0
        return
    assert (merged["error"], merged["filters"]) == ("", 0)
    assert merged["difference"] <= ONE_LEVEL.get(kind, 1.001)
    assert merged["effect"] == pytest.approx(seen.filters["effect"], abs=1.001)
    assert merged["alpha"] == 0


@pytest.mark.parametrize("kind", [kind for kind, judge in KINDS.items() if not callable(judge)])
def test_refused_and_nothing_changed(seen: Seen, kind: str) -> None:
    words = KINDS[kind]
    assert not callable(words)
    for way in (seen.filters, seen.merged):
        assert all(word in way["error"] for word in words), way["error"]
        assert way["before"] == way["after"] and not way["dirty"] and way["filters"] == 0
