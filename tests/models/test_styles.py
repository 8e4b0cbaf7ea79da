# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding policies by name: the program's and the user's, whatever lies in the user's folder."""

import os
from pathlib import Path

import pytest

from models import SHIPPED, Policy, PolicyError, styles
from models.decision import FORMAT_VERSION
from tools import policies


@pytest.fixture
def folder(tmp_path):
    """A user's folder with one sound style."""
    folder = tmp_path / "styles"
    folder.mkdir()
    policies.write(folder / "film.onnx", {"exposure": 20}, description="soft and warm")
    return folder


def test_the_shipped_one_and_the_users_are_found(folder):
    shipped, film = styles.find(folder)
    assert (shipped.name, shipped.path, shipped.own, shipped.problem) == ("photo", SHIPPED, False, "")
    assert shipped.description == Policy.load().description != ""
    assert film == styles.Style("film", folder / "film.onnx", True, "soft and warm")
    assert film.to_json()["path"] == str(folder / "film.onnx")


def test_no_folder_is_no_problem(tmp_path):
    assert [style.name for style in styles.find(tmp_path / "nowhere")] == ["photo"]


def test_a_style_is_loaded_by_its_name(folder):
    policies.write(folder / "b w.onnx", {}, name="another name in the file")
    assert styles.load("film", folder).path == folder / "film.onnx"
    assert styles.load("b w", folder).name == "b w"  # the file's name is the style's
    assert styles.load(folder=folder).sha256 == Policy.load().sha256
    with pytest.raises(PolicyError, match="no style 'sepia'; there are: photo, b w, film"):
        styles.load("sepia", folder)


def test_a_file_without_description_shows_what_it_was_taught_with(folder):
    policies.write(folder / "old.onnx", {}, training_data="my holidays")
    policies.write(folder / "older.onnx", {})
    described = {style.name: style.description for style in styles.find(folder)}
    assert (described["old"], described["older"]) == ("taught with my holidays", "")


def test_damaged_files_are_listed_with_what_is_wrong(folder):
    (folder / "junk.onnx").write_bytes(b"junk")
    (folder / "folder.onnx").mkdir()
    os.mkfifo(folder / "pipe.onnx")
    (folder / "nowhere.onnx").symlink_to(folder / "gone")
    sound = (folder / "film.onnx").read_bytes()
    assert b"soft and warm" in sound
    (folder / "letters.onnx").write_bytes(sound.replace(b"soft and warm", b"soft \xff\xff\xff warm"))
    policies.write(folder / "newer.onnx", {}, format_version=str(FORMAT_VERSION + 1))
    (folder / "notes.txt").write_text("not a policy at all")
    found = {style.name: style.problem for style in styles.find(folder)}
    assert found.pop("photo") == found.pop("film") == ""
    for name, words in {
        "junk": "is not an ONNX file", "folder": "is a folder", "pipe": "is not a plain file",
        "nowhere": "can't be read", "letters": "metadata is damaged", "newer": "update Auto Enhance",
    }.items():  # fmt: skip
        assert str(folder / f"{name}.onnx") in found[name] and words in found.pop(name)
    assert not found


def test_hostile_words_become_one_plain_line(folder):
    text = "a\x1b[31m\u202eb\nc" + "d" * 100_000
    policies.write(folder / "film.onnx", {}, description=text, name=text)
    (film,) = styles.find(folder)[1:]
    assert film.description.startswith("a [31m b cddd") and len(film.description) == 200
    assert Policy.load(film.path).name.isprintable() and len(Policy.load(film.path).name) == 64


@pytest.mark.parametrize(
    "name",
    ["", "..", ".hidden", "a/b", "a\\b", "../film", "-x", "a.", "a ", "a\n", "CON", "nul.x", "a" * 49, "a\x1b", "a[b]"],
)
def test_no_other_name_is_taken(folder, name):
    for act in (styles.check_name, styles.new_path, lambda name: styles.load(name, folder)):
        with pytest.raises(PolicyError, match="can't be a style's name") as raised:
            act(name)
        assert str(raised.value).isprintable()


@pytest.mark.parametrize("name", ["film", "BW", "day 2", "v1.5", "soft-warm_2", "été", "日本", "a" * 48])
def test_names_of_all_languages_are_taken(tmp_path, name):
    policies.write(tmp_path / "any.onnx", {})
    copy = styles.add(tmp_path / "any.onnx", name, tmp_path / "styles")
    assert copy.name == f"{name}.onnx" and styles.find(tmp_path / "styles")[1].name == name


def test_a_file_with_an_impossible_name_is_listed_as_such(folder):
    (folder / "film.onnx").rename(folder / "a\nb.onnx")
    (style,) = styles.find(folder)[1:]
    assert style.name == "a b" and "can't be a style's name" in style.problem and style.problem.isprintable()


def test_the_users_own_comes_before_one_of_the_same_name(folder):
    (folder / "film.onnx").rename(folder / "photo.onnx")
    shipped, own = styles.find(folder)
    assert own.problem == "" and str(own.path) in shipped.problem
    assert styles.load("photo", folder).sha256 == Policy.load(own.path).sha256
    own.path.write_bytes(b"junk")  # not silently the other one
    with pytest.raises(PolicyError, match="is not an ONNX file"):
        styles.load("photo", folder)


def test_add_copies_and_replaces_nothing(folder, tmp_path):
    other = policies.write(tmp_path / "other.onnx", {})
    copy = styles.add(other, folder=folder)
    assert copy == folder / "other.onnx" and copy.read_bytes() == other.read_bytes()
    before = (folder / "film.onnx").read_bytes()
    for name, words in (("film", "is there already"), ("photo", "comes with the program")):
        with pytest.raises(PolicyError, match=words):
            styles.add(other, name, folder)
    assert (folder / "film.onnx").read_bytes() == before
    (tmp_path / "junk.onnx").write_bytes(b"junk")
    with pytest.raises(PolicyError, match="is not an ONNX file"):
        styles.add(tmp_path / "junk.onnx", folder=folder)
    assert sorted(path.name for path in folder.iterdir()) == ["film.onnx", "other.onnx"]


def test_the_users_folder_on_each_system():
    home = Path("/home/ada")
    for platform, environment, folder in (
        ("linux", {}, "/home/ada/.local/share/auto-enhance-rl/styles"),
        ("linux", {"XDG_DATA_HOME": "/data"}, "/data/auto-enhance-rl/styles"),
        ("darwin", {}, "/home/ada/Library/Application Support/auto-enhance-rl/styles"),
        ("win32", {}, "/home/ada/AppData/Local/auto-enhance-rl/styles"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/auto-enhance-rl/styles"),
    ):
        assert styles.user_folder(platform, home, environment) == Path(folder)
