# SPDX-License-Identifier: GPL-3.0-or-later
"""The two networks: only as they were shipped."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from models.errors import UserError
from models.faces import networks
from models.faces.networks import FOLDER, SHA256


def test_the_checksums_are_the_files() -> None:
    sums = dict(reversed(line.split()) for line in (FOLDER / "SHA256SUMS").read_text().splitlines())
    assert sums == {f"{name}.onnx": total for name, total in SHA256.items()}
    for name, total in SHA256.items():
        assert hashlib.sha256((FOLDER / f"{name}.onnx").read_bytes()).hexdigest() == total


@pytest.mark.parametrize(("contents", "kind"), [(None, "missing"), (b"other", "damaged")])
def test_another_file_is_not_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, contents: bytes | None, kind: str
) -> None:
    monkeypatch.setattr(networks, "FOLDER", tmp_path)
    if contents is not None:
        (tmp_path / "face_landmark.onnx").write_bytes(contents)
    with pytest.raises(UserError) as error:
        networks.load.__wrapped__("face_landmark")
    assert error.value.kind == kind
