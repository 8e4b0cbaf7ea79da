# SPDX-License-Identifier: GPL-3.0-or-later
"""What the helper answers about faces."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from PIL import Image

from editor_ops.face_warp import displacement, pulled
from editor_ops.faces import edit_face
from editor_ops.skin_mask import skin_mask
from models.errors import UserError
from models.faces import Face
from models.faces.decision import FaceDecision
from models.helper import Session

MOVED = {"eye_size": 0.15, "jaw_width": -0.1, "skin_smoothing": 0.5}


@pytest.fixture(scope="module")
def session(portrait: np.ndarray) -> Session:
    asked = Session()
    asked.answer(header(portrait), portrait.tobytes())
    return asked


def header(picture: np.ndarray, **more: Any) -> dict[str, Any]:
    height, width, channels = picture.shape
    return {"faces": True, "width": width, "height": height, "channels": channels, **more}


def about(face: Face, **more: Any) -> dict[str, Any]:
    points = [[round(float(x), 2), round(float(y), 2)] for x, y in face.points]
    return {"face": {"points": points, "sliders": MOVED}, **more}


def test_a_picture_and_then_it_again(session: Session, portrait: np.ndarray, face: Face) -> None:
    opaque = np.dstack([portrait, np.full((512, 512), 255, np.uint8)])
    first = Session().answer(header(opaque, style="mild"), opaque.tobytes())
    decision = FaceDecision.from_json(json.loads(json.dumps(first, allow_nan=False)))
    assert np.abs(np.array(decision.faces[0].points) - face.points).max() < 0.01
    assert session.answer({"faces": True, "again": True}) == first
    double = session.answer({"faces": True, "again": True, "strength": 2.0})
    assert double["faces"][0]["sliders"]["eye_size"] == 2 * first["faces"][0]["sliders"]["eye_size"]


def test_displacement_and_mask_are_those_of_the_editor(session: Session, portrait: np.ndarray, face: Face) -> None:
    points = np.array(about(face)["face"]["points"], np.float32)
    box = tuple(session.answer({"faces": True, "again": True})["faces"][0]["box"])
    ways = session.answer(about(face, want="displacement"))
    expected = displacement(points, MOVED, box)
    assert tuple(ways["box"]) == box
    given = np.frombuffer(ways["data"], "<f4").reshape(box[3], box[2], 2)
    assert np.abs(given).max() > 1 and np.abs(given - expected).max() < 1e-4
    mask = session.answer(about(face, want="mask"))
    shown = np.frombuffer(mask["data"], np.uint8).reshape(box[3], box[2]) / 255
    moved = pulled(skin_mask(portrait, points, box)[None, ..., None], expected[None])[0, ..., 0]
    assert shown.max() > 0.9 and np.abs(shown - moved).max() < 0.0021


def test_a_picture_of_a_face(session: Session, portrait: np.ndarray, face: Face) -> None:
    x, y, width, height = session.answer({"faces": True, "again": True})["faces"][0]["box"]
    answer = session.answer(about(face, want="picture", side=100))
    assert max(answer["width"], answer["height"]) == 100
    seen = np.frombuffer(base64.b64decode(answer["picture"]), np.uint8).reshape(answer["height"], answer["width"], 3)
    points = np.array(about(face)["face"]["points"], np.float32)
    edited = Image.fromarray(edit_face(portrait, points, MOVED)[y : y + height, x : x + width])
    small = np.asarray(edited.resize((answer["width"], answer["height"]), Image.Resampling.BOX))
    assert np.abs(seen.astype(int) - small).mean() < 3
    large = session.answer(about(face, want="picture", side=2000))
    assert (large["width"], large["height"]) == (width, height)  # never enlarged


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"face": {}}, "malformed"),
        ({"face": None}, "malformed"),
        ({"face": {"points": [[1, 2]], "sliders": {}}}, "malformed"),
        ({"face": {"points": [[1, 2]] * 467 + [[float("nan"), 1]], "sliders": {}}}, "malformed"),
        ({"face": {"points": [[-400, -400]] * 468, "sliders": {}}}, "no face"),
        ({"want": "everything"}, "unknown"),
        ({"want": "picture", "side": 0}, "unknown"),
        ({"want": "picture", "side": 10**9}, "unknown"),
        ({"side": "wide"}, "malformed"),
    ],
)
def test_requests_that_make_no_sense(session: Session, face: Face, changes: dict[str, Any], kind: str) -> None:
    with pytest.raises(UserError) as error:
        session.answer(about(face, want="mask") | changes)
    assert error.value.kind == kind


def test_points_in_one_place_are_no_torn_picture(session: Session) -> None:
    asked = {"face": {"points": [[100, 100]] * 468, "sliders": MOVED}, "want": "displacement"}
    try:
        answer = session.answer(asked)
    except UserError:
        return
    assert np.isfinite(np.frombuffer(answer["data"], "<f4")).all()


def test_without_a_picture_there_is_no_face(face: Face) -> None:
    for asked in (about(face, want="mask"), {"faces": True, "again": True}):
        with pytest.raises(UserError) as error:
            Session().answer(asked)
        assert error.value.kind == "no picture"


def test_bytes_follow_the_line(portrait: np.ndarray, face: Face) -> None:
    """The helper, as the plug-in runs it: an answer with bytes, and the next one behind them."""
    lines = [header(portrait), about(face, want="displacement"), {"list_faces": True}, {"faces": True, "style": "none"}]
    sent = b"".join(
        json.dumps(line).encode() + b"\n" + (portrait.tobytes() if "width" in line else b"") for line in lines
    )
    done = subprocess.run([sys.executable, "-I", "-m", "models.helper"], input=sent, capture_output=True, timeout=60)
    decision, rest = done.stdout.split(b"\n", 1)
    line, rest = rest.split(b"\n", 1)
    said = json.loads(line)
    width, height = said["box"][2:]
    assert json.loads(decision)["faces"][0]["box"] == said["box"] and said["bytes"] == 8 * width * height
    assert "data" not in said and np.isfinite(np.frombuffer(rest[: said["bytes"]], "<f4")).all()
    styles, refused = (json.loads(each) for each in rest[said["bytes"] :].splitlines())
    assert [style["name"] for style in styles["styles"]] == ["mild"] and styles["default"] == "mild"
    assert refused["kind"] == "missing" and done.returncode == 1
