# SPDX-License-Identifier: GPL-3.0-or-later
"""The doctor's look at one profile's plug-in: is it where GIMP looks, whole, and may GIMP start it?"""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

from models.files import home_folder

from .. import discovery, install
from ..auto_enhance_rl.plugin.names import LOG, PLUG_IN
from ..discovery import Profile
from .check import INSTALL, INSTALL_AGAIN, Check

INTO = "run `trainer install-plugin --into`"
PREFERENCES = "GIMP's Edit > Preferences > Folders > Plug-ins"
NOEXEC = getattr(os, "ST_NOEXEC", 0)
"""Linux alone has it."""
LAST = 3
"""Complaints in the log that are shown: the newest tell most."""
LONGEST = 300
"""Characters of one of them."""


def check(profile: Profile) -> list[Check]:
    """Every check of the files; one alone where the plug-in is not there."""
    present = _present(profile)
    results = [present, *_loose(profile), _search_path(profile)]
    if present.ok:
        results += [_files(profile), _right_to_run(profile), _menu_item(profile)]
    return results


def _present(profile: Profile) -> Check:
    name = f"plug-in for {profile.name}"
    folder = profile.plug_ins / PLUG_IN
    if os.path.lexists(folder) and not folder.is_dir():
        return Check(name, False, f"{folder} is not a folder", f"move it away, then {INSTALL}")
    if (folder / install.ENTRY.name).is_file():
        return Check(name, True, str(folder))
    elsewhere = [
        path
        for pattern in (f"*/{install.ENTRY.name}", f"*/*/{install.ENTRY.name}")
        for path in sorted(profile.plug_ins.glob(pattern))
    ]
    if elsewhere:
        detail = f"{elsewhere[0]} is in a folder of another name, so GIMP ignores it"
        return Check(name, False, detail, f"delete that folder, then {INSTALL}")
    return Check(name, False, f"{folder / install.ENTRY.name} is not there", INSTALL)


def _loose(profile: Profile) -> list[Check]:
    """A copy outside any folder, about which GIMP complains whenever it starts. Nothing to say where there is none."""
    loose = profile.plug_ins / install.ENTRY.name
    if not os.path.lexists(loose):
        return []
    detail = f"{loose} lies there outside its folder; GIMP says “plug-ins must be installed in subdirectories”"
    return [Check(f"loose copy for {profile.name}", False, detail, f"delete that file, then {INSTALL}")]


def _search_path(profile: Profile) -> Check:
    """GIMP's own setting, in which a user may have replaced the usual folder."""
    name = f"search path of {profile.name}"
    try:
        text = (profile.folder / "gimprc").read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = ""
    set_to = re.findall(r'^\s*\(plug-in-path\s+"([^"]*)"\)', text, re.MULTILINE)
    if not set_to:
        return Check(name, True, "GIMP's usual one")
    for entry in set_to[-1].split(os.pathsep):
        path = entry.replace("${gimp_dir}", str(profile.folder)).replace("${HOME}", str(home_folder()))
        if os.path.realpath(os.path.expanduser(path)) == os.path.realpath(profile.plug_ins):
            return Check(name, True, f"has {profile.plug_ins}")
    detail = f"GIMP does not look in {profile.plug_ins}, but in {set_to[-1]}"
    return Check(name, False, detail, f"add it under {PREFERENCES}, and restart GIMP; or {INTO} one of these")


def _files(profile: Profile) -> Check:
    name = f"files for {profile.name}"
    folder = profile.plug_ins / PLUG_IN
    wrong = install.differences(folder)
    if wrong:
        more = f" and {len(wrong) - 1} more" if len(wrong) > 1 else ""
        return Check(
            name, False, f"{folder}: {wrong[0]}{more} of another version than this program, or damaged", INSTALL_AGAIN
        )
    return Check(name, True, f"all {len(install.program_files())} are this version's")


def _right_to_run(profile: Profile) -> Check:
    name = f"right to run for {profile.name}"
    entry = profile.plug_ins / PLUG_IN / install.ENTRY.name
    if not os.stat(entry).st_mode & 0o111 and os.name == "posix":
        return Check(name, False, f"{entry} has no run bit, so GIMP ignores it", INSTALL_AGAIN)
    if NOEXEC and os.statvfs(entry).f_flag & NOEXEC:
        detail = f"{profile.folder} is on a disk that is mounted noexec: GIMP can't start anything there"
        remedy = f"mount it without noexec; or {INTO} a folder on another disk, and add that under {PREFERENCES}"
        return Check(name, False, detail, remedy)
    if quarantined(entry):
        remedy = f"run `xattr -dr com.apple.quarantine` on {entry.parent}"
        return Check(name, False, f"{entry}: macOS keeps it in quarantine, and GIMP from starting it", remedy)
    return Check(name, True, "run bit, disk")


def quarantined(path: Path, platform: str = sys.platform) -> bool:
    """Whether macOS holds a downloaded file back."""
    program = shutil.which("xattr") if platform == "darwin" else None
    said = discovery.run([program, str(path)]) if program else ""
    return isinstance(said, bytes) and b"com.apple.quarantine" in said


def _menu_item(profile: Profile) -> Check:
    """What GIMP itself noted when it last started with a new plug-in: pluginrc has what each of them registered."""
    name = f"menu item in {profile.name}"
    entry = profile.plug_ins / PLUG_IN / install.ENTRY.name
    noted_in = profile.folder / "pluginrc"
    try:
        text, written = noted_in.read_text(encoding="utf-8", errors="replace"), noted_in.stat().st_mtime
    except OSError:
        text, written = "", 0.0
    noted = re.search(rf'^\(plug-in-def "[^"]*/{PLUG_IN}/{entry.name}" {int(entry.stat().st_mtime)}$', text, re.M)
    if noted:
        return Check(name, True, "registered, under Colors > Auto > Auto Enhance (RL)")
    if written <= entry.stat().st_ctime:
        return Check(name, True, "GIMP has not been started since the installation: restart it")
    detail = f"{noted_in}: GIMP has been started since the installation, and did not take the plug-in in"
    return Check(
        name, False, detail, f"start GIMP in a terminal and read what it says about {entry.name}; {INSTALL_AGAIN}"
    )


def log(profile: Profile) -> Check:
    """Where the plug-in writes what went wrong, and the last of it."""
    name = f"log of {profile.name}"
    path = profile.plug_ins / PLUG_IN / LOG
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return Check(name, True, f"{path}, nothing in it yet")
    complaints = [line[:LONGEST] for line in lines if re.match(r"[\d-]+ [\d:]+ (WARNING|ERROR|CRITICAL) ", line)]
    last = "".join(f"\n      {line}" for line in complaints[-LAST:])
    return Check(name, True, f"{path}, {len(complaints)} warnings and errors{last}")
