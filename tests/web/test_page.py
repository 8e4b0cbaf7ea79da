# SPDX-License-Identifier: GPL-3.0-or-later
"""The browser page, worked once in a real Chromium by web/drive/check.mjs, held to what the program itself does."""

from __future__ import annotations

import io
import json
import os
import re
import struct
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from editor_ops import edit, filters
from enhancer import photo as photos
from models import Policy
from models.alternatives import alternatives
from models.decision import Decision
from models.thumbnail import thumbnail
from tools import policies, web_page, web_rules
from tools.gimp_roots import profiles

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).parents[2]
PHOTOS = PROJECT / "tests" / "photos"
LANGUAGES = {"en", "de", "ja", "zh-CN"}
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="6" dc:title="winter"/></x:xmpmeta>'


def turned(path: Path) -> None:
    """The church lying on its side, as a camera writes it, with sRGB's profile and a thumbnail's worth of EXIF."""
    with Image.open(PHOTOS / "church.jpg") as church:
        exif = Image.Exif()
        exif[0x0112], exif[0x010F] = 6, "A camera"
        icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        church.convert("RGB").rotate(90, expand=True).save(path, quality=95, exif=exif, icc_profile=icc, xmp=XMP)


def huge(path: Path) -> None:
    """A JPEG whose header says 20,000 by 15,000 pixels."""
    data = bytearray((PHOTOS / "church.jpg").read_bytes())
    (frame,) = re.finditer(rb"\xff[\xc0-\xc2]\x00\x11\x08", data)
    struct.pack_into(">2H", data, frame.end(), 15_000, 20_000)
    path.write_bytes(data)


