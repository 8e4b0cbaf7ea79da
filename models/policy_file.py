# SPDX-License-Identifier: GPL-3.0-or-later
"""A policy's ONNX file, for photos or for faces: read, checked and run. What a file says is believed only then."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from editor_ops import LEVELS
from editor_ops.sliders import Slider

from . import runtime
from .decision import MALFORMED
from .errors import UserError
from .thumbnail_rule import SIZE

LARGEST_FILE = 64 * 2**20
"""Bytes. A policy has about 300 KB; a file this large is something else, and is not read."""
LONGEST_RUN = 3.0
LONGEST_EACH = 0.05
"""Seconds that a policy may take, and for each picture. It needs a millisecond; a file may hold an endless loop."""
LONGEST_LINE = 200
"""Characters of a policy file's own words that are shown: a line, whatever the file holds."""
OUTPUTS = ("logits", "levels", "sliders", "value")


def one_line(text: str, longest: int = LONGEST_LINE) -> str:
    """A file's own words, fit to be shown: what is not printable becomes a space, what is too long is cut."""
    text = " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * longest]).split())
    return text if len(text) <= longest else text[: longest - 1] + "…"


class PolicyError(UserError):
    """A policy file that can't be used. The message names the file, the cause and the remedy."""


@dataclass(frozen=True)
class Task:
    """What a policy is for. name: as its metadata's "task"; a file without one is for photos. sliders: its table.
    version: of its format. picture: the name of its input; rule: how that is made, under `picture` in the metadata."""

    name: str
    sliders: tuple[Slider, ...]
    version: int
    picture: str
    rule: str


PHOTOS = "photos"
"""The name of the task whose files say none."""


