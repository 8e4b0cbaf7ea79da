# SPDX-License-Identifier: GPL-3.0-or-later
"""The helper process, as the plug-in runs it."""

import base64
import json
import subprocess
import sys

import numpy as np
import pytest

from editor_ops import SLIDERS, edit
from editor_ops.operations import to_dtype
from models import Policy, helper
from models.alternatives import alternatives
from models.decision import FORMAT_VERSION
from models.thumbnail import thumbnail
from tools import policies
from tools.policies import with_filters

PIXELS = np.random.default_rng(4).integers(0, 256, (40, 50, 4), dtype=np.uint8)
SOUND = {"width": 50, "height": 40, "channels": 4}


def ask(*requests):
    """Runs the helper once; each request is a header, or a header and pixels."""
    sent = b""
    for each in requests:
        header, pixels = each if isinstance(each, tuple) else (each, b"")
        sent += (header if isinstance(header, bytes) else json.dumps(header).encode()) + b"\n" + pixels
    return subprocess.run([sys.executable, "-I", "-m", "models.helper"], input=sent, capture_output=True, timeout=60)


def test_it_answers_as_the_policy_does():
    header = {**SOUND, "strength": 1.5}
    answer = ask((header, PIXELS.tobytes()))
    assert answer.returncode == 0 and answer.stderr == b""
    expected = with_filters(Policy.load().decide(PIXELS[..., :3], 1.5, PIXELS[..., 3]), 50, 40)
    assert json.loads(answer.stdout) == json.loads(json.dumps(expected))
    assert answer.stdout.count(b"\n") == 1


@pytest.mark.parametrize("changes", [{"width": float("inf")}, {"strength": 10**400}, {"channels": 1e308}])
def test_numbers_that_overflow_are_a_damaged_header(changes):
    answer = ask(({**SOUND, **changes}, PIXELS.tobytes()))
    assert answer.returncode == 1 and b"Traceback" not in answer.stderr
    assert json.loads(answer.stdout)["kind"] == "damaged header"


def test_it_lists_the_styles_and_decides_by_one(tmp_path):
    policies.write(tmp_path / "film.onnx", {"exposure": 20}, description="soft and warm")
    (tmp_path / "junk.onnx").write_bytes(b"junk")
    answer = ask({"list": True, "styles": str(tmp_path)})
    assert answer.returncode == 0 and answer.stderr == b""
    listed = json.loads(answer.stdout)
    assert listed == helper.list_styles({"styles": str(tmp_path)})
    assert (listed["format"], listed["default"]) == (FORMAT_VERSION, "photo")
    rows = [(row["name"], row["description"], bool(row["problem"])) for row in listed["styles"]]
    assert rows == [("photo", Policy.load().description, False), ("film", "soft and warm", False), ("junk", "", True)]
    decision = json.loads(ask(({**SOUND, "style": "film", "styles": str(tmp_path)}, PIXELS.tobytes())).stdout)
    assert decision["model"] == {"name": "film", "sha256": Policy.load(tmp_path / "film.onnx").sha256}


def test_a_picture_is_shown_once_and_asked_about_again(tmp_path):
    policies.write(tmp_path / "film.onnx", policies.BRIGHTEN)
    other = PIXELS // 2
    answer = ask(
        (SOUND, PIXELS.tobytes()), {"again": True, "style": "film", "styles": str(tmp_path)},
        {"again": True, "style": "sepia"}, {"alternatives": 4}, (SOUND, other.tobytes()), {"again": True},
    )  # fmt: skip
    assert answer.returncode == 1 and answer.stderr.count(b"\n") == 1
    first, film, failed, found, second, again = map(json.loads, answer.stdout.splitlines())
    policy = Policy.load()
    expected = with_filters(policy.decide(PIXELS[..., :3], alpha=PIXELS[..., 3]), 50, 40)
    assert first == json.loads(json.dumps(expected))
    expected = Policy.load(tmp_path / "film.onnx").decide(PIXELS[..., :3], alpha=PIXELS[..., 3])
    assert [row["value"] for row in film["sliders"]] == list(expected.values.values())
    assert failed["kind"] == "missing" and "sepia" in failed["error"]
    assert second == again != first
    assert [row["value"] for row in found["alternatives"][0]["sliders"]] == [r["value"] for r in first["sliders"]]


