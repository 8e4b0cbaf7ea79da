# SPDX-License-Identifier: GPL-3.0-or-later
"""The helper process: pixels on stdin, Decision JSON on stdout.

GIMP's own Python mostly has neither NumPy nor onnxruntime, so the plug-in starts `python -I -m models.decide`
with the interpreter that installed it. Stdin: one line of JSON, then the pixels (see `decide`). Stdout: the
Decision in one line of JSON. On failure: exit status 1 and one line on stderr that a person can act on.
"""

from __future__ import annotations

import json
import sys
from typing import Any

MOST_PIXELS = 2**31
"""A larger picture than GIMP can hold; a header that says so is damaged."""


def decide(header: dict[str, Any], pixels: bytes) -> dict[str, Any]:
    """Decides for raw pixels.

    header: width, height (of the pixels), channels (3 or 4), and optionally strength (1.0), model (a path; empty
    is the shipped policy), colour (true), layer_width and layer_height (for the filters' radii; else the pixels').
    pixels: width * height * channels bytes, R'G'B'(A), sRGB, alpha not premultiplied.
    Returns the Decision JSON with GIMP's filters. ValueError (PolicyError for the policy file) with a message
    that names the cause and the remedy.
    """
    import numpy as np

    from .policy import Policy

    try:
        width, height, channels = (int(header[key]) for key in ("width", "height", "channels"))
        layer = (int(header.get("layer_width", width)), int(header.get("layer_height", height)))
        strength, model = float(header.get("strength", 1.0)), str(header.get("model") or "")
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"the request's header is damaged ({error!r}); reinstall the plug-in") from error
    if channels not in (3, 4) or min(width, height, *layer) < 1 or width * height > MOST_PIXELS:
        raise ValueError(f"no picture has {width} x {height} pixels of {channels} channels; reinstall the plug-in")
    if len(pixels) != width * height * channels:
        raise ValueError(f"{len(pixels)} bytes came for {width} x {height} x {channels}; try again")
    image = np.frombuffer(pixels, np.uint8).reshape(height, width, channels)
    policy = Policy.load(model or None)
    alpha = image[..., 3] if channels == 4 and image[..., 3].min() < 255 else None  # opaque: a third of the time
    decision = policy.decide(image[..., :3], strength, alpha, colour=bool(header.get("colour", True)))
    return decision.to_json(*layer)


def main() -> int:
    """Reads one request from stdin and answers it; the exit status."""
    try:
        header = json.loads(sys.stdin.buffer.readline(65536))  # a JSONDecodeError is a ValueError
        if not isinstance(header, dict):
            raise ValueError("the request's header is not a JSON object; reinstall the plug-in")
        answer = decide(header, sys.stdin.buffer.read())
    except ImportError as error:
        problem = f"{sys.executable} can't import {error.name}; install again, then 'trainer install-plugin'"
    except MemoryError:
        problem = "the picture doesn't fit into memory; scale it down, or close other programs"
    except ValueError as error:
        problem = str(error)
    else:
        print(json.dumps(answer, allow_nan=False))
        return 0
    print(" ".join(problem.split()), file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