class PolicyFile:
    """A policy file that was checked. levels: (K, L), values in the sliders' units."""

    def __init__(self, path: Path, task: Task) -> None:
        """PolicyError where it is no policy for that task."""
        self.path, self.task = path, task
        contents = _read(path)
        self._session = _session(path, contents)
        self.metadata = _metadata(path, self._session)
        self.levels = _checked_levels(path, self.metadata, task)
        _check_interface(path, self._session, task)
        self.sha256 = hashlib.sha256(contents).hexdigest()

    @property
    def name(self) -> str:
        """As the file calls itself, or the file's own name."""
        return one_line(self.metadata.get("name") or self.path.stem, 64)

    @property
    def description(self) -> str:
        """One line for a person who chooses between policies; of a file that has none, what it was taught with."""
        taught = self.metadata.get("training_data")
        return one_line(self.metadata.get("description") or (f"taught with {taught}" if taught else ""))

    def logits(self, pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """float32 (N, 3, 64, 64) -> logits (N, K, L) and the most probable levels (N, K).

        As long and with as much memory as a policy may need; PolicyError for one that wants more.
        """
        limit = LONGEST_RUN + LONGEST_EACH * len(pictures)
        try:
            logits, levels = runtime.run(self._session, ["logits", "levels"], {self.task.picture: pictures}, limit)
        except Exception as error:  # onnxruntime's exceptions share no base class below Exception
            message = f"{self.path}: the policy can't be run (in {limit:.0f} s and {runtime.MOST_MEMORY >> 30} GiB)"
            raise PolicyError(f"{message}; it is damaged, take another file", "damaged") from error
        k, n_levels = self.levels.shape
        if logits.shape != (len(pictures), k, n_levels) or not np.isfinite(logits).all():
            raise PolicyError(
                f"{self.path}: the policy's answer has no sense; it is damaged, take another file", "damaged"
            )
        return logits, np.clip(levels, 0, n_levels - 1)


def _read(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if not path.is_file():  # reading a pipe would wait for ever
            kind = "a folder" if path.is_dir() else "not a plain file"
            raise PolicyError(f"{path}: is {kind}; give a policy file (.onnx)", "not a file")
        if size > LARGEST_FILE:
            raise PolicyError(
                f"{path}: has {size / 2**20:.0f} MiB; a policy has less than 1, so this is another file", "not a policy"
            )
        return path.read_bytes()
    except OSError as error:
        raise PolicyError(
            f"{path}: can't be read ({error.strerror}); check the path, or reinstall the policy", "missing"
        ) from error


def _session(path: Path, contents: bytes) -> Any:
    try:
        return runtime.session(contents)
    except Exception as error:  # onnxruntime's exceptions share no base class below Exception
        raise PolicyError(
            f"{path}: is not an ONNX file that can be run; export it again with 'trainer export'", "damaged"
        ) from error


def _metadata(path: Path, session: Any) -> dict[str, str]:
    try:
        return dict(session.get_modelmeta().custom_metadata_map)
    except UnicodeDecodeError as error:
        raise PolicyError(
            f"{path}: its metadata is damaged; export it again with 'trainer export'", "damaged"
        ) from error


def _checked_levels(path: Path, metadata: Mapping[str, str], task: Task) -> np.ndarray:
    """The metadata's level values (K, L), or PolicyError where they don't fit this version's sliders."""
    again = "export it again with 'trainer export', or use the shipped policy"
    version = metadata.get("format_version")
    if version is None:
        raise PolicyError(f"{path}: is an ONNX file, but not a policy of Auto Enhance; {again}", "not a policy")
    if (kind := metadata.get("task", PHOTOS)) != task.name:
        option = "--style or --model" if kind == PHOTOS else f"--{kind.removesuffix('s')}-style"
        raise PolicyError(
            f"{path}: is a policy for {one_line(kind, 20)}, not for {task.name}; use it with {option}", "another task"
        )
    if version != str(task.version):
        newer = version.isdigit() and int(version) > task.version
        remedy = "update Auto Enhance" if newer else "teach it anew with 'trainer fit', or use the shipped policy"
        sliders = "" if newer else ", other sliders"
        raise PolicyError(
            f"{path}: has format version {version[:20]!r}{sliders}, this is {task.version}; {remedy}", "other version"
        )
    if metadata.get(task.picture) != task.rule:
        raise PolicyError(f"{path}: was learned on another kind of {task.picture}; {again}", "other version")
    try:
        rows = json.loads(metadata.get("sliders", ""))
        pairs = list(zip(rows, task.sliders, strict=True))
        for row, slider in pairs:
            for field in ("name", "operation", "property", "neutral", "radius_property", "radius_share", "down", "up"):
                known = getattr(slider, field)
                if row[field] != (list(known) if isinstance(known, tuple) else known):
                    raise PolicyError(
                        f"{path}: its slider {str(row['name'])[:40]!r} has another {field}; {again}", "other sliders"
                    )
        levels = np.array([[float(v) for v in row["levels"]] for row, _ in pairs])  # (K, L)
    except PolicyError:
        raise
    except MALFORMED as error:
        raise PolicyError(
            f"{path}: its list of sliders doesn't fit this version's {len(task.sliders)}; {again}", "other sliders"
        ) from error
    if levels.shape != (len(task.sliders), LEVELS):
        raise PolicyError(
            f"{path}: its levels have shape {levels.shape}, not {(len(task.sliders), LEVELS)}; {again}",
            "other sliders",
        )
    for row_levels, slider in zip(levels, task.sliders, strict=True):
        low, high = slider.property_range
        if not ((low <= row_levels) & (row_levels <= high)).all():
            raise PolicyError(
                f"{path}: its slider {slider.name!r} leaves GIMP's range {low:g} to {high:g}; {again}", "other sliders"
            )
    return levels


def _check_interface(path: Path, session: Any, task: Task) -> None:
    """PolicyError where the file's input and outputs are not the contract's."""
    inputs = {i.name: list(i.shape) for i in session.get_inputs()}
    outputs = {o.name: list(o.shape) for o in session.get_outputs()}
    k = len(task.sliders)
    expected = {"logits": [k, LEVELS], "levels": [k], "sliders": [k], "value": []}
    fits = list(inputs) == [task.picture] and inputs[task.picture][1:] == [3, SIZE, SIZE]
    if not fits or any(outputs.get(name, [None])[1:] != shape for name, shape in expected.items()):
        raise PolicyError(
            f"{path}: its input or outputs are not {k} sliders of {LEVELS} levels; export it again", "not a policy"
        )
