# SPDX-License-Identifier: GPL-3.0-or-later
"""The plug-in's log, a file beside its entry file. Standard library alone: it is there before anything can go wrong."""

from __future__ import annotations

import logging
import logging.handlers
import os
import sys
from types import TracebackType

from . import names

LEVEL = os.environ.get("AUTO_ENHANCE_RL_LOG", "INFO").upper()
LARGEST = 256 * 1024  # bytes, some thousand lines; then it is renamed, once, so that it never exceeds two of these


def begin(folder: str) -> None:
    """Lines go into folder's log, and what ends the process too; where it can't be written they go nowhere."""
    log = logging.getLogger(names.PLUG_IN)
    if log.handlers:
        return
    try:
        handler: logging.Handler = logging.handlers.RotatingFileHandler(
            os.path.join(folder, names.LOG), maxBytes=LARGEST, backupCount=1, encoding="utf-8"
        )
    except OSError:
        handler = logging.NullHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s", "%Y-%m-%d %H:%M:%S"))
    log.addHandler(handler)
    sys.excepthook = _log_and_print
    log.setLevel(LEVEL if LEVEL in ("DEBUG", "INFO", "WARNING", "ERROR") else logging.INFO)


def _log_and_print(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    """For errors while GIMP imports the plug-in, when nobody is there yet to show them."""
    logging.getLogger(names.PLUG_IN).critical("the plug-in can't start", exc_info=(kind, error, traceback))
    sys.__excepthook__(kind, error, traceback)
