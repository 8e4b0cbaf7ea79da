# SPDX-License-Identifier: GPL-3.0-or-later
"""The browser page, built, served to a real Chromium and worked by the programs of web/drive"""

from __future__ import annotations

import contextlib
import functools
import http.server
import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

WEB = Path(__file__).parents[1] / "web"
DIST = WEB / "dist"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
TIMEOUT = 400
"""Seconds that a program of web/drive may take on a busy machine."""


class WebError(Exception):
    """Why the page can't be built or shown here, with the remedy."""


def browser() -> str:
    """Chromium's path. WebError where there is none."""
    for name in BROWSERS:
        if path := shutil.which(name):
            return path
    raise WebError("there is no Chromium: on Debian, as root: apt-get install chromium")


def build() -> None:
    """Checks the types and builds web/dist. WebError with what the build said."""
    if not shutil.which("node") or not (WEB / "node_modules").is_dir():
        raise WebError("node or the page's packages are missing: `make web` says what to install, or installs it")
    for command in (["node_modules/.bin/tsc", "--noEmit"], ["node", "build.mjs"]):
        done = subprocess.run(command, cwd=WEB, capture_output=True, text=True, timeout=TIMEOUT)
        if done.returncode:
            raise WebError(done.stdout + done.stderr)


@contextlib.contextmanager
def served(folder: Path = DIST) -> Iterator[tuple[str, list[str]]]:
    """The folder on this machine, as any plain host would have it: its address, and the paths asked for so far.

    Whoever asks for /unreachable ends that: from there on all requests are cut off.
    """
    asked: list[str] = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def parse_request(self) -> bool:
            known = super().parse_request()
            gone = "/unreachable" in asked
            asked.append(self.path)
            return known and not gone

        def log_message(self, *_: Any) -> None:
            pass

    handler = functools.partial(Handler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/", asked
        finally:
            server.shutdown()
            thread.join()


def drive(program: str, **given: Any) -> Any:
    """What a program of web/drive has seen. given: for it, `url` among it. WebError with what it said."""
    command = ["node", str(WEB / "drive" / f"{program}.mjs")]
    text = json.dumps(given | {"chromium": browser()})
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=TIMEOUT)
    if done.returncode:
        raise WebError(done.stderr[-4000:])
    return json.loads(done.stdout.splitlines()[-1])
