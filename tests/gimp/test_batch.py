# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/batch.md in real GIMP: its commands, as printed there, against `trainer enhance` on the same photos."""

from __future__ import annotations

import io
import json
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from click.testing import CliRunner
from PIL import Image, ImageCms

from enhancer import photo
from models import Policy
from tests.enhancer.test_photo import ADOBE
from tools.gimp_roots import root
from tools.gimp_roots.plug_in import install_in
from trainer.cli import main

from .real_gimp import at_once

pytestmark = pytest.mark.gimp

PROJECT = Path(__file__).parents[2]
PAGE = (PROJECT / "docs" / "batch.md").read_text()
(ONE_PHOTO, FOLDER) = [block for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) if "gimp-console" in block]
PHOTOS = ["a.png", "grey.png", "on its side.jpg", "sub/100% [ü].tif", "sub/adobe.png"]
CAMERA = "Camera & Sons"
# Inside GIMP: what the XCF files show, as pixels that nothing is lost of; and how GIMP reads the JPEG.
SHOW = """
import json
import numpy as np
from gi.repository import Gegl, Gimp, Gio
for i, name in enumerate(json.load(open("/case/xcf.json"))):
    image = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, Gio.File.new_for_path(name))
    filters = [each.get_operation_name() for each in image.get_layers()[0].get_filters()]
    top = image.merge_visible_layers(Gimp.MergeType.CLIP_TO_IMAGE)
    size = (image.get_width(), image.get_height())
    data = top.get_buffer().get(Gegl.Rectangle.new(0, 0, *size), 1.0, "R'G'B' float", Gegl.AbyssPolicy.NONE)
    np.save(f"/case/xcf-{i}.npy", np.frombuffer(data, np.float32).reshape(size[1], size[0], 3))
    json.dump(filters, open(f"/case/xcf-{i}.json", "w"))
    image.delete()
image = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, Gio.File.new_for_path("holiday/on its side.jpg"))
image.policy_rotate(False)
size = (image.get_width(), image.get_height())
buffer = image.get_layers()[0].get_buffer()
data = buffer.get(Gegl.Rectangle.new(0, 0, *size), 1.0, "R'G'B' u8", Gegl.AbyssPolicy.NONE)
np.save("/case/jpeg.npy", np.frombuffer(data, np.uint8).reshape(size[1], size[0], 3))
open("/case/done", "w").close()
"""


@dataclass(frozen=True)
class Seen:
    """A GIMP version's folder after all commands, and what each said: exit status and stdout."""

    folder: Path
    said: dict[str, tuple[int, str]]


def _write_photos(folder: Path) -> None:
    (folder / "sub").mkdir(parents=True)
    with Image.open(PROJECT / "tests" / "photos" / "church.jpg") as opened:
        rgb = opened.convert("RGB").resize((320, 228))
    rgb.save(folder / "a.png")
    rgb.convert("L").save(folder / "grey.png")
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, CAMERA  # orientation, make
    with Image.open(PROJECT / "tests" / "photos" / "valley.jpg") as opened:
        opened.resize((320, 240)).save(folder / "on its side.jpg", exif=exif, quality=92)
    noise = np.random.default_rng(3).integers(0, 256, (228, 320, 3), dtype=np.uint16)
    tifffile.imwrite(
        folder / "sub" / "100% [ü].tif", np.asarray(rgb).astype(np.uint16) * 256 + noise, photometric="rgb"
    )
    rgb.save(folder / "sub" / "adobe.png", icc_profile=ADOBE)


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """version -> Seen."""

    def run(version: str) -> Seen:
        folder = tmp_path_factory.mktemp(f"gimp-{version}")
        _write_photos(folder / "holiday")
        shutil.copyfile(folder / "holiday" / "a.png", folder / "photo.jpg")  # GIMP goes by what is in it
        shutil.copyfile(PROJECT / "examples" / "gimp_batch.py", folder / "gimp_batch.py")
        install_in(folder, version)
        said = {}

        def shell(name: str, command: str, **variables: str) -> None:
            command = command.replace("gimp-console-3.0", f"gimp-console-{version}").strip() + " 2>/case/warnings"
            done = root.run(version, ["bash", "-c", command], folder, environment=variables)
            said[name] = (done.returncode, done.stdout)

        shell("one photo", ONE_PHOTO)
        shell("folder", FOLDER)
        for name, (status, output) in said.items():
            if status:
                warnings = (folder / "warnings").read_text()[-2000:]
                raise RuntimeError(f"{name}: exit status {status} in GIMP {version}:\n{output}\n{warnings}")
        shell("again", FOLDER, SAVE="both")
        (folder / "holiday" / "bad.jpg").write_bytes(b"\xff\xd8\xff no picture")
        (folder / "holiday" / ".hidden.png").write_bytes(b"no picture")
        merged = FOLDER.replace("OUT=enhanced", "OUT=merged")
        shell("merged", merged, SAVE="same")
        shell("half", FOLDER.replace("OUT=enhanced", "OUT=holiday/half"), STRENGTH="0.5")
        shell("no style", merged.replace("merged", "nothing"), STYLE="sepia")
        names = ["photo.xcf", *(f"enhanced/{name}.xcf" for name in PHOTOS)]
        (folder / "xcf.json").write_text(json.dumps(names))
        (folder / "show.py").write_text(SHOW)
        root.gimp(version, folder / "show.py", folder)
        return Seen(folder, said)

    return at_once(run)


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """`trainer enhance` on the same photos: its folder, and name -> what it says of the photo."""
    folder = tmp_path_factory.mktemp("ours")
    _write_photos(folder / "holiday")
    done = CliRunner().invoke(main, ["enhance", str(folder / "holiday"), "--out", str(folder / "out"), "--jobs", "1"])
    assert done.exit_code == 0, done.output
    lines = dict(line.removeprefix(f"{folder / 'out'}/").split(": ", 1) for line in done.stderr.splitlines())
    assert sorted(lines) == PHOTOS
    return folder / "out", lines


