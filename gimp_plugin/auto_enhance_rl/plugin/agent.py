# SPDX-License-Identifier: GPL-3.0-or-later
"""The agent, in GIMP's own Python or in a helper process, and whether what it answers makes sense."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import signal
import subprocess
import tempfile
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import IO, Any

from models.decision import MALFORMED, Choice, Decision, DecisionError, check_format, read_choices

from .messages import DOCTOR, FOLDER, INSTALL_BUNDLE, REINSTALL, SANDBOX, PluginError, _

LARGEST_SIDE = 1024  # pixels, of the little pictures of alternatives
# Variables with which GIMP, or the package it came in, points its own Python and libraries at its own files.
# Another interpreter must not follow them.
GIMPS_OWN = ("PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "LD_PRELOAD", "GI_TYPELIB_PATH", "DYLD_LIBRARY_PATH")


@dataclass(frozen=True)
class Settings:
    """What the installer wrote. python: the helper's interpreter; timeout: seconds; styles, face_styles: the user's
    folders, the second empty where an earlier version wrote it."""

    python: str
    timeout: float
    styles: str
    face_styles: str = ""


def read_settings() -> Settings:
    path = os.path.join(FOLDER, "config.json")
    try:
        with open(path, encoding="utf-8") as file:
            read = json.load(file)
        styles, face_styles = str(read["styles"]), str(read.get("face_styles", ""))
        return Settings(str(read["python"]), float(read["timeout"]), styles, face_styles)
    except (OSError, *MALFORMED) as error:
        message = _("{path} is missing or broken ({error}): {remedy}.")
        raise PluginError(message.format(path=path, error=repr(error), remedy=REINSTALL)) from error


class Agent:
    """The agent, getting ready from the moment it is made, and asked one thing after the other, all in a thread.

    In this process where Python can import NumPy and ONNX Runtime; else by the interpreter that installed the plug-in.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._session: Any = None
        self._helper: subprocess.Popen[bytes] | None = None
        self._complaints: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 (of the helper; open as long as it runs)
        self._thread = ThreadPoolExecutor(1)
        self._begun = self._thread.submit(self._begin)

    def ask(self, header: dict[str, Any], data: bytes = b"", raw: int = 0) -> Future[Any]:
        """The answer to a request (models/helper.py says which there are), or PluginError.

        raw: how many bytes are to come with the answer; they are its "data".
        """
        return self._thread.submit(self._ask, header, data, raw)

    def close(self) -> None:
        """Ends the helper; what is under way is not waited for."""
        if self._helper is not None:
            end_with_children(self._helper)
        self._thread.shutdown(wait=True, cancel_futures=True)
        if self._helper is not None:  # again: it may have been about to start
            end_with_children(self._helper)
            self._helper.communicate()
        self._complaints.close()

    def _begin(self) -> None:
        try:
            import onnxruntime  # noqa: F401

            from models.helper import Session
        except Exception:  # absent, or there but broken in any way: the helper has its own
            self._helper = self._start_helper()
        else:
            self._session = Session()

    def _start_helper(self) -> subprocess.Popen[bytes]:
        python = self._settings.python
        try:
            return subprocess.Popen(
                [python, "-I", "-m", "models.helper"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._complaints,
                env={name: value for name, value in os.environ.items() if name not in GIMPS_OWN},
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),  # Windows: no console window flashing up
                start_new_session=True,  # so that what it starts, such as a wrapper's python, can be ended with it
            )
        except OSError as error:
            message = _("The helper's Python, {python}, can't be started ({error}): {remedy}.")
            remedy = INSTALL_BUNDLE if SANDBOX else REINSTALL
            raise PluginError(message.format(python=python, error=error.strerror, remedy=remedy)) from error

    def _ask(self, header: dict[str, Any], data: bytes, raw: int) -> Any:
        self._begun.result()  # raises what kept it from beginning
        if self._session is None:
            answer = self._ask_helper(json.dumps(header).encode() + b"\n" + data, raw)
        else:
            try:
                answer = self._session.answer(header, data)
            except Exception as error:  # whatever a policy file can bring about
                raise no_decision(str(error)) from error
        if raw and len(answer["data"]) != raw:
            raise malformed_answer(ValueError(f"{len(answer['data'])} bytes in place of {raw}"))
        return answer

    def _ask_helper(self, request: bytes, raw: int) -> Any:
        helper, timeout = self._helper, self._settings.timeout
        assert helper is not None and helper.stdin is not None and helper.stdout is not None
        late = threading.Event()

        def end() -> None:
            late.set()
            end_with_children(helper)

        timer = threading.Timer(timeout, end)
        timer.start()
        try:
            helper.stdin.write(request)
            helper.stdin.flush()
            line = helper.stdout.readline()
            follows = helper.stdout.read(raw) if announces(line, raw) else b""
        except OSError:  # it has ended
            line = follows = b""
        finally:
            timer.cancel()
        if late.is_set():
            message = _("The helper, {python}, gave no answer in {seconds} seconds: {remedy}.")
            raise PluginError(message.format(python=self._settings.python, seconds=f"{timeout:g}", remedy=REINSTALL))
        if not line:
            status = helper.wait(timeout)  # its output has ended, and so it has or will
            self._complaints.seek(0)
            said = self._complaints.read().decode(errors="replace").strip().splitlines()
            ended = _("{python} ended with {status}").format(python=self._settings.python, status=status)
            reason = said[-1] if said else ended
            raise no_decision(f"{reason}; {INSTALL_BUNDLE}" if SANDBOX else reason)
        try:
            answer = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise malformed_answer(error) from error
        if isinstance(answer, dict) and "error" in answer:
            raise no_decision(str(answer["error"]))
        return {"data": follows} if raw else answer


