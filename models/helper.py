# SPDX-License-Identifier: GPL-3.0-or-later
"""The helper process: pixels on stdin, Decision JSON on stdout.

GIMP's own Python mostly has neither NumPy nor onnxruntime, so the plug-in starts `python -I -m models.helper`
with the interpreter that installed it. Stdin: requests, each one line of JSON, the header, and the pixels where it
announces some. Stdout: an answer to each, one line of JSON, and the bytes that its "bytes" counts. `Session` has what
can be asked. An answer to what can't
be done is {"error": one line that a person can act on, "kind": the cause in a word or two}; stderr gets the line too,
and the exit status is then 1.
"""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from editor_ops.chain import filters

from .decision import FORMAT_VERSION
from .errors import UserError

if TYPE_CHECKING:  # slow to import; the styles are listed without
    import numpy as np

    from .faces.requests import FaceSession
    from .policy import Policy

MOST_PIXELS = 2**31
"""A larger picture than GIMP can hold; a header that says so is damaged."""
LONGEST_HEADER = 65536
"""Bytes. It holds paths and some numbers; a face's 468 landmarks have 10,000 or twice as many."""
PICTURE_SIDE = 160
"""Pixels a side of the little pictures of alternatives, squashed: sharp at the 128 that the dialog shows."""