def sliders(said: str) -> dict[str, str]:
    """Name -> what the script said of it."""
    lines = re.findall(r"^\[\d+/\d+, \d+ min left\] holiday/(.*?): (.*)$", said, re.MULTILINE)
    return {name: words for name, words in lines if not words.startswith("FAILED")}


def difference(ours: Path, gimps: np.ndarray) -> float:
    """The largest difference between a copy's sRGB and what GIMP shows, 0 to 1, in 8-bit levels."""
    copy = photo.read(ours)
    shown = (
        copy.samples.astype(np.float64) / np.iinfo(copy.samples.dtype).max
        if copy.profile.data is None
        else photo.srgb(copy) / 255
    )
    return float(np.abs(shown - np.clip(gimps, 0, 1)).max() * 255)


def test_one_photo(seen: Any, version: str, ours: tuple[Path, dict[str, str]]) -> None:
    found = seen(version)
    assert found.said["one photo"][0] == 0
    assert difference(ours[0] / "a.png", np.load(found.folder / "xcf-0.npy")) <= 1.001


def test_same_sliders_as_the_command_line(seen: Any, version: str, ours: tuple[Path, dict[str, str]]) -> None:
    status, said = seen(version).said["folder"]
    assert status == 0, said
    assert sliders(said) == ours[1]
    assert len(set(ours[1].values())) >= 3  # not one for all
    assert (
        f"{len(PHOTOS)} of {len(PHOTOS)} photos enhanced, 0 were there already, 0 failed; they are in enhanced" in said
    )


@pytest.mark.parametrize("name", PHOTOS)
def test_gimp_files_show_the_same_picture(seen: Any, version: str, ours: tuple[Path, Any], name: str) -> None:
    found = seen(version)
    number = 1 + PHOTOS.index(name)
    filters = json.loads((found.folder / f"xcf-{number}.json").read_text())
    assert "gegl:exposure" in filters
    shown = np.load(found.folder / f"xcf-{number}.npy")
    if name.endswith(".jpg"):  # ours is a JPEG by now, and read by another decoder: the edit of what GIMP reads
        read = photo.read(found.folder / "holiday" / name)
        pixels = np.load(found.folder / "jpeg.npy")
        assert np.abs(pixels.astype(int) - read.samples).mean() < 0.1
        edited = photo.edited(replace(read, samples=pixels), Policy.load().decide(photo.srgb(read)).values)
        assert np.abs(edited / 255 - np.clip(shown, 0, 1)).max() * 255 <= 1.001
        return
    # one level of the layer's own 8 bits; compared is sRGB, where AdobeRGB's red, the widest, counts 1.4 times as much
    assert difference(ours[0] / name, shown) <= (2.5 if name == "sub/adobe.png" else 1.001)


@pytest.mark.parametrize("folder", ["enhanced", "merged"])
@pytest.mark.parametrize("name", PHOTOS)
def test_exported_pictures_are_the_command_lines(
    seen: Any, version: str, ours: tuple[Path, Any], folder: str, name: str
) -> None:
    """`enhanced` has those of SAVE=both, `merged` those of SAVE=same."""
    gimps, copy = photo.read(seen(version).folder / folder / name), photo.read(ours[0] / name)
    assert (gimps.format, gimps.stored, gimps.grey) == (copy.format, copy.stored, copy.grey)
    assert gimps.samples.shape == copy.samples.shape
    a, b = (each.samples.astype(float) for each in (gimps, copy))
    distance = np.abs(a - b) / (257 if copy.stored == np.uint16 else 1)
    if copy.format == "JPEG":  # two encoders with different subsampling
        assert distance.mean() < 2
    else:
        assert distance.max() <= 1