def announces(line: bytes, raw: int) -> bool:
    """Whether an answer's line says that this many bytes follow it: an error's says nothing of the kind."""
    try:
        return raw > 0 and json.loads(line)["bytes"] == raw
    except MALFORMED:
        return False


def end_with_children(helper: subprocess.Popen[bytes]) -> None:
    """Ends the helper and every process that it started: whoever holds its output would keep us waiting."""
    if os.name == "nt":  # no process groups that can be killed; taskkill is part of every Windows
        subprocess.run(["taskkill", "/F", "/T", "/PID", str(helper.pid)], capture_output=True, check=False)
    else:
        with contextlib.suppress(ProcessLookupError, PermissionError):  # it has ended; macOS says the second
            os.killpg(helper.pid, signal.SIGKILL)
    helper.kill()  # where there was no group, or no taskkill


def no_decision(reason: str) -> PluginError:
    return PluginError(_("No decision: {reason}. {doctor}").format(reason=reason[:1000], doctor=DOCTOR))


def malformed_answer(error: Exception) -> PluginError:
    reason = f"{type(error).__name__}: {error}"[:300]
    return PluginError(
        _("The agent's answer can't be used ({reason}): {remedy}.").format(reason=reason, remedy=REINSTALL)
    )


def check_decision(answer: Any) -> Decision:
    """PluginError where an answer is no Decision by this plug-in's own slider table."""
    try:
        return Decision.from_json(answer)
    except DecisionError as error:
        raise malformed_answer(error) from error


Alternatives = tuple[int, list[tuple[tuple[Choice, ...], bytes]]]
"""Pixels a side of the little pictures; choices and RGB bytes of each."""


def check_alternatives(answer: Any) -> Alternatives:
    try:
        check_format(answer)
        side = answer["side"]
        if not isinstance(side, int) or not 1 <= side <= LARGEST_SIDE:
            raise ValueError(f"pictures of {side!r} pixels")
        found = []
        for each in answer["alternatives"]:
            picture = base64.b64decode(each["picture"], validate=True)
            if len(picture) != side * side * 3:
                raise ValueError(f"a picture of {len(picture)} bytes")
            found.append((read_choices(each["sliders"]), picture))
    except MALFORMED as error:
        raise malformed_answer(error) from error
    return side, found


def check_styles(answer: Any) -> list[tuple[str, str, str]]:
    """(name, description, problem) of each style, every one text."""
    try:
        check_format(answer)
        return read_styles(answer)
    except MALFORMED as error:
        raise malformed_answer(error) from error


def read_styles(answer: Any) -> list[tuple[str, str, str]]:
    """`check_styles` for an answer of any format; what it raises is MALFORMED."""
    styles = [(each["name"], each["description"], each["problem"]) for each in answer["styles"]]
    if not all(isinstance(text, str) for style in styles for text in style):
        raise ValueError("a style's name or description is not text")
    return styles
