# SPDX-License-Identifier: GPL-3.0-or-later
"""Bytes and JSON, changed at random in ways that readers trip over."""

from __future__ import annotations

import copy
import json
from random import Random
from typing import Any

EXTREMES = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)
MOST_CHANGES = 6
MOST_BYTES = 2**20
"""A changed input is no longer than that: the largest here have some 100 KB."""
DEEP = 3000
"""Levels of nesting, more than Python's own limit on recursion."""


def mutated(data: bytes, rng: Random, other: bytes = b"") -> bytes:
    """The data with one to MOST_CHANGES changes. other: another input, parts of which may come into it."""
    changed = bytearray(data)
    for _ in range(rng.randint(1, MOST_CHANGES)):
        rng.choice((_flip, _flip, _number, _number, _cut, _double, _zero, _splice, _end))(changed, rng, other)
    return bytes(changed[:MOST_BYTES])


def _place(data: bytearray, rng: Random) -> int:
    """Headers and directories lie at the beginning and are hit as often as all the rest."""
    return rng.randrange(min(len(data), 512) if rng.random() < 0.5 else len(data)) if data else 0


def _flip(data: bytearray, rng: Random, other: bytes) -> None:
    if data:
        data[_place(data, rng)] ^= rng.choice((1 << rng.randrange(8), rng.randrange(1, 256)))


def _number(data: bytearray, rng: Random, other: bytes) -> None:
    """One of 1, 2 or 4 bytes, in either order, becomes an extreme one."""
    size, at = rng.choice((1, 2, 4)), _place(data, rng)
    number = rng.choice(EXTREMES) % 2 ** (8 * size)
    data[at : at + size] = number.to_bytes(size, rng.choice(("little", "big")))


def _cut(data: bytearray, rng: Random, other: bytes) -> None:
    at = _place(data, rng)
    del data[at : at + rng.choice((1, 2, 4, 16, rng.randrange(1, 2000)))]


def _double(data: bytearray, rng: Random, other: bytes) -> None:
    at = _place(data, rng)
    part = data[at : at + rng.randrange(1, 200)]
    data[at:at] = part * rng.choice((1, 2, 50))


def _zero(data: bytearray, rng: Random, other: bytes) -> None:
    at = _place(data, rng)
    end = min(len(data), at + rng.randrange(1, 200))
    data[at:end] = rng.choice((b"\0", b"\xff")) * (end - at)


def _splice(data: bytearray, rng: Random, other: bytes) -> None:
    if other:
        begin = rng.randrange(len(other))
        at = _place(data, rng)
        data[at : at + rng.choice((0, 64))] = other[begin : begin + rng.randrange(1, 500)]


def _end(data: bytearray, rng: Random, other: bytes) -> None:
    if rng.random() < 0.4:
        del data[_place(data, rng) :]


def mutated_json(value: Any, rng: Random) -> bytes:
    """A JSON text made of a value, with one to three of its parts changed, and now and then its bytes too."""
    value = copy.deepcopy(value)
    for _ in range(rng.randint(1, 3)):
        value = _change(value, rng)
    text = json.dumps(value).encode()
    if rng.random() < 0.02:
        text = text.replace(b": ", b": " + b"[" * DEEP + b"]" * DEEP + b', "x": ', 1)
    return mutated(text, rng) if rng.random() < 0.2 else text


def _change(value: Any, rng: Random) -> Any:
    """Goes down to some part and changes it."""
    if isinstance(value, dict) and value and rng.random() < 0.85:
        key = rng.choice(sorted(value))
        if rng.random() < 0.15:
            del value[key]
        elif rng.random() < 0.1:
            value[strange(rng) if rng.random() < 0.5 else key.upper()] = value.pop(key)
        else:
            value[key] = _change(value[key], rng)
        return value
    if isinstance(value, list) and value and rng.random() < 0.85:
        at = rng.randrange(len(value))
        if rng.random() < 0.15:
            del value[at]
        elif rng.random() < 0.1:
            value.insert(at, copy.deepcopy(value[at]))
        else:
            value[at] = _change(value[at], rng)
        return value
    return _another(value, rng)


def _another(value: Any, rng: Random) -> Any:
    nested: Any = []
    for _ in range(30):
        nested = [nested]
    if isinstance(value, (int, float)) and not isinstance(value, bool) and rng.random() < 0.5:
        return rng.choice(
            (-value, value * 10**9, value + 1, -1, 2**31, 2**63, 2**70, 1e308, float("nan"), float("inf"))
        )
    words = strange(rng)
    return rng.choice((None, True, False, 0, -1, 1.5, 10**400, "", words, words * 50, [], {}, nested, {words: value}))


def strange(rng: Random) -> str:
    """A text that somebody may have chosen to do harm."""
    return rng.choice((
        "\0", "\n", "\x1b[31m", "\ud800", "../../etc/passwd", "/dev/zero", "%s%n", "a" * 300, "’é海\U0001f600",
        "[red]x[/red]", "-1", "NaN", "1e999", "__proto__",
    ))  # fmt: skip
