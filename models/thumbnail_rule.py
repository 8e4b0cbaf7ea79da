# SPDX-License-Identifier: GPL-3.0-or-later
"""What a policy's thumbnail is: a part of the policy file's contract. Plain Python, without NumPy."""

SIZE = 64
"""Pixels along each side: the paper's state (section 4.1)."""
RULE = "box mean of sRGB-encoded values over every pixel that a cell touches; aspect ratio not kept; alpha-weighted"
