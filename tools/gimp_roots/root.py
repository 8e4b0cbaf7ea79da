"""Real GIMP for tests and benchmarks: one Debian root for each GIMP version, made by make_root.sh and kept outside
the repository.

A command runs in such a root in namespaces of its own, so that nothing stays behind, whatever happens:

* the root is mounted read-only, with empty /tmp and /run;
* the caller's folder is /case, the only place that can be written, and is the working directory;
* the repository is /project, read-only;
* there is no network, and nothing of the caller's environment;
* every process that the command started ends with it.
"""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

# GIMP version -> the Debian suite that has it.
VERSIONS = {"3.0": "trixie", "3.2": "forky"}

PROJECT = Path(__file__).resolve().parents[2]
MAKE_ROOT = Path(__file__).with_name("make_root.sh")

# Arguments: root, folder, project, then the command. "set -e" stops at a mount that fails.
ENTER = """
root=$1 folder=$2 project=$3; shift 3
mount --bind "$root" "$root"; mount -o remount,bind,ro "$root"
mount --rbind /dev "$root/dev"; mount -t proc proc "$root/proc"
mount -t tmpfs tmpfs "$root/tmp"; mount -t tmpfs tmpfs "$root/run"
mount --bind "$folder" "$root/case"
mount --bind "$project" "$root/project"; mount -o remount,bind,ro "$root/project"
chroot "$root" /usr/bin/env --chdir=/case "$@"
"""


class RootError(RuntimeError):
    """A GIMP root cannot be made or entered here; the message says why."""


@functools.cache
def _made(version: str) -> tuple[Path | None, str]:
    """(root, "") or (None, why not). Kept, so that each of many tests does not try again."""
    if os.geteuid() != 0:
        return None, "only root can enter a GIMP root (chroot and mount)"
    if not shutil.which("unshare"):
        return None, "unshare is missing; install the package util-linux"
    made = subprocess.run([MAKE_ROOT, VERSIONS[version]], capture_output=True, text=True, check=False)
    if made.returncode:
        return None, f"{MAKE_ROOT.name} {VERSIONS[version]} failed: {made.stderr.strip()[-2000:]}"
    root = Path(made.stdout.splitlines()[-1])
    for name in ("case", "project"):
        (root / name).mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        tried = subprocess.run([*_enter(root, Path(folder)), "true"], capture_output=True, text=True, check=False)
    if tried.returncode:
        return None, f"{root} can't be entered (namespaces, mount and chroot must be allowed): {tried.stderr.strip()}"
    return root, ""


def _enter(root: Path, folder: Path) -> list[str]:
    """The command line that a command is put behind to run in the root."""
    namespaces = ["--mount", "--pid", "--net", "--ipc", "--fork", "--kill-child"]
    return ["unshare", *namespaces, "sh", "-euc", ENTER, "-", str(root), str(folder), str(PROJECT)]


def find(version: str) -> Path:
    """The root with this GIMP version ("3.0" or "3.2"), made on first use; RootError where that is impossible."""
    path, why = _made(version)
    if path is None:
        raise RootError(f"no GIMP {version}: {why}")
    return path


def home(version: str) -> Path:
    """A home folder in which this GIMP has been started once, made on first use and kept beside the root.

    At its first start GIMP asks every plug-in of its own what it does, for seven to ten seconds.
    """
    path = find(version)
    kept = path.with_name(f"{path.name}-home")
    made_of = str((path / ".complete").stat().st_mtime_ns)  # a root that is made anew makes its home anew
    if not (kept / made_of).exists():
        with tempfile.TemporaryDirectory(dir=path.parent) as name:
            folder = Path(name)
            (folder / "home").mkdir()
            command = [f"gimp-console-{version}", "-idf", "--quit"]
            run(version, command, folder, first_start=True)
            if not (folder / "home" / ".config" / "GIMP" / version / "pluginrc").exists():
                raise RootError(f"GIMP {version} in {path} left no pluginrc at its first start")
            (folder / "home" / made_of).touch()
            shutil.rmtree(kept, ignore_errors=True)
            with contextlib.suppress(OSError):  # another process was as fast
                (folder / "home").rename(kept)
    return kept


def run(
    version: str, command: list[str], folder: Path, timeout: float = 120, environment: Mapping[str, str] | None = None,
    first_start: bool = False,
) -> subprocess.CompletedProcess[str]:  # fmt: skip
    """Run `command` in the root of a GIMP version, with `folder` as /case, and return what it said.

    stdout and stderr are one text. HOME is /case/home, in which GIMP has been started before, unless first_start;
    `environment` adds variables (e.g. DISPLAY). After `timeout` seconds the command and all its children are killed
    and subprocess.TimeoutExpired is raised. RootError where there is no root.
    """
    path = find(version)
    folder = folder.resolve()
    if not first_start and not (folder / "home" / ".config" / "GIMP").exists():
        shutil.copytree(home(version), folder / "home", symlinks=True, dirs_exist_ok=True)
    (folder / "home").mkdir(exist_ok=True)
    variables = {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": "/case/home",
        "LC_ALL": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        **(environment or {}),
    }
    return subprocess.run(
        [*_enter(path, folder), *command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=variables,
        timeout=timeout,
        check=False,
    )


def gimp(
    version: str,
    script: Path,
    folder: Path,
    timeout: float = 240,
    environment: Mapping[str, str] | None = None,
    fonts: bool = False,
) -> str:
    """Run a Python script inside gimp-console, with `folder` as /case, and return GIMP's output.

    Starting GIMP takes about 2 s, so one script should do many cases. The script's last act is to write /case/done;
    where that file is not there at the end (an exception, a crash of GIMP, too slow) this raises RuntimeError with the
    end of the output.
    """
    done = folder / "done"
    done.unlink(missing_ok=True)
    inside = folder / script.name
    if script.resolve() != inside.resolve():
        shutil.copyfile(script, inside)
    batch = f"exec(compile(open('/case/{script.name}').read(), '{script.name}', 'exec'))"
    # No interface, no data, mostly no fonts: quicker, and what needs no text needs none of them.
    options = "-id" if fonts else "-idf"
    command = [f"gimp-console-{version}", options, "--batch-interpreter=python-fu-eval", "-b", batch, "--quit"]
    try:
        result = run(version, command, folder, timeout, environment)
        output, how = result.stdout, f"exit status {result.returncode}"
    except subprocess.TimeoutExpired as error:
        output, how = (error.output or b"").decode(errors="replace"), f"killed after {timeout} s"
    if not done.exists():
        raise RuntimeError(f"{script.name} did not finish in GIMP {version} ({how}):\n{output[-4000:]}")
    return output
