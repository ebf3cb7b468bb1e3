"""Bends bytes and cuts them, the same way for the same chance."""

import json
from collections.abc import Iterator, Sequence
from itertools import pairwise
from random import Random
from typing import Any

# What trips readers of streams, JSON and text.
TOKENS: tuple[bytes, ...] = (
    b"\n", b"\r", b"\r\n", b"\n\n", b"\x00", b"\xef\xbb\xbf", b"\xff", b"\xc3", b"\xed\xa0\x80",
    b"\xe2\x80\xa8", b"data:", b"data: ", b"event: error\n", b"event:", b"id: 1\n", b": beat\n",
    b"[DONE]", b"data: [DONE]\n\n", b"null", b"true", b"{}", b"[]", b'""', b"{", b"}", b"[", b"]",
    b'"', b"\\", b",", b":", b"NaN", b"Infinity", b"-Infinity", b"1e999", b"1e300", b"-1", b"-2.0",
    b"0.5", b"9" * 40, b"9" * 4400, b'"' + b"7" * 4400 + b'"', b'"\\ud83d"', b'"\\ude00"',
    b'\\ud83d', b"\\u0000", b'{"error": {"message": "no"}}', b'{"error": {"code": 99999999999999'
    b'999999999999}}', b'"error"', b'"index"', b'"index": 1', b'"index": "1"', b'"id": null',
    b'"index": 99999999999999999999', b'"usage": {"prompt_tokens": -5.0}', b'"choices": null',
    b'"type": "error"', b'"delta": []', b'"content": 7', b"[" * 1200, b'{"a":' * 1200,
)  # fmt: skip

# What stands where a wire has something else.
ODD: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, -5.0, 2.0, 0.5, 1e300, 2**63, 10**30, "", " ", "0", "9" * 4400,
    "\ud83d", "\ude00", "\u2028", "stop", "error", [], {}, [[]], [None], [{}], {"": ""},
    {"message": None}, {"code": 10**30}, {"error": {"code": 10**30}}, float("nan"), float("inf"),
)  # fmt: skip


def bent(data: bytes, chance: Random, others: Sequence[bytes] = ()) -> bytes:
    """Change a few places of `data`; pieces of `others` may get into it."""
    for _ in range(chance.choice((0, 1, 1, 1, 2, 3, 6))):
        data = _changed(data, chance, others)
    return data


def _changed(data: bytes, chance: Random, others: Sequence[bytes]) -> bytes:
    at = chance.randrange(len(data) + 1)
    to = min(len(data), at + chance.choice((1, 1, 2, 4, 16, 64, 256)))
    how = chance.randrange(11)
    if how >= 8:
        return _line_replaced(data, at, chance)
    if how == 0:
        return data[:at]
    if how == 1:
        return data[:at] + data[to:]
    if how == 2:
        return data[:at] + chance.choice(TOKENS) + data[at:]
    if how == 3:
        return data[:at] + chance.choice(TOKENS) + data[to:]
    if how == 4:
        return data[:to] + data[at:]
    if how == 5:
        return data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]
    if how == 6:
        return _value_replaced(data, at, chance)
    other = chance.choice(others) if others else data
    start = chance.randrange(len(other) + 1)
    return data[:at] + other[start : start + chance.choice((8, 64, 512))] + data[to:]


def _value_replaced(data: bytes, at: int, chance: Random) -> bytes:
    """Put something else in the place of a JSON value, so that the JSON stays good."""
    start = data.find(b":", at)
    ends = [end for mark in b",}" if (end := data.find(mark, start)) >= 0]
    if start < 0 or not ends:
        return data
    return data[: start + 1] + chance.choice(TOKENS) + data[min(ends) :]


def _line_replaced(data: bytes, at: int, chance: Random) -> bytes:
    """Change one value of the JSON in the line at this place."""
    start, end = data.rfind(b"\n", 0, at) + 1, data.find(b"\n", at)
    end = len(data) if end < 0 else end
    opened = data.find(b"{", start, end)
    try:
        value = json.loads(data[opened:end]) if opened >= 0 else None
    except (ValueError, RecursionError):
        return data
    return data[:opened] + _other_value(value, chance) + data[end:] if value else data


def _other_value(value: Any, chance: Random) -> bytes:
    parent, key = chance.choice(list(_places(value)))
    odd = chance.choice(ODD)
    how = chance.randrange(5)
    if how == 0:
        del parent[key]
    elif how == 1 and isinstance(parent, list):
        parent.append(parent[key])
    elif how == 2 and isinstance(parent, dict):
        parent[chance.choice(("", "x", "error", "type", "index", *parent))] = parent[key]
    else:
        parent[key] = odd
    return json.dumps(value, ensure_ascii=True).encode()


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    for key in value if isinstance(value, dict) else range(len(value)):
        yield value, key
        if isinstance(value[key], dict | list):
            yield from _places(value[key])


def pieces(data: bytes, chance: Random) -> list[bytes]:
    """Cut `data` at some places, or everywhere."""
    if len(data) < 3000 and chance.random() < 0.2:
        return [data[at : at + 1] for at in range(len(data))]
    count = chance.choice((1, 1, 2, 5, 20))
    places = sorted(chance.randrange(len(data) + 1) for _ in range(count))
    return [data[start:end] for start, end in pairwise([0, *places, len(data)])]
