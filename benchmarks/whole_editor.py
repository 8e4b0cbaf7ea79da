# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole editor's file in ONNX Runtime against the policy and the editor themselves, from 0.3 to 24 megapixels.

    python -m benchmarks.whole_editor PHOTO... [--file EDITOR.onnx] [--policy POLICY.onnx] [--sizes 5]

Each photo is brought to each of the sizes and edited twice: as the policy chooses, and with every slider moved, by a
level drawn for each. Differences are in 8-bit levels. Time is ONNX Runtime's on two threads, the process's peak memory
that of the largest picture, which is done first. Targets: at most 1 level and a mean of 0.05, or 2 and 0.1 where blurs
take part; at 24 megapixels 5 s and 2 GB.
"""

from __future__ import annotations

import argparse
import resource
import time
from pathlib import Path

import numpy as np
from PIL import Image

from editor_ops import NAMES, SLIDERS, edit
from models import SHIPPED, Policy
from tools.whole_editor import WHOLE_EDITOR

SMALLEST, LARGEST = 640, 6000
"""Pixels of the long side: 0.3 and 24 megapixels at 3:2."""
THREADS = 2


def resized(path: Path, long_side: int) -> np.ndarray:
    with Image.open(path) as photo:
        width, height = photo.size
        scale = long_side / max(width, height)
        size = max(1, round(width * scale)), max(1, round(height * scale))
        return np.asarray(photo.convert("RGB").resize(size, Image.Resampling.LANCZOS))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", metavar="PHOTO", type=Path, nargs="+")
    parser.add_argument("--file", type=Path, default=WHOLE_EDITOR, help="the whole editor's file")
    parser.add_argument("--policy", type=Path, default=SHIPPED, help="its policy")
    parser.add_argument("--sizes", type=int, default=5, help="sizes of each photo, evenly spaced on their logarithm")
    arguments = parser.parse_args()
    import onnxruntime  # after models, which tells it to keep to itself

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    session = onnxruntime.InferenceSession(str(arguments.file), options, providers=["CPUExecutionProvider"])
    policy, random = Policy.load(arguments.policy), np.random.default_rng(0)
    print("| picture | edit | largest | mean | s | processor s | the editor in NumPy, s | peak memory, GB |")
    print("|---|---|---|---|---|---|---|---|")
    for side in np.geomspace(LARGEST, SMALLEST, arguments.sizes).round().astype(int):
        for path in arguments.photos:
            image = resized(path, int(side))
            drawn = {s.name: float(np.float32(random.choice(s.values()))) for s in SLIDERS}
            for name, own in (("the policy's", {}), ("every slider", drawn)):
                wanted = np.array([own.get(each, np.nan) for each in NAMES], np.float32)
                feeds = {"image": image, "strength": np.array(1, np.float32), "set_sliders": wanted}
                start, worked = time.perf_counter(), time.process_time()
                (edited,) = session.run(["edited"], feeds)
                took, worked = time.perf_counter() - start, time.process_time() - worked
                memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
                start = time.perf_counter()
                exact = edit(image, own or policy.decide(image).values)
                numpy_took = time.perf_counter() - start
                largest, total = 0, 0
                for top in range(0, len(image), 512):
                    difference = np.abs(edited[top : top + 512].astype(np.int16) - exact[top : top + 512])
                    largest, total = max(largest, int(difference.max())), total + int(difference.sum())
                size = f"{path.stem}, {image.shape[1]} x {image.shape[0]}"
                print(f"| {size} | {name} | {largest} | {total / image.size:.5f} | {took:.2f} | {worked:.2f} "
                      f"| {numpy_took:.2f} | {memory:.2f} |", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
