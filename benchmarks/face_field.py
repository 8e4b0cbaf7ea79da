# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the field of a face ever folds, what it moves beside the face, and how fast faces are edited.

    python -m benchmarks.face_field               10,000 random combinations, miniatures, a large portrait

Faces are made by code: the mean face, of other proportions and turned. Run it on an idle machine.
"""

from __future__ import annotations

import argparse
import time
import tracemalloc
from collections.abc import Callable

import numpy as np
import torch
from rich.console import Console

from editor_ops.face_field import LEAST_JACOBIAN, field
from editor_ops.face_frame import face_box, face_unit
from editor_ops.face_landmarks import OVAL
from editor_ops.face_sliders import FACE_SHAPE, FACE_SLIDERS
from editor_ops.face_warp import displacement, warp
from editor_ops.faces import edit_face
from editor_ops.skin_mask import skin_mask
from tools.made_faces import bent_faces, face_points, least_jacobian, paint

BATCH = 50
"""Faces at a time: what their Gaussians take stays below 100 MB."""
SIZE, UNIT = 96, 32.0
"""Pixels of a picture that holds the whole field, and between the eyes in it."""
MINIATURE, MINIATURES = 64, 96
SKIN = (190, 140, 115)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.face_field", description=__doc__.splitlines()[0])
    parser.add_argument("--combinations", type=int, default=10_000, metavar="N", help="how many are tried (10,000)")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    console = Console(highlight=False, soft_wrap=True)
    folding(console, arguments.combinations)
    beside(console)
    miniatures(console)
    portrait(console)


def folding(console: Console, count: int) -> None:
    """Half of the combinations at levels, half with every slider at an end."""
    random = np.random.default_rng(0)
    for ends in (False, True):
        least, held = [], []
        for _ in range(count // 2 // BATCH):
            faces = bent_faces(random, BATCH, UNIT, SIZE / 2, SIZE * 0.4)
            values = {
                s.name: random.choice([s.lowest, s.highest] if ends else s.values(), BATCH).astype(np.float32)
                for s in FACE_SHAPE
            }
            box = (0, 0, SIZE, SIZE)
            least.append(least_jacobian(displacement(faces, values, box)))
            # A tenth of the values is below the cap, and says what the whole would be without one.
            little = {name: each / 10 for name, each in values.items()}
            made, free = (np.abs(field(faces, each, box).nodes).max(axis=(1, 2, 3)) for each in (values, little))
            held.append(made / (10 * free))
        jacobians, shares = np.concatenate(least), np.concatenate(held)
        capped = shares < 0.999
        console.print(
            f"{len(jacobians)} combinations {'at the ends' if ends else 'of levels'}: least Jacobian "
            f"{jacobians.min():.3f} (cap {LEAST_JACOBIAN}); {capped.mean():.1%} held back, "
            f"to {shares[capped].mean() if capped.any() else 1:.2f} of what was asked for, at least {shares.min():.2f}"
        )


def beside(console: Console) -> None:
    """What is left of a slider's move outside the contour, where straight lines may be."""
    points = face_points(400, 800, 700)
    box = face_box(points, (1600, 1600))
    oval = points[list(OVAL)]
    middle = oval.mean(axis=0)
    for name in ("jaw_width", "face_width", "chin_height", "forehead"):
        lowest = next(s.lowest for s in FACE_SHAPE if s.name == name)
        ways, parts = displacement(points, {name: lowest}, box), []
        for share in (1.0, 1.05, 1.15, 1.3):
            x, y = np.round(middle + (oval - middle) * share - box[:2] - 0.5).astype(int).T
            parts.append(f"{np.linalg.norm(ways[y, x], axis=-1).max() / face_unit(points):.3f}")
        console.print(f"{name} {lowest:+.2f}: moves {parts[0]} of the eyes' distance at the contour; "
                      f"5, 15, 30% outside {', '.join(parts[1:])}")  # fmt: skip


def miniatures(console: Console) -> None:
    """Faces a second, of 64 x 64, one core."""
    random = np.random.default_rng(0)
    unit = MINIATURE / 2.6
    faces = bent_faces(random, MINIATURES, unit, MINIATURE / 2, MINIATURE * 0.4)
    pictures = np.stack([paint(each, MINIATURE, MINIATURE, SKIN) for each in faces]).astype(np.float32) / 255
    values = {s.name: random.choice(s.values(), MINIATURES).astype(np.float32) for s in FACE_SLIDERS}
    box = (0, 0, MINIATURE, MINIATURE)
    points, images = torch.from_numpy(faces), torch.from_numpy(pictures)
    theirs = {name: torch.from_numpy(each) for name, each in values.items()}
    with torch.no_grad():
        mask = skin_mask(images, points, box)
        ways = displacement(points, theirs, box)
        works: dict[str, Callable[[], object]] = {
            "field": lambda: field(points, theirs, box),
            "displacement": lambda: displacement(points, theirs, box),
            "warp": lambda: warp(images, ways),
            "skin mask": lambda: skin_mask(images, points, box),
            "shape and skin, mask known": lambda: edit_face(images, points, theirs, box, mask),
            "the same, NumPy": lambda: edit_face(pictures, faces, values, box, mask.numpy()),
        }
        for name, work in works.items():
            console.print(f"{MINIATURE}x{MINIATURE}, {name}: {MINIATURES / seconds(work):,.0f} faces a second")


def seconds(work: Callable[[], object], times: int = 3) -> float:
    """CPU seconds, the best of some."""
    work()
    taken = []
    for _ in range(times):
        begun = time.process_time()
        work()
        taken.append(time.process_time() - begun)
    return min(taken)


def portrait(console: Console) -> None:
    """24 megapixels, 8-bit, 1,000 pixels between the eyes."""
    points = face_points(1000, 2000, 2400)
    picture = paint(points, 4000, 6000, SKIN)
    box = face_box(points, picture.shape)
    shape = {"eye_size": 0.1, "jaw_width": -0.08, "lips": 0.1}
    skin = {"skin_smoothing": 0.4, "skin_brightness": 0.1, "skin_warmth": 7000.0, "skin_saturation": 1.1}
    for name, values in (("shape", shape), ("skin", skin), ("both", shape | skin)):
        begun = time.perf_counter()
        used = seconds(lambda values=values: edit_face(picture, points, values), times=1)  # type: ignore[misc]
        console.print(f"24 megapixels, a box of {box[2] * box[3] / 1e6:.1f}: {name} {used:.2f} CPU seconds, "
                      f"{(time.perf_counter() - begun) / 2:.2f} by the clock")  # fmt: skip
    tracemalloc.start()
    edit_face(picture, points, shape | skin)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    console.print(
        f"memory beside the picture and its edited copy: {(most - picture.nbytes) / 2**20:.0f} MB at the most"
    )


if __name__ == "__main__":
    main()
