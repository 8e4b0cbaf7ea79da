# SPDX-License-Identifier: GPL-3.0-or-later
"""What a check of the doctor's says, and the remedies that more than one of them has."""

from __future__ import annotations

from typing import NamedTuple

INSTALL = "run `trainer install-plugin`"
INSTALL_AGAIN = f"{INSTALL} again"
INSTALL_BUNDLE = "run `trainer install-plugin --bundle`"
REINSTALL_PROGRAM = f"install auto-enhance-rl again, then {INSTALL}"


class Check(NamedTuple):
    """One link of the chain. remedy is empty where ok."""

    name: str
    ok: bool
    detail: str
    remedy: str = ""

    def __str__(self) -> str:
        line = f"{'ok  ' if self.ok else 'FAIL'}  {self.name}: {self.detail}"
        return line if self.ok else f"{line}\n      -> {self.remedy}"