class Session:
    """One picture, shown once and asked about again and again. Requests are `answer`'s headers:

    {"list": true}: the styles, see `list_styles`.
    {"width", "height", "channels": 3 or 4, ...} with the pixels: a picture, kept from now on, and its Decision.
    {"again": true, ...}: the Decision for the picture kept, such as in another style.
    {"alternatives": number, ...}: other good edits of the picture kept, see `alternatives`.
    Each of the last three has, optionally, style (a name; empty is the default) and styles (the folder of the user's
    own), or model (a policy file's path) in place of a style; colour (true), strength (1.0).
    Pixels are width * height * channels bytes, R'G'B'(A), sRGB, alpha not premultiplied.
    {"list_faces": true}, {"faces": true, ...} and {"face": {...}, ...} are about faces: docs/faces.md.
    """

    def __init__(self) -> None:
        self.thumbnail: np.ndarray | None = None  # float32 (3, 64, 64)
        self.small: np.ndarray | None = None  # uint8 (S, S, 3)
        self.size = (0, 0)  # width and height of the picture, for the filters' radii
        self._loaded: tuple[tuple[str, str, str], Policy] | None = None
        self._faces: FaceSession | None = None

    def answer(self, header: dict[str, Any], pixels: bytes = b"") -> dict[str, Any]:
        """The answer to one request. ValueError (PolicyError for a policy file) with the cause and the remedy."""
        if header.get("list"):
            return list_styles(header)
        if header.get("list_faces") or header.get("faces") or "face" in header:
            return self._about_faces(header, pixels)
        if "channels" in header:
            self._load_picture(header, pixels)
        if self.thumbnail is None:
            raise UserError("no picture was shown; reinstall the plug-in", "no picture")
        try:
            strength, colour = float(header.get("strength", 1.0)), bool(header.get("colour", True))
            count = int(header.get("alternatives", 0))
        except (TypeError, ValueError, OverflowError) as error:
            raise damaged_header(error) from error
        policy = self._policy(header)
        if count:
            return self._alternatives(policy, colour, count)
        decision = policy.decide_thumbnail(self.thumbnail, strength, colour)
        return decision.to_json(filters(decision.values, *self.size))

    def _about_faces(self, header: dict[str, Any], pixels: bytes) -> dict[str, Any]:
        from .faces.requests import FaceSession, list_face_styles

        if header.get("list_faces"):
            return list_face_styles(header)
        if self._faces is None:
            self._faces = FaceSession()
        if "channels" in header:
            self._faces.show(picture(header, pixels)[..., :3])
        return self._faces.about_face(header) if "face" in header else self._faces.decision(header)

    def _load_picture(self, header: dict[str, Any], pixels: bytes) -> None:
        import numpy as np

        from editor_ops.operations import to_dtype

        from .thumbnail import thumbnail

        image = picture(header, pixels)
        height, width, channels = image.shape
        alpha = image[..., 3] if channels == 4 and image[..., 3].min() < 255 else None  # opaque: a third of the time
        self.thumbnail = thumbnail(image[..., :3], alpha)
        # Every third or so of the pixels is enough for a little picture, and a hundredth of the work.
        rows, columns = (slice(None, None, max(1, n // (3 * PICTURE_SIDE))) for n in (height, width))
        sparse = image[rows, columns]
        small = thumbnail(sparse[..., :3], sparse[..., 3] if alpha is not None else None, PICTURE_SIDE)
        self.small = to_dtype(small.transpose(1, 2, 0), np.uint8, 255)
        self.size = (width, height)

    def _policy(self, header: dict[str, Any]) -> Policy:
        from . import styles
        from .policy import Policy

        model, style, folder = (str(header.get(key) or "") for key in ("model", "style", "styles"))
        if model and style:
            raise UserError("a style and a policy file are both given; give one of them", "contradiction")
        if self._loaded is None or self._loaded[0] != (model, style, folder):
            own = Path(folder) if folder else None
            policy = Policy.load(model) if model else styles.load(style or styles.DEFAULT, own)
            self._loaded = (model, style, folder), policy
        return self._loaded[1]

    def _alternatives(self, policy: Policy, colour: bool, count: int) -> dict[str, Any]:
        """{"format": 1, "side": pixels, "alternatives": [{"sliders": [{"name", "value", "probability", "interval"}...],
        "picture": base64 of side * side * 3 bytes, sRGB, squashed to a square}...]}, the policy's own choice first.
        """
        from editor_ops import edit

        from .alternatives import alternatives

        assert self.thumbnail is not None and self.small is not None
        own = policy.decide_thumbnail(self.thumbnail, colour=colour)
        found = []
        for decision in [own, *alternatives(policy, self.thumbnail, colour, count)]:
            rows = [choice.to_json() for choice in decision.choices]
            picture = base64.b64encode(edit(self.small, decision.values).tobytes()).decode()
            found.append({"sliders": rows, "picture": picture})
        return {"format": FORMAT_VERSION, "side": PICTURE_SIDE, "alternatives": found}


def picture_shape(header: dict[str, Any]) -> tuple[int, int, int]:
    """(width, height, channels) of the picture that a header announces. ValueError where there is none such."""
    try:
        width, height, channels = (int(header[key]) for key in ("width", "height", "channels"))
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise damaged_header(error) from error
    if channels not in (3, 4) or min(width, height) < 1 or width * height > MOST_PIXELS:
        message = f"no picture has {width} x {height} pixels of {channels} channels; reinstall the plug-in"
        raise UserError(message, "damaged header")
    return width, height, channels


def picture(header: dict[str, Any], pixels: bytes) -> np.ndarray:
    """uint8 (height, width, 3 or 4). ValueError where the header announces another picture."""
    import numpy as np

    width, height, channels = picture_shape(header)
    if len(pixels) != width * height * channels:
        raise UserError(f"{len(pixels)} bytes came for {width} x {height} x {channels}; try again", "cut short")
    return np.frombuffer(pixels, np.uint8).reshape(height, width, channels)


def damaged_header(error: Exception) -> UserError:
    return UserError(f"the request's header is damaged ({error!r}); reinstall the plug-in", "damaged header")


def list_styles(header: dict[str, Any]) -> dict[str, Any]:
    """Every style, as {"format": 1, "default": name, "styles": [{name, path, own, description, problem}...]}.

    header: optionally styles (the folder of the user's own; empty is the usual one).
    """
    from .styles import DEFAULT, find

    folder = str(header.get("styles") or "")
    found = [style.to_json() for style in find(Path(folder) if folder else None)]
    return {"format": FORMAT_VERSION, "default": DEFAULT, "styles": found}


def request(stream: BinaryIO) -> tuple[dict[str, Any], bytes] | None:
    """The next (header, pixels) of a stream; None at its end. ValueError for what is no request."""
    line = stream.readline(LONGEST_HEADER)
    if not line:
        return None
    try:
        header = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise damaged_header(error) from error
    if not isinstance(header, dict):
        raise UserError("the request's header is not a JSON object; reinstall the plug-in", "damaged header")
    width, height, channels = picture_shape(header) if "channels" in header else (0, 0, 0)
    return header, stream.read(width * height * channels)


def answer(said: dict[str, Any]) -> None:
    """Writes an answer: a line, and behind it its "data", whose length the line gives as "bytes"."""
    data = said.pop("data", b"")
    line = json.dumps(said | ({"bytes": len(data)} if data else {}), allow_nan=False)
    sys.stdout.flush()
    sys.stdout.buffer.write(line.encode() + b"\n" + data)
    sys.stdout.buffer.flush()


def main() -> int:
    """Answers requests on stdin until it ends; the exit status."""
    session, status = Session(), 0
    while True:
        problem, kind = "", ""
        damaged = True  # until the request is read: after that nobody knows where the next one begins
        try:
            asked = request(sys.stdin.buffer)
            if asked is None:
                return status
            damaged = False
            said = session.answer(*asked)
        except ImportError as error:
            problem = f"{sys.executable} can't import {error.name}; install again, then 'trainer install-plugin'"
        except MemoryError:
            problem = "the picture doesn't fit into memory; scale it down, or close other programs"
        except ValueError as error:
            problem, kind = str(error), getattr(error, "kind", "")
        if problem:
            problem = " ".join(problem.split())
            said, status = {"error": problem, "kind": kind}, 1
            print(problem, file=sys.stderr, flush=True)
        answer(said)
        if damaged:
            return status


if __name__ == "__main__":
    sys.exit(main())