def inputs(folder: Path) -> tuple[list[dict[str, str]], dict[str, str]]:
    """Photos to be saved, and files that are to be refused."""
    with Image.open(PHOTOS / "otters.png") as otters, Image.open(PHOTOS / "valley.jpg") as valley:
        otters.convert("RGB").save(folder / "wide.png", icc_profile=profiles.matrix("Display P3"))
        valley.convert("L").save(folder / "grey.jpg", quality=95)
        valley.convert("CMYK").save(folder / "cmyk.jpg")
    turned(folder / "turned.jpg")
    png, jpeg = "image/png", "image/jpeg"
    named = {
        "wide": (folder / "wide.png", png), "grey": (folder / "grey.jpg", png), "turned": (folder / "turned.jpg", jpeg),
        "valley": (PHOTOS / "valley.jpg", png), "otters": (PHOTOS / "otters.png", png),
    }  # fmt: skip
    (folder / "text.jpg").write_text("not a picture")
    (folder / "empty.png").touch()
    (folder / "phone.heic").write_bytes(struct.pack(">I", 24) + b"ftypheic\0\0\0\0mif1heic" + bytes(64))
    (folder / "noise.onnx").write_bytes(np.random.default_rng(0).bytes(999))
    huge(folder / "huge.jpg")
    policies.write(folder / "old.onnx", policies.BRIGHTEN, format_version="1")
    bad = ("text.jpg", "empty.png", "phone.heic", "noise.onnx", "huge.jpg", "cmyk.jpg", "old.onnx")
    kinds = [{"name": name, "path": str(path), "type": type_} for name, (path, type_) in named.items()]
    return kinds, {name: str(folder / name) for name in bad}


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What web/drive/check.mjs tells, and `asked`, the paths that the page has asked its server for."""
    folder = tmp_path_factory.mktemp("page")
    kinds, bad = inputs(folder)
    out = folder / "out"
    out.mkdir()
    try:
        chromium = web_page.browser()
        web_page.build()
    except web_page.WebError as error:
        if os.environ.get("CI") == "true":
            pytest.fail(str(error), pytrace=False)
        warnings.warn(f"NOT TESTED in a browser: {error}", stacklevel=2)
        pytest.skip(str(error))
    assert chromium
    with web_page.served() as (url, asked):
        told: dict[str, Any] = web_page.drive("check", url=url, photos=kinds, bad=bad, out=str(out))
        return told | {"asked": list(asked)}


def saved(seen: dict[str, Any], name: str) -> Image.Image:
    with Image.open(seen["saves"][name]["path"]) as picture:
        picture.load()
        return picture


def differences(seen: dict[str, Any], name: str, source: Path, colour: bool = True) -> np.ndarray:
    """The copy's pixels less those of the program's own edit."""
    samples = np.asarray(Image.open(source).convert("RGB"))
    expected = edit(samples, Policy.load().decide(samples, colour=colour).values).astype(int)
    return np.abs(np.asarray(saved(seen, name)).astype(int)[..., :3] - expected)


def test_its_pixels_are_the_programs(seen: dict[str, Any]) -> None:
    for name, path in (("otters", PHOTOS / "otters.png"), ("valley", PHOTOS / "valley.jpg")):
        difference = differences(seen, name, path)
        assert difference.max() <= 1 and difference.mean() < 0.01, name
    assert seen["saves"]["valley"]["called"] == "valley-enhanced.png"
    assert re.search("640 × 480", seen["saves"]["valley"]["status"])


def test_a_grey_photo_stays_grey(seen: dict[str, Any]) -> None:
    picture = np.asarray(saved(seen, "grey").convert("RGB"))
    assert (picture[..., 0] == picture[..., 1]).all() and (picture[..., 1] == picture[..., 2]).all()
    grey = Path(seen["saves"]["grey"]["path"]).parents[1] / "grey.jpg"
    assert differences(seen, "grey", grey, colour=False).max() <= 1


def test_what_a_photo_tells_of_itself_is_kept_and_true(seen: dict[str, Any]) -> None:
    picture = saved(seen, "turned")
    church = np.asarray(Image.open(PHOTOS / "church.jpg").convert("RGB"))
    assert picture.size == church.shape[1::-1]
    exif = picture.getexif()
    assert (exif[0x0112], exif[0x010F]) == (1, "A camera")
    assert b'tiff:Orientation="1" dc:title="winter"' in picture.info["xmp"]
    assert ImageCms.ImageCmsProfile(io.BytesIO(picture.info["icc_profile"]))
    expected = edit(church, Policy.load().decide(church).values).astype(int)
    assert np.abs(np.asarray(picture).astype(int) - expected).mean() < 4  # it was packed as JPEG three times


def test_a_photo_of_another_profile_comes_out_in_srgb_and_says_so(seen: dict[str, Any]) -> None:
    picture, source = saved(seen, "wide"), Path(seen["saves"]["wide"]["path"]).parents[1] / "wide.png"
    assert "icc_profile" not in picture.info
    assert "sRGB" in seen["saves"]["wide"]["note"]
    stored = photos.read(source)
    expected = edit(photos.srgb(stored), Policy.load().decide(photos.srgb(stored)).values).astype(int)
    assert np.abs(np.asarray(picture.convert("RGB")).astype(int) - expected).mean() < 1


def test_bad_input_is_told_in_one_sentence_each(seen: dict[str, Any]) -> None:
    said = seen["bad"]
    words = {
        "text.jpg": "no picture", "empty.png": "empty", "phone.heic": "HEIC", "noise.onnx": "ONNX",
        "huge.jpg": "300 megapixels", "cmyk.jpg": "CMYK", "old.onnx": "policy",
    }  # fmt: skip
    assert said.keys() == words.keys()
    for name, sentence in said.items():
        assert words[name] in sentence and sentence.count(".") <= 1 and "\n" not in sentence, name


def test_nothing_is_asked_for_after_it_has_loaded(seen: dict[str, Any]) -> None:
    """By no photo, saving or language. The browser of itself asks whether the service worker is new, at any worker."""
    asked = seen["asked"]
    assert set(asked[asked.index("/loaded") + 1 : asked.index("/unreachable")]) <= {"/service-worker.js"}
    assert seen["offline"] == "yes"


def test_it_works_without_a_network(seen: dict[str, Any]) -> None:
    """Loaded again and worked, with all requests cut off."""
    asked = seen["asked"]
    assert set(asked[asked.index("/unreachable") + 1 :]) <= {"/service-worker.js"}
    assert seen["problems"] == []


def test_threads_share_memory_on_a_host_without_headers(seen: dict[str, Any]) -> None:
    assert seen["isolated"] and seen["threads"] == min(4, os.cpu_count() or 1)


def test_it_is_accessible_in_every_language_and_fits_a_phone(seen: dict[str, Any]) -> None:
    assert seen["atStart"] == [] and seen["withProblem"] == []
    assert seen["languages"].keys() == LANGUAGES
    for language, what in seen["languages"].items():
        assert what["violations"] == [] and what["tooWide"] <= 0, language
    assert "Belichtung" in seen["languages"]["de"]["words"] and "露出" in seen["languages"]["ja"]["words"]


def test_it_is_worked_by_keyboard(seen: dict[str, Any]) -> None:
    keys = seen["keyboard"]
    assert float(keys["after"].split()[0]) > float(keys["before"].split()[0]) and keys["likely"] == "by hand"
    before, after = keys["atNothing"]
    assert before == after and keys["atTwice"] == "200%"
    assert keys["divider"] == "49%" and keys["onlyBefore"] == "hidden" and keys["moves"] >= 1


def test_a_saving_is_cancelled(seen: dict[str, Any]) -> None:
    assert seen["cancelled"] == "Cancelled."


def test_the_decision_is_the_programs(seen: dict[str, Any]) -> None:
    church = np.asarray(Image.open(PHOTOS / "church.jpg").convert("RGB"))
    height, width = church.shape[:2]
    policy = Policy.load()
    own, *others = seen["decisions"]["found"]
    expected = policies.with_filters(policy.decide(church), width, height)
    assert own.keys() == expected.keys() and own["model"] == expected["model"]
    for mine, theirs in zip(own["sliders"], expected["sliders"], strict=True):
        assert mine.keys() == theirs.keys() and mine["text"] == theirs["text"]
        assert mine["value"] == pytest.approx(theirs["value"], rel=1e-5, abs=1e-6)
        assert mine["probability"] == pytest.approx(theirs["probability"], rel=1e-4)
        assert mine["interval"] == pytest.approx(theirs["interval"], rel=1e-5, abs=1e-6)
    found = [Decision.from_json(each).values for each in others]
    known = [each.values for each in alternatives(policy, thumbnail(church))]
    assert len(found) == len(known)
    for mine, theirs in zip(found, known, strict=True):
        assert mine == pytest.approx(theirs, rel=1e-5, abs=1e-6)


def test_the_filters_are_the_programs(seen: dict[str, Any]) -> None:
    width, height = Image.open(PHOTOS / "church.jpg").size
    found = seen["decisions"]["found"]
    for decision in found:
        values = Decision.from_json(decision).values
        expected = [each._asdict() for each in filters(values, width, height)]
        for mine, theirs in zip(decision["filters"], expected, strict=True):
            assert mine["properties"] == pytest.approx(theirs["properties"])
            assert mine | {"properties": 0} == theirs | {"properties": 0}
    line = seen["decisions"]["line"]
    assert line.startswith("exec(") and "\n" not in line
    (script,) = re.findall(r"json\.loads\((.*?)\):\n", json.loads(line.removeprefix("exec(").removesuffix(")")))
    assert json.loads(json.loads(script)) == found[-1]["filters"]


def test_the_pages_numbers_are_the_programs() -> None:
    assert web_rules.RULES.read_text(encoding="utf-8") == web_rules.text(), "run `python -m tools.web_rules`"
