# SPDX-License-Identifier: GPL-3.0-or-later
"""SCUT-FBP5500's two layouts, with made pictures and made lists."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from trainer.faces import scut

SCORES = {"AF 1.jpg": 1.5, "AM2.jpg": 2.6, "CF3.jpg": 3.6, "CM4.jpg": 4.25}


@pytest.fixture(params=["official", "copied"])
def dataset(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Four faces; the first and the last are to train with, all to test."""
    train = dict(list(SCORES.items())[::3])
    images = tmp_path / ("Images" if request.param == "official" else "images")
    images.mkdir()
    for name in SCORES:
        Image.new("RGB", (8, 8)).save(images / name)
    if request.param == "official":
        lists = tmp_path / scut.OFFICIAL_LISTS
        lists.mkdir(parents=True)
        for part, listed in (("train", train), ("test", SCORES)):
            (lists / f"{part}.txt").write_text("".join(f"{name} {score:f}\n" for name, score in listed.items()))
    else:
        rows = [
            (name, score, part)
            for part, listed in (("train", train), ("test", SCORES))
            for name, score in listed.items()
        ]
        (tmp_path / "labels.csv").write_text(
            "image,beauty_score,split\n" + "".join(f"{name},{score},{part}\n" for name, score, part in rows)
        )
    return tmp_path


def test_both_layouts_are_read(dataset: Path) -> None:
    folder, files, scores = scut.faces(dataset, "test")
    assert [path.name for path in files] == list(SCORES) and scores == list(SCORES.values())
    assert all(path.parent == folder for path in files)


def test_low_and_high_scores_of_the_training_part(dataset: Path) -> None:
    _, low, high = scut.training_files(dataset, 1.6, 4.25)
    assert [path.name for path in low] == ["AF 1.jpg"] and [path.name for path in high] == ["CM4.jpg"]
    with pytest.raises(scut.ScutError) as raised:
        scut.training_files(dataset, 1.5, 4.0)
    assert raised.value.kind == "no faces"


def write(lists: list[Path], content: bytes) -> None:
    for path in lists:
        path.write_bytes(content)


HEAD = b"image,beauty_score,split\n"


@pytest.mark.parametrize(
    ("spoil", "kind"),
    [
        (lambda root, lists: [path.unlink() for path in lists], "missing list"),
        (lambda root, lists: next(root.glob("[iI]mages/CF3.jpg")).unlink(), "missing faces"),
        (lambda root, lists: next(root.glob("[iI]mages")).rename(root / "pictures"), "missing folder"),
        (lambda root, lists: write(lists, HEAD if lists[0].suffix == ".csv" else b""), "missing faces"),
        (lambda root, lists: write(lists, HEAD + b"AF 1.jpg,much,test\n"), "damaged list"),
        (lambda root, lists: write(lists, b"AF 1.jpg nan\n"), "damaged list"),
        (lambda root, lists: write(lists, b"\xff\xfe\x00"), "damaged list"),
    ],
)
def test_what_is_no_data_set_says_so(dataset: Path, spoil, kind: str) -> None:  # type: ignore[no-untyped-def]
    lists = [*dataset.glob("labels.csv"), *dataset.glob("train_test_files/*/*.txt")]
    spoil(dataset, lists)
    with pytest.raises(scut.ScutError) as raised:
        scut.faces(dataset, "test")
    assert raised.value.kind == kind


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=60) | st.just(b"image,beauty_score,split\nb.png,3,test\n,,test\ntest"), st.booleans())
def test_any_bytes_as_a_list_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, official: bool
) -> None:
    root = tmp_path_factory.mktemp("scut")
    (root / "Images").mkdir()
    (root / "images").mkdir(exist_ok=True)
    Image.new("RGB", (8, 8)).save(root / "Images" / "a.png")
    Image.new("RGB", (8, 8)).save(root / "images" / "a.png")
    path = root / (scut.OFFICIAL_LISTS / "test.txt" if official else "labels.csv")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    with pytest.raises(scut.ScutError):  # none of them names the one face that is there
        scut.faces(root, "test")
