# SPDX-License-Identifier: GPL-3.0-or-later
"""What an XMP packet announces to lie behind or beside the picture: gain maps, videos, depth maps."""

from __future__ import annotations

import re

from .xmp import Element, Packet, XmpError

# Google's container directory (Ultra HDR 1.1, Motion Photo 1.0), and the one of Dynamic Depth 1.0.
CONTAINERS = ("http://ns.google.com/photos/1.0/container/", "http://ns.google.com/photos/dd/1.0/container/")
ITEM = re.compile(r"http://ns\.google\.com/photos/(?:1\.0/container/item/|dd/1\.0/item/) (\w+)$")
GAIN_MAP = re.compile(r"http://ns\.adobe\.com/hdr-gain-map/|http://ns\.apple\.com/HDRGainMap/")
VIDEO = re.compile(
    r"http://ns\.google\.com/photos/1\.0/camera/ (?:MotionPhoto|MicroVideo)"
    r"|http://ns\.oppo\.com/photos/1\.0/camera/|http://ns\.xiaomi\.com/photos/1\.0/camera/ (?:MicroVideo|MotionPhoto)"
)
DEPTH = re.compile(r"http://ns\.google\.com/photos/(?:1\.0/(?:depthmap|image|focus)/|dd/1\.0/(?!container))")
"""Depth maps and the picture that they belong to: in the packet, or as Dynamic Depth tells of what lies behind."""

VIDEO_KINDS, GAIN_MAP_KINDS, DEPTH_KINDS = {"MotionPhoto"}, {"GainMap"}, {"Depth", "DepthMap", "Confidence"}


def attached(contents: bytes) -> list[str]:
    """What kinds of data the packet says to lie behind the picture, in their order."""
    try:
        packet = Packet(contents)
    except XmpError:
        return []
    kinds = [kind for directory in _directories(packet) for _, kind in _entries(packet, directory)]
    return [kind for kind in kinds if kind != "Primary"]


def tells_of(contents: bytes, names: re.Pattern[str]) -> bool:
    """Whether a packet has properties of these names: GAIN_MAP, VIDEO or DEPTH."""
    try:
        packet = Packet(contents)
    except XmpError:
        return False
    return any(names.match(name) for top in packet.top() for name in [*top.attributes, *(c.name for c in top.children)])


def announce_only(contents: bytes, kept: set[str], depth: bool) -> bytes:
    """The same packet without what it says about attachments but the kept kinds. depth: depth maps in it stay true."""
    try:
        packet = Packet(contents)
    except XmpError:
        return contents
    packet.remove_properties(GAIN_MAP)
    if kept.isdisjoint(VIDEO_KINDS):
        packet.remove_properties(VIDEO)
    if not depth:
        packet.remove_properties(DEPTH)
    for directory in _directories(packet):
        entries = _entries(packet, directory)
        stay = {kind for _, kind in entries} & kept
        for item, kind in entries:
            if not stay:
                packet.remove((directory.start, directory.end))
            elif kind not in kept | {"Primary"}:
                packet.remove((item.start, item.end))
            elif kind == "Primary":
                _forget_lengths(packet, item)
    return packet.changed()


def _directories(packet: Packet) -> list[Element]:
    return [one for container in CONTAINERS for one in packet.elements(f"{container} Directory")]


def _entries(packet: Packet, directory: Element) -> list[tuple[Element, str]]:
    """The items of a directory with their kinds; videos are called that whatever they call themselves."""
    found = []
    for item in packet.items(directory):
        told = _told(packet, item)
        kind = told.get("Semantic", "") or told.get("DataURI", "")
        if told.get("Mime", "").startswith("video/"):
            kind = "MotionPhoto"
        found.append((item, "Primary" if kind == "primary_image" else kind))
    return found


def _told(packet: Packet, item: Element) -> dict[str, str]:
    """What an item of a directory says: {"Mime": "image/jpeg", ...}, in the item or in an Item element within it."""
    values = [value for one in [item, *item.children] for value in packet.values(one).items()]
    return {match[1]: packet.text(value) for name, value in values if (match := ITEM.match(name))}


def _forget_lengths(packet: Packet, item: Element) -> None:
    """The picture is written anew, and what lies behind follows at once: 0 is "not told" and "none"."""
    for one in [item, *item.children]:
        for name, value in packet.values(one).items():
            if (match := ITEM.match(name)) and match[1] in ("Length", "Padding"):
                packet.set(value, "0")
