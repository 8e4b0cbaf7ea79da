# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks the whole chain, from GIMP to a real decision, and says what to do about what is broken."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from models import Policy, PolicyError, styles

from .. import discovery
from ..discovery import Gimp, Profile
from . import agent, files
from .check import INSTALL, REINSTALL_PROGRAM, Check

TRIED = ("3.0", "3.2")
"""Series of GIMP that the tests run in."""


def checks() -> list[Check]:
    """Every check, in the order in which the chain runs. Takes some seconds; changes nothing."""
    gimps = discovery.installed()
    profiles = discovery.profiles(gimps=gimps)
    results = [_gimp(gimps, profiles), *_folders(gimps, profiles), _model(), _styles()]
    with ThreadPoolExecutor(max(1, len(profiles))) as pool:  # they mostly wait for other programs
        for of_one in pool.map(check_profile, profiles):
            results += of_one
    return results


def check_profile(profile: Profile) -> list[Check]:
    """The checks of the plug-in in one of GIMP's folders."""
    results = files.check(profile)
    if results[0].ok:
        results += agent.check(profile)
        results.append(files.log(profile))
    return results


def _gimp(gimps: Sequence[Gimp], profiles: Sequence[Profile]) -> Check:
    """Is there a GIMP 3? Asked for its version; or, where it can't be (an AppImage), the folder that it made."""
    new = [gimp for gimp in gimps if gimp.is_gimp3]
    seen = [f"{gimp.version} ({gimp.packaging}: {gimp.program}){_tried(gimp.series)}" for gimp in new]
    for profile in profiles:
        if not profile.gimps:
            version = profile.version or profile.folder.name
            seen.append(f"{version} (not on PATH, but {profile.folder} shows that it has run){_tried(version)}")
    if seen:
        return Check("GIMP", True, "; ".join(seen))
    if gimps:
        old = f"{gimps[0].version} ({gimps[0].packaging}: {gimps[0].program})"
        return Check("GIMP", False, old, "install GIMP 3 and start it once; GIMP 2 is not supported")
    return Check("GIMP", False, "no gimp on PATH, and no folder of it", "install GIMP 3 and start it once")


def _tried(version: str) -> str:
    return "" if ".".join(version.split(".")[:2]) in TRIED else f", tested with {' and '.join(TRIED)} only"


def _folders(gimps: Sequence[Gimp], profiles: Sequence[Profile]) -> list[Check]:
    """A GIMP makes its folder when it is started, so one that was not has none. Nothing to say where all have."""
    remedy = "start GIMP 3 once, so that it makes its folder, then " + INSTALL
    if not profiles:
        searched = ", ".join(str(folder) for folder in discovery.config_homes())
        return [Check("GIMP's folder", False, f"no 3.x in {searched}", remedy)]
    users = [gimp for profile in profiles for gimp in profile.gimps]
    return [
        Check("GIMP's folder", False, f"GIMP {gimp.version} ({gimp.packaging}) has none yet", remedy)
        for gimp in gimps
        if gimp.is_gimp3 and gimp not in users
    ]


def _model() -> Check:
    try:
        policy = Policy.load()
    except PolicyError as error:
        return Check("shipped policy", False, str(error), REINSTALL_PROGRAM)
    return Check("shipped policy", True, f"{policy.name}, sha256 {policy.sha256[:12]}…, {policy.path}")


def _styles() -> Check:
    """The user's own, each read as the plug-in will."""
    folder = styles.user_folder()
    try:
        there = sorted(path.name for path in folder.iterdir()) if folder.exists() else []
    except OSError as error:
        remedy = "give yourself the right to read it, or move it away"
        return Check("styles", False, f"{folder} can't be read ({error.strerror})", remedy)
    own = [style for style in styles.find(folder) if style.own]
    broken = [style for style in own if style.problem]
    if broken:
        remedy = f"move {broken[0].path} away, or export it again; `trainer styles` lists them"
        return Check("styles", False, f"{broken[0].name!r} can't be used: {broken[0].problem}", remedy)
    return Check("styles", True, f"{len(own)} of your own in {folder}" if there else f"none of your own in {folder}")
