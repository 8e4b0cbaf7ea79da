# SPDX-License-Identifier: GPL-3.0-or-later
"""The readers' libraries say nothing on stderr: what is wrong with a photo is said in one line, by this program."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import threading
from collections.abc import Iterator

STDERR = 2
_one_at_a_time = threading.Lock()  # the file descriptor is the whole process's

for _library in ("PIL", "tifffile"):  # a handler that does nothing, in place of Python's last resort
    logging.getLogger(_library).addHandler(logging.NullHandler())


@contextlib.contextmanager
def no_stderr() -> Iterator[None]:
    """For libtiff, which is written in C and says there what Pillow raises as well."""
    with _one_at_a_time:
        if sys.stderr is not None:
            sys.stderr.flush()
        try:
            kept = os.dup(STDERR)
        except OSError:  # a process without one, as under pythonw
            yield
            return
        try:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, STDERR)
            os.close(nowhere)
            yield
        finally:
            os.dup2(kept, STDERR)
            os.close(kept)
