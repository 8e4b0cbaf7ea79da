# SPDX-License-Identifier: GPL-3.0-or-later
"""What every worker process does first."""

from __future__ import annotations

import os
import signal
import threading
from multiprocessing import connection, parent_process


def start() -> None:
    """Ctrl-C is the parent's to handle; and when the parent is killed, so are we."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def follow() -> None:
        if parent := parent_process():
            connection.wait([parent.sentinel])
            os._exit(1)

    threading.Thread(target=follow, daemon=True).start()
