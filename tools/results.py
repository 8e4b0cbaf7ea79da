# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a benchmark and keeps what it prints, with versions and machine, for docs/results.md.

    python -m tools.results 60-merged-memory -- python -m benchmarks.merged_memory
    python -m tools.results 60-merged-memory --title "Memory of merged mode" -- python -m benchmarks.merged_memory

The result goes to docs/results/NAME.json, and from there into the page (tools/tables.py). It is not kept where the
command fails.
"""

from __future__ import annotations

import argparse
import datetime
import importlib.metadata
import json
import os
import platform
import shlex
import subprocess
import sys

from models.files import write_text

from . import tables

PACKAGES = ("numpy", "pillow", "onnxruntime", "torch")
"""Whose versions may change a figure."""


def main() -> int:
    parser = argparse.ArgumentParser(
        description=(__doc__ or "").splitlines()[0], usage="%(prog)s NAME [--title TITLE] -- COMMAND ..."
    )
    parser.add_argument("name", help="of the result; results.md has them in the names' order")
    parser.add_argument("--title", help="of its section (default: as before, or the command)")
    given = sys.argv[1:]
    mine, command = (given[: given.index("--")], given[given.index("--") + 1 :]) if "--" in given else (given, [])
    chosen = parser.parse_args(mine)
    if not command:
        parser.error("give a command behind --")
    path = tables.RESULTS / f"{chosen.name}.json"
    before = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    print(done.stdout, end="")
    if done.returncode:
        print(f"{shlex.join(command)}: ended with {done.returncode}; nothing is kept", file=sys.stderr)
        return 1
    result = {
        "title": chosen.title or before.get("title") or shlex.join(command),
        "command": shlex.join(command),
        "measured": f"{datetime.date.today()} at {_commit()}, {os.cpu_count()} cores; {_versions()}",
        "printed": done.stdout.splitlines(),
    }
    write_text(path, json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    tables.main()
    return 0


def _versions() -> str:
    found = [f"Python {platform.python_version()}"]
    for name in PACKAGES:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    return ", ".join(found)


def _commit() -> str:
    command = ["git", "-C", str(tables.DOCS), "describe", "--always", "--dirty"]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    return said.stdout.strip() or "an unknown commit"


if __name__ == "__main__":
    sys.exit(main())
