"""What the reading of one JSON value found, and the readers of values of one part of a type."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable
from decimal import Decimal, InvalidOperation
from typing import Final

import msgspec

from ai_lib.types.json import JsonDict, JsonObject, JsonValue, is_list, is_object
from ai_lib.types.problem import Problem, make_pointer
from ai_lib.types.schema.definitions import DefinitionStore

MISFIT: Final = object()
"""What a reader returns for a value that does not fit."""

BEYOND_FLOATS: Final = "is too large or too small for a float"

_JSON_NAMES: Final[tuple[tuple[type, str], ...]] = (
    (bool, "bool"),
    (int, "int"),
    (float, "float"),
    (Decimal, "float"),
    (str, "str"),
    (list, "array"),
    (tuple, "array"),
    (dict, "object"),
)


class ReadContext:
    """What was found while one value was read: its problems, and what was bent to fit.

    With `coerce`, values in the wrong form are taken where their meaning is plain, and listed in
    `adaptations`.
    """

    def __init__(self, *, coerce: bool = False) -> None:
        self.coerce = coerce
        self.problems: list[Problem] = []
        self.adaptations: list[str] = []

    def refuse(self, pointer: str, message: str, allowed: str = "") -> object:
        """Add a problem; return `MISFIT`."""
        self.problems.append(Problem(pointer=pointer, message=message, allowed=allowed or message))
        return MISFIT

    def expect(self, pointer: str, expected: str, value: object) -> object:
        """Add the problem that a value is of another type; return `MISFIT`."""
        message = f"Expected {expected}, got {name_json_type(value)}"
        return self.refuse(pointer, message, expected)

    def refuse_number(self, pointer: str) -> object:
        """Add the problem that a number is beyond all floats; return `MISFIT`."""
        return self.refuse(pointer, BEYOND_FLOATS, "a number that a float holds")

    def adapt(self, pointer: str, value: object, result: object) -> None:
        """Note that a value was taken for another one."""
        position = pointer or "the whole"
        self.adaptations.append(f"{position}: {_show(value)} was read as {_show(result)}")


class TypeReader:
    """Describes one part of a type as a schema, and reads its values from decoded JSON."""

    def describe(self, definitions: DefinitionStore) -> JsonDict:
        """Return the JSON Schema."""
        raise NotImplementedError

    def read(self, value: JsonValue, pointer: str, reading: ReadContext) -> object:
        """Return the value, or `MISFIT` when it does not fit; `reading` then has the problems."""
        raise NotImplementedError

    def rank(self, value: JsonValue) -> int:
        """Return how well a value that fits belongs here, beside the alternatives of a union."""
        return 1

    def name(self) -> str:
        """Return the words for what is expected."""
        raise NotImplementedError


class DefaultEntry(msgspec.Struct, frozen=True):
    """A default value."""

    value: object


def name_json_type(value: object) -> str:
    """Return the name of a decoded JSON value's type."""
    if value is None:
        return "null"
    return next((name for kind, name in _JSON_NAMES if isinstance(value, kind)), "object")


def read_json_text(text: str) -> JsonValue:
    """Return the value of a JSON text, `MISFIT` when it is none."""
    try:
        return decode_exactly(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return MISFIT


def decode_exactly(text: str | bytes) -> JsonValue:
    """Decode JSON; a number that no float holds to its last digit becomes a `Decimal`.

    Raises:
        msgspec.DecodeError: it is no JSON.
    """
    return _DECODER.decode(text)


def read_fraction(text: str) -> float | Decimal:
    """Return a number with a fraction or exponent; a `Decimal` where a float loses digits.

    Raises:
        ValueError: its exponent is beyond what a `Decimal` takes.
    """
    number = float(text)
    try:
        exact = Decimal(text)
    except InvalidOperation as error:
        raise ValueError(f"the number {text[:40]} is out of range") from error
    is_exact = math.isfinite(number) and Decimal(repr(number)) == exact
    return number if is_exact else exact


_DECODER: Final = msgspec.json.Decoder(float_hook=read_fraction)


def to_floats(value: JsonValue) -> JsonValue:
    """Return decoded JSON with floats in position of every `Decimal`.

    A number that is too large or too small for any float stays a `Decimal`.
    """
    return map_leaves(value, to_float)


def to_float(leaf: JsonValue) -> JsonValue:
    """Return a float for a `Decimal` that has one, and anything else as it is."""
    return float(leaf) if isinstance(leaf, Decimal) and not is_beyond_float(leaf) else leaf


def read_exact_object(text: str, rounded: JsonObject) -> JsonObject:
    """Return the object in a text if it is what `rounded` was read from, else `rounded`.

    Raises:
        ValueError: a number is out of every range.
    """
    if not text:
        return rounded
    exact: JsonObject = decode_exactly(text)
    is_same = map_leaves(exact, round_to_float) == map_leaves(rounded, round_to_float)
    return exact if is_same else rounded


def is_beyond_float(leaf: JsonValue) -> bool:
    """Whether a number is finite, but infinite as a float, or another than 0 but 0 as a float."""
    if not isinstance(leaf, Decimal):
        return False
    number = float(leaf)
    return not math.isfinite(number) or (number == 0 and leaf != 0)


def round_to_float(leaf: JsonValue) -> JsonValue:
    """Return the nearest finite float for a `Decimal`, and anything else as it is."""
    if not isinstance(leaf, Decimal):
        return leaf
    return max(-sys.float_info.max, min(sys.float_info.max, float(leaf)))


def to_whole_number(number: float | Decimal) -> int | None:
    """Return a number without a fraction as it was written; None for one with a fraction.

    `1e25` is that and not the float that is nearest to it. What is beyond all floats has too many
    digits to be written out, and gives None.
    """
    if not math.isfinite(number) or number != number // 1:
        return None
    return int(number if isinstance(number, Decimal) else Decimal(repr(number)))


def find_beyond_float(value: JsonValue, pointer: str = "") -> str | None:
    """Return where decoded JSON has a number that is beyond all floats; None without one."""
    members: Iterable[tuple[object, JsonValue]] = ()
    if is_object(value):
        members = value.items()
    elif is_list(value):
        members = enumerate(value)
    elif is_beyond_float(value):
        return pointer
    for step, member in members:
        position = find_beyond_float(member, make_pointer([step], pointer))
        if position is not None:
            return position
    return None


def map_leaves(value: JsonValue, change: Callable[[JsonValue], JsonValue]) -> JsonValue:
    """Return decoded JSON with what `change` makes of everything that is no object and no list."""
    if is_object(value):
        return {name: map_leaves(member, change) for name, member in value.items()}
    return [map_leaves(item, change) for item in value] if is_list(value) else change(value)


def holds_decimal(value: JsonValue) -> bool:
    """Whether a number in decoded JSON is a `Decimal`."""
    return holds_leaf(value, lambda leaf: isinstance(leaf, Decimal))


def holds_leaf(value: JsonValue, test: Callable[[JsonValue], bool]) -> bool:
    """Whether a test holds for anything in decoded JSON that is no object and no list."""
    members = value.values() if is_object(value) else value if is_list(value) else None
    return test(value) if members is None else any(holds_leaf(item, test) for item in members)


def _show(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}..."
