# SPDX-License-Identifier: GPL-3.0-or-later
"""The command `trainer`. No logic: each command reads its options, calls one function, and prints.

Exit codes: 0 done, 1 some inputs failed (each named, the others done), 2 wrong use, 130 stopped by Ctrl-C. Imports are
in the commands so that `trainer enhance` starts fast and works where torch is not installed.
"""

from __future__ import annotations

import atexit
import gc
import io
import sys
from typing import Any

import click

from . import learning_commands, photo_commands, plugin_commands

# At its end Python looks for cycles among all that libraries have made: a seventh of the time that a small photo takes.
# The process's memory goes anyway.
atexit.register(gc.freeze)


class _Group(click.Group):
    def main(self, *arguments: Any, **named: Any) -> Any:
        """A name that the terminal's alphabet lacks is printed as its numbers, and is no reason to fail."""
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
                stream.reconfigure(errors="backslashreplace")
        return super().main(*arguments, **named)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="auto-enhance-rl")
def main() -> None:
    """Retouch photos with an agent that moves GIMP's own sliders, and teach it your taste."""


for command in (
    learning_commands.fit,
    learning_commands.export,
    learning_commands.evaluate,
    photo_commands.enhance,
    photo_commands.sliders,
    photo_commands.list_styles,
    plugin_commands.install_plugin,
    plugin_commands.doctor,
):
    main.add_command(command)
