# SPDX-License-Identifier: GPL-3.0-or-later
"""Auto Enhance Faces in real GIMP: scripts/faces.py runs it on every kind of image and layer, judged here."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from editor_ops.color import linear_to_srgb, srgb_to_linear
from editor_ops.face_warp import displacement, pulled
from editor_ops.faces import edit_face
from editor_ops.skin_mask import skin_mask
from tools.gimp_roots import profiles, root
from tools.gimp_roots.plug_in import install_in

from .real_gimp import at_once

pytestmark = pytest.mark.gimp

SCRIPTS = Path(__file__).parent / "scripts"
with Image.open(Path(__file__).parents[1] / "photos" / "astronaut.jpg") as photo:
    # As large as the canvases, selections and masks of kinds.py are made for, with the face's middle in all of them.
    PICTURE = np.asarray(photo.convert("RGB").crop((120, 44, 330, 244)).resize((140, 133), Image.Resampling.BOX))
HEIGHT, WIDTH, _ = PICTURE.shape
# A style that moves something of each kind, far enough that it shows.
STYLE = {"eye_size": 0.12, "jaw_width": -0.12, "smile": 0.03, "skin_smoothing": 0.5, "skin_brightness": 0.25,
         "skin_warmth": 6100.0, "skin_saturation": 1.2}  # fmt: skip


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """version -> (what the script saw, the folder): GIMP runs once for each version."""

    def run(version: str) -> tuple[dict[str, Any], Path]:
        folder = tmp_path_factory.mktemp(f"faces-{version}")
        np.save(folder / "picture.npy", PICTURE)
        Image.fromarray(PICTURE).save(folder / "picture.png")
        profiles.write_all(folder)
        plug_in = install_in(folder, version)
        (folder / "styles").mkdir()
        (folder / "styles" / "mild.json").write_text(json.dumps({"format": 1, "sliders": STYLE}))
        config = plug_in / "config.json"
        config.write_text(json.dumps(json.loads(config.read_text()) | {"face_styles": "/case/styles"}))
        (plug_in / "lib" / "onnxruntime.off").write_text("raise ImportError('as in most GIMPs')\n")
        (folder / "setup.json").write_text(json.dumps({"folder": f"/case/{plug_in.relative_to(folder)}"}))
        shutil.copyfile(SCRIPTS / "kinds.py", folder / "kinds.py")
        root.gimp(version, SCRIPTS / "faces.py", folder, fonts=True)
        return json.loads((folder / "results.json").read_text()), folder

    return at_once(run)


REFUSED = {
    "Indexed": "Image > Mode > RGB",
    "Two layers selected": "Select one",
    "Layer mask selected": "Select the layer itself",
    "Channel selected": "Select the layer itself",
    "Floating selection": "Anchor it first",
    "Pixels of the group locked": "Unlock them",
    "Position, alpha or visibility locked": "Unlock it",  # it has transparency too, and so has to be hidden
    "Selection beside the layer": "Select > None",
    "Text layer": "No face",
    "Wholly transparent": "No face",
    "One pixel": "No face",
    "Three pixels wide": "No face",
}
"""Kind -> a word of the remedy, or of the plain sentence where there is no face."""
CLOSE = (0.1, 0.01)
"""In floats and 16 bits: levels of 8 bits, largest and mean. The mask is of 8 bits."""
EXACT = (1.2, 0.1)
"""In 8 bits: the shape is rounded to them before the skin's filters see it."""
WITHIN = {
    "16 bits": CLOSE,
    "32-bit float": CLOSE,
    "64-bit float": CLOSE,
    "Linear light, 16 bits": (0.3, 0.01),  # coarser in the dark
    "Linear light, 32-bit float": CLOSE,
    "16-bit float": (0.4, 0.02),
    "Brighter than white": (0.5, 0.01),
    "32-bit integers": (6.0, 0.02),  # GIMP itself clips to black and white between two filters here
    "Linear light, 8 bits": (8.0, 0.1),  # that keep few dark tones
    # GEGL smooths by differences on the image's own curve and primaries, which aren't sRGB's.
    "Grey with a profile": (4.0, 0.1),
    "AdobeRGB": (0.6, 0.02),
    "Display P3": (0.6, 0.02),
    "ProPhoto": (0.6, 0.02),
    "Linear-light profile": (6.0, 0.1),
    "Profile assigned": (4.0, 0.2),
    "Profile of lookup tables": (8.0, 0.3),  # whose numbers are taken as sRGB's
    "Layer mask": (1.2, 0.4),  # its mean is of the masked part alone
}
SKIN_OPERATIONS = ["gegl:saturation", "gegl:color-temperature", "gegl:exposure", "gegl:domain-transform"]
GREYS = ("Grey", "Grey with a profile")
HIDDEN = ("Transparency", "Feathered selection and transparency", "Layer mask", "Opacity and blend mode",
          "Pass-through group")  # fmt: skip
