# SPDX-License-Identifier: GPL-3.0-or-later
"""An exported policy, and all that is needed to use one: no torch."""

from .policy import SHIPPED, Choice, Decision, Policy, PolicyError
from .thumbnail import thumbnail

__all__ = ["SHIPPED", "Choice", "Decision", "Policy", "PolicyError", "thumbnail"]