@pytest.mark.parametrize("folder", ["enhanced", "merged"])
def test_exported_pictures_keep_exif_and_profile(seen: Any, version: str, folder: str) -> None:
    out = seen(version).folder / folder
    with Image.open(out / "on its side.jpg") as picture:
        assert picture.size == (240, 320)  # stored upright
        assert picture.getexif().get(0x010F) == CAMERA and picture.getexif().get(0x0112, 1) == 1
    with Image.open(out / "sub" / "adobe.png") as picture:
        profile = ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(picture.info["icc_profile"])))
    with Image.open(seen(version).folder / "holiday" / "sub" / "adobe.png") as picture:
        assert profile == ImageCms.getProfileDescription(
            ImageCms.ImageCmsProfile(io.BytesIO(picture.info["icc_profile"]))
        )


def test_goes_on_and_overwrites_nothing(seen: Any, version: str) -> None:
    """The second command finds the XCF files and makes the pictures; all files are those of one of the commands."""
    found = seen(version)
    status, said = found.said["again"]
    assert status == 0 and f"{len(PHOTOS)} of {len(PHOTOS)} photos enhanced" in said
    there = sorted(path.relative_to(found.folder / "enhanced").as_posix() for path in
                   (found.folder / "enhanced").rglob("*") if path.is_file())  # fmt: skip
    assert there == sorted([*PHOTOS, *(f"{name}.xcf" for name in PHOTOS)])
    xcf = (found.folder / "enhanced" / "a.png.xcf").stat().st_mtime_ns
    assert xcf < (found.folder / "enhanced" / "a.png").stat().st_mtime_ns


def test_a_bad_photo_is_named_and_the_rest_goes_on(seen: Any, version: str) -> None:
    status, said = seen(version).said["merged"]
    assert status != 0
    assert len(re.findall(r"^\[\d/6, \d min left\] holiday/bad.jpg: FAILED: can't be opened", said, re.MULTILINE)) == 1
    assert sorted(sliders(said)) == PHOTOS
    assert "5 of 6 photos enhanced, 0 were there already, 1 failed; they are in merged" in said


def test_strength_and_an_output_folder_inside(seen: Any, version: str) -> None:
    found = seen(version)
    full, half = (sliders(found.said[name][1]) for name in ("folder", "half"))
    values = [float(re.search(r"Exposure ([-+.\d]+)", words["a.png"])[1]) for words in (full, half)]  # type: ignore[index]
    assert values[1] == pytest.approx(values[0] / 2, abs=0.006)  # of two shown digits
    assert sorted(half) == PHOTOS  # and none of the folder's own


def test_a_style_that_is_not_there(seen: Any, version: str) -> None:
    found = seen(version)
    status, said = found.said["no style"]
    assert (
        status != 0 and said.count("no style 'sepia'; there are: photo") == 5
    )  # bad.jpg comes no further than being opened
    assert not (found.folder / "nothing").exists()


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"STRENGTH": "much"}, "STRENGTH is much: set it to a number from 0 to 2"),
        ({"STRENGTH": "2.1"}, "STRENGTH is 2.1: set it to a number from 0 to 2"),
        ({"STRENGTH": "nan"}, "STRENGTH is nan: set it to a number from 0 to 2"),
        ({"SAVE": "gif"}, "SAVE is gif: set it to xcf, same or both"),
        ({"PHOTOS": "nowhere"}, "nowhere: is not a folder: set PHOTOS to a folder of photos"),
        ({"PHOTOS": "."}, ".: has no photos"),
        ({"OUT": ""}, "OUT is not set: put OUT=some/folder before the command"),
    ],
)
def test_wrong_settings_are_said(tmp_path: Path, variables: dict[str, str], words: str) -> None:
    """Before GIMP has anything to do, so it is not started for it."""
    code = (
        "import sys, types\n"
        "sys.modules['gi.repository'] = types.SimpleNamespace(Gimp=None, Gio=None)\n"
        f"exec(open({str(PROJECT / 'examples' / 'gimp_batch.py')!r}).read())"
    )
    environment = {"PHOTOS": ".", "OUT": "out", **variables}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path, timeout=60)
    assert done.returncode == 1 and words in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_the_commands_of_the_command_line() -> None:
    """Those of `trainer enhance` in the page are understood."""
    commands = [shlex.split(line, comments=True) for line in re.findall(r"^trainer enhance .*$", PAGE, re.MULTILINE)]
    assert len(commands) >= 3
    for _, _, *arguments in commands:
        context = main.commands["enhance"].make_context("enhance", arguments[: [*arguments, ">"].index(">")])
        assert context.params["photos"] == (Path("holiday/"),)
