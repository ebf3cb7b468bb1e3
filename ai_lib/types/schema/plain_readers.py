"""Readers of values without parts: texts, numbers, dates, choices, and what has a text form."""

import datetime
import enum
import ipaddress
import math
import pathlib
import re
import uuid
from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import msgspec

from ai_lib.types.json import JsonDict, JsonValue, require_finite
from ai_lib.types.problem import read_problems
from ai_lib.types.schema.definitions import DefinitionStore, read_class_text
from ai_lib.types.schema.reading import (
    MISFIT,
    ReadContext,
    TypeReader,
    find_beyond_float,
    to_floats,
    to_whole_number,
)
from ai_lib.types.schema.type_names import is_subclass

_TRUTHS: Final = {"true": True, "false": False}
_DECIMAL: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)


class AnyReader(TypeReader):
    """Any JSON value."""

    def describe(self, definitions: DefinitionStore) -> JsonDict:
        return {}

    def read(self, value: JsonValue, pointer: str, reading: ReadContext) -> object:
        position = find_beyond_float(value, pointer)
        return to_floats(value) if position is None else reading.refuse_number(position)

    def rank(self, value: JsonValue) -> int:
        return -1

    def name(self) -> str:
        return "any value"


class NullReader(TypeReader):
    """Null."""

    def describe(self, definitions: DefinitionStore) -> JsonDict:
        return {"type": "null"}

    def read(self, value: JsonValue, pointer: str, reading: ReadContext) -> object:
        return None if value is None else reading.expect(pointer, "null", value)

    def name(self) -> str:
        return "null"


class BoolReader(TypeReader):
    """True and false."""

    def describe(self, definitions: DefinitionStore) -> JsonDict:
        return {"type": "boolean"}

    def read(self, value: JsonValue, pointer: str, reading: ReadContext) -> object:
        if isinstance(value, bool):
            return value
        if reading.coerce and isinstance(value, str):
            truth = _TRUTHS.get(value.strip().lower())
            if truth is not None:
                reading.adapt(pointer, value, truth)
                return truth
        return reading.expect(pointer, "bool", value)

    def name(self) -> str:
        return "bool"


class IntReader(TypeReader):
    """Whole numbers; `3.0` is one."""

    def describe(self, definitions: DefinitionStore) -> JsonDict:
        return {"type": "integer"}

    def read(self, value: JsonValue, pointer: str, reading: ReadContext) -> object:
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        if isinstance(value, float | Decimal):
            whole_number = to_whole_number(value)
            if whole_number is not None:
                return whole_number
        if reading.coerce and isinstance(value, str):
            number = _read_decimal(value)
            whole_number = None if number is None else to_whole_number(number)
            if whole_number is not None:
                reading.adapt(pointer, value, whole_number)
                return whole_number
        return reading.expect(pointer, "int", value)

    def rank(self, value: JsonValue) -> int:
        return 3 if isinstance(value, int) else 1

    def name(self) -> str:
        return "int"


class FloatReader(TypeReader):
    """Finite numbers."""

    def describe(self, definitions: DefinitionStore) -> JsonDict:
        return {"type": "number"}

    def read(self, value: JsonValue, pointer: str, reading: ReadContext) -> object:
        number = value
        if reading.coerce and isinstance(value, str):
            number = _read_decimal(value)
            number = value if number is None else number
        if isinstance(number, bool) or not isinstance(number, int | float | Decimal):
            return reading.expect(pointer, "float", value)
        try:
            result = float(number)
        except OverflowError:
            result = math.inf
        if not math.isfinite(result) or (result == 0 and number != 0):
            return reading.refuse_number(pointer)
        if isinstance(value, str):
            reading.adapt(pointer, value, result)
        return result

    def rank(self, value: JsonValue) -> int:
        return 2

    def name(self) -> str:
        return "float"


class DecimalReader(TypeReader):
    """Decimal numbers, to the last digit: as numbers or as texts."""

    def describe(self, definitions: DefinitionStore) -> JsonDict:
        return {"anyOf": [{"type": "number"}, {"type": "string", "format": "decimal"}]}

    def read(self, value: JsonValue, pointer: str, reading: ReadContext) -> object:
        if isinstance(value, Decimal):
            return value
        if isinstance(value, int | float) and not isinstance(value, bool):
            return Decimal(repr(value))
        number = _read_decimal(value) if isinstance(value, str) else None
        if number is None:
            return reading.expect(pointer, "decimal", value)
        return number

    def rank(self, value: JsonValue) -> int:
        return 3 if isinstance(value, Decimal) else 1

    def name(self) -> str:
        return "decimal"


class TextReader(TypeReader):
    """Texts."""

    def describe(self, definitions: DefinitionStore) -> JsonDict:
        return {"type": "string"}

    def read(self, value: JsonValue, pointer: str, reading: ReadContext) -> object:
        return value if isinstance(value, str) else reading.expect(pointer, "str", value)

    def rank(self, value: JsonValue) -> int:
        return 0

    def name(self) -> str:
        return "str"


