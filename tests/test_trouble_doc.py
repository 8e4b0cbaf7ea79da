# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/trouble.md: whoever searches it for what the doctor says finds it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import gimp_plugin
from tests.gimp_plugin.test_doctor import FAILURES

PROJECT = Path(__file__).parents[1]


def _page() -> str:
    return (PROJECT / "docs" / "trouble.md").read_text(encoding="utf-8")


def _commands() -> set[str]:
    """What the doctor and the installer may tell the user to run: the quoted commands in their texts."""
    commands = set()
    package = Path(str(gimp_plugin.__file__)).parent
    for path in (*package.glob("*.py"), *package.glob("doctor/*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        documentation = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
                commands |= set(re.findall(r"`((?:trainer|sudo|python3|xattr|flatpak) [^`]*)`", node.value))
    return commands


def test_every_command_that_is_recommended_is_in_the_page() -> None:
    commands = _commands() | {"python3 -m pip download --dest wheels", "flatpak override --user --filesystem=xdg-data/"}
    assert len(commands) >= 9 and "trainer install-plugin --bundle" in commands
    page = _page()
    assert [command for command in sorted(commands) if command not in page] == []


def test_every_failure_is_in_the_page() -> None:
    """A row of its table has the name of the check, and words of the remedy."""
    rows = [line for line in _page().splitlines() if line.startswith("| `")]
    cases = [(check, remedy) for _, check, _, remedy in FAILURES.values()]
    cases += [
        ("shipped policy", "install auto-enhance-rl again"),
        ("right to run for", "mount it without noexec"),
        ("right to run for", "xattr -dr com.apple.quarantine"),
        ("helper in the sandbox of", "trainer install-plugin --bundle"),
        ("styles in the sandbox of", "flatpak override --user --filesystem=xdg-data/auto-enhance-rl org.gimp.GIMP"),
        ("bundle for", "trainer install-plugin --bundle` again"),
        ("log of", ""),
    ]
    for check, remedy in cases:
        name = re.sub(r" (for|of|in)$| 3\.0\.4 .*", "", check)
        assert any(row.startswith(f"| `{name}") and remedy.strip("`") in row for row in rows), (name, remedy)
