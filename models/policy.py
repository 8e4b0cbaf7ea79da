# SPDX-License-Identifier: GPL-3.0-or-later
"""An exported policy: ONNX file -> Decision. Needs onnxruntime and NumPy, never torch."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np

from editor_ops import LEVELS, NAMES, SLIDERS

from . import runtime
from .decision import FORMAT_VERSION, MALFORMED, Choice, Decision
from .errors import UserError
from .thumbnail import RULE, SIZE, thumbnail

LARGEST_FILE = 64 * 2**20
"""Bytes. A policy has about 300 KB; a file this large is something else, and is not read."""
LONGEST_RUN = 3.0
LONGEST_EACH = 0.05
"""Seconds that a policy may take, and for each thumbnail. It needs a millisecond; a file may hold an endless loop."""
SHIPPED = Path(__file__).with_name("photo.onnx")
LONGEST_LINE = 200
"""Characters of a policy file's own words that are shown: a line, whatever the file holds."""
INTERVAL = 0.8
"""Probability of the levels from one end of an interval to the other: in four photos of five the best value should lie
there, and a model's card says how often it does."""
OUTPUTS = ("logits", "levels", "sliders", "value")


def one_line(text: str, longest: int = LONGEST_LINE) -> str:
    """A file's own words, fit to be shown: what is not printable becomes a space, what is too long is cut."""
    text = " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * longest]).split())
    return text if len(text) <= longest else text[: longest - 1] + "…"


class PolicyError(UserError):
    """A policy file that can't be used. The message names the file, the cause and the remedy."""


