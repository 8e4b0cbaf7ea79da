# SPDX-License-Identifier: GPL-3.0-or-later
"""For the plug-in's files outside GIMP: stand-ins for GIMP's modules, only so that they can be imported.

For the installer and the doctor: a home of its own for each test, and programs that answer as GIMP and its packagings
do. Flatpak, Snap, Windows and macOS can't be had in a test: what stands for them are shell scripts, which answer as
these programs are documented to.
"""

from __future__ import annotations

import importlib
import json
import os
import shlex
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from gimp_plugin import install

INSTALLED = sorted(
    {"config.json", "lib"}
    | {
        path.relative_to(install.ENTRY.parent).parts[0]
        for path in install.ENTRY.parent.rglob("*")
        if path.is_file() and path.suffix != ".pyc" and not path.name.startswith(".")
    }
)
"""What lies right in an installed plug-in's folder."""
PYTHON = {
    "version": "3.13", "platform": "linux-x86_64", "libc": ["glibc", "2.41"], "implementation": "cpython",
    "problem": "",
}  # fmt: skip
"""What GIMP's own Python answers to discovery.ABOUT."""
FLATPAK_VERSION = "3.2.4"

Program = Callable[[str, str], Path]


@pytest.fixture(scope="session")
def part(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """name -> one of the modules of the plug-in's package, such as "agent"."""
    repository = mock.MagicMock()
    repository.Gimp.PlugIn = type("PlugIn", (), {})
    stand_ins: dict[str, Any] = {
        "gi": types.SimpleNamespace(require_version=lambda *_: None, repository=repository),
        "gi.repository": repository,
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, module in stand_ins.items():
            patch.setitem(sys.modules, name, module)
        yield lambda name: importlib.import_module(f"gimp_plugin.auto_enhance_rl.plugin.{name}")


def answering(**changes: object) -> str:
    """A shell script that is a Python which says of itself what `changes` say, whatever it is asked."""
    return f"cat >/dev/null\necho {shlex.quote(json.dumps(PYTHON | changes))}\n"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home in which nothing has been started, with none of this machine's programs in PATH but the system's own."""
    folder = tmp_path / "home"
    (folder / "bin").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(folder))
    for name in ("XDG_CONFIG_HOME", "GIMP3_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)
    system = [path for path in ("/usr/bin", "/bin") if not os.path.exists(f"{path}/gimp")]
    monkeypatch.setenv("PATH", os.pathsep.join([str(folder / "bin"), *system]))
    return folder


@pytest.fixture
def program(home: Path) -> Program:
    """Makes a program in PATH: its name and the lines of its shell script."""

    def make(name: str, script: str) -> Path:
        path = home / "bin" / name
        path.write_text(f"#!/bin/sh\n{script}")
        path.chmod(0o755)
        return path

    return make


@pytest.fixture
def profile(home: Path, program: Program) -> Path:
    """GIMP 3.0.4 from the system's packages, which has been started."""
    program("gimp", "echo 'GNU Image Manipulation Program version 3.0.4'\n")
    program("python3", answering())
    folder = home / ".config" / "GIMP" / "3.0"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def flatpak(home: Path, program: Program) -> Path:
    """Flathub's GIMP, which has been started: `flatpak info` and `flatpak run`, whose inside is bin/inside."""
    program(
        "flatpak",
        f"""case "$1 $2" in
"info org.gimp.GIMP") printf '          ID: org.gimp.GIMP\\n     Version: {FLATPAK_VERSION}\\n' ;;
"info --show-permissions") printf '[Context]\\nfilesystems=host;/tmp;xdg-config/GIMP:create;\\n' ;;
"run --command="*) program=${{2#--command=}}; shift 3; exec "$(dirname "$0")/inside" "$program" "$@" ;;
*) echo "error: $*" >&2; exit 1 ;;
esac
""",
    )
    program(
        "inside",
        f"""[ "$1" = python3 ] || {{ echo "bwrap: execvp $1: No such file or directory" >&2; exit 1; }}
{answering()}""",
    )
    folder = home / ".config" / "GIMP" / "3.2"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def snap(home: Path, program: Program) -> Path:
    """The Snap Store's GIMP, which has been started; its Python is bin/snap-bin/python3."""
    program(
        "snap",
        """case "$*" in
"list gimp") printf 'Name  Version  Rev  Tracking\\ngimp  3.0.6    525  latest/stable\\n' ;;
"run --shell gimp "*) shift 3; PATH="$(dirname "$0")/snap-bin:$PATH" exec bash "$@" ;;
esac
""",
    )
    (home / "bin" / "snap-bin").mkdir()
    program("snap-bin/python3", answering(version="3.12"))
    folder = home / "snap" / "gimp" / "current" / ".config" / "GIMP" / "3.0"
    folder.mkdir(parents=True)
    return folder
