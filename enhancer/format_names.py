# SPDX-License-Identifier: GPL-3.0-or-later
"""The formats in which a decision is written for other programs: their names and limits, without what writes them."""

FORMATS = {"cube": ".cube", "gegl": ".gegl", "decision": ".decision.json"}
"""Format -> what its file's name has behind the copy's."""
NODES = 33
"""Along each side of a 3D LUT: what video and photo programs commonly write and read."""
FEWEST_NODES, MOST_NODES = 17, 65
"""From the fewest that hold a tone curve to the most that programs commonly take."""
