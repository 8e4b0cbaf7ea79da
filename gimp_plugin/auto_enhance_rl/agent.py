# SPDX-License-Identifier: GPL-3.0-or-later
"""The agent, in GIMP's own Python or in a helper process, and whether what it answers makes sense."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from words import REINSTALL, Refusal

FOLDER = os.path.dirname(os.path.abspath(__file__))

LARGEST = 3.4e38  # about the largest 32-bit float, which is how XCF keeps a filter's values

# Variables with which GIMP, or the package it came in, points its own Python and libraries at its own files.
# Another interpreter must not follow them.
GIMPS_OWN = ("PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "LD_PRELOAD", "GI_TYPELIB_PATH", "DYLD_LIBRARY_PATH")

Filter = tuple[str, str, dict[str, float]]  # operation, name in the Layer Effects list, properties


def read_settings() -> dict[str, Any]:
    path = os.path.join(FOLDER, "config.json")
    try:
        with open(path, encoding="utf-8") as file:
            settings = json.load(file)
        settings["python"], settings["operations"], settings["timeout"], settings["styles"] = (
            str(settings["python"]), frozenset(settings["operations"]), float(settings["timeout"]),
            str(settings["styles"]),
        )  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Refusal(f"{path} is missing or broken ({error!r}): {REINSTALL}.") from error
    return settings


def ask(header: dict[str, Any], data: bytes, settings: dict[str, Any]) -> str | dict[str, Any]:
    """The answer to a request for a Decision for these pixels, or for the styles, as the text or object it came as."""
    library = os.path.join(FOLDER, "lib")
    if library not in sys.path:
        sys.path.insert(0, library)
    try:
        import onnxruntime  # noqa: F401

        from models import decide as agent
    except Exception:  # absent, or there but broken in any way: the helper has its own
        return ask_helper(header, data, settings)
    try:
        return agent.answer(header, data)
    except Exception as error:  # whatever a policy file can bring about
        raise Refusal(f"No decision: {error}. `trainer doctor` checks every step.") from error


def ask_helper(header: dict[str, Any], data: bytes, settings: dict[str, Any]) -> str:
    """One run of the installing interpreter: a header line and the pixels in, the Decision out."""
    python, timeout = settings["python"], settings["timeout"]
    environment = {name: value for name, value in os.environ.items() if name not in GIMPS_OWN}
    try:
        answer = subprocess.run(
            [python, "-I", "-m", "models.decide"],
            input=json.dumps(header).encode() + b"\n" + data,
            capture_output=True,
            env=environment,
            timeout=timeout,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),  # Windows: no console window flashing up
        )
    except OSError as error:
        raise Refusal(f"The helper's Python, {python}, can't be started ({error.strerror}): {REINSTALL}.") from error
    except subprocess.TimeoutExpired as error:
        raise Refusal(f"The helper, {python}, gave no answer in {timeout:g} seconds: {REINSTALL}.") from error
    if answer.returncode != 0:
        said = answer.stderr.decode(errors="replace").strip().splitlines()
        reason = said[-1][:1000] if said else f"{python} ended with {answer.returncode}"
        raise Refusal(f"No decision: {reason}. `trainer doctor` checks every step.")
    return answer.stdout.decode(errors="replace")


def check_styles(answer: Any) -> list[tuple[str, str, str]]:
    """(name, description, problem) of each style, every one text."""
    try:
        if isinstance(answer, str):
            answer = json.loads(answer)
        if answer["format"] != 1:
            raise ValueError(f"format {answer['format']!r}, and this plug-in knows 1")
        styles = [(each["name"], each["description"], each["problem"]) for each in answer["styles"]]
        if not all(isinstance(text, str) for style in styles for text in style):
            raise ValueError("a style's name or description is not text")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        reason = f"{type(error).__name__}: {error}"[:300]
        raise Refusal(f"The list of styles makes no sense ({reason}): {REINSTALL}.") from error
    return styles


def check_decision(decision: Any, operations: frozenset[str]) -> tuple[dict[str, Any], list[Filter]]:
    """(Decision, its filters), every filter checked: a name, an allowed operation, finite numbers.

    Only "gegl:" operations pass, whatever `operations` says: configuring a "gimp:" one crashes GIMP 3.0.4.
    """
    try:
        if isinstance(decision, str):
            decision = json.loads(decision)
        if decision["format"] != 1:
            raise ValueError(f"format {decision['format']!r}, and this plug-in knows 1")
        filters = [(each["operation"], each["label"], dict(each["properties"])) for each in decision["filters"]]
        for operation, label, properties in filters:
            if operation not in operations or not operation.startswith("gegl:"):
                raise ValueError(f"operation {operation!r} is not allowed")
            if not isinstance(label, str):
                raise ValueError(f"label {label!r} is not text")
            for name, value in properties.items():
                if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) <= LARGEST:
                    raise ValueError(f"{operation} {name} is {value!r}, not a finite number")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        reason = f"{type(error).__name__}: {error}"[:300]
        raise Refusal(f"The agent's answer makes no sense ({reason}): {REINSTALL}.") from error
    return decision, filters
