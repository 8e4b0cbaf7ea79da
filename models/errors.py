# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors that a person can act on. Plain Python: GIMP's own runs it."""

from __future__ import annotations


def printable(text: str) -> str:
    """As one line, whatever names and words of others are in it, and without commands to a terminal."""
    return "".join(c if c.isprintable() else " " if c.isspace() else "\N{REPLACEMENT CHARACTER}" for c in text.strip())


class UserError(ValueError):
    """An input that can't be used. The text is one line for a person: what it is about, the cause, the remedy.

    kind: the cause in a word or two, such as "damaged", for programs and tests; the sentence may change, it may not.
    """

    def __init__(self, message: str, kind: str = "") -> None:
        super().__init__(printable(message))
        self.kind = kind
