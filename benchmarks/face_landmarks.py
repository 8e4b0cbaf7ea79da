# SPDX-License-Identifier: GPL-3.0-or-later
"""How many faces are found, how near their landmarks are to those that people set, and what is taken for a face.

    python -m benchmarks.face_landmarks --scut DIR [--faces N] [--shrunk 4] [--turned 30]
    python -m benchmarks.face_landmarks --without-people FILE_OR_FOLDER...

DIR: SCUT-FBP5500 as `trainer fit --dataset scut` reads it, with landmarks.npz (`names`; `points`, N x 86 x 2 pixels).
Its points are not MediaPipe's: each is compared with that mean of the landmarks next to it which fits it best on every
second face, and measured on the others. --shrunk: by whole numbers, as for small faces; --turned: by degrees.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from models.faces import Face, find_faces
from models.faces.square import box_mean

CONTOUR = 22
"""Of the 86 points, the first: hairline to chin. The others are brows, eyes, nose and mouth."""
NEIGHBOURS = 6
"""Landmarks whose mean stands for one of the data set's points; its weights sum to 1."""
RIDGE = 1e-3
"""Keeps the weights near equal where neighbours move together; the sums beside it are over hundreds of faces."""
FAR = 0.10
"""Of the eyes' distance: a face with a mean error above this counts as lost."""
SUFFIXES = {".jpg", ".jpeg", ".png"}


def main() -> int:
    parser = argparse.ArgumentParser(
        description=(__doc__ or "").splitlines()[0], usage="python -m benchmarks.face_landmarks [options]"
    )
    parser.add_argument("--scut", type=Path, metavar="DIR")
    parser.add_argument("--faces", type=int, metavar="N", help="every so many that there are N of them (default: all)")
    parser.add_argument("--shrunk", type=int, default=1, metavar="N", help="shrink by box mean first (default 1)")
    parser.add_argument(
        "--turned", type=float, default=0.0, metavar="DEGREES", help="turn each picture first (default 0)"
    )
    parser.add_argument("--without-people", type=Path, nargs="+", default=[], metavar="PATH")
    arguments = parser.parse_args()
    if not arguments.scut and not arguments.without_people:
        parser.error("give --scut or --without-people")
    if arguments.scut:
        scut(arguments.scut, arguments.faces, arguments.shrunk, arguments.turned)
    if arguments.without_people:
        without_people(arguments.without_people)
    return 0


def scut(folder: Path, count: int | None, shrunk: int, turned: float) -> None:
    with np.load(folder / "landmarks.npz", allow_pickle=False) as file:
        names, points = file["names"], file["points"]
    chosen = np.arange(len(names)) if count is None else np.linspace(0, len(names) - 1, count).round().astype(int)
    found: list[Face | None] = []
    lost, more, begun = [], 0, time.perf_counter()
    for i in chosen:
        with Image.open(folder / "images" / str(names[i])) as picture:
            image = np.asarray(picture.convert("RGB").rotate(turned, Image.Resampling.BICUBIC))
        faces = find_faces((box_mean(image, shrunk) * 255).round().astype(np.uint8) if shrunk > 1 else image)
        more += len(faces) > 1
        lost += [] if faces else [str(names[i])]
        found.append(faces[0] if faces else None)
    seconds = (time.perf_counter() - begun) / len(chosen)
    print(
        f"{len(chosen)} faces: found {len(chosen) - len(lost)}, more than one in {more}; {seconds * 1000:.0f} ms each"
    )
    print(f"not found: {', '.join(lost[:20]) or 'none'}")
    if turned:
        return
    known = [k for k, face in enumerate(found) if face and np.isfinite(points[chosen[k]]).all()]
    ours = np.stack([face.points * shrunk for k in known if (face := found[k])])  # (n, 468, 2)
    theirs = points[chosen[known]]  # (n, 86, 2)
    errors = distances(ours, theirs)  # (n / 2, 86), of the eyes' distance
    inner, contour = errors[:, CONTOUR:].mean(), errors[:, :CONTOUR].mean()
    print(f"of the eyes' distance: inner {errors.shape[1] - CONTOUR} points {inner:.2%}, contour {contour:.2%}, "
          f"all {errors.mean():.2%}; above {FAR:.0%} {int((errors[:, CONTOUR:].mean(axis=1) > FAR).sum())} faces "
          f"of {len(errors)}")  # fmt: skip


def distances(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """(n, 468, 2) and (n, 86, 2) pixels -> distances (n / 2, 86) on every second face, of the distance of the outer
    corners of the eyes, after fitting on the others."""
    right, left = ours[:, 33], ours[:, 263]
    unit = np.hypot(*(left - right).T)  # (n,)
    result = np.empty((len(ours[1::2]), theirs.shape[1]))
    for j in range(theirs.shape[1]):
        away = (np.linalg.norm(ours[::2] - theirs[::2, j, None], axis=-1) / unit[::2, None]).mean(axis=0)  # (468,)
        near = np.argsort(away)[:NEIGHBOURS]
        result[:, j] = np.linalg.norm(_fitted(ours[:, near], theirs[:, j], unit), axis=-1)
    return result


def _fitted(near: np.ndarray, wanted: np.ndarray, unit: np.ndarray) -> np.ndarray:
    """What is left of (n, 2) by a mean of (n, m, 2) that is fitted on every other face: (n / 2, 2), in units."""
    centre = near.mean(axis=1)
    basis = (near - centre[:, None]) / unit[:, None, None]  # (n, m, 2); weights sum to anything: it has no mean
    rest = (wanted - centre) / unit[:, None]
    a, b = basis[::2].transpose(0, 2, 1).reshape(-1, near.shape[1]), rest[::2].reshape(-1)
    weights = np.linalg.solve(a.T @ a + RIDGE * np.eye(a.shape[1]), a.T @ b)
    return np.asarray(rest[1::2] - np.einsum("nmk,m->nk", basis[1::2], weights))


def without_people(paths: list[Path]) -> None:
    files = [file for path in paths for file in (sorted(path.iterdir()) if path.is_dir() else [path])]
    files = [file for file in files if file.suffix.lower() in SUFFIXES]
    alarms = 0
    for file in files:
        with Image.open(file) as picture:
            image = np.asarray(ImageOps.exif_transpose(picture).convert("RGB"))
        for face in find_faces(image):
            alarms += 1
            x, y, right, bottom = (int(v) for v in face.box.round())
            print(
                f"{file}: a face at {x:.0f}, {y:.0f}, {right - x:.0f} x {bottom - y:.0f}, presence {face.presence:.3f}"
            )
    print(f"{len(files)} pictures without people: {alarms} faces")


if __name__ == "__main__":
    sys.exit(main())
