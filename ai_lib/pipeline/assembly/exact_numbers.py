"""Keeps the digits of numbers in tool arguments that no float holds."""

import re
from typing import Final

import msgspec

from ai_lib.types.json import is_list, is_object

# Sixteen digits or more, or an exponent: a float may hold less.
_LONG_NUMBER: Final = re.compile(r"(?:\d\.?){16}|\d[eE]")
_LONG_NUMBER_IN_BYTES: Final = re.compile(rb"(?:\d\.?){16}|\d[eE][-+]?\d")
_OUT_OF_RANGE: Final = float("nan")
_JSON: Final = msgspec.json.Encoder(decimal_format="number")


def find_exact_json(text: str) -> str:
    """Return the JSON text of arguments if a number in it has more digits than a float, else "".

    So it is where a number is out of every range.
    """
    if not _LONG_NUMBER.search(text):
        return ""
    from ai_lib.types.schema.reading import decode_exactly, holds_decimal

    try:
        return text if holds_decimal(decode_exactly(text)) else ""
    except msgspec.DecodeError:
        return text
    except (UnicodeError, RecursionError):
        return ""


def restore_numbers(arguments: object, frame: object, data: bytes) -> object:
    """Return decoded arguments as JSON with the digits that the bytes of their frame have.

    They are returned unchanged where no number is long, or the frame's bytes can't be read again,
    and as a text that is no JSON where a number is out of every range.
    """
    if not isinstance(arguments, dict) or not _LONG_NUMBER_IN_BYTES.search(data):
        return arguments
    from ai_lib.types.schema.reading import holds_decimal, holds_leaf

    try:
        exact = _find_counterpart(frame, _FRAME_DECODER.decode(data), arguments)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return arguments
    if holds_leaf(exact, lambda leaf: leaf is _OUT_OF_RANGE):
        return repr(exact)
    return _JSON.encode(exact).decode() if holds_decimal(exact) else arguments


def _read_number(text: str) -> object:
    from ai_lib.types.schema.reading import read_fraction

    try:
        return read_fraction(text)
    except ValueError:
        return _OUT_OF_RANGE


_FRAME_DECODER: Final = msgspec.json.Decoder(float_hook=_read_number)


def _find_counterpart(node: object, exact: object, target: object) -> object:
    """Return what stands in `exact` where `target` stands in a tree of the same form."""
    if node is target:
        return exact
    pairs: list[tuple[object, object]] = []
    if is_object(node) and is_object(exact):
        pairs = [(node[name], exact.get(name)) for name in node]
    elif is_list(node) and is_list(exact):
        pairs = list(zip(node, exact, strict=False))
    for member, exact_member in pairs:
        if isinstance(member, dict | list):
            counterpart = _find_counterpart(member, exact_member, target)
            if counterpart is not None:
                return counterpart
    return None
