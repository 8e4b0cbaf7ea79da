# SPDX-License-Identifier: GPL-3.0-or-later
"""An exported policy, and all that is needed to use one: no torch.

decision.py, errors.py and files.py are plain Python, for GIMP's own; the rest, which needs NumPy and ONNX Runtime, is
imported when it is first asked for.
"""

from typing import TYPE_CHECKING, Any

from .decision import Choice, Decision

if TYPE_CHECKING:
    from .policy import SHIPPED, Policy, PolicyError

__all__ = ["SHIPPED", "Choice", "Decision", "Policy", "PolicyError"]


def __getattr__(name: str) -> Any:
    if name in ("SHIPPED", "Policy", "PolicyError"):
        from . import policy

        return getattr(policy, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
