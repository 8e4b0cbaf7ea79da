# SPDX-License-Identifier: GPL-3.0-or-later
"""What the installer says: what became of each folder, what failed and why, and what was found besides."""

from __future__ import annotations

import errno
from dataclasses import dataclass, field
from pathlib import Path

from .discovery import Gimp


@dataclass
class Entry:
    """What became of one plug-in folder. problem: why it failed; empty where it didn't. notes: more to say."""

    folder: Path
    where: str
    state: str
    problem: str = ""
    notes: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        lines = [f"{self.where}: {self.state}", f"folder: {self.folder}", *self.notes]
        if self.problem:
            lines.append(f"FAILED: {self.problem}")
        return "\n  ".join(lines)


@dataclass
class Report:
    """What was done, folder by folder, and where it was looked for. others: GIMPs that have no folder for it."""

    removes: bool = False
    entries: list[Entry] = field(default_factory=list)
    searched: list[Path] = field(default_factory=list)
    others: list[Gimp] = field(default_factory=list)

    @property
    def done(self) -> list[Path]:
        """The plug-in folders that are as they should be now."""
        return [entry.folder for entry in self.entries if not entry.problem]

    @property
    def failed(self) -> list[tuple[Path, str]]:
        return [(entry.folder, entry.problem) for entry in self.entries if entry.problem]

    @property
    def ok(self) -> bool:
        return bool(self.entries) and not self.failed

    def __str__(self) -> str:
        lines = [str(entry) for entry in self.entries]
        if self.removes:
            return "\n".join(lines or ["The plug-in is not installed anywhere; nothing to remove."])
        for gimp in self.others:
            never = "never started; start it once, then install again"
            why = never if gimp.is_gimp3 else "too old; the plug-in is for GIMP 3"
            lines.append(f"GIMP {gimp.version} ({gimp.packaging}): {why}")
        if self.done:
            lines.append("Restart GIMP: Colors > Auto > Auto Enhance (RL). `trainer doctor` checks every step.")
        if not self.entries:
            lines.append("No GIMP 3 folder found. Start GIMP 3 once, then install again. Searched for 3.x in:")
            lines += [f"  {folder}" for folder in self.searched]
            lines.append(
                "A folder that GIMP keeps elsewhere: `trainer install-plugin --into FOLDER`, as GIMP names it under "
                "Edit > Preferences > Folders > Plug-ins."
            )
        return "\n".join(lines)


def explain(error: OSError) -> str:
    """Cause and remedy of a failure to write."""
    cause = f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror or error)
    remedies = {
        errno.ENOSPC: "make room, then try again",
        errno.EROFS: "that disk can't be written to; use --into with a folder on another one",
        errno.EACCES: "check who may write there, and close GIMP",
        errno.EPERM: "check who may write there, and close GIMP",
    }
    return f"{cause}; {remedies.get(error.errno or 0, 'check the folder and who may write there')}"
