# SPDX-License-Identifier: GPL-3.0-or-later
"""Who imports whom: arrows go one way, without circles, and torch stays where it belongs."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from models import NO_TELEMETRY

PROJECT = Path(__file__).parents[1]
MAY_IMPORT = {
    "editor_ops": set(),
    "models": {"editor_ops"},
    "enhancer": {"models", "editor_ops"},
    "gimp_plugin": {"models", "editor_ops"},
    "trainer": {"enhancer", "gimp_plugin", "models", "editor_ops"},
    "tools": {"trainer", "enhancer", "gimp_plugin", "models", "editor_ops"},
    "benchmarks": {"tools", "trainer", "enhancer", "gimp_plugin", "models", "editor_ops"},
    "examples": set(),
}
ROOMS = (*MAY_IMPORT, "tests")
PLUG_IN = "gimp_plugin.auto_enhance_rl.plugin"
PLAIN = ("editor_ops.sliders", "editor_ops.chain", "editor_ops.primaries", "editor_ops.black_body",
         "editor_ops.scalars", "editor_ops.face_sliders", "models.decision", "models.errors", "models.files",
         "models.faces", "models.faces.decision", "models.thumbnail_rule")  # fmt: skip


def module_name(path: Path) -> str:
    name = ".".join(path.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__")
    return name


MODULES = {module_name(path): path for room in MAY_IMPORT for path in sorted((PROJECT / room).rglob("*.py"))}


def statements(tree: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    """Imports anywhere in a file, in functions too, but for those that only a type checker sees."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield node
        yield from statements(node)


def imported(name: str) -> set[str]:
    """The modules that a module of ours imports, the longest names that are known; others' by their first part."""
    path = MODULES[name]
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    found = set()
    for node in statements(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
            continue
        base = node.module or ""
        if node.level:
            parents = package.split(".")
            base = ".".join([*parents[: len(parents) - node.level + 1], *filter(None, [node.module])])
        elif base.partition(".")[0] == "plugin":  # as GIMP sees it: the entry file's folder comes first
            base = PLUG_IN + base.removeprefix("plugin")
        found |= {f"{base}.{alias.name}" if f"{base}.{alias.name}" in MODULES else base for alias in node.names}
    return {name if name.partition(".")[0] in ROOMS else name.partition(".")[0] for name in found}


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_arrows_go_one_way(room: str) -> None:
    for name in (name for name in MODULES if name.partition(".")[0] == room):
        rooms = {each.partition(".")[0] for each in imported(name)} & set(ROOMS)
        assert rooms <= MAY_IMPORT[room] | {room}, name


def test_there_is_no_circle() -> None:
    arrows = {name: {each for each in imported(name) if each in MODULES and each != name} for name in MODULES}
    done: set[str] = set()

    def follow(name: str, way: tuple[str, ...]) -> None:
        assert name not in way, " -> ".join([*way[way.index(name) :], name])
        if name not in done:
            for each in sorted(arrows[name]):
                follow(each, (*way, name))
            done.add(name)

    for name in MODULES:
        follow(name, ())


def test_torch_is_for_learning_alone() -> None:
    rooms = {name.partition(".")[0] for name in MODULES if "torch" in imported(name)}
    assert rooms == {"trainer", "benchmarks"} or rooms == {"trainer"}


def test_whoever_imports_onnx_runtime_has_told_it_to_keep_to_itself() -> None:
    """models/__init__.py does, which runs before any of its modules, and first among the others' imports.

    The example, which has nothing of ours, does so itself.
    """
    example, others = "examples.whole_editor", {f"{PLUG_IN}.agent", "benchmarks.whole_editor"}
    assert {name for name in MODULES if "onnxruntime" in imported(name)} == {"models.runtime", example, *others}
    for name in others:
        assert any(each.partition(".")[0] == "models" for each in imported(name)), name
        top = ast.parse(MODULES[name].read_text(encoding="utf-8")).body
        assert "onnxruntime" not in {a.name for node in top if isinstance(node, ast.Import) for a in node.names}, name
    text = MODULES[example].read_text(encoding="utf-8")
    (told,) = NO_TELEMETRY
    assert text.index(told) < text.index("import onnxruntime")


def test_the_plug_in_and_what_it_reads_are_plain_python() -> None:
    """GIMP's own Python has neither NumPy nor ONNX Runtime; where it has, agent.py uses them."""
    for name in (*PLAIN, *(name for name in MODULES if name.startswith("gimp_plugin.auto_enhance_rl"))):
        allowed = {"gi", "array_api_compat", *sys.stdlib_module_names}
        if name.endswith("plugin.agent"):
            allowed.add("onnxruntime")
        others = {each for each in imported(name) if each.partition(".")[0] not in ROOMS}
        assert others <= allowed, name
