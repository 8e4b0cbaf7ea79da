# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes web/src/rules.json: numbers of the program that the browser page goes by too, so that they stand once

python -m tools.web_rules     whenever models/alternatives.py, models/policy.py or the Decision's format changes
"""

from __future__ import annotations

import argparse
import base64
import json
from pathlib import Path
from typing import Any

import numpy as np

from editor_ops import NAMES
from editor_ops.chain import MODE_WORDS
from editor_ops.color import LAB_FROM_RGB
from editor_ops.sliders import RADII
from models import alternatives
from models.decision import FORMAT_VERSION
from models.files import write_text
from models.policy import INTERVAL

RULES = Path(__file__).parents[1] / "web" / "src" / "rules.json"


def rules() -> dict[str, Any]:
    """Numbers by name. draws: those of `models.alternatives`, (DRAWS, K) float32 little-endian, in base64."""
    draws = np.random.default_rng(0).random((alternatives.DRAWS, len(NAMES), 1))
    return {
        "decision_format": FORMAT_VERSION,
        "interval": INTERVAL,
        "radii": list(RADII),
        "modes": MODE_WORDS,
        "count": alternatives.COUNT,
        "likely": alternatives.LIKELY,
        "more_clipped": alternatives.MORE_CLIPPED,
        "visible": alternatives.VISIBLE,
        "lab_from_rgb": LAB_FROM_RGB,
        "draws": base64.b64encode(draws.astype("<f4").tobytes()).decode(),
    }


def text() -> str:
    return json.dumps(rules(), indent=1) + "\n"


def main() -> None:
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, usage="python -m tools.web_rules"
    ).parse_args()
    write_text(RULES, text())
    print(f"written: {RULES}")


if __name__ == "__main__":
    main()
