# SPDX-License-Identifier: GPL-3.0-or-later
"""An exported policy, and all that is needed to use one: no torch.

decision.py, errors.py and files.py are plain Python, for GIMP's own; the rest, which needs NumPy and ONNX Runtime, is
imported when it is first asked for.
"""

import os
from typing import TYPE_CHECKING, Any

from .decision import Choice, Decision

NO_TELEMETRY = {"ORT_DISABLE_TELEMETRY": "1"}
"""ONNX Runtime 1.29 and later keep an id of this machine and what they saw in the user's cache folder, and send it to
their maker, unless the environment says this before whoever first imports them does."""
os.environ.update(NO_TELEMETRY)

if TYPE_CHECKING:
    from .policy import SHIPPED, Policy
    from .policy_file import PolicyError

__all__ = ["SHIPPED", "Choice", "Decision", "Policy", "PolicyError"]


def __getattr__(name: str) -> Any:
    if name in ("SHIPPED", "Policy"):
        from . import policy

        return getattr(policy, name)
    if name == "PolicyError":
        from .policy_file import PolicyError

        return PolicyError
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
