# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the two networks of models/faces from the `mediapipe` wheel: TensorFlow Lite files -> ONNX, without TensorFlow

    python -m tools.face_models [WHEEL]

Without WHEEL, pip downloads it (36 MB) into the cache folder. The files come out byte by byte the same each time; their
checksums are in models/faces/networks.py and SHA256SUMS.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import zipfile
from pathlib import Path

from models.faces.networks import FOLDER
from models.files import atomic_write, user_folder, write_text
from tools.tflite_to_onnx import convert

VERSION = "0.10.21"
PLATFORM = "manylinux_2_28_x86_64"
PYTHON = "3.11"
SOURCES = {
    "face_detection_short_range": (
        "mediapipe/modules/face_detection/face_detection_short_range.tflite",
        "bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8",
        {"input": "picture", "regressors": "boxes", "classificators": "scores"},
    ),
    "face_landmark": (
        "mediapipe/modules/face_landmark/face_landmark.tflite",
        "1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814",
        {"input_1": "picture", "conv2d_21": "points", "conv2d_31": "presence"},
    ),
}
"""The network's name -> its file in the wheel, that file's SHA-256, and what its input and outputs are called here."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, usage="python -m tools.face_models"
    )
    parser.add_argument("wheel", nargs="?", type=Path, metavar="WHEEL")
    made = networks(parser.parse_args().wheel or downloaded())
    for name, contents in made.items():
        with atomic_write(FOLDER / f"{name}.onnx") as stream:
            stream.write(contents)
    sums = {name: hashlib.sha256(contents).hexdigest() for name, contents in made.items()}
    write_text(FOLDER / "SHA256SUMS", "".join(f"{total}  {name}.onnx\n" for name, total in sums.items()))
    print(f"written: {FOLDER}; SHA256 of models/faces/networks.py: {sums}")


def networks(wheel: Path) -> dict[str, bytes]:
    """The ONNX files in a wheel of mediapipe, by name. SystemExit where the wheel is another."""
    made = {}
    with zipfile.ZipFile(wheel) as archive:
        for name, (member, sha256, names) in SOURCES.items():
            contents = archive.read(member)
            if (found := hashlib.sha256(contents).hexdigest()) != sha256:
                sys.exit(f"{wheel}: {member} is another file than in mediapipe {VERSION} ({found})")
            made[name] = convert(contents, names)
    return made


def cached_wheel() -> Path:
    """Where the wheel lies once it was downloaded."""
    cache = Path(os.environ.get("AUTO_ENHANCE_CACHE") or user_folder("cache"))
    return cache / f"mediapipe-{VERSION}-cp{PYTHON.replace('.', '')}-cp{PYTHON.replace('.', '')}-{PLATFORM}.whl"


def downloaded() -> Path:
    """The wheel, from the cache folder or by pip. SystemExit where pip can't get it."""
    wheel = cached_wheel()
    if not wheel.exists():
        command = [
            "download",
            f"mediapipe=={VERSION}",
            "--no-deps",
            "--only-binary",
            ":all:",
            "--dest",
            str(wheel.parent),
        ]
        which = ["--python-version", PYTHON, "--platform", PLATFORM]
        if subprocess.run([sys.executable, "-m", "pip", *command, *which], check=False).returncode:
            sys.exit(f"pip can't download mediapipe {VERSION}; give its wheel")
    return wheel


if __name__ == "__main__":
    main()
