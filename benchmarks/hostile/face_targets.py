# SPDX-License-Identifier: GPL-3.0-or-later
"""What is handed to the program about faces: decisions, presets, and what the helper is asked."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from editor_ops.face_sliders import FACE_SLIDERS
from models.errors import UserError
from models.faces import Face, styles
from models.faces.decide import decide_faces
from models.faces.decision import FaceDecision
from tools.made_faces import face_points, paint

from .mutate import mutated, mutated_json
from .targets import Target, must, refused, take_requests

WIDTH, HEIGHT = 90, 110
SKIN = (205, 160, 140)


@functools.cache
def face() -> Face:
    return Face(face_points(30.0, 45.0, 50.0), 1.0)


@functools.cache
def picture() -> np.ndarray:
    return paint(face().points, WIDTH, HEIGHT, SKIN)


@functools.cache
def decision() -> dict[str, Any]:
    return decide_faces(picture(), [face()] * 2, styles.find_style()).to_json()


def make_decision(rng: Random) -> tuple[str, bytes]:
    return "faces.json", mutated_json(decision(), rng)


def take_decision(name: str, data: bytes, folder: Path) -> str:
    try:
        read = FaceDecision.from_json(json.loads(data))
    except UserError as error:
        return refused(error)
    except (ValueError, RecursionError):
        return "no JSON"
    written = read.to_json()  # landmarks rounded
    must(
        FaceDecision.from_json(json.loads(json.dumps(written))).to_json() == written, "written and read, it is another"
    )
    return "taken"


def make_preset(rng: Random) -> tuple[str, bytes]:
    values = {slider.name: rng.uniform(*slider.property_range) for slider in FACE_SLIDERS if rng.random() < 0.3}
    return "mine.json", mutated_json({"format": 1, "description": "mine", "sliders": values}, rng)


def take_preset(name: str, data: bytes, folder: Path) -> str:
    (folder / name).write_bytes(data)
    (listed,) = (style for style in styles.find(folder) if style.own)
    must(listed.description.isprintable() and listed.problem.isprintable(), "its words are not printable")
    try:
        made = decide_faces(picture(), [face()], styles.find_style("mine", folder))
    except UserError as error:
        must(bool(listed.problem), "it is listed as fit, and refused")
        return refused(error)
    must(FaceDecision.from_json(made.to_json()).to_json() == made.to_json(), "its decision is none")
    return "decided"


def make_requests(rng: Random) -> tuple[str, bytes]:
    """A picture, and what is asked about a face in it, most of it real, then changed."""
    header: dict[str, Any] = {"faces": True, "width": WIDTH, "height": HEIGHT, "channels": 3}
    said = json.dumps(header).encode() + b"\n" + picture().tobytes()
    for _ in range(rng.randint(1, 3)):
        one = decision()["faces"][0]
        asked: dict[str, Any] = {"face": {"points": one["points"], "sliders": one["sliders"]}, "side": 40}
        asked["want"] = rng.choice(("picture", "displacement", "mask"))
        if rng.random() < 0.3:
            asked = {rng.choice(("faces", "list_faces")): True, "style": rng.choice(("mild", "", "../mild"))}
        said += (mutated_json(asked, rng) if rng.random() < 0.7 else json.dumps(asked).encode()) + b"\n"
    return "requests", mutated(said, rng) if rng.random() < 0.3 else said


TARGETS = {
    "face decision": Target(3, make_decision, take_decision),
    "face preset": Target(2, make_preset, take_preset),
    "face request": Target(3, make_requests, take_requests),
}
