# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing leaves the machine, and no file is written but those that were asked for.

strace shows every call of every thread and process, of ONNX Runtime's own threads too, which no hook in Python sees.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gimp_plugin import install

PROJECT = Path(__file__).parents[1]
Run = Callable[..., tuple[list[str], set[str]]]
SOCKET = re.compile(r"socket\((?!AF_UNIX)")  # AF_UNIX stays on this machine: the name service's cache, say
WRITES = re.compile(r"O_WRONLY|O_RDWR|O_CREAT|^(?!open|socket)")
PATHS = re.compile(r'(?:<([^>]*)>, )?"((?:[^"\\]|\\.)*)"')  # each with the folder that it is relative to
NO_FILES = re.compile(r"/dev/(null|tty|shm/sem\.)|.*/__pycache__(/|$)")  # semaphores go with their process
CALLS = ("socket", "open", "openat", "openat2", "creat", "mkdir", "mkdirat", "rename", "renameat", "renameat2", "link",
         "linkat", "symlink", "symlinkat", "mknod", "mknodat", "unlink", "unlinkat", "truncate")  # fmt: skip
HEADER = json.dumps({"width": 8, "height": 8, "channels": 3})
IN_PROCESS = """
import json, sys, types
folder, header = sys.argv[1:]
status = types.SimpleNamespace(EXECUTION_ERROR=0, CALLING_ERROR=1)
sys.modules["gi"] = types.SimpleNamespace()
sys.modules["gi.repository"] = types.SimpleNamespace(Gimp=types.SimpleNamespace(PDBStatusType=status))
sys.path[:0] = [folder, folder + "/lib"]
from plugin import agent
asked = agent.Agent(agent.Settings("/nowhere/python", 60, ""))
assert "sliders" in asked.ask(json.loads(header), bytes(192)).result() and asked._session is not None
asked.close()
"""
"""The plug-in's agent from its installed files, in a process like GIMP's; of GIMP it needs no more than the names."""


@pytest.fixture
def traced(tmp_path: Path) -> Run:
    """Runs a command in an empty home: (sockets that it asked for, files that it wrote, as seen from tmp_path).

    Of what it had in the folder of temporary files, nothing may be left.
    """
    strace = shutil.which("strace") or ""
    if not strace or subprocess.run([strace, "-o", os.devnull, "true"], capture_output=True).returncode:
        message = "strace is missing or not allowed here, and nothing else shows all that a process does"
        pytest.fail(message) if os.environ.get("CI") == "true" else pytest.skip(message)

    def run(*command: str, stdin: bytes = b"") -> tuple[list[str], set[str]]:
        home, trace, here, temporary = (tmp_path / name for name in ("home", "trace", "here", "temporary"))
        shutil.rmtree(trace, ignore_errors=True)
        for folder in (home, trace, here, temporary):
            folder.mkdir(exist_ok=True)
        calls = ",".join(f"?{name}" for name in CALLS)  # ?: some machines lack the older ones
        watching = [strace, "-ff", "-qq", "-y", "-s", "4096", "-e", f"trace={calls}", "-o", str(trace / "of")]
        done = subprocess.run(
            [*watching, *command], input=stdin, capture_output=True, cwd=here, timeout=300,
            env={"PATH": "/usr/bin:/bin", "HOME": str(home), "TMPDIR": str(temporary), "OMP_NUM_THREADS": "1"},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr.decode()
        lines = [line for file in trace.iterdir() for line in file.read_text(errors="replace").splitlines()]
        written = set()
        for line in lines:
            if WRITES.search(line) and ") = -1 " not in line:
                paths = [os.path.join(here, *found) for found in PATHS.findall(line.rpartition(")")[0])]
                written |= {os.path.relpath(path, tmp_path) for path in paths if not NO_FILES.match(path)}
        assert not list(temporary.iterdir())
        return [line for line in lines if SOCKET.match(line)], {path for path in written if path[:9] != "temporary"}

    return run


def test_the_trace_sees_what_threads_and_children_do(traced: Run) -> None:
    child = "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM); open('../home/word', 'w')"
    run = f"subprocess.run([sys.executable, '-c', {child!r}])"
    thread = f"import subprocess, sys, threading; threading.Thread(target=lambda: {run}).start()"
    sockets, written = traced(sys.executable, "-c", thread)
    assert len(sockets) == 1 and written == {"home/word"}


@pytest.mark.slow
def test_sixty_photos(traced: Run, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    for i in range(60):
        picture = Image.fromarray(np.random.default_rng(i).integers(0, 256, (24, 32, 3), np.uint8))
        picture.save(tmp_path / "photos" / f"{i}.{('jpg', 'png', 'tif')[i % 3]}")
    command = ("enhance", str(tmp_path / "photos"), "--out", str(tmp_path / "out"), "--jobs", "2", "--before-after")
    sockets, written = traced(sys.executable, "-I", "-m", "trainer", *command)
    assert len(list((tmp_path / "out").iterdir())) == 180
    assert sockets == [] and {path for path in written if not path.startswith("out/")} == {"out"}


def test_helper(traced: Run) -> None:
    request = HEADER.encode() + b"\n" + bytes(192)
    assert traced(sys.executable, "-I", "-m", "models.helper", stdin=request + b'{"list": true}\n') == ([], set())


def test_faces(traced: Run) -> None:
    photo = str(PROJECT / "tests" / "photos" / "astronaut.jpg")
    command = ("enhance", photo, "--out", "../out", "--faces")
    sockets, written = traced(sys.executable, "-I", "-m", "trainer", *command)
    assert sockets == [] and written - {"out"} and {path.partition("/")[0] for path in written} == {"out"}


@pytest.mark.parametrize("page", ["README.md", "docs/other-hosts.md"])
def test_the_hosts_that_a_page_shows(traced: Run, page: str) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (PROJECT / page).read_text(), re.DOTALL)
    hosts, photo = [each for each in blocks if "onnxruntime" in each], str(PROJECT / "tests" / "photos" / "parrots.png")
    assert hosts
    for code in hosts:
        code = code.replace('"models/', f'"{PROJECT / "models"}/').replace("photo.jpg", photo)
        sockets, written = traced(sys.executable, "-I", "-c", code, photo, "enhanced.png")
        assert sockets == [] and written <= {"here/enhanced.png"}


def test_plug_in(traced: Run, tmp_path: Path) -> None:
    """Installed, and asked as in a GIMP whose own Python has ONNX Runtime."""
    into = tmp_path / "plug-ins"
    command = (sys.executable, "-I", "-m", "trainer", "install-plugin", "--into", str(into))
    sockets, written = traced(*command)
    assert sockets == [] and not [path for path in written if not path.startswith("plug-ins")]
    folder = into / install.PLUG_IN
    sockets, written = traced(sys.executable, "-I", "-c", IN_PROCESS, str(folder), HEADER)
    assert sockets == [] and written <= {os.path.relpath(folder / install.LOG, tmp_path)}
