# SPDX-License-Identifier: GPL-3.0-or-later
"""Styles: policies that are found by name, those that come with the program and the user's own.

A style is a file NAME.onnx in this folder or in the user's, `user_folder()`. Its name is the file's, which nobody
else can have chosen. Where both folders have a name the user's file is taken, as in every search through a user's
and a system's folder, so that an update which brings a new style never changes what a user's script does; but
`add` refuses the names that come with the program, so that "photo" means one thing unless somebody insists.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from . import files
from .errors import UserError
from .policy import SHIPPED, Policy
from .policy_file import PolicyError, one_line

DEFAULT = SHIPPED.stem
"""The style where none is named."""
LONGEST_NAME = 48
"""Characters. Fits into a menu, and at four bytes each, with the extension, into every file system's 255 bytes."""
LONGEST_PROBLEM = 600
"""Characters. It names a path, which may have some hundred."""
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)  # Windows opens these, not a file


@dataclass(frozen=True)
class Style:
    """A file found. own: in the user's folder. problem: why it can't be used, with the remedy; empty where it can."""

    name: str
    path: Path
    own: bool
    description: str = ""
    problem: str = ""

    def to_json(self) -> dict[str, object]:
        return {
            "name": self.name,
            "path": str(self.path),
            "own": self.own,
            "description": self.description,
            "problem": self.problem,
        }


def user_folder(
    platform: str = sys.platform, home: Path | None = None, environment: Mapping[str, str] = os.environ
) -> Path:
    """Where the user's own styles are, whether it exists or not. UserError as `files.user_folder`."""
    return files.user_folder("data", platform, home, environment) / "styles"


def known_user_folder() -> Path | None:
    """`user_folder`; None for a user without a home, who can't have styles."""
    try:
        return user_folder()
    except UserError:
        return None


def check_name(name: str) -> str:
    """The name, or PolicyError where it is none: a style's name becomes a file's, on any system, and a menu's row."""
    # a letter or digit first: no "..", no hidden file, no option; no dot or space last, which Windows drops
    fits = re.fullmatch(r"\w([\w .-]*[\w-])?", name) and len(name) <= LONGEST_NAME
    if not fits or _DEVICES.fullmatch(name):
        raise PolicyError(
            f"{one_line(name, LONGEST_NAME)!r} can't be a style's name: use up to {LONGEST_NAME} letters, digits, "
            "spaces, dots, dashes and underscores, a letter or digit first",
            "bad name",
        )
    return name


def find(folder: Path | None = None) -> list[Style]:
    """Every style, those that come with the program first, each folder's by name. folder: the user's (None: the usual).

    Each file is read and checked; one that can't be used is listed with its problem. A few milliseconds a file.
    """
    folder = folder or known_user_folder()
    own = [_inspect(path, own=True) for path in _files(folder)] if folder else []
    names = {style.name for style in own}
    shipped = []
    for path in _files(SHIPPED.parent):
        style = _inspect(path, own=False)
        if folder and style.name in names:
            problem = f"{folder / path.name} is used instead, since it has the same name"
            style = Style(style.name, style.path, style.own, style.description, problem)
        shipped.append(style)
    return shipped + own


def load(name: str = DEFAULT, folder: Path | None = None) -> Policy:
    """The style of that name. PolicyError where there is none, with the names that there are, or it can't be used."""
    check_name(name)
    own = folder or known_user_folder()
    for path in (*([own / f"{name}.onnx"] if own else []), SHIPPED.with_name(f"{name}.onnx")):
        if os.path.lexists(path):
            policy = Policy.load(path)
            policy.name = name  # the file may call itself otherwise
            return policy
    there = ", ".join(dict.fromkeys(style.name for style in find(folder) if not style.problem))
    raise PolicyError(
        f"no style {name!r}; there are: {there}. 'trainer styles' lists them, '--add' adds one", "missing"
    )


def new_path(name: str, folder: Path | None = None) -> Path:
    """Where a new style of the user's goes. PolicyError where the name doesn't do or is taken; nothing is replaced."""
    path = (folder or user_folder()) / f"{check_name(name)}.onnx"
    if SHIPPED.with_name(path.name).exists():
        raise PolicyError(f"a style {name!r} comes with the program; give another name", "taken")
    if os.path.lexists(path):
        raise PolicyError(f"{path}: is there already; give another name, or remove that file first", "taken")
    return path


def add(file: Path, name: str | None = None, folder: Path | None = None) -> Path:
    """Copies a policy file into the user's folder; the copy's path. name: None is the file's.

    PolicyError for a file that is no policy, and as `new_path`.
    """
    file = Path(file)
    path = new_path(file.stem if name is None else name, folder)
    Policy.load(file)
    path.parent.mkdir(parents=True, exist_ok=True)
    with files.atomic_write(path) as stream:
        stream.write(file.read_bytes())
    return path


def _files(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.suffix == ".onnx")
    except OSError:  # mostly not made yet
        return []


def _inspect(path: Path, own: bool) -> Style:
    name = one_line(path.stem, LONGEST_NAME)
    try:
        check_name(path.stem)
        return Style(name, path, own, Policy.load(path).description)
    except PolicyError as error:
        return Style(name, path, own, problem=one_line(str(error), LONGEST_PROBLEM))
