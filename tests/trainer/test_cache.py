# SPDX-License-Identifier: GPL-3.0-or-later
import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import BrokenExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from enhancer import files, photo
from models.thumbnail import thumbnail
from trainer import cache


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder of three different photos."""
    folder = tmp_path / "photos"
    (folder / "deep").mkdir(parents=True)
    rng = np.random.default_rng(0)
    for name in ("a.png", "b.png", "deep/c.png"):
        Image.fromarray(rng.integers(0, 256, (40, 50, 3), dtype=np.uint8)).save(folder / name)
    return folder


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return cache.open_cache(tmp_path / "cache")


def fill(photos: Path, place: Path) -> dict[str, cache.Entry]:
    return cache.fill(photos, files.find(photos), place, quiet=True)


def keys(entries: dict[str, cache.Entry]) -> dict[str, str]:
    return {name: entry.key for name, entry in entries.items() if entry.key}


def objects(place: Path) -> list[Path]:
    return sorted(path for path in (place / "objects").rglob("*") if path.is_file())


def test_miniatures_are_the_thumbnail_at_twice_the_side(photos: Path, place: Path) -> None:
    entries = fill(photos, place)
    assert list(entries) == ["a.png", "b.png", "deep/c.png"] and len(objects(place)) == 3
    pixels = cache.miniature(place, keys(entries)["b.png"], photos / "b.png")
    expected = thumbnail(np.asarray(Image.open(photos / "b.png")), size=128) * 255
    assert pixels.shape == (3, 128, 128) and np.abs(pixels - expected).max() <= 0.5 + 1e-3


def test_transparent_pixels_count_for_nothing(tmp_path: Path, place: Path) -> None:
    picture = np.full((128, 128, 4), 200, np.uint8)
    picture[:64, :, :3], picture[:64, :, 3] = 0, 0
    Image.fromarray(picture).save(tmp_path / "half.png")
    key = cache.remember(tmp_path / "half.png", place).key
    assert key and (cache.miniature(place, key, tmp_path / "half.png") == 200).all()


def test_the_second_start_opens_no_photo(photos: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = fill(photos, place)
    monkeypatch.setattr(cache, "remember", None)
    assert fill(photos, place) == first


def test_only_what_changed_is_read_again(photos: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = fill(photos, place)
    Image.new("RGB", (9, 9)).save(photos / "b.png")
    read: list[Path] = []
    remember = cache.remember
    monkeypatch.setattr(cache, "remember", lambda path, *place: read.append(path) or remember(path, *place))
    second = fill(photos, place)
    assert read == [photos / "b.png"]
    assert second["b.png"].key != first["b.png"].key and second["a.png"] == first["a.png"]


def test_a_moved_photo_is_not_decoded_again(photos: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = fill(photos, place)
    moved = photos.with_name("moved")
    shutil.move(photos, moved)
    monkeypatch.setattr(photo, "read", None)
    assert keys(fill(moved, place)) == keys(first)


def test_a_part_of_a_folder_leaves_the_rest_of_its_index(photos: Path, place: Path) -> None:
    first = fill(photos, place)
    (photos / "b.png").touch()
    cache.fill(photos, [photos / "b.png"], place, quiet=True)
    index = cache.read_index(next(place.glob("index-*.json")))
    assert index["a.png"] == first["a.png"] and len(index) == 3


@pytest.mark.parametrize("damage", ["flip", "cut", "grow", "swap", "remove", "empty"])
def test_a_damaged_object_is_made_again(photos: Path, place: Path, damage: str) -> None:
    found = keys(fill(photos, place))
    key = found["a.png"]
    good = cache.miniature(place, key, photos / "a.png").copy()
    path = place / "objects" / key[:2] / key
    content = bytearray(path.read_bytes())
    if damage == "flip":
        content[-1000] ^= 1
    elif damage == "swap":  # whole, but another photo's
        content = bytearray((place / "objects" / found["b.png"][:2] / found["b.png"]).read_bytes())
    elif damage != "remove":
        content = {"cut": content[:-1], "grow": content + b"x", "empty": bytearray()}[damage]
    path.unlink()
    if damage != "remove":
        path.write_bytes(content)
    with pytest.warns(UserWarning, match=r"lost or damaged; made again from .*a\.png"):
        assert np.array_equal(cache.miniature(place, key, photos / "a.png"), good)
    assert np.array_equal(cache.miniature(place, key, photos / "a.png"), good)  # now without a warning


def test_a_lost_object_of_a_changed_photo(photos: Path, place: Path) -> None:
    key = keys(fill(photos, place))["a.png"]
    shutil.rmtree(place / "objects" / key[:2])
    Image.new("RGB", (9, 9)).save(photos / "a.png")
    with pytest.warns(UserWarning, match="lost"), pytest.raises(cache.CacheError, match="has changed or gone"):
        cache.miniature(place, key, photos / "a.png")


def test_lost_objects_are_made_again_at_the_start(photos: Path, place: Path) -> None:
    first = fill(photos, place)
    shutil.rmtree(place / "objects")
    cache.open_cache(place)
    assert fill(photos, place) == first and len(objects(place)) == 3


KEY = "0" * 64


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\xff",
        b"[]",
        b"[" * 100_000,
        b'{"rule": 1',
        b'{"files": {}}',
        json.dumps({"rule": cache.MINIATURE.rule.decode(), "files": []}).encode(),
        json.dumps(
            {"rule": cache.MINIATURE.rule.decode(), "files": {"a.png": [1, 2, "../../../etc/passwd", None]}}
        ).encode(),
        json.dumps({"rule": cache.MINIATURE.rule.decode(), "files": {"a.png": [1, 2, KEY + "\n", None]}}).encode(),
        json.dumps({"rule": cache.MINIATURE.rule.decode(), "files": {"a.png": [1, True, KEY, None]}}).encode(),
        json.dumps({"rule": cache.MINIATURE.rule.decode(), "files": {"a.png": [1, 2, None, None]}}).encode(),
        json.dumps({"rule": cache.MINIATURE.rule.decode(), "files": {"a.png": [1, 2, None, 3, 4]}}).encode(),
    ],
)
def test_an_index_that_can_t_be_trusted_is_made_again(photos: Path, place: Path, content: bytes) -> None:
    first = fill(photos, place)
    index = next(place.glob("index-*.json"))
    index.write_bytes(content)
    with pytest.warns(UserWarning, match="can't be used and is made again"):
        assert fill(photos, place) == first
    assert cache.read_index(index) == first


def test_another_rule_begins_anew(photos: Path, place: Path) -> None:
    first = keys(fill(photos, place))
    kind = dataclasses.replace(cache.MINIATURE, rule=b"another rule")
    assert not set(keys(cache.fill(photos, files.find(photos), place, True, kind)).values()) & set(first.values())
    assert keys(fill(photos, place)) == first


def test_other_things_are_kept_of_the_same_photos_beside_miniatures(photos: Path, place: Path) -> None:
    first = fill(photos, place)
    kind = cache.Kind(b"first bytes 1\n", "bytes", 5, lambda path: path.read_bytes()[:5])
    entries = cache.fill(photos, files.find(photos), place, True, kind)
    key = keys(entries)["a.png"]
    assert bytes(cache.kept(place, key, photos / "a.png", kind)) == b"\x89PNG\r"
    assert fill(photos, place) == first and len(objects(place)) == 6


def test_what_is_no_photo_is_remembered_with_its_problem(
    photos: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (photos / "broken.jpg").write_bytes(b"\xff\xd8 not really")
    problem = fill(photos, place)["broken.jpg"].problem
    assert problem and "broken.jpg" in problem
    monkeypatch.setattr(cache, "remember", None)
    assert fill(photos, place)["broken.jpg"].problem == problem


def test_a_passing_problem_is_not_remembered(photos: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def short_of_memory(path: Path) -> photo.Photo:
        raise photo.PhotoError(f"{path}: needs more memory") from MemoryError()

    with monkeypatch.context() as patch:
        patch.setattr(photo, "read", short_of_memory)
        assert "more memory" in str(fill(photos, place)["a.png"].problem)
    assert fill(photos, place)["a.png"].key


@pytest.mark.slow
def test_several_processes_do_what_one_does(photos: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (photos / "broken.jpg").write_bytes(b"\xff\xd8 not really")
    alone = fill(photos, place)
    monkeypatch.setattr(cache, "FEW", 0)
    assert fill(photos, cache.open_cache(place.with_name("second"))) == alone


def test_the_rest_is_done_when_a_process_dies(photos: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def dies(todo: dict[str, Path], place: Path, kind: cache.Kind):  # type: ignore[no-untyped-def]
        yield "b.png", cache.remember(todo["b.png"], place)
        raise BrokenExecutor

    monkeypatch.setattr(cache, "FEW", 0)
    monkeypatch.setattr(cache, "_by_processes", dies)
    with pytest.warns(UserWarning, match="one by one"):
        assert len(keys(fill(photos, place))) == 3


def many(folder: Path, n: int) -> Path:
    folder.mkdir()
    rng = np.random.default_rng(1)
    for i in range(n):
        Image.fromarray(rng.integers(0, 256, (90, 90, 3), dtype=np.uint8)).save(folder / f"{i:03d}.png")
    return folder


def start(photos: Path, place: Path) -> subprocess.Popen[str]:
    code = (
        "import sys; from pathlib import Path; from enhancer import files; from trainer import cache\n"
        "cache.SAVE_EVERY = 0.0\n"
        "if __name__ == '__main__':\n"
        "    folder, place = map(Path, sys.argv[1:])\n"
        "    print(len(cache.fill(folder, files.find(folder), cache.open_cache(place), quiet=True)))\n"
    )
    command = [sys.executable, "-c", code, str(photos), str(place)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)


@pytest.mark.slow
def test_two_starts_at_once(tmp_path: Path) -> None:
    folder = many(tmp_path / "many", 60)
    both = [start(folder, tmp_path / "cache") for _ in range(2)]
    for process in both:
        output, errors = process.communicate(timeout=120)
        assert (output.strip(), errors, process.returncode) == ("60", "", 0)
    place = cache.open_cache(tmp_path / "cache")
    found = keys(fill(folder, place))
    assert len(found) == 60 and {path.name for path in objects(place)} == set(found.values())
    assert all(cache.read_object(place, key) is not None for key in found.values())


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_start_that_is_stopped_keeps_what_it_did(tmp_path: Path, number: signal.Signals) -> None:
    folder = many(tmp_path / "many", 400)
    process = start(folder, tmp_path / "cache")
    deadline = time.monotonic() + 120
    while not list((tmp_path / "cache").glob("index-*.json")):
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode != 0
    while True:  # the decoding processes go too
        try:
            os.killpg(process.pid, 0)
        except ProcessLookupError:
            break
        assert time.monotonic() < deadline, "a decoding process is left"
        time.sleep(0.05)
    kept = cache.read_index(next((tmp_path / "cache").glob("index-*.json")))
    assert 0 < len(kept) < 400
    place = cache.open_cache(tmp_path / "cache")
    assert all(entry.key and cache.read_object(place, entry.key) is not None for entry in kept.values())


def test_a_folder_that_can_t_be_written(tmp_path: Path, photos: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.warns(UserWarning, match="can't be written .* --cache"):
        place = cache.open_cache(tmp_path / "file" / "cache")
    assert len(keys(fill(photos, place))) == 3
    assert tmp_path not in place.parents


def test_a_full_disk_says_so(photos: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(cache.CacheError, match=r"No space left on device\): make room"):
        fill(photos, place)
    assert not list(place.rglob("*.part"))


def test_the_user_s_cache_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(os, "name", "posix")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache.default_folder() == tmp_path / "auto-enhance-rl" / "thumbnails"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache.default_folder() == tmp_path / ".cache" / "auto-enhance-rl" / "thumbnails"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert cache.default_folder() == tmp_path / "Library" / "Caches" / "auto-enhance-rl" / "thumbnails"