OTHER_PRIMARIES = ("AdobeRGB", "Display P3", "ProPhoto", "Linear-light profile", "Profile assigned")


def kinds(seen: Any, version: str) -> dict[str, dict[str, Any]]:
    return {name: row for name, row in seen(version)[0].items() if isinstance(row, dict) and "around kept" in row}


@pytest.fixture(scope="module")
def seen(work: Any) -> Any:
    return work


def edited(picture: np.ndarray, decision: dict[str, Any]) -> np.ndarray:
    """picture: (H, W, 3) floats, as it was seen."""
    for face in decision["faces"]:
        picture = edit_face(picture, np.array(face["points"], np.float32), face["sliders"], tuple(face["box"]))
    return picture


def test_the_page_has_every_kind_that_is_refused(seen: Any, version: str) -> None:
    there = kinds(seen, version)
    assert {name for name, row in there.items() if row["error"]} == REFUSED.keys() & there.keys()
    for name, word in REFUSED.items():
        row = there[name]
        assert word in row["error"], name
        assert row["before"] == row["after"] and row["kept"] and row["around kept"] and not row["dirty"], name


def test_the_photo_and_what_is_around_it_stay(seen: Any, version: str) -> None:
    for name, row in kinds(seen, version).items():
        assert row["kept"] and row["around kept"], name


def _flat(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each for row in rows for each in (row, *_flat(row["children"]))]


def test_the_layers(seen: Any, version: str) -> None:
    """A group above the photo's layer, beside it; hidden is what would show through, and its looks go to the group."""
    for name, row in kinds(seen, version).items():
        if row["error"]:
            continue
        before, after = _flat(row["before"]), _flat(row["after"])
        names = [each["name"] for each in after]
        group = after[names.index("Faces")]
        *skins, shape = group["children"]
        photo = next(each for each in after[names.index(shape["name"]) + 1 :])
        was = next(each for each in before if each["name"] == photo["name"])
        assert row["selected"] == ["Faces"], name
        assert shape["name"] == "Face: shape" and shape["place"] == was["place"] and shape["filters"] == [], name
        assert len(skins) == len(row["decision"]["faces"]) and all(each["mask"] for each in skins), name
        assert photo | {"visible": was["visible"]} == was, name
        assert photo["visible"] == (was["visible"] and name not in HIDDEN), name
        assert group["visible"] == was["visible"] and shape["mask"] == was["mask"], name
        if name == "Opacity and blend mode":
            assert (group["opacity"], group["mode"]) == (was["opacity"], was["mode"]) != (100.0, shape["mode"])


def test_the_skins_filters(seen: Any, version: str) -> None:
    for name, row in kinds(seen, version).items():
        if row["error"]:
            continue
        wanted = SKIN_OPERATIONS[2:] if name in GREYS else list(SKIN_OPERATIONS)
        if name in OTHER_PRIMARIES:
            wanted.insert(1, "gegl:channel-mixer")  # with it the temperature looks as in sRGB
        for each in _flat(row["after"]):
            if each["name"].startswith("Face: skin"):
                assert each["operations"] == wanted, name


def test_what_is_shown_is_what_the_editor_makes(seen: Any, version: str) -> None:
    folder = seen(version)[1]
    for name, row in kinds(seen, version).items():
        if row["error"] or "ransparency" in name:
            continue
        before, after = (np.load(folder / f"{name}-{when}.npy") for when in ("before", "after"))
        expected = edited(np.ascontiguousarray(before[..., :3]), row["decision"])
        visible = after[..., 3] > 0
        difference = np.abs(np.clip(after[..., :3], 0, 1) - np.clip(expected, 0, 1))[visible] * 255
        largest, mean = WITHIN.get(name, EXACT)
        assert (difference.max() <= largest, difference.mean() <= mean) == (True, True), (
            name, difference.max(), difference.mean(),
        )  # fmt: skip
        assert np.abs(before[..., 3] - after[..., 3]).max() < 1e-6, name
        assert np.abs(before - after).max() * 255 > 30, name  # the style moves a lot


