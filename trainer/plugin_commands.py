# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands that install and check the GIMP plug-in."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import click

from .options import FAILED, JSON, PATH, one_line_errors


@click.command("install-plugin")
@click.option("--uninstall", is_flag=True, help="Remove it again.")
@click.option("--into", type=PATH, multiple=True, metavar="FOLDER",
              help="GIMP's folder, such as ~/.config/GIMP/3.0/plug-ins.  [default: every one found]")  # fmt: skip
@click.option("--bundle", "bundled", is_flag=True,
              help="Also put NumPy and ONNX Runtime (130 MB) beside it, for a GIMP in a sandbox (Flatpak, Snap), which "
              "can't start programs that are outside.")  # fmt: skip
@click.option("--gimp-python", metavar="VERSION", help="With --bundle: GIMP's own Python, where it can't be asked.")
@click.option("--wheels", type=PATH, metavar="DIR", help="With --bundle: wheels downloaded before; no network is used.")
def install_plugin(
    uninstall: bool, into: tuple[Path, ...], bundled: bool, gimp_python: str | None, wheels: Path | None
) -> None:
    """Put the plug-in where GIMP 3 looks for it.

    It then is in GIMP's menu under Colors > Auto > Auto Enhance (RL). Every GIMP 3 that you have started is found: from
    the system's packages, Flatpak, Snap, an AppImage, on Windows and macOS. A second time it changes only what is not
    as it should be. Without --into, --bundle is for those in a sandbox, or for all where none is.

    \b
    Examples:
      trainer install-plugin
      trainer install-plugin --bundle
      trainer install-plugin --bundle --gimp-python 3.13 --wheels wheels/
      trainer install-plugin --uninstall
    """
    if uninstall and bundled:
        raise click.UsageError("--uninstall and --bundle are both given; --uninstall takes a bundle away too")
    if not bundled and (gimp_python is not None or wheels is not None):
        raise click.UsageError("--gimp-python and --wheels go with --bundle")
    if gimp_python is not None and not re.fullmatch(r"3\.\d{1,2}", gimp_python):
        raise click.UsageError(f"--gimp-python is {gimp_python!r}; give its first two numbers, such as 3.13")
    with one_line_errors():
        from rich.console import Console

        from gimp_plugin import bundle, install

        from . import console

        if uninstall:
            report = install.uninstall(into or None)
        else:
            with console.progress(Console(stderr=True)) as bar:
                task = bar.add_task("NumPy and ONNX Runtime, MB", total=bundle.SIZE, visible=False)
                wanted = bundle.Request(
                    gimp_python or "", wheels, progress=lambda mb: bar.update(task, completed=int(mb), visible=True)
                )
                report = install.install(into or None, wanted=wanted if bundled else None)
    click.echo(str(report))
    sys.exit(0 if report.ok or (uninstall and not report.failed) else FAILED)


@click.command()
@JSON
def doctor(as_json: bool) -> None:
    """Check what the plug-in needs, and say what to do about what is broken.

    \b
    Examples:
      trainer doctor
      trainer doctor --json
    """
    with one_line_errors():
        from gimp_plugin import doctor as checking

        results = checking.checks()
    ok = all(check.ok for check in results)
    if as_json:
        click.echo(json.dumps({"ok": ok, "checks": [check._asdict() for check in results]}, indent=1))
    else:
        for check in results:
            click.echo(str(check))
    sys.exit(0 if ok else FAILED)
