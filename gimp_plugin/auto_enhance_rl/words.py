# SPDX-License-Identifier: GPL-3.0-or-later
"""What the plug-in says to the user."""

from __future__ import annotations

from gi.repository import Gimp

TITLE = "Auto Enhance (RL)"
REINSTALL = "run `trainer install-plugin` again (`trainer doctor` checks every step)"


class Refusal(Exception):
    """Why nothing was done, in words for the user: cause and remedy. `status` is what the PDB reports."""

    def __init__(self, message: str, status: Gimp.PDBStatusType = Gimp.PDBStatusType.EXECUTION_ERROR) -> None:
        super().__init__(message)
        self.status = status


def wrong_call(message: str) -> Refusal:
    return Refusal(message, Gimp.PDBStatusType.CALLING_ERROR)
