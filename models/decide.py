# SPDX-License-Identifier: GPL-3.0-or-later
"""The helper process: pixels on stdin, Decision JSON on stdout.

GIMP's own Python mostly has neither NumPy nor onnxruntime, so the plug-in starts `python -I -m models.decide`
with the interpreter that installed it. Stdin: one line of JSON, then the pixels (see `decide`). Stdout: the
Decision in one line of JSON, or where the header asks {"list": true}, the styles (see `list_styles`). On failure:
exit status 1 and one line on stderr that a person can act on.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

MOST_PIXELS = 2**31
"""A larger picture than GIMP can hold; a header that says so is damaged."""


def answer(header: dict[str, Any], pixels: bytes) -> dict[str, Any]:
    """What a request asks for: the styles, or a Decision."""
    return list_styles(header) if header.get("list") else decide(header, pixels)


def list_styles(header: dict[str, Any]) -> dict[str, Any]:
    """Every style, as {"format": 1, "default": name, "styles": [{name, path, own, description, problem}...]}.

    header: optionally styles (the folder of the user's own; empty is the usual one).
    """
    from .policy import FORMAT_VERSION
    from .styles import DEFAULT, find

    folder = str(header.get("styles") or "")
    found = [style.to_json() for style in find(Path(folder) if folder else None)]
    return {"format": FORMAT_VERSION, "default": DEFAULT, "styles": found}


def decide(header: dict[str, Any], pixels: bytes) -> dict[str, Any]:
    """Decides for raw pixels.

    header: width, height (of the pixels), channels (3 or 4), and optionally strength (1.0), style (a name; empty is
    the default), styles (the folder of the user's own), model (a policy file's path, instead of a style), colour
    (true), layer_width and layer_height (for the filters' radii; else the pixels'), primaries (of an image with others
    than sRGB's: nine numbers, as `editor_ops.filters` takes them).
    pixels: width * height * channels bytes, R'G'B'(A), sRGB, alpha not premultiplied.
    Returns the Decision JSON with GIMP's filters. ValueError (PolicyError for the policy file) with a message
    that names the cause and the remedy.
    """
    import numpy as np

    from . import styles
    from .policy import Policy

    try:
        width, height, channels = (int(header[key]) for key in ("width", "height", "channels"))
        layer = (int(header.get("layer_width", width)), int(header.get("layer_height", height)))
        strength = float(header.get("strength", 1.0))
        model, style, folder = (str(header.get(key) or "") for key in ("model", "style", "styles"))
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"the request's header is damaged ({error!r}); reinstall the plug-in") from error
    if channels not in (3, 4) or min(width, height, *layer) < 1 or width * height > MOST_PIXELS:
        raise ValueError(f"no picture has {width} x {height} pixels of {channels} channels; reinstall the plug-in")
    if len(pixels) != width * height * channels:
        raise ValueError(f"{len(pixels)} bytes came for {width} x {height} x {channels}; try again")
    image = np.frombuffer(pixels, np.uint8).reshape(height, width, channels)
    if model and style:
        raise ValueError("a style and a policy file are both given; give one of them")
    own = Path(folder) if folder else None
    policy = Policy.load(model) if model else styles.load(style or styles.DEFAULT, own)
    alpha = image[..., 3] if channels == 4 and image[..., 3].min() < 255 else None  # opaque: a third of the time
    decision = policy.decide(image[..., :3], strength, alpha, colour=bool(header.get("colour", True)))
    return decision.to_json(*layer, header.get("primaries"))


def main() -> int:
    """Reads one request from stdin and answers it; the exit status."""
    try:
        header = json.loads(sys.stdin.buffer.readline(65536))  # a JSONDecodeError is a ValueError
        if not isinstance(header, dict):
            raise ValueError("the request's header is not a JSON object; reinstall the plug-in")
        said = answer(header, sys.stdin.buffer.read())
    except ImportError as error:
        problem = f"{sys.executable} can't import {error.name}; install again, then 'trainer install-plugin'"
    except MemoryError:
        problem = "the picture doesn't fit into memory; scale it down, or close other programs"
    except ValueError as error:
        problem = str(error)
    else:
        print(json.dumps(said, allow_nan=False))
        return 0
    print(" ".join(problem.split()), file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
