# SPDX-License-Identifier: GPL-3.0-or-later
"""The face networks come out of the wheel byte by byte as they are shipped."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

pytest.importorskip("tflite", reason="tflite is not installed: pip install -e '.[test]'")

from models.faces.networks import FOLDER, SHA256
from tools import face_models


def test_they_are_made_again() -> None:
    wheel = face_models.cached_wheel()
    if not wheel.exists():
        if os.environ.get("CI") != "true":
            pytest.skip(f"{wheel} is not there: python -m tools.face_models gets it")
        wheel = face_models.downloaded()
    made = face_models.networks(wheel)
    assert set(made) == set(SHA256)
    for name, contents in made.items():
        assert contents == (FOLDER / f"{name}.onnx").read_bytes()


def test_another_wheel_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "other.whl", "w") as archive:
        for member, _, _ in face_models.SOURCES.values():
            archive.writestr(member, b"TFL3")
    with pytest.raises(SystemExit):
        face_models.networks(tmp_path / "other.whl")