def test_transparency_moves_with_the_face(seen: Any, version: str) -> None:
    """As premultiplied values do, away from the skin, where filters change the colours."""
    results, folder = seen(version)
    before, after = (np.load(folder / f"Transparency-{when}.npy").astype(np.float64) for when in ("before", "after"))
    (face,) = results["Transparency"]["decision"]["faces"]
    x, y, width, height = face["box"]
    part = (slice(y, y + height), slice(x, x + width))
    points = np.array(face["points"], np.float32)
    alpha = before[..., 3:]
    linear = np.concatenate([srgb_to_linear(before[..., :3]) * alpha, alpha], -1)[part]
    ways = displacement(points, face["sliders"], tuple(face["box"])).reshape(1, height, width, 2)
    moved = pulled(linear[None].astype(np.float32), ways)[0]
    assert np.abs(after[part][..., 3] - moved[..., 3]).max() * 255 < 1.1
    mask = skin_mask(PICTURE / np.float32(255), points, tuple(face["box"])).reshape(1, height, width, 1)
    still = (pulled(mask, ways)[0, ..., 0] == 0) & (moved[..., 3] > 0.5)
    colours = linear_to_srgb(moved[..., :3] / np.maximum(moved[..., 3:], 1e-6))
    assert still.sum() > 500 and np.abs(after[part][..., :3] - colours)[still].max() * 255 < 2.1


def test_run_again_nothing_is_changed_twice(seen: Any, version: str) -> None:
    ran = {name: row["again"] for name, row in kinds(seen, version).items() if "again" in row}
    assert len(ran) == 13 and list(ran.values()) == [["", True, True]] * 13, ran
    again = seen(version)[0]["again"]
    for way in ("group", "layer in it", "saved", "duplicated"):
        assert again[way] == ["", True], way
    assert max(again["same"]) == 0


def test_strength(seen: Any, version: str) -> None:
    results, folder = seen(version)
    strength, sliders = results["again"]["half"]
    assert strength == 0.5 and sliders["jaw_width"] == pytest.approx(STYLE["jaw_width"] / 2)
    face = results["RGB, 8 bits"]["decision"]["faces"][0] | {"sliders": sliders}
    expected = edited(PICTURE / np.float32(255), {"faces": [face]})
    assert np.abs(np.load(folder / "half.npy")[..., :3] - np.clip(expected, 0, 1)).max() * 255 <= 1.2
    strength, layers = results["again"]["none"]
    assert strength == 0 and layers == results["RGB, 8 bits"]["before"]
    assert results["again"]["nothing to do"] is False


def test_what_is_left_of_an_edit_without_its_photo_is_a_photo(seen: Any, version: str) -> None:
    error, names = seen(version)[0]["source is gone"]
    assert error == "" and names == ["Faces #1", "Faces"]


def test_a_record_that_is_none_is_passed_over(seen: Any, version: str) -> None:
    for error, names in seen(version)[0]["strange records"]:
        assert error == "" and names[-1] == "photo"


def test_several_faces_and_a_selection_of_one(seen: Any, version: str) -> None:
    results, folder = seen(version)
    two = results["two faces"]
    assert two["error"] == "" and len(two["decision"]["faces"]) == 2
    (group, _photo) = two["after"]
    assert [each["name"] for each in group["children"]] == ["Face: skin 2", "Face: skin 1", "Face: shape"]
    both = np.concatenate([PICTURE, PICTURE[:, ::-1]], 1) / np.float32(255)
    # Where the boxes meet, the second face's mask is of a picture that the first's shape has changed.
    expected = np.clip(edited(both, two["decision"]), 0, 1)
    difference = np.abs(np.load(folder / "two-after.npy")[..., :3] - expected) * 255
    assert difference.mean() < 0.15 and (difference > 1.2).mean() < 0.02
    faces, layers = two["one"]
    assert faces == 1 and [each["name"] for each in layers[0]["children"]] == ["Face: skin", "Face: shape"]
    right = np.load(folder / "one-after.npy")[:, WIDTH + 20 :, :3]
    assert np.abs(right - both[:, WIDTH + 20 :]).max() < 1e-6


def test_a_script_calls_it(seen: Any, version: str) -> None:
    results = seen(version)[0]
    decision, error = results["called"]
    assert error == "" and decision["strength"] == 0.5 and decision["style"] == "mild"
    assert decision["faces"][0]["sliders"]["jaw_width"] == pytest.approx(STYLE["jaw_width"] / 2)
    decision, error = results["called, no such style"]
    assert decision is None and "no face style 'no such'" in error
    decision, error = results["called, helper"]
    assert error == "" and decision == results["RGB, 8 bits"]["decision"]
