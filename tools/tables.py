# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the tables of the docs from what they are about: the slider table, the settings, the benchmarks' results.

    python -m tools.tables              after a slider, a setting or a result was changed

docs/results.md is made of docs/results/*.json (`python -m tools.results` makes those). In other pages a table stands
between "<!-- made by tools.tables: NAME -->" and "<!-- end -->"; nothing else of them is touched.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from editor_ops import SLIDERS, Slider
from editor_ops.chain import MODE_WORDS
from models.files import write_text
from trainer.config import Config, recipe

PROJECT = Path(__file__).parents[1]
DOCS = PROJECT / "docs"
ROOMS = ("editor_ops", "models", "enhancer", "trainer", "gimp_plugin", "tools", "benchmarks", "examples")
RESULTS = DOCS / "results"
INTRODUCTION = """# Results

What the benchmarks print, made by `python -m tools.tables` from `docs/results/*.json`. Each section names the command
that printed it, and when. `python -m tools.results NAME -- COMMAND` runs a command and keeps what it prints.
"""


def main() -> None:
    for path, text in pages().items():
        if path.read_text(encoding="utf-8") != text:
            write_text(path, text)
            print(f"written: {path}")


def pages() -> dict[Path, str]:
    """Every page with a table of ours, as it should be."""
    results = DOCS / "results.md"
    made = {results: results_page()}
    tables = {
        DOCS / "how.md": {"sliders": slider_table()},
        DOCS / "controls.md": {"slider ranges": slider_ranges(DOCS / "controls.md")},
        DOCS / "paper.md": {"settings": settings_table(DOCS / "paper.md")},
        DOCS / "architecture.md": {f"files of {room}": files_of(room) for room in ROOMS},
    }
    for path, blocks in tables.items():
        text = path.read_text(encoding="utf-8")
        for name, table in blocks.items():
            text = replace_block(text, name, table)
        made[path] = text
    return made


def replace_block(text: str, name: str, table: str) -> str:
    """The page with a table in its place. ValueError where the page has none."""
    begin, end = f"<!-- made by tools.tables: {name} -->\n", "<!-- end -->"
    if begin not in text:
        raise ValueError(f"no place for {name}: put the lines {begin.strip()!r} and {end!r} into the page")
    before, _, rest = text.partition(begin)
    return f"{before}{begin}\n{table}\n{end}{rest.partition(end)[2]}"  # blank lines: Markdown would take it for HTML


def block(text: str, name: str) -> str:
    """What stands in a table's place now."""
    return text.partition(f"<!-- made by tools.tables: {name} -->\n")[2].partition("<!-- end -->")[0]


def table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table in Markdown."""
    columns = list(columns)
    lines = [columns, ["---"] * len(columns), *map(list, rows)]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def slider_row(slider: Slider) -> list[str]:
    low, neutral, high = (slider.format(value) for value in (slider.lowest, slider.neutral, slider.highest))
    radius = f", `{slider.radius_property}` {slider.radius_share:.0%} of the long side" if slider.radius_share else ""
    sets = f"`{slider.operation}` `{slider.property}`{radius}"
    if slider.up and slider.down:
        ways = (("up", *slider.up), ("down", *slider.down))
        sets = "opacity; " + ", ".join(f"{way} `{name}` in mode {MODE_WORDS[mode]}" for way, name, mode in ways)
    return [slider.label, sets, neutral, f"{low} to {high}"]


def slider_table() -> str:
    return table(["Slider", "GIMP's operation and property", "Neutral", "Range"], map(slider_row, SLIDERS))


def slider_ranges(page: Path) -> str:
    """The table of docs/controls.md: what each slider does to a photo is told there by hand, and kept."""
    words = {row[0]: row[1] for row in rows_of(block(page.read_text(encoding="utf-8"), "slider ranges"))}
    rows = (
        [s.label, words.get(s.label, "?"), f"{s.format(s.lowest)} to {s.format(s.highest)}", s.menu] for s in SLIDERS
    )
    return table(["Slider", "What it does", "As far as the agent goes", "In GIMP"], rows)


def settings_table(page: Path) -> str:
    """The table of docs/paper.md: the official code's number and the reason are told there by hand, and kept."""
    kept = {row[0].strip("`"): row for row in rows_of(block(page.read_text(encoding="utf-8"), "settings"))}
    paper, default = recipe("paper"), Config()
    rows = []
    for name in Config.__dataclass_fields__:
        numbers = [shown(getattr(each, name)) for each in (paper, default)]
        official, reason = (kept[name][1], kept[name][4]) if name in kept else ("-", "?")
        rows.append([f"`{name}`", official, *numbers, reason if numbers[0] != numbers[1] else "-"])
    return table(["setting", "official code", "`--recipe paper`", "default", "why the default differs"], rows)


def files_of(room: str) -> str:
    """The files of a folder, each with what its docstring begins with."""
    lines = []
    for path in sorted((PROJECT / room).rglob("*.py")):
        words = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
        if (path.name == "__init__.py" and path.parent == PROJECT / room) or not words:
            continue
        sentence = re.split(r"(?<!et al)(?<!et al\.)(?<=\.)\s", " ".join(words.split("\n\n")[0].split()))[0].rstrip(".")
        lines.append(f"- `{path.relative_to(PROJECT / room).as_posix()}`: {sentence}\n")
    return "".join(lines)


def shown(value: object) -> str:
    """A setting's value as a person reads it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def rows_of(text: str) -> list[list[str]]:
    """The cells of a table in Markdown, without its first two lines."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip()[1:-1])] for line in lines[2:]]


def results_page() -> str:
    sections = (result_section(json.loads(path.read_text(encoding="utf-8"))) for path in sorted(RESULTS.glob("*.json")))
    return "\n".join([INTRODUCTION, *sections])


def result_section(result: dict[str, Any]) -> str:
    """A result: title, command, measured (when, where), note, and columns with rows or the printed lines."""
    parts = [f"## {result['title']}\n"]
    command = f"`{result['command']}`, " if "command" in result else ""
    parts.append(f"{command}measured {result['measured']}.\n")
    if "note" in result:
        parts.append(result["note"] + "\n")
    if "rows" in result:
        parts.append(table(result["columns"], result["rows"]))
    if "printed" in result:
        parts.append("```text\n" + "".join(f"{line}\n" for line in result["printed"]) + "```\n")
    return "\n".join(parts)


if __name__ == "__main__":
    main()
