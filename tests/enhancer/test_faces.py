# SPDX-License-Identifier: GPL-3.0-or-later
"""`trainer enhance --faces`: a photo's faces, edited with its colours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from click.testing import CliRunner, Result
from PIL import Image

from editor_ops import NAMES
from editor_ops.color import linear_to_srgb, srgb_to_linear
from editor_ops.faces import edit_face
from enhancer.icc import Profile
from models.faces.decision import FaceDecision
from tools.gimp_roots import profiles
from trainer.cli import main

PHOTOS = Path(__file__).parents[1] / "photos"
PORTRAIT = PHOTOS / "astronaut.jpg"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["enhance", *map(str, arguments)])


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as picture:
        return np.asarray(picture)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The face of the portrait, without loss, so that pixels can be compared."""
    path = tmp_path_factory.mktemp("portrait") / "a.png"
    with Image.open(PORTRAIT) as picture:
        picture.convert("RGB").crop((100, 0, 400, 280)).save(path)
    return path


def decided(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)  # type: ignore[no-any-return]


def test_the_face_is_edited_and_the_rest_as_without(tmp_path: Path, source: Path) -> None:
    plain = decided(run(source, "--out", tmp_path / "plain", "--json"))
    faces = decided(run(source, "--out", tmp_path / "faces", "--json", "--faces", "--sidecar"))
    assert "faces" not in plain and faces["sliders"] == plain["sliders"]
    (face,) = FaceDecision.from_json(faces["faces"]).faces
    changed = (pixels(tmp_path / "plain" / "a.png") != pixels(tmp_path / "faces" / "a.png")).any(axis=-1)
    x, y, width, height = face.box
    assert changed[y : y + height, x : x + width].mean() > 0.05  # mild, and its mask leaves all detail
    changed[y : y + height, x : x + width] = False
    assert not changed.any()
    assert json.loads((tmp_path / "faces" / "a.png.json").read_text())["faces"] == faces["faces"]


def test_faces_only_is_the_editor_s_edit(tmp_path: Path, source: Path) -> None:
    made = decided(run(source, "--out", tmp_path, "--json", "--faces-only", "--strength", "1.5"))
    decision = FaceDecision.from_json(made["faces"])
    assert decision.strength == 1.5 and all(row["value"] == row["neutral"] for row in made["sliders"])
    assert made["filters"] == []
    (face,) = decision.faces
    expected = edit_face(pixels(source), np.array(face.points, np.float32), face.sliders)
    difference = np.abs(pixels(tmp_path / "a.png").astype(int) - expected)
    assert difference.max() <= 1 and (difference > 0).mean() < 0.001


def test_the_same_edit_with_a_profile_and_in_16_bits(tmp_path: Path, source: Path) -> None:
    """A face in ProPhoto's primaries and linear light looks as it does in 8-bit sRGB."""
    decided(run(source, "--out", tmp_path / "plain", "--json", "--faces-only"))
    expected = pixels(tmp_path / "plain" / "a.png").astype(int)
    data = profiles.matrix("ProPhoto", linear=True)
    to_srgb = Profile.parse(data).to_srgb
    assert to_srgb is not None
    stored = srgb_to_linear(pixels(source) / 255) @ np.linalg.inv(to_srgb).T
    wide = (np.clip(stored, 0, 1) * 65535).round().astype(np.uint16)
    tag = (34675, "B", None, data, True)  # ICCProfile
    tifffile.imwrite(tmp_path / "b.tif", wide, photometric="rgb", extratags=[tag])
    made = decided(run(tmp_path / "b.tif", "--out", tmp_path / "wide", "--json", "--faces-only"))
    assert len(made["faces"]["faces"]) == 1
    after = tifffile.imread(tmp_path / "wide" / "b.tif")
    shown = linear_to_srgb(after / 65535 @ to_srgb.T) * 255
    assert (after != wide).any(axis=-1).mean() > 0.02
    assert np.abs(shown - expected).max() < 4 and np.abs(shown - expected).mean() < 0.3


def test_grey_and_transparent_photos(tmp_path: Path, source: Path) -> None:
    with Image.open(source) as picture:
        picture.convert("L").save(tmp_path / "grey.png")
        picture.putalpha(Image.fromarray(np.tile(np.arange(300, dtype=np.uint8), (280, 1))))
        picture.save(tmp_path / "alpha.png")
    for name in ("grey.png", "alpha.png"):
        made = decided(run(tmp_path / name, "--out", tmp_path / "out", "--json", "--faces-only"))
        assert len(made["faces"]["faces"]) == 1
        before, after = pixels(tmp_path / name), pixels(tmp_path / "out" / name)
        assert before.shape == after.shape and (before != after).any()
        if name == "alpha.png":
            assert (before[..., 3] == after[..., 3]).all()


def test_a_photo_without_a_face_is_enhanced_and_it_is_said(tmp_path: Path) -> None:
    photo = PHOTOS / "parrots.png"
    result = run(photo, "--out", tmp_path / "a", "--faces", "--json")
    assert decided(result)["faces"]["faces"] == [] and "no face" in result.stderr
    assert "no face" in decided(result)["notes"][0]
    run(photo, "--out", tmp_path / "b")
    assert (tmp_path / "a" / "parrots.png").read_bytes() == (tmp_path / "b" / "parrots.png").read_bytes()


def test_a_folder_goes_on_and_other_settings_are_told_apart(tmp_path: Path, source: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in ("a.png", "b.png"):
        (folder / name).write_bytes(source.read_bytes())
    command = (folder, "--out", tmp_path / "out", "--faces", "--jobs", "2")
    first = run(*command)
    assert first.exit_code == 0 and "1 face" in first.output
    both = [pixels(tmp_path / "out" / name) for name in ("a.png", "b.png")]
    assert (both[0] == both[1]).all()
    again = run(*command)
    assert again.exit_code == 0 and "2 done before" in again.stdout
    for other in ((folder, "--out", tmp_path / "out"), (*command, "--faces-only")):
        refused = run(*other)
        assert refused.exit_code == 1 and "other settings" in refused.stderr


def test_a_style_of_the_users(tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    preset = tmp_path / "wide.json"
    preset.write_text(json.dumps({"format": 1, "sliders": {"jaw_width": 0.1}}))
    added = CliRunner().invoke(main, ["styles", "--add", str(preset), "--json"])
    listed = json.loads(added.stdout)
    assert [style["name"] for style in listed["face_styles"]] == ["mild", "wide"]
    assert [style["name"] for style in listed["styles"]] == ["photo"]
    made = decided(run(source, "--out", tmp_path / "out", "--json", "--faces", "--face-style", "wide"))
    assert made["faces"]["style"] == "wide" and made["faces"]["faces"][0]["sliders"]["jaw_width"] == 0.1


@pytest.mark.parametrize(
    "arguments",
    [
        ("--face-style", "mild"),
        ("--faces-only", "--leave", NAMES[0]),
        ("--faces-only", "--style", "photo"),
        ("--faces-only", "--as", "cube"),
        ("--faces", "--face-style", "none"),
        ("--faces", "--face-style", "../mild"),
    ],
)
def test_wrong_use(tmp_path: Path, source: Path, arguments: tuple[str, ...]) -> None:
    result = run(source, "--out", tmp_path / "out", *arguments)
    assert result.exit_code == 2 and not (tmp_path / "out").exists()