class FormattedReader(TypeReader):
    """A type whose values are written as texts of a form: dates, UUIDs, paths, addresses."""

    def __init__(self, kind: type, format_schema: JsonDict, parse: Callable[[str], object]) -> None:
        self._kind = kind
        self._schema = format_schema
        self._parse = parse

    def describe(self, definitions: DefinitionStore) -> JsonDict:
        return dict(self._schema)

    def read(self, value: JsonValue, pointer: str, reading: ReadContext) -> object:
        if not isinstance(value, str):
            return reading.expect(pointer, self.name(), value)
        try:
            return self._parse(value)
        except msgspec.ValidationError as error:
            reading.problems.extend(read_problems(error, pointer))
        except ValueError:
            reading.refuse(pointer, f"Invalid {self.name()}", self.name())
        return MISFIT

    def name(self) -> str:
        return self._kind.__name__.lower()


class ChoiceReader(TypeReader):
    """One of a few values: a `Literal` or an enumeration."""

    def __init__(self, choices: Sequence[tuple[JsonValue, object]], kind: type | None) -> None:
        self._choices = choices
        self._kind = kind

    def describe(self, definitions: DefinitionStore) -> JsonDict:
        schema: JsonDict = {"enum": [plain for plain, _ in self._choices]}
        kind = self._kind
        if kind is None:
            return schema
        text = read_class_text(kind)
        schema = {"title": kind.__name__, **({"description": text} if text else {}), **schema}
        return definitions.refer(kind, kind.__name__, lambda: schema)

    def read(self, value: JsonValue, pointer: str, reading: ReadContext) -> object:
        for plain, member in self._choices:
            if _is_same(plain, value):
                return member
        if reading.coerce:
            for plain, member in self._choices:
                if _is_alike(plain, value):
                    reading.adapt(pointer, value, plain)
                    return member
        allowed = " or ".join(_show_plain(plain) for plain, _ in self._choices)
        return reading.refuse(pointer, f"found {_show_plain(value)}, allowed is {allowed}", allowed)

    def rank(self, value: JsonValue) -> int:
        return 4

    def name(self) -> str:
        return "one of " + ", ".join(_show_plain(plain) for plain, _ in self._choices)


def make_enum_reader(kind: type[enum.Enum]) -> ChoiceReader:
    """Return the reader of an enumeration.

    Raises:
        TypeError: a value of it is no JSON.
    """
    try:
        choices = [(_write_plain(member.value), member) for member in kind]
    except (TypeError, ValueError) as error:
        raise TypeError(f"{kind.__name__} has values that are no JSON: {error}") from error
    if not choices:
        raise TypeError(f"{kind.__name__} has no members")
    plain_values: list[object] = [plain for plain, _ in choices]
    if len(set(map(type, plain_values))) == 1 and isinstance(plain_values[0], str | int):
        choices.sort(key=lambda choice: choice[0])
    return ChoiceReader(choices, kind)


def _write_plain(value: object) -> JsonValue:
    require_finite(value)
    return msgspec.json.decode(msgspec.json.encode(value))


def make_formatted_reader(kind: object) -> FormattedReader | None:
    """Return the reader of a type that is written as text; None when it is no such type."""
    for format_type, (schema, parse) in _FORMATS.items():
        if kind is format_type:
            return FormattedReader(format_type, schema, parse)
    if is_subclass(kind, pathlib.PurePath):
        path_type: Any = kind
        return FormattedReader(path_type, _format("path"), path_type)
    return None


def _format(name: str) -> JsonDict:
    return {"type": "string", "format": name}


def _parse_by_msgspec(kind: type[object]) -> Callable[[str], object]:
    return lambda text: msgspec.convert(text, kind)


_FORMATS: Final[dict[type, tuple[JsonDict, Callable[[str], object]]]] = {
    datetime.datetime: (_format("date-time"), _parse_by_msgspec(datetime.datetime)),
    datetime.date: (_format("date"), _parse_by_msgspec(datetime.date)),
    datetime.time: (_format("time"), _parse_by_msgspec(datetime.time)),
    datetime.timedelta: (_format("duration"), _parse_by_msgspec(datetime.timedelta)),
    uuid.UUID: (_format("uuid"), _parse_by_msgspec(uuid.UUID)),
    bytes: ({"type": "string", "contentEncoding": "base64"}, _parse_by_msgspec(bytes)),
    bytearray: ({"type": "string", "contentEncoding": "base64"}, _parse_by_msgspec(bytearray)),
    ipaddress.IPv4Address: (_format("ipv4"), ipaddress.IPv4Address),
    ipaddress.IPv6Address: (_format("ipv6"), ipaddress.IPv6Address),
    re.Pattern: (_format("regex"), re.compile),
}


def _read_decimal(text: str) -> Decimal | None:
    if not _DECIMAL.fullmatch(text.strip()):
        return None
    try:
        return Decimal(text.strip())
    except InvalidOperation:
        return None


def _is_same(plain: JsonValue, value: JsonValue) -> bool:
    if isinstance(plain, bool) or isinstance(value, bool):
        return plain is value
    return bool(plain == value)


def _is_alike(plain: JsonValue, value: JsonValue) -> bool:
    """Whether a text says a choice in another case, or a number or boolean in quotes."""
    if not isinstance(value, str):
        return False
    text = plain if isinstance(plain, str) else msgspec.json.encode(plain).decode()
    return text.casefold() == value.strip().casefold()


def _show_plain(value: object) -> str:
    text = msgspec.json.encode(value, enc_hook=str).decode()
    return text if len(text) <= 60 else f"{text[:60]}..."