def test_alternatives_come_with_pictures_of_themselves():
    session = helper.Session()
    session.answer(SOUND, PIXELS.tobytes())
    answer = session.answer({"alternatives": 4})
    state = thumbnail(PIXELS[..., :3], PIXELS[..., 3])
    policy = Policy.load()
    expected = [policy.decide_thumbnail(state), *alternatives(policy, state)]
    assert answer["side"] == helper.PICTURE_SIDE and len(answer["alternatives"]) == len(expected) == 5
    small = thumbnail(PIXELS[..., :3], PIXELS[..., 3], helper.PICTURE_SIDE).transpose(1, 2, 0)
    for each, decision in zip(answer["alternatives"], expected, strict=True):
        assert {row["name"]: row["value"] for row in each["sliders"]} == decision.values
        picture = np.frombuffer(base64.b64decode(each["picture"]), np.uint8).reshape(small.shape)
        assert np.array_equal(picture, edit(to_dtype(small, np.uint8, 255), decision.values))


@pytest.mark.parametrize(
    ("header", "pixels", "kind"),
    [
        (b"[1]", b"", "damaged header"),
        (b"junk", b"", "damaged header"),
        ({}, b"", "no picture"),
        ({"again": True}, b"", "no picture"),
        ({"channels": 3}, b"", "damaged header"),
        ({**SOUND, "width": "wide"}, b"", "damaged header"),
        ({**SOUND, "width": 0}, b"", "damaged header"),
        ({**SOUND, "width": 10**9, "height": 10**9}, b"", "damaged header"),
        ({**SOUND, "channels": 2}, b"", "damaged header"),
        ({**SOUND, "strength": "much"}, PIXELS.tobytes(), "damaged header"),
        (SOUND, b"12", "cut short"),
        ({**SOUND, "strength": 9}, PIXELS.tobytes(), "out of range"),
        ({**SOUND, "model": "/nowhere.onnx"}, PIXELS.tobytes(), "missing"),
        ({**SOUND, "style": "sepia", "styles": "/nowhere"}, PIXELS.tobytes(), "missing"),
        ({**SOUND, "style": "../photo"}, PIXELS.tobytes(), "bad name"),
        ({**SOUND, "style": "photo", "model": "/a.onnx"}, PIXELS.tobytes(), "contradiction"),
    ],
)
def test_it_fails_in_one_line(header, pixels, kind):
    answer = ask((header, pixels))
    assert answer.returncode == 1
    line = answer.stderr.decode()
    assert line.count("\n") == 1 and "Traceback" not in line
    assert json.loads(answer.stdout) == {"error": line.strip(), "kind": kind}


def test_a_plug_in_of_before_is_answered():
    """It starts models.decide, sends the layer's size too, and reads of the answer what is listed here; of another
    version's sliders it only reads the number of the format, and says to install it again."""
    headers = [
        SOUND | {"layer_width": 500, "layer_height": 400},
        {"again": True, "style": "photo"},
        {"alternatives": 4},
    ]
    sent = b"".join(json.dumps(each).encode() + b"\n" + PIXELS.tobytes() * ("channels" in each) for each in headers)
    command = [sys.executable, "-I", "-m", "models.decide"]
    answer = subprocess.run(command, input=sent, capture_output=True, timeout=60)
    assert answer.returncode == 0 and answer.stderr == b""
    first, again, found = map(json.loads, answer.stdout.splitlines())
    assert first == again and first["format"] == found["format"] == FORMAT_VERSION
    assert set(first["model"]) == {"name", "sha256"} and set(found) == {"format", "side", "alternatives"}
    for row, slider in zip(first["sliders"], SLIDERS, strict=True):
        assert (row["name"], row["operation"], row["property"]) == (slider.name, slider.operation, slider.property)
        assert {"label", "unit", "value", "neutral", "probability", "text"} <= set(row)


def test_nothing_asked_is_nothing_answered():
    answer = ask()
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, b"", b"")


def test_slider_rows_are_the_tables():
    rows = helper.Session().answer(SOUND, PIXELS.tobytes())["sliders"]
    assert [(row["name"], row["operation"], row["property"]) for row in rows] == [
        (slider.name, slider.operation, slider.property) for slider in SLIDERS
    ]
