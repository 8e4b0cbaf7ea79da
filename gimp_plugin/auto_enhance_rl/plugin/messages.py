# SPDX-License-Identifier: GPL-3.0-or-later
"""What the plug-in says, in the user's language, and its log."""

from __future__ import annotations

import gettext
import logging
import os

from gi.repository import Gimp

from . import names

FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # the entry file's
LOG = os.path.join(FOLDER, names.LOG)

_ = gettext.translation(names.PLUG_IN, os.path.join(FOLDER, "locale"), fallback=True).gettext

TITLE = _("Auto Enhance (RL)")
FACES_TITLE = _("Auto Enhance Faces (RL)")
SANDBOX = bool(os.environ.get("SNAP")) or os.path.exists("/.flatpak-info")  # GIMP is in one, and no helper outside it
REINSTALL = _("run `trainer install-plugin` again (`trainer doctor` checks every step)")
DOCTOR = _("`trainer doctor` checks every step.")
INSTALL_BUNDLE = _("run `trainer install-plugin --bundle`, since this GIMP is in a sandbox, out of the helper's reach")

log = logging.getLogger(names.PLUG_IN)


class PluginError(Exception):
    """Why nothing was done, for the user: cause and remedy. `status` is what the PDB reports."""

    def __init__(self, message: str, status: Gimp.PDBStatusType = Gimp.PDBStatusType.EXECUTION_ERROR) -> None:
        super().__init__(message)
        self.status = status


def calling_error(message: str) -> PluginError:
    return PluginError(message, Gimp.PDBStatusType.CALLING_ERROR)


def unexpected(error: Exception) -> PluginError:
    """For any other exception; the log gets its traceback."""
    log.exception("unexpected")
    message = _("Unexpected error: {error}. Details are in {log}.")
    return PluginError(message.format(error=repr(error), log=LOG))
