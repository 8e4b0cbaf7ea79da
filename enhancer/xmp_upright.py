# SPDX-License-Identifier: GPL-3.0-or-later
"""What an XMP packet says about places and sizes in a picture, made true of the picture that was turned upright."""

from __future__ import annotations

import re

from . import xmp_attached
from .turn import SIDEWAYS, upright_point, upright_size
from .xmp import EXIF, ORIENTATION, TIFF, Element, Packet, Value, XmpError

ANY_ORIENTATION = re.compile(rb"(tiff:Orientation\s*(?:=\s*[\"']|>)\s*)[2-8]")
# Across and down (XMP specification, part 2); programs write both names of the height.
PAIRS = (
    (f"{TIFF} ImageWidth", f"{TIFF} ImageLength"),
    (f"{TIFF} ImageWidth", f"{TIFF} ImageHeight"),
    (f"{TIFF} XResolution", f"{TIFF} YResolution"),
    (f"{EXIF} PixelXDimension", f"{EXIF} PixelYDimension"),
    (f"{EXIF} FocalPlaneXResolution", f"{EXIF} FocalPlaneYResolution"),
)
SUBJECTS = (f"{EXIF} SubjectArea", f"{EXIF} SubjectLocation")
# Metadata Working Group, Guidelines for handling image metadata 2.0, 5.9
MWG = "http://www.metadataworkinggroup.com/schemas/regions/"
DIMENSIONS = "http://ns.adobe.com/xap/1.0/sType/Dimensions#"
AREA = "http://ns.adobe.com/xmp/sType/Area#"
# Microsoft's People Tagging: "x, y, w, h", shares of the picture, from the left upper corner
MICROSOFT = "http://ns.microsoft.com/photo/1.2/t/Region# Rectangle"
IPTC = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
PREVIEWS = re.compile("http://ns.adobe.com/xap/1.0/ Thumbnails$")
"""Pictures of the unedited photo."""


def for_copy(
    contents: bytes, orientation: int | None, size: tuple[int, int], attached: set[str] | None = None
) -> bytes:
    """A packet as an upright, edited copy has it: `upright`, and without what it tells of data that isn't kept.

    attached: kinds of data that stay behind the picture. Depth maps in the packet stay where the pixels do.
    """
    depth = (orientation or 1) == 1
    return upright(xmp_attached.announce_only(contents, attached or set(), depth), orientation, size)


def upright(contents: bytes, orientation: int | None, size: tuple[int, int]) -> bytes:
    """The same packet for a copy whose pixels are upright and edited.

    orientation: what the pixels were turned by; None where nothing but the packet may tell an orientation: nobody turns
    a picture by that, and it stays. size: the stored picture's width and height. A packet that is no XML keeps all but
    its orientation.
    """
    try:
        packet = Packet(contents)
    except XmpError:
        return contents if orientation is None else ANY_ORIENTATION.sub(rb"\g<1>1", contents)
    packet.remove_properties(PREVIEWS)
    if orientation is None:
        return packet.changed()
    for description in packet.top():
        values = packet.values(description)
        if ORIENTATION in values:
            packet.set(values[ORIENTATION], "1")
        if orientation >= SIDEWAYS:
            for across, down in PAIRS:
                if across in values and down in values:
                    _swap(packet, values[across], values[down])
    if orientation > 1:
        for element in list(packet.elements()):
            _turn(packet, element, orientation, size)
    return packet.changed()


def _swap(packet: Packet, a: Value, b: Value) -> None:
    old_a, old_b = packet.text(a), packet.text(b)
    packet.set(a, old_b)
    packet.set(b, old_a)


def _turn(packet: Packet, element: Element, orientation: int, size: tuple[int, int]) -> None:
    values = packet.values(element)
    if f"{MWG} AppliedToDimensions" == element.name and orientation >= SIDEWAYS:
        across, down = (values.get(f"{DIMENSIONS} {name}") for name in "wh")
        if across and down:
            _swap(packet, across, down)
    elif f"{MWG} Area" == element.name:
        scale = _scale(packet, values.get(f"{AREA} unit"), size)
        _turn_box(packet, {name: values.get(f"{AREA} {name}") for name in "xywh"}, orientation, scale, centred=True)
    elif MICROSOFT in values and element.name != "http://ns.microsoft.com/photo/1.2/t/Region# Rectangle":
        _turn_rectangle(packet, values[MICROSOFT], orientation)
    elif f"{IPTC} RegionBoundary" == element.name:
        _turn_boundary(packet, element, values, orientation, size)
    elif element.name in SUBJECTS:
        _turn_subject(packet, element, orientation, size)


def _scale(packet: Packet, unit: Value | None, size: tuple[int, int]) -> tuple[int, int]:
    """Width and height of the picture in the unit that a region's numbers have: shares of it, or pixels."""
    return size if unit and packet.text(unit) == "pixel" else (1, 1)


def _turn_box(
    packet: Packet, box: dict[str, Value | None], orientation: int, size: tuple[float, float], centred: bool
) -> None:
    """x, y and, where there are any, w and h. centred: x, y are the centre; else the left upper corner."""
    numbers = {name: packet.number(value) for name, value in box.items()}
    x, y, w, h = (numbers.get(name) for name in "xywh")
    if x is None or y is None:
        return
    w, h = w or 0.0, h or 0.0
    shift = 0.0 if centred else 0.5
    x, y = upright_point(x + shift * w, y + shift * h, orientation, *size)
    w, h = upright_size(w, h, orientation)
    for name, number in zip("xywh", (x - shift * w, y - shift * h, w, h), strict=True):
        if (value := box.get(name)) is not None:
            packet.set(value, _written(number))


def _turn_rectangle(packet: Packet, value: Value, orientation: int) -> None:
    try:
        x, y, w, h = (float(part) for part in packet.text(value).split(","))
    except ValueError:
        return
    x, y = upright_point(x + w / 2, y + h / 2, orientation)
    w, h = upright_size(w, h, orientation)
    packet.set(value, ", ".join(_written(number) for number in (x - w / 2, y - h / 2, w, h)))


def _turn_boundary(
    packet: Packet, element: Element, values: dict[str, Value], orientation: int, size: tuple[int, int]
) -> None:
    """IPTC Photo Metadata 2023.1, image region: a rectangle, a circle or a polygon, in shares or pixels."""
    scale = _scale(packet, values.get(f"{IPTC} rbUnit"), size)
    box = {name: values.get(f"{IPTC} rb{name.upper()}") for name in "xywh"}
    circle = f"{IPTC} rbRx" in values
    _turn_box(packet, box, orientation, scale, centred=circle)
    for vertices in packet.structure(element):
        for item in packet.items(vertices):
            inner = packet.values(item)
            corner = {name: inner.get(f"{IPTC} rb{name.upper()}") for name in "xy"}
            _turn_box(packet, corner, orientation, scale, centred=True)


def _turn_subject(packet: Packet, element: Element, orientation: int, size: tuple[int, int]) -> None:
    """x, y, and a diameter, or width and height, in pixels."""
    items = [Value(item.head_end, item.text_end, (item.start, item.end)) for item in packet.items(element)]
    if len(items) in (2, 3, 4):
        last = size[0] - 1, size[1] - 1
        _turn_box(packet, dict(zip("xywh" if len(items) == 4 else "xy", items, strict=False)), orientation, last, True)


def _written(number: float) -> str:
    """A number of a region: six digits are a hundredth of a pixel in the largest pictures."""
    return f"{round(number, 6):g}" if abs(number) < 1 else f"{number:.10g}"
