# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a benchmark and keeps what it prints, with versions and machine, for docs/results.md.

    python -m tools.results 60-merged-memory -- python -m benchmarks.merged_memory
    python -m tools.results 60-merged-memory --title "Memory of merged mode" -- python -m benchmarks.merged_memory
    python -m tools.results 70-blind --rows DIR/tally.json -- python -m benchmarks.blind tally DIR

The result goes to docs/results/NAME.json, and from there into the page (tools/tables.py). It is not kept where the
command fails; with --missed it is where that means a target that was missed (exit status 1). With --rows the page gets
a table, the columns and rows of a JSON file that the command writes, in place of what it prints.
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
from pathlib import Path
from typing import Any

from models.files import write_text

from . import tables

PACKAGES = ("numpy", "pillow", "onnxruntime", "torch")
"""Whose versions may change a figure."""


def main() -> int:
    parser = argparse.ArgumentParser(
        description=(__doc__ or "").splitlines()[0], usage="%(prog)s NAME [--title TITLE] [--rows FILE] -- COMMAND ..."
    )
    parser.add_argument("name", help="of the result; results.md has them in the names' order")
    parser.add_argument("--title", help="of its section (default: as before, or the command)")
    parser.add_argument("--missed", action="store_true", help="keep it also where the command ends with 1")
    parser.add_argument("--rows", type=Path, metavar="FILE", help="JSON with columns and rows, written by the command")
    given = sys.argv[1:]
    mine, command = (given[: given.index("--")], given[given.index("--") + 1 :]) if "--" in given else (given, [])
    chosen = parser.parse_args(mine)
    if not command:
        parser.error("give a command behind --")
    path = tables.RESULTS / f"{chosen.name}.json"
    before = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    print(done.stdout, end="")
    if done.returncode and not (chosen.missed and done.returncode == 1):
        print(f"{shlex.join(command)}: ended with {done.returncode}; nothing is kept", file=sys.stderr)
        return 1
    try:
        shown = _table(chosen.rows) if chosen.rows else {"printed": done.stdout.splitlines()}
    except (OSError, ValueError, KeyError, TypeError):
        print(f"{chosen.rows}: has no columns and rows; give a JSON file that the command writes", file=sys.stderr)
        return 1
    result = {
        "title": chosen.title or before.get("title") or shlex.join(command),
        "command": shlex.join(command),
        "measured": f"{datetime.date.today()} at {_commit()}, {os.cpu_count()} cores; {_versions()}",
        **shown,
    }
    write_text(path, json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    tables.main()
    return 0


def _table(file: Path) -> dict[str, list[Any]]:
    found = json.loads(file.read_bytes())
    columns, rows = list(map(str, found["columns"])), [list(map(str, row)) for row in found["rows"]]
    if not all(len(row) == len(columns) for row in rows):
        raise ValueError(file)
    return {"columns": columns, "rows": rows}


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
