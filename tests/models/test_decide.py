# SPDX-License-Identifier: GPL-3.0-or-later
"""The helper process, as the plug-in runs it."""

import json
import subprocess
import sys

import numpy as np
import pytest

from models import Policy, decide
from tests.gimp_plugin import policies

PIXELS = np.random.default_rng(4).integers(0, 256, (40, 50, 4), dtype=np.uint8)


def ask(header, pixels=b""):
    line = header if isinstance(header, bytes) else json.dumps(header).encode()
    return subprocess.run(
        [sys.executable, "-I", "-m", "models.decide"], input=line + b"\n" + pixels, capture_output=True, timeout=60
    )


SOUND = {"width": 50, "height": 40, "channels": 4}


def test_it_answers_as_the_policy_does():
    header = {"width": 50, "height": 40, "channels": 4, "strength": 1.5, "layer_width": 500, "layer_height": 400}
    answer = ask(header, PIXELS.tobytes())
    assert answer.returncode == 0 and answer.stderr == b""
    expected = Policy.load().decide(PIXELS[..., :3], 1.5, PIXELS[..., 3]).to_json(500, 400)
    assert json.loads(answer.stdout) == json.loads(json.dumps(expected))
    assert answer.stdout.count(b"\n") == 1


def test_filters_for_other_primaries(tmp_path):
    swapped = [0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0]  # red and green
    warm = str(policies.write(tmp_path / "warm.onnx", {"temperature": 20}))
    plain = decide.decide({**SOUND, "model": warm}, PIXELS.tobytes())
    other = decide.decide({**SOUND, "model": warm, "primaries": swapped}, PIXELS.tobytes())
    assert other["sliders"] == plain["sliders"]
    assert [f["operation"] for f in plain["filters"]] == ["gegl:color-temperature"]
    assert [f["operation"] for f in other["filters"]] == ["gegl:color-temperature", "gegl:channel-mixer"]


def test_it_lists_the_styles_and_decides_by_one(tmp_path):
    policies.write(tmp_path / "film.onnx", {"exposure": 20}, description="soft and warm")
    (tmp_path / "junk.onnx").write_bytes(b"junk")
    answer = ask({"list": True, "styles": str(tmp_path)})
    assert answer.returncode == 0 and answer.stderr == b""
    listed = json.loads(answer.stdout)
    assert listed == decide.list_styles({"styles": str(tmp_path)})
    assert (listed["format"], listed["default"]) == (1, "photo")
    rows = [(row["name"], row["description"], bool(row["problem"])) for row in listed["styles"]]
    assert rows == [("photo", Policy.load().description, False), ("film", "soft and warm", False), ("junk", "", True)]
    decision = json.loads(ask({**SOUND, "style": "film", "styles": str(tmp_path)}, PIXELS.tobytes()).stdout)
    assert decision["model"] == {"name": "film", "sha256": Policy.load(tmp_path / "film.onnx").sha256}


@pytest.mark.parametrize(
    ("header", "pixels", "message"),
    [
        (b"", b"", "Expecting value"),
        (b"[1]", b"", "not a JSON object"),
        ({}, b"", "header is damaged"),
        ({**SOUND, "width": "wide"}, b"", "header is damaged"),
        ({**SOUND, "width": 0}, b"", "no picture has 0 x 40"),
        ({**SOUND, "width": 10**9, "height": 10**9}, b"", "no picture has"),
        ({**SOUND, "channels": 2}, b"", "2 channels"),
        (SOUND, b"12", "2 bytes came for 50 x 40 x 4"),
        ({**SOUND, "strength": 9}, PIXELS.tobytes(), "from 0 to 2"),
        ({**SOUND, "primaries": [1, 2]}, PIXELS.tobytes(), "primaries are nine numbers"),
        ({**SOUND, "model": "/nowhere.onnx"}, PIXELS.tobytes(), "/nowhere.onnx: can't be read"),
        ({**SOUND, "style": "sepia", "styles": "/nowhere"}, PIXELS.tobytes(), "no style 'sepia'; there are: photo"),
        ({**SOUND, "style": "../photo"}, PIXELS.tobytes(), "can't be a style's name"),
        ({**SOUND, "style": "photo", "model": "/a.onnx"}, PIXELS.tobytes(), "both given"),
    ],
)
def test_it_fails_in_one_line(header, pixels, message):
    answer = ask(header, pixels)
    assert answer.returncode == 1 and answer.stdout == b""
    line = answer.stderr.decode()
    assert line.count("\n") == 1 and "Traceback" not in line
    assert message in line