class Policy:
    """A policy file, checked and ready. Make one with `Policy.load`."""

    def __init__(self, path: Path, session: Any, metadata: dict[str, str], levels: np.ndarray, sha256: str) -> None:
        self.path = path
        self.name = one_line(metadata.get("name") or path.stem, 64)
        self.metadata = metadata
        self.levels = levels  # (K, L) values in GIMP's units
        self.sha256 = sha256
        self._session = session

    @classmethod
    def load(cls, path: str | Path | None = None) -> Policy:
        """Reads and checks a policy file; None is the shipped one. PolicyError if it is not a policy of ours."""
        path = Path(path) if path is not None else SHIPPED
        contents = _read(path)
        session = _session(path, contents)
        metadata = _metadata(path, session)
        levels = _checked_levels(path, metadata)
        _check_interface(path, session)
        return cls(path, session, metadata, levels, hashlib.sha256(contents).hexdigest())

    @property
    def description(self) -> str:
        """One line for a person who chooses between policies; of a file that has none, what it was taught with."""
        taught = self.metadata.get("training_data")
        return one_line(self.metadata.get("description") or (f"taught with {taught}" if taught else ""))

    def logits(self, thumbnails: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Thumbnails float32 (N, 3, 64, 64) -> logits (N, K, L) and the most probable levels (N, K)."""
        logits, levels = self._run(thumbnails)
        k, n_levels = self.levels.shape
        if logits.shape != (len(thumbnails), k, n_levels) or not np.isfinite(logits).all():
            raise PolicyError(
                f"{self.path}: the policy's answer has no sense; it is damaged, take another file", "damaged"
            )
        return logits, np.clip(levels, 0, n_levels - 1)

    def _run(self, thumbnails: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """As long and with as much memory as a policy may need; PolicyError for one that wants more."""
        limit = LONGEST_RUN + LONGEST_EACH * len(thumbnails)
        try:
            logits, levels = runtime.run(self._session, ["logits", "levels"], {"thumbnail": thumbnails}, limit)
            return logits, levels
        except Exception as error:  # onnxruntime's exceptions share no base class below Exception
            message = f"{self.path}: the policy can't be run (in {limit:.0f} s and {runtime.MOST_MEMORY >> 30} GiB)"
            raise PolicyError(f"{message}; it is damaged, take another file", "damaged") from error

    def decide(
        self,
        image: np.ndarray,
        strength: float = 1.0,
        alpha: np.ndarray | None = None,
        colour: bool = True,
        leave: Collection[str] = (),
    ) -> Decision:
        """Chooses slider values for one picture.

        image, alpha: as `models.thumbnail` takes them, in sRGB. strength: 0 (nothing) to 2; 1 is what the policy
        chose. colour=False leaves the sliders alone that only change colours (a grey picture). leave: names of
        sliders to leave alone. ValueError for a picture, strength or name that doesn't fit.
        """
        return self.decide_thumbnail(thumbnail(image, alpha), strength, colour, leave)

    def decide_thumbnail(
        self, thumbnail_: np.ndarray, strength: float = 1.0, colour: bool = True, leave: Collection[str] = ()
    ) -> Decision:
        """`decide` for a thumbnail float32 (3, 64, 64)."""
        probabilities, levels = self.probabilities(thumbnail_)
        return self.decision(levels, probabilities, strength, colour, leave)

    def probabilities(self, thumbnail_: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """For a thumbnail float32 (3, 64, 64): the probability of each slider's levels (K, L); the likeliest (K,)."""
        logits, levels = self.logits(thumbnail_[None])
        probabilities = np.exp(logits[0] - logits[0].max(axis=-1, keepdims=True))  # (K, L)
        return probabilities / probabilities.sum(axis=-1, keepdims=True), levels[0]

    def decision(
        self,
        levels: np.ndarray,
        probabilities: np.ndarray,
        strength: float = 1.0,
        colour: bool = True,
        leave: Collection[str] = (),
    ) -> Decision:
        """The Decision that puts each slider on a level. levels: (K,); probabilities: (K, L); the rest as `decide`."""
        if not (math.isfinite(strength) and 0.0 <= strength <= 2.0):
            raise UserError(f"strength is {strength}; it goes from 0 to 2", "out of range")
        if unknown := sorted(set(leave) - set(NAMES)):
            message = f"no slider {one_line(unknown[0], 48)!r} to leave alone; there are {', '.join(NAMES)}"
            raise UserError(message, "unknown slider")
        choices = []
        for k, (slider, level) in enumerate(zip(SLIDERS, levels, strict=True)):
            moves = slider.name not in leave and (colour or not slider.colour)
            value = float(self.levels[k, level]) if moves else slider.neutral
            ends = self.levels[k, list(interval(probabilities[k], int(level)))]  # (2,)
            low, high = (slider.scaled(float(end), strength) for end in ends)
            choices.append(
                Choice(
                    slider,
                    slider.scaled(value, strength),
                    float(probabilities[k, level]),
                    (low, high) if moves else None,
                )
            )
        return Decision(self.name, self.sha256, float(strength), tuple(choices))


def interval(probabilities: np.ndarray, level: int) -> tuple[int, int]:
    """The lowest and the highest level that are likely: as little of a slider's probabilities (L,) lies below as above,
    and INTERVAL between. `level`, the chosen one, is always among them."""
    below = np.cumsum(probabilities)  # (L,)
    outside = (1 - INTERVAL) / 2
    low, high = (int(np.searchsorted(below, share)) for share in (outside, 1 - outside))
    return min(low, level), max(min(high, len(probabilities) - 1), level)


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


def _checked_levels(path: Path, metadata: dict[str, str]) -> np.ndarray:
    """The metadata's level values (K, L), or PolicyError where they don't fit this version's sliders."""
    again = "export it again with 'trainer export', or use the shipped policy"
    version = metadata.get("format_version")
    if version is None:
        raise PolicyError(f"{path}: is an ONNX file, but not a policy of Auto Enhance; {again}", "not a policy")
    if version != str(FORMAT_VERSION):
        newer = version.isdigit() and int(version) > FORMAT_VERSION
        remedy = "update Auto Enhance" if newer else "teach it anew with 'trainer fit', or use the shipped policy"
        sliders = "" if newer else ", other sliders"
        raise PolicyError(
            f"{path}: has format version {version[:20]!r}{sliders}, this is {FORMAT_VERSION}; {remedy}", "other version"
        )
    if metadata.get("thumbnail") != RULE:
        raise PolicyError(f"{path}: was learned on another kind of thumbnail; {again}", "other version")
    try:
        rows = json.loads(metadata.get("sliders", ""))
        pairs = list(zip(rows, SLIDERS, strict=True))
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
            f"{path}: its list of sliders doesn't fit this version's {len(SLIDERS)}; {again}", "other sliders"
        ) from error
    if levels.shape != (len(SLIDERS), LEVELS):
        raise PolicyError(
            f"{path}: its sliders have shape {levels.shape}, not {(len(SLIDERS), LEVELS)}; {again}", "other sliders"
        )
    for row_levels, slider in zip(levels, SLIDERS, strict=True):
        low, high = slider.property_range
        if not ((low <= row_levels) & (row_levels <= high)).all():
            raise PolicyError(
                f"{path}: its slider {slider.name!r} leaves GIMP's range {low:g} to {high:g}; {again}", "other sliders"
            )
    return levels


def _check_interface(path: Path, session: Any) -> None:
    """PolicyError where the file's input and outputs are not the contract's."""
    inputs = {i.name: list(i.shape) for i in session.get_inputs()}
    outputs = {o.name: list(o.shape) for o in session.get_outputs()}
    k = len(SLIDERS)
    expected = {"logits": [k, LEVELS], "levels": [k], "sliders": [k], "value": []}
    fits = list(inputs) == ["thumbnail"] and inputs["thumbnail"][1:] == [3, SIZE, SIZE]
    if not fits or any(outputs.get(name, [None])[1:] != shape for name, shape in expected.items()):
        raise PolicyError(
            f"{path}: its input or outputs are not {k} sliders of {LEVELS} levels; export it again", "not a policy"
        )
