# SPDX-License-Identifier: GPL-3.0-or-later
"""What the plug-in says, in the user's language, and where it writes it down."""

from __future__ import annotations

import gettext
import logging
import logging.handlers
import os

from gi.repository import Gimp

FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # the entry file's
DOMAIN = "auto_enhance_rl"
DEFAULT_STYLE = "photo"  # must not be looked up: registering looks at nothing but GIMP
LOG = os.path.join(FOLDER, f"{DOMAIN}.log")
LOG_LEVEL = os.environ.get("AUTO_ENHANCE_RL_LOG", "INFO").upper()
LOG_BYTES = 256 * 1024  # some thousand lines; then it is renamed, once, so that it never grows beyond two of these

_ = gettext.translation(DOMAIN, os.path.join(FOLDER, "locale"), fallback=True).gettext

TITLE = _("Auto Enhance (RL)")
SANDBOX = bool(os.environ.get("SNAP")) or os.path.exists("/.flatpak-info")  # GIMP is in one, and no helper outside it
REINSTALL = _("run `trainer install-plugin` again (`trainer doctor` checks every step)")
DOCTOR = _("`trainer doctor` checks every step.")
BUNDLE = _("run `trainer install-plugin --bundle`, since this GIMP is in a sandbox, out of the helper's reach")

log = logging.getLogger(DOMAIN)


def begin_log() -> None:
    """Lines go into a file beside the plug-in; where that can't be written they go nowhere."""
    try:
        handler: logging.Handler = logging.handlers.RotatingFileHandler(
            LOG, maxBytes=LOG_BYTES, backupCount=1, encoding="utf-8"
        )
    except OSError:
        handler = logging.NullHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s", "%Y-%m-%d %H:%M:%S"))
    log.addHandler(handler)
    log.setLevel(LOG_LEVEL if LOG_LEVEL in ("DEBUG", "INFO", "WARNING", "ERROR") else logging.INFO)


class Refusal(Exception):
    """Why nothing was done, in words for the user: cause and remedy. `status` is what the PDB reports."""

    def __init__(self, message: str, status: Gimp.PDBStatusType = Gimp.PDBStatusType.EXECUTION_ERROR) -> None:
        super().__init__(message)
        self.status = status


def wrong_call(message: str) -> Refusal:
    return Refusal(message, Gimp.PDBStatusType.CALLING_ERROR)


def unexpected(error: Exception) -> Refusal:
    """For what nobody thought of; the log gets the whole of it."""
    log.exception("unexpected")
    message = _("Something went wrong that nobody thought of ({error}). The whole of it is in {log}.")
    return Refusal(message.format(error=repr(error), log=LOG))
