# SPDX-License-Identifier: GPL-3.0-or-later
"""XMP packets kept byte for byte, but for what an upright, edited copy would make untrue.

A packet is read as XML (ISO 16684-1), and only the values that change are written anew, in their places.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape, unescape
from xml.parsers import expat

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
DESCRIPTION = f"{RDF} Description"
ITEM = f"{RDF} li"
TIFF, EXIF = "http://ns.adobe.com/tiff/1.0/", "http://ns.adobe.com/exif/1.0/"
ORIENTATION = f"{TIFF} Orientation"

TAG = re.compile(rb"<(?:[^\"'>]|\"[^\"]*\"|'[^']*')*>")
ATTRIBUTE = re.compile(rb"\s+([^\s=\"'<>/]+)\s*=\s*(\"[^\"]*\"|'[^']*')")
LARGEST = 2**26
"""Bytes of a packet that is looked into, 64 MB: depth maps stand in packets of a few."""
DEEPEST = 100
"""Elements in each other; packets have some ten."""
MOST = 30_000
"""Elements and attributes, read in a second; packets with a long history have a few thousand."""


class XmpError(ValueError):
    """A packet that is no XML that can be followed."""


@dataclass(frozen=True)
class Value:
    """A property's value that is a text: where it stands, and what goes if the property is removed."""

    start: int
    end: int
    whole: tuple[int, int]


@dataclass
class Element:
    """An element of a packet. name, and those of its attributes: "namespace local". text_end: -1 for <a/>."""

    name: str
    start: int
    head_end: int
    attributes: dict[str, Value]
    children: list[Element] = field(default_factory=list)
    end: int = 0
    text_end: int = 0


class Packet:
    """An XMP packet that can be changed in places. XmpError where it can't be followed."""

    def __init__(self, contents: bytes) -> None:
        if contents[:2] in (b"\xff\xfe", b"\xfe\xff"):  # ISO 16684-1, 7.2: UTF-16 is allowed outside JPEG
            contents = contents.decode("utf-16", "replace").encode()
        self.contents = contents.rstrip(b"\0")
        self._changes: list[tuple[int, int, bytes]] = []
        self.root = _parse(self.contents)

    def elements(self, name: str = "") -> Iterator[Element]:
        """All elements with a name, from the outside in; with no name, all."""
        todo = [self.root]
        while todo:
            one = todo.pop()
            if name in ("", one.name):
                yield one
            todo += reversed(one.children)

    def top(self) -> list[Element]:
        """The descriptions of the picture itself."""
        rdf = list(self.elements(f"{RDF} RDF"))[:1]
        return [child for one in rdf for child in one.children if child.name == DESCRIPTION]

    def values(self, element: Element) -> dict[str, Value]:
        """The simple properties of a description or a structure, in all of the ways that RDF has to write them."""
        found = dict(element.attributes)
        for child in element.children:
            if child.name == DESCRIPTION and element.name != f"{RDF} RDF":
                found.update(self.values(child))
            elif not child.children and child.head_end <= child.text_end:
                found[child.name] = Value(child.head_end, child.text_end, (child.start, child.end))
        return found

    def structure(self, element: Element) -> list[Element]:
        """The properties of a description or structure that are elements."""
        inner = [one for child in element.children if child.name == DESCRIPTION for one in self.structure(child)]
        return inner + [child for child in element.children if child.name != DESCRIPTION]

    def items(self, element: Element) -> list[Element]:
        """The items of an array."""
        return [item for array in element.children for item in array.children if item.name == ITEM]

    def text(self, value: Value) -> str:
        return unescape(self.contents[value.start : value.end].decode("utf-8", "replace")).strip()

    def number(self, value: Value | None) -> float | None:
        """A value as a number; None where it is none. XMP writes fractions as "72/1"."""
        try:
            over, _, under = self.text(value).partition("/") if value else ("", "", "")
            number = float(over) / float(under or 1)
        except (ValueError, ZeroDivisionError):
            return None
        return number if abs(number) < 1e9 else None

    def set(self, value: Value, text: str) -> None:
        if text != self.text(value):
            self._changes.append((value.start, value.end, escape(text).encode()))

    def remove(self, *places: tuple[int, int]) -> None:
        self._changes += [(start, end, b"") for start, end in places]

    def remove_properties(self, names: re.Pattern[str]) -> bool:
        """Removes the top-level properties whose "namespace local" name begins so; whether there were any."""
        places = []
        for description in self.top():
            simple = [value.whole for name, value in self.values(description).items() if names.match(name)]
            places += simple + [(c.start, c.end) for c in description.children if names.match(c.name)]
        self.remove(*places)
        return bool(places)

    def changed(self) -> bytes:
        """The packet with its changes. What stands within something that is removed goes with it."""
        result, done = b"", 0
        for start, end, text in sorted(set(self._changes), key=lambda change: (change[0], -change[1])):
            if start >= done:
                result += self.contents[done:start] + text
                done = end
        return result + self.contents[done:]


def _parse(contents: bytes) -> Element:
    if len(contents) > LARGEST:
        raise XmpError("too large")
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.namespace_prefixes = True
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    root = Element("", 0, 0, {})
    open_: list[Element] = [root]
    n = 0

    def refuse(*_: object) -> None:
        raise XmpError("declares entities")

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal n
        n += 1 + len(attributes)
        if len(open_) > DEEPEST or n > MOST:
            raise XmpError("too many elements")
        at = parser.CurrentByteIndex
        head = TAG.match(contents, at)
        if not head:
            raise XmpError("not in UTF-8")
        # "namespace local prefix" of each attribute, by "prefix:local" as it is written
        written = {":".join(reversed(full.split(" ")[1:])): " ".join(full.split(" ")[:2]) for full in attributes}
        spans = {
            written[own]: Value(at + match.start(2) + 1, at + match.end(2) - 1, (at + match.start(), at + match.end()))
            for match in ATTRIBUTE.finditer(head[0])
            if (own := match[1].decode("utf-8", "replace")) in written
        }
        element = Element(" ".join(name.split(" ")[:2]), at, head.end(), spans)
        open_[-1].children.append(element)
        open_.append(element)

    def end(_: str) -> None:
        element = open_.pop()
        if contents[element.head_end - 2 : element.head_end] == b"/>":
            element.end, element.text_end = element.head_end, -1
        else:
            element.text_end = parser.CurrentByteIndex
            element.end = contents.index(b">", element.text_end) + 1

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.EntityDeclHandler = parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(contents, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise XmpError(str(error)) from error
    return root
