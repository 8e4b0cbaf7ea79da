# SPDX-License-Identifier: GPL-3.0-or-later
"""Where files go, and names that are as long as a file system allows."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import files
from models.errors import UserError

NAMES = st.text(st.characters(exclude_characters="/\0"), min_size=1, max_size=255).filter(
    lambda name: len(name.encode(errors="surrogatepass")) <= files.LONGEST_NAME and name not in (".", "..")
)


@given(NAMES)
def test_a_name_with_an_ending_fits_and_tells_names_apart(name: str) -> None:
    made = files.with_ending(name, ".json")
    assert made.endswith(".json") and len(os.fsencode(made)) <= files.LONGEST_NAME
    assert (made == f"{name}.json") == (len(os.fsencode(name)) <= files.LONGEST_NAME - 5)
    assert files.with_ending(name[::-1], ".json") != made or name == name[::-1]


@pytest.mark.parametrize("name", ["n" * 255, "n" * 243 + ".jpeg", "\u6d77" * 85, "short"])
def test_written_under_the_longest_names(tmp_path: Path, name: str) -> None:
    for contents in (b"first", b"second"):
        with files.atomic_write(tmp_path / name) as stream:
            stream.write(contents)
        assert [path.name for path in tmp_path.iterdir()] == [name]
        assert (tmp_path / name).read_bytes() == contents
    left = files.temporary_path(tmp_path / name, 4_194_304)
    left.touch()
    assert left.name == f".{files.temporary_stem(name)}.4194304.part"


@pytest.mark.parametrize(("home", "known"), [("/home/me", True), ("", False), (None, False)])
def test_no_home(monkeypatch: pytest.MonkeyPatch, home: str | None, known: bool) -> None:
    """HOME is not set and the system doesn't know the user, or it is empty, which would be the root folder."""

    def nobody(path: str) -> str:
        return path

    for name in ("XDG_DATA_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    if home is not None:
        monkeypatch.setenv("HOME", home)
    else:
        monkeypatch.setattr(os.path, "expanduser", nobody)
    if known:
        assert files.user_folder("data", "linux") == Path("/home/me/.local/share/auto-enhance-rl")
        return
    with pytest.raises(UserError) as error:
        files.user_folder("data", "linux")
    assert error.value.kind == "no home"
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    assert files.user_folder("data", "linux") == Path("/data/auto-enhance-rl")
