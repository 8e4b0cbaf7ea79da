# SPDX-License-Identifier: GPL-3.0-or-later
"""BlazeFace (Bazarevsky et al. 2019, arXiv 1907.05047), MediaPipe's short-range form: faces in squares of a picture."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from . import networks
from .square import Square

SIZE = 128
"""Pixels along the side of what the network is shown."""
GRIDS = ((8, 2), (16, 6))
"""Pixels between the network's anchors, and how many lie on each place (MediaPipe's face_detection.pbtxt)."""
RIGHT_EYE, LEFT_EYE = 0, 1
"""Of the six key points: the person's right eye, which is at the left in an upright picture, and the left one."""
SAME = 0.3
"""Intersection over union from which two detections are of one face (MediaPipe's min_suppression_threshold)."""


@dataclass(frozen=True)
class Detection:
    """score: 0..1. box: float64 (4,) left, top, right, bottom. eyes: (2, 2), the right one first. Picture's pixels."""

    score: float
    box: np.ndarray
    eyes: np.ndarray


@functools.cache
def _anchors() -> np.ndarray:
    """The anchors' centres (896, 2), x then y, 0..1, in the network's order."""
    grids = []
    for stride, count in GRIDS:
        n = SIZE // stride
        y, x = np.mgrid[:n, :n]
        centres = np.stack([x, y], axis=-1).reshape(-1, 1, 2) + 0.5
        grids.append(np.repeat(centres / n, count, axis=1).reshape(-1, 2))
    return np.concatenate(grids)


def detect(pictures: np.ndarray, squares: list[Square], threshold: float) -> list[Detection]:
    """Faces whose score is above the threshold, one for each face of each square, each square's best first.

    pictures: float32 (N, 128, 128, 3), sRGB-encoded in 0..1, black outside of the picture; squares: where each was cut
    out. A square that is turned finds faces that are turned as it is.
    """
    seen = pictures * 2 - 1  # the network's range is -1..1
    rows, logits = networks.run("face_detection_short_range", seen, ["boxes", "scores"])
    scores = 1 / (1 + np.exp(-np.clip(logits[..., 0].astype(np.float64), -50, 50)))  # (N, 896)
    found = []
    for row, score, square in zip(rows, scores, squares, strict=True):
        kept = np.flatnonzero(score > threshold)
        if len(kept):
            found += _detections(row[kept], score[kept], _anchors()[kept], square)
    return found


def _detections(rows: np.ndarray, scores: np.ndarray, anchors: np.ndarray, square: Square) -> list[Detection]:
    """What the network says at some anchors: rows (n, 16), scores (n,), anchors (n, 2)."""
    pairs = rows.astype(np.float64).reshape(-1, 8, 2) / SIZE  # centre, width and height, six key points
    centres, half = pairs[:, 0] + anchors, pairs[:, 1] / 2
    boxes = np.concatenate([centres - half, centres + half], axis=1)  # (n, 4)
    eyes = pairs[:, [2 + RIGHT_EYE, 2 + LEFT_EYE]] + anchors[:, None]  # (n, 2, 2)
    found = []
    for group in groups(scores, boxes):
        weight = scores[group] / scores[group].sum()
        box = (boxes[group] * weight[:, None]).sum(axis=0)
        both = (eyes[group] * weight[:, None, None]).sum(axis=0)
        found.append(_in_picture(float(scores[group[0]]), box, both, square))
    return found


def _in_picture(score: float, box: np.ndarray, eyes: np.ndarray, square: Square) -> Detection:
    """Of a turned square the box that is kept is as large as the square's own, about the same centre."""
    centre = square.to_picture((box[:2] + box[2:]) / 2)
    half = (box[2:] - box[:2]) / 2 * square.side
    return Detection(score, np.concatenate([centre - half, centre + half]), square.to_picture(eyes))


def groups(scores: np.ndarray, boxes: np.ndarray) -> list[np.ndarray]:
    """Indices of boxes (n, 4) that are of one thing, each group's best first, the best group first.

    MediaPipe's weighted non-maximum suppression, but for the weighting.
    """
    left = np.argsort(-scores, kind="stable")
    found = []
    while len(left):
        same = overlap(boxes[left[0]], boxes[left]) > SAME
        same[0] = True  # a box without area overlaps nothing
        found.append(left[same])
        left = left[~same]
    return found


def overlap(box: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Intersection over union of a box (4,) and each of some boxes (n, 4)."""
    low = np.maximum(box[:2], boxes[:, :2])
    high = np.minimum(box[2:], boxes[:, 2:])
    common = np.clip(high - low, 0, None).prod(axis=1)
    areas = np.clip(boxes[:, 2:] - boxes[:, :2], 0, None).prod(axis=1)
    own = np.clip(box[2:] - box[:2], 0, None).prod()
    return common / np.maximum(own + areas - common, 1e-9)
