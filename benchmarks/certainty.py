# SPDX-License-Identifier: GPL-3.0-or-later
"""How often the best value of a slider lies in the range that the policy finds likely.

    python -m benchmarks.certainty FINISHED [--model FILE.onnx] [--out FILE.json]

FINISHED is a folder of finished photos that the policy did not learn from. Each is degraded in several ways, as in
training; for each pair the sliders that come nearest to the finished photo are sought (trainer/inverse.py), and it is
counted how often they lie in the policy's range (models.policy.INTERVAL, half a level wider on each side, since levels
are rounded). Beside it, how wide the range is, in levels. A slider that the policy must leave alone is not counted.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import torch

from editor_ops import NEUTRAL_LEVEL, SLIDERS
from models.errors import UserError
from models.files import write_text
from models.policy import INTERVAL, Policy, interval
from trainer import data
from trainer.degradations import degrade, sample_degradations
from trainer.edits import downsample
from trainer.features import FEATURE_SIZE
from trainer.inverse import best_shares

PAIRS = 240
"""A share of 80% of so many stands to 2.6 points."""
SEED = 2025
FREE = 0.02
"""Probability that something else is better: below it a slider is masked, not chosen."""


def pairs(folder: Path) -> tuple[torch.Tensor, torch.Tensor]:
    """Degraded and finished photos of a folder in turn, (PAIRS, 3, 64, 64) each."""
    photos = data.load(folder, quiet=True)
    finished = data.whole(photos, [i % len(photos.names) for i in range(PAIRS)]).float() / 255
    amounts = sample_degradations(PAIRS, torch.Generator().manual_seed(SEED), untouched=0.0)
    return degrade(finished, amounts), finished


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, metavar="FINISHED")
    parser.add_argument("--model", type=Path, help="policy file (default: the shipped one)")
    parser.add_argument("--out", type=Path, metavar="FILE", help="the table as JSON with columns and rows")
    arguments = parser.parse_args()
    try:
        policy = Policy.load(arguments.model)
        degraded, finished = pairs(arguments.folder)
    except (UserError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    best = best_shares(downsample(degraded, FEATURE_SIZE), downsample(finished, FEATURE_SIZE)).numpy()  # (N, K)
    rows = table(policy, degraded.numpy(), NEUTRAL_LEVEL * (1 + best))
    columns = ["slider", f"in the {INTERVAL:.0%} range", "width of the range, levels", "photos"]
    print(f"{'slider':14} {columns[1]:>16} {columns[2]:>27} {columns[3]:>7}")
    for name, share, width, count in rows:
        print(f"{name:14} {share:>16} {width:>27} {count:>7}")
    if arguments.out:
        write_text(arguments.out, json.dumps({"columns": columns, "rows": rows}, indent=1) + "\n")
    return 0


def table(policy: Policy, degraded: np.ndarray, best: np.ndarray) -> list[list[str]]:
    """A row for each slider. degraded: float32 (N, 3, 64, 64); best: levels (N, K), between two where they fall so."""
    found = [policy.probabilities(picture) for picture in degraded]
    rows = []
    for k, slider in enumerate(SLIDERS):
        free = [i for i, (p, chosen) in enumerate(found) if p[k, chosen[k]] < 1 - FREE]
        ends = np.array([interval(found[i][0][k], int(found[i][1][k])) for i in free]).reshape(-1, 2)  # (n, 2)
        wanted = best[free, k]
        inside = (wanted >= ends[:, 0] - 0.5) & (wanted <= ends[:, 1] + 0.5)
        share, width = (f"{inside.mean():.0%}", f"{np.ptp(ends, axis=1).mean():.1f}") if free else ("-", "-")
        rows.append([slider.label, share, width, str(len(free))])
    return rows


if __name__ == "__main__":
    sys.exit(main())
