# SPDX-License-Identifier: GPL-3.0-or-later
"""Face styles: what is done to a face, found by name; those that come with the program and the user's own.

A face style is a file in this folder or in the user's, `user_folder()`: NAME.json, a preset, which does the same to
every face; or NAME.onnx, a face policy, which looks at each. Names are as of the styles for photos (models/styles.py);
where both folders have one the user's file is taken, and where a folder has both kinds the policy.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from editor_ops.face_sliders import FACE_SLIDERS

from .. import files
from ..decision import MALFORMED
from ..errors import UserError
from ..policy_file import PolicyError, PolicyFile, Task, one_line
from ..styles import LONGEST_PROBLEM, Style, check_name
from .crop import RULE, face_crop
from .decision import FORMAT_VERSION, read_sliders
from .landmarks import Face

FOLDER = Path(__file__).parent
DEFAULT = "mild"
"""The face style where none is named."""
NETWORKS = ("face_detection_short_range", "face_landmark")
"""ONNX files of this folder that are no styles."""
TASK = Task("faces", FACE_SLIDERS, FORMAT_VERSION, "face", RULE)
SUFFIXES = (".onnx", ".json")
LARGEST_PRESET = 2**16
"""Bytes. A preset has some hundred."""


@dataclass(frozen=True)
class FaceStyle:
    """A face style, checked and ready. sha256: its file's. choose: the aligned crop of a face, float32 (64, 64, 3), ->
    the value of each slider in FACE_SLIDERS."""

    name: str
    path: Path
    sha256: str
    description: str
    choose: Callable[[np.ndarray], np.ndarray]

    def decide(self, image: np.ndarray, face: Face) -> dict[str, float]:
        """Slider name -> value at strength 1, all of them. image: as `find_faces` takes it."""
        values = self.choose(face_crop(image, face).pixels)
        return {slider.name: float(value) for slider, value in zip(FACE_SLIDERS, values, strict=True)}


def find_style(name: str = DEFAULT, folder: Path | None = None) -> FaceStyle:
    """The face style of that name. folder: the user's (None: the usual).

    PolicyError where there is none, with the names that there are, or it can't be used.
    """
    check_name(name)
    for place in filter(None, (folder or known_user_folder(), FOLDER)):
        for path in (place / f"{name}{suffix}" for suffix in SUFFIXES):
            if os.path.lexists(path) and not _is_network(path):
                return load(path)
    there = ", ".join(dict.fromkeys(style.name for style in find(folder) if not style.problem))
    raise PolicyError(f"no face style {name!r}; there are: {there}. 'trainer styles' lists them", "missing")


def load(path: Path) -> FaceStyle:
    """The face style in a file, whose name is the style's. PolicyError where the file can't be used."""
    if path.suffix == ".json":
        return _preset(path)
    file = PolicyFile(path, TASK)

    def choose(crop: np.ndarray) -> np.ndarray:
        picture = np.ascontiguousarray(crop.transpose(2, 0, 1)[None])  # (1, 3, 64, 64)
        levels = file.logits(picture)[1][0]  # (K,)
        return np.asarray(np.take_along_axis(file.levels, levels[:, None], axis=1)[:, 0])

    return FaceStyle(path.stem, path, file.sha256, file.description, choose)


def user_folder() -> Path:
    """Where the user's own face styles are, whether it exists or not. UserError as `files.user_folder`."""
    return files.user_folder("data") / "face-styles"


def known_user_folder() -> Path | None:
    """`user_folder`; None for a user without a home, who can't have styles."""
    try:
        return user_folder()
    except UserError:
        return None


def find(folder: Path | None = None) -> list[Style]:
    """Every face style, those that come with the program first, each folder's by name; one that can't be used is listed
    with its problem. folder: the user's (None: the usual)."""
    folder = folder or known_user_folder()
    own = [_inspect(path, True) for path in _files(folder)] if folder else []
    names = {style.name for style in own}
    shipped = [_inspect(path, False) for path in _files(FOLDER)]
    hidden = "a file of yours with the same name is used instead"
    return [replace(style, problem=hidden) if style.name in names else style for style in shipped] + own


def is_one(file: Path) -> bool:
    """Whether a file is meant as a face style: a preset, or a policy that says so. It may still be damaged."""
    if file.suffix == ".json":
        return True
    with contextlib.suppress(PolicyError):
        PolicyFile(file, TASK)
        return True
    return False


def add(file: Path, name: str | None = None, folder: Path | None = None) -> Path:
    """Copies a face style into the user's folder; the copy's path. name: None is the file's.

    PolicyError for a file that is none, a name that doesn't do or is taken; nothing is replaced.
    """
    name = check_name(file.stem if name is None else name)
    if any((FOLDER / f"{name}{suffix}").exists() for suffix in SUFFIXES):
        raise PolicyError(f"a face style {name!r} comes with the program; give another name", "taken")
    path = (folder or user_folder()) / f"{name}{file.suffix}"
    if os.path.lexists(path):
        raise PolicyError(f"{path}: is there already; give another name, or remove that file first", "taken")
    load(file)
    path.parent.mkdir(parents=True, exist_ok=True)
    with files.atomic_write(path) as stream:
        stream.write(file.read_bytes())
    return path


def _preset(path: Path) -> FaceStyle:
    contents = _read(path)
    try:
        preset = json.loads(contents)
        if preset["format"] != FORMAT_VERSION:
            raise ValueError(f"format {preset['format']!r}, and this version knows {FORMAT_VERSION}")
        given = read_sliders(preset["sliders"])
        description = one_line(str(preset.get("description", "")))
    except MALFORMED as error:
        message = f"{path}: is no preset of face sliders ({one_line(str(error))}); take another file"
        raise PolicyError(message, "not a style") from error
    values = np.array([given.get(slider.name, slider.neutral) for slider in FACE_SLIDERS])
    return FaceStyle(path.stem, path, hashlib.sha256(contents).hexdigest(), description, lambda crop: values)


def _read(path: Path) -> bytes:
    try:
        if not path.is_file() or path.stat().st_size > LARGEST_PRESET:
            raise PolicyError(f"{path}: is not a preset of face sliders; take another file", "not a style")
        return path.read_bytes()
    except OSError as error:
        raise PolicyError(f"{path}: can't be read ({error.strerror}); check the rights", "missing") from error


def _files(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.suffix in SUFFIXES and not _is_network(path))
    except OSError:  # mostly not made yet
        return []


def _is_network(path: Path) -> bool:
    return path.parent == FOLDER and path.stem in NETWORKS


def _inspect(path: Path, own: bool) -> Style:
    name = one_line(path.stem)
    try:
        check_name(path.stem)
        return Style(name, path, own, load(path).description)
    except PolicyError as error:
        return Style(name, path, own, problem=one_line(str(error), LONGEST_PROBLEM))
