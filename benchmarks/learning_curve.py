# SPDX-License-Identifier: GPL-3.0-or-later
"""Draws a run's curves: held-out gain, reward, entropy.  python -m benchmarks.learning_curve RUN OUT.png

Needs matplotlib (pip install matplotlib), which nothing else here does.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path


def draw(run: Path, out: Path) -> None:
    import matplotlib  # takes its time

    matplotlib.use("Agg")
    from matplotlib import pyplot

    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    figure, axes = pyplot.subplots(1, 3, figsize=(12, 3), layout="constrained")
    validated = [row for row in rows if "psnr" in row]
    steps = [row["step"] for row in validated]
    axes[0].plot(steps, [row["psnr"] - row["psnr_input"] for row in validated])
    axes[0].set_title("gain on held-out degraded photos, dB")
    for axis, name, title in ((axes[1], "reward", "reward"), (axes[2], "entropy", "entropy of a slider, nats")):
        learned = [row for row in rows if "imitation_loss" in row and name in row]
        axis.plot([row["step"] for row in learned], [row[name] for row in learned], linewidth=0.8)
        axis.set_title(title)
    for axis in axes:
        axis.set_xlabel("updates")
        axis.grid(alpha=0.3)
    figure.savefig(out, dpi=80)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("run", type=Path, metavar="RUN", help="a run's folder")
    parser.add_argument("out", type=Path, metavar="OUT.png")
    chosen = parser.parse_args()
    draw(chosen.run, chosen.out)


if __name__ == "__main__":
    main()
