# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking the agent about faces, without GIMP; tests/gimp/test_faces.py is the test in GIMP."""

from __future__ import annotations

import functools
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from editor_ops.face_warp import displacement
from editor_ops.faces import edit_face
from models.faces.decision import FORMAT_VERSION

PORTRAIT = Path(__file__).parents[1] / "photos" / "astronaut.jpg"
STRONG = {"jaw_width": -0.1, "skin_brightness": 0.3}


@functools.cache
def portrait() -> np.ndarray:
    with Image.open(PORTRAIT) as photo:
        return np.asarray(photo.convert("RGB").crop((110, 20, 340, 250)))


@pytest.fixture
def face_agent(part: Any) -> Any:
    return part("face_agent")


@pytest.fixture(params=["in process", "helper"])
def agent(request: pytest.FixtureRequest, part: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    if request.param == "helper":
        monkeypatch.setitem(sys.modules, "onnxruntime", None)
    module = part("agent")
    made = module.Agent(module.Settings(sys.executable, 60.0, ""))
    made.ask({"list_faces": True}).result()  # it has begun, one way or the other
    monkeypatch.undo()
    yield made
    made.close()


def test_from_a_picture_to_what_gimp_needs(agent: Any, part: Any, face_agent: Any) -> None:
    image = portrait()
    height, width, _ = image.shape
    header = {"faces": True, "style": "mild", "styles": "", "colour": True}
    size = {"width": width, "height": height, "channels": 3}
    found = face_agent.check_faces(agent.ask(header | size, image.tobytes()).result())
    edit = part("face_edit").FacesEdit(colour=True)
    edit.take(found, lambda x, y: True)
    (face,) = edit.faces
    face.chosen = face.chosen | STRONG
    points, values = np.array(face.found.points, np.float32), edit.values(face)

    before, after = (
        face_agent.check_picture(agent.ask(face_agent.picture_request(face, each, 100)).result(), 100)
        for each in ({}, values)
    )
    assert max(before[:2]) == 100 and before[:2] == after[:2] and before.data != after.data

    (made,) = face_agent.face_parts(agent, edit)
    x, y, w, h = made.box
    ways = np.frombuffer(made.displacement, "<f4").reshape(h, w, 2)
    np.testing.assert_allclose(ways, displacement(points, values, made.box), atol=1e-4)
    mask = np.frombuffer(made.mask, np.uint8).reshape(h, w)
    changed = np.abs(edit_face(image, points, values).astype(int) - image).max(-1)
    assert (changed[y : y + h, x : x + w][mask == 0] == 0).mean() > 0.5 and mask.max() > 200
    assert {each.operation for each in made.filters} >= {"gegl:exposure"}

    again = face_agent.check_faces(agent.ask(header | {"again": True}).result())
    assert again == found
    face.on = False
    assert face_agent.face_parts(agent, edit) == []


def test_a_face_without_skin_or_shape_has_neither(agent: Any, part: Any, face_agent: Any) -> None:
    image = portrait()
    header = {"faces": True, "width": image.shape[1], "height": image.shape[0], "channels": 3}
    edit = part("face_edit").FacesEdit(colour=True)
    edit.take(face_agent.check_faces(agent.ask(header, image.tobytes()).result()), lambda x, y: True)
    (face,) = edit.faces
    neutral = {slider.name: slider.neutral for slider in edit.sliders}
    for name in STRONG:
        face.chosen = neutral | {name: STRONG[name]}
        (made,) = face_agent.face_parts(agent, edit)
        assert bool(made.displacement) == (name == "jaw_width")
        assert bool(made.mask) == bool(made.filters) == (name == "skin_brightness")


@pytest.mark.parametrize(
    "answer",
    [
        None, [], {}, {"width": 2, "height": 1}, {"width": 2, "height": 1, "picture": "!!!!"},
        {"width": 2, "height": 1, "picture": "AAAA"}, {"width": 2.0, "height": 1, "picture": "AAAAAAAA"},
        {"width": 101, "height": 1, "picture": "AAAA" * 101}, {"width": 0, "height": 1, "picture": ""},
    ],
)  # fmt: skip
def test_any_other_picture_is_refused(face_agent: Any, part: Any, answer: Any) -> None:
    with pytest.raises(part("messages").PluginError, match="can't be used .* `trainer install-plugin`"):
        face_agent.check_picture(answer, 100)
    assert face_agent.check_picture({"width": 2, "height": 1, "picture": "AAAAAAAA"}, 100) == (2, 1, bytes(6))


@pytest.mark.parametrize("answer", [None, [], {}, {"format": FORMAT_VERSION, "faces": [{}]}, {"format": 99}])
def test_anything_else_than_faces_is_refused(face_agent: Any, part: Any, answer: Any) -> None:
    for check in (face_agent.check_faces, face_agent.check_face_styles):
        with pytest.raises(part("messages").PluginError, match="can't be used .* `trainer install-plugin`"):
            check(answer)


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("echo '{\"bytes\": 3}'; printf abc; cat >/dev/null", None),
        ("echo '{\"bytes\": 4}'; printf abcd; cat >/dev/null", "0 bytes in place of 3"),
        ("echo '{}'; cat >/dev/null", "0 bytes in place of 3"),
        ("echo '[]'; cat >/dev/null", "0 bytes in place of 3"),
        ("head -n 1 >/dev/null; echo '{\"bytes\": 3}'; printf a", "1 bytes in place of 3"),
        ("echo '{\"bytes\": 3}'; sleep 20", "no answer in 0.3 seconds"),
        ('echo \'{"error": "the cause"}\'; cat >/dev/null', "No decision: the cause"),
    ],
)
def test_bytes_behind_an_answer(
    part: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str, message: str | None
) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    python = tmp_path / "python3"
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(0o755)
    module = part("agent")
    asked = module.Agent(module.Settings(str(python), 0.3 if "sleep" in script else 20.0, ""))
    answer = asked.ask({"face": {}}, raw=3)
    if message is None:
        assert answer.result()["data"] == b"abc"
    else:
        with pytest.raises(module.PluginError, match=message):
            answer.result()
    asked.close()
