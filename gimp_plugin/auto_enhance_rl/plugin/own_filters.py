# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of a layer's filters came from this plug-in: a parasite on the layer says so, in XCF files too."""

from __future__ import annotations

import json

from gi.repository import Gimp

PARASITE = "auto-enhance-rl"
# GIMP_PARASITE_PERSISTENT and _UNDOABLE (libgimpbase/gimpparasite.h), which Python has no names for
KEPT = 1 | 2


def own_filters(layer: Gimp.Layer) -> list[Gimp.DrawableFilter]:
    """The filters on the layer that an earlier run put there and nobody has removed since, the top one first.

    A filter's number is only good until GIMP ends; what stays is its operation and its name, which nobody can change
    and which holds the values.
    """
    tagged = read_tag(layer)
    return [each for each in layer.get_filters() if [each.get_operation_name(), each.get_name()] in tagged]


def read_tag(layer: Gimp.Layer) -> list[list[str]]:
    parasite = layer.get_parasite(PARASITE)
    if parasite is None:
        return []
    try:
        written = json.loads(bytes(parasite.get_data()))
        return [[str(operation), str(name)] for operation, name in written["filters"]]
    except (ValueError, KeyError, TypeError, RecursionError):  # a file from anywhere may hold anything
        return []


def tag(layer: Gimp.Layer, filters: list[Gimp.DrawableFilter]) -> None:
    """Writes down that these, and no others, are ours."""
    write_tag(layer, [[each.get_operation_name(), each.get_name()] for each in filters])


def write_tag(layer: Gimp.Layer, rows: list[list[str]]) -> None:
    """rows: operation and name of each filter, as `read_tag` gives them."""
    if rows:
        data = json.dumps({"filters": rows}).encode()
        layer.attach_parasite(Gimp.Parasite.new(PARASITE, KEPT, list(data)))
    elif layer.get_parasite(PARASITE) is not None:
        layer.detach_parasite(PARASITE)
