# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters, made and appended to the layer."""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Iterator

from agent import Filter
from gi.repository import Gimp
from words import REINSTALL, Refusal


def new_filters(layer: Gimp.Layer, filters: list[Filter]) -> list[Gimp.DrawableFilter]:
    """Filters with their values set, not on the layer yet. All or none: one left unused would stay in GIMP."""
    made: list[Gimp.DrawableFilter] = []
    try:
        for operation, label, properties in filters:
            try:
                made.append(Gimp.DrawableFilter.new(layer, operation, label))
            except TypeError as error:  # "constructor returned NULL"
                reason = Gimp.get_pdb().get_last_error()
                raise Refusal(f"This GIMP refuses {operation} ({reason}): {REINSTALL}.") from error
            set_properties(made[-1].get_config(), operation, properties)
    except Exception:
        delete(made)
        raise
    return made


def set_properties(config: Gimp.DrawableFilterConfig, operation: str, properties: dict[str, float]) -> None:
    for name, value in properties.items():
        for candidate in neighbours(value):
            try:
                config.set_property(name, candidate)
                kept = config.get_property(name)
            except TypeError as error:
                raise Refusal(f"This GIMP's {operation} has no number {name}: {REINSTALL}.") from error
            # GIMP keeps the old value where the new one is out of range, and says so on stderr alone.
            if kept == candidate:
                break
        else:
            raise Refusal(f"This GIMP's {operation} doesn't take {name} = {value!r}: {REINSTALL}.")


def neighbours(value: float) -> list[float]:
    """`value` as a 32-bit float, and where it isn't one, the next one on its other side too, the nearest first.

    XCF keeps filter values in 32 bits. With such a value a reopened file renders bit for bit the same; and one that
    is the end of a range, such as 0.1, doesn't come back as 0.10000000149, out of range, and so as GIMP's default.
    """
    (nearest,) = struct.unpack("<f", struct.pack("<f", value))
    if nearest == value:
        return [nearest]
    (bits,) = struct.unpack("<i", struct.pack("<f", value))
    bits += 1 if abs(nearest) < abs(value) else -1  # a float's bits, without the sign, are in order of its size
    return [nearest, *struct.unpack("<f", struct.pack("<i", bits))]


def delete(filters: list[Gimp.DrawableFilter]) -> None:
    for filter_ in reversed(filters):
        filter_.delete()


@contextlib.contextmanager
def one_undo_step(image: Gimp.Image) -> Iterator[None]:
    """Only around what changes the image: even an empty group leaves a step in the history."""
    image.undo_group_start()
    try:
        yield
    finally:
        image.undo_group_end()


def append(image: Gimp.Image, layer: Gimp.Layer, filters: list[Filter]) -> None:
    """Appends the filters, the first at the bottom, where it works first. All or none."""
    made = new_filters(layer, filters)
    count = len(layer.get_filters())
    with one_undo_step(image):
        try:
            for filter_, (operation, _, _) in zip(made, filters, strict=True):
                layer.append_filter(filter_)
                reason = Gimp.get_pdb().get_last_error()  # of this very call; the next one forgets it
                count += 1
                if len(layer.get_filters()) != count:  # the only other sign that GIMP has refused
                    raise Refusal(f"This GIMP refuses {operation} ({reason}): {REINSTALL}.")
        except Exception:
            delete(made)
            raise
