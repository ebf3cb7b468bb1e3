"""Readers of lists, tuples, sets and maps."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, cast

from ai_lib.types.json import JsonDict, JsonValue, is_list, is_object
from ai_lib.types.problem import make_pointer
from ai_lib.types.schema.definitions import DefinitionStore
from ai_lib.types.schema.reading import MISFIT, ReadContext, TypeReader, read_json_text


class ListReader(TypeReader):
    """A list, or a set, whose items are of one type; `make` makes the collection."""

    def __init__(self, item: TypeReader, make: Callable[[Iterable[Any]], object]) -> None:
        self._item = item
        self._make = make
        self._is_set = make in (set, frozenset)

    def describe(self, definitions: DefinitionStore) -> JsonDict:
        items = self._item.describe(definitions)
        unique: JsonDict = {"uniqueItems": True} if self._is_set else {}
        return {"type": "array", **({"items": items} if items else {}), **unique}

    def read(self, value: JsonValue, pointer: str, reading: ReadContext) -> object:
        items = read_list(value, pointer, reading)
        if items is None:
            return reading.expect(pointer, "array", value)
        values = [
            self._item.read(item, make_pointer([index], pointer), reading)
            for index, item in enumerate(items)
        ]
        if any(item is MISFIT for item in values):
            return MISFIT
        if self._is_set and not reading.coerce and _has_double(values):
            return reading.refuse(pointer, "has an item twice", "items that differ")
        try:
            return self._make(values)
        except TypeError as error:  # an item of a set that can't be in one
            return reading.refuse(pointer, str(error))

    def name(self) -> str:
        return "array"


class TupleReader(TypeReader):
    """A list with a type for each position."""

    def __init__(
        self, items: Sequence[TypeReader], make: Callable[[Iterable[Any]], object] = tuple
    ) -> None:
        self._items = items
        self._make = make

    def describe(self, definitions: DefinitionStore) -> JsonDict:
        count = len(self._items)
        schema: JsonDict = {"type": "array", "minItems": count, "maxItems": count}
        if count:
            schema["prefixItems"] = [item.describe(definitions) for item in self._items]
            schema["items"] = False
        return schema

    def read(self, value: JsonValue, pointer: str, reading: ReadContext) -> object:
        items = read_list(value, pointer, reading)
        if items is None:
            return reading.expect(pointer, "array", value)
        if len(items) != len(self._items):
            expected = f"array of length {len(self._items)}"
            return reading.refuse(pointer, f"Expected {expected}, got {len(items)}", expected)
        values = [
            reader.read(item, make_pointer([index], pointer), reading)
            for index, (reader, item) in enumerate(zip(self._items, items, strict=True))
        ]
        return MISFIT if any(item is MISFIT for item in values) else self._make(values)

    def name(self) -> str:
        return f"array of length {len(self._items)}"


class MapReader(TypeReader):
    """An object with any names, whose values are of one type; the names may be numbers."""

    def __init__(
        self, key: TypeReader, item: TypeReader, make: Callable[[dict[Any, Any]], object]
    ) -> None:
        self._key = key
        self._item = item
        self._make = make

    def describe(self, definitions: DefinitionStore) -> JsonDict:
        values = self._item.describe(definitions)
        return {"type": "object", **({"additionalProperties": values} if values else {})}

    def read(self, value: JsonValue, pointer: str, reading: ReadContext) -> object:
        members = read_object(value, pointer, reading)
        if members is None:
            return reading.expect(pointer, "object", value)
        result: dict[Any, object] = {}
        fits = True
        for name, member in members.items():
            position = make_pointer([name], pointer)
            key = self._read_key(name, position, reading)
            item = self._item.read(member, position, reading)
            fits = fits and key is not MISFIT and item is not MISFIT
            if fits:
                result[key] = item
        return self._make(result) if fits else MISFIT

    def _read_key(self, name: str, pointer: str, reading: ReadContext) -> object:
        """Return a name as a key: as the text it is, or as the number that it writes."""
        as_text = ReadContext()
        key = self._key.read(name, pointer, as_text)
        if key is not MISFIT:
            return key
        literal = read_json_text(name)
        if isinstance(literal, bool | int | float):
            key = self._key.read(literal, pointer, ReadContext())
        if key is MISFIT:
            reading.refuse(
                pointer, f"the name is no {self._key.name()}", f"names that are {self._key.name()}"
            )
        return key

    def name(self) -> str:
        return "object"


def read_list(value: JsonValue, pointer: str, reading: ReadContext) -> list[JsonValue] | None:
    """Return a value that is a list; None for another one. A lenient reading takes its text."""
    if isinstance(value, tuple):
        return list(cast("Iterable[JsonValue]", value))
    if is_list(value):
        return value
    if reading.coerce and isinstance(value, str):
        decoded = read_json_text(value)
        if is_list(decoded):
            reading.adapt(pointer, value, decoded)
            return decoded
    return None


def read_object(
    value: JsonValue, pointer: str, reading: ReadContext
) -> dict[str, JsonValue] | None:
    """Return a value that is an object; None for another one. A lenient reading takes its text."""
    if is_object(value):
        return value
    if reading.coerce and isinstance(value, str):
        decoded = read_json_text(value)
        if is_object(decoded):
            reading.adapt(pointer, value, decoded)
            return decoded
    return None


def _has_double(values: Sequence[object]) -> bool:
    try:
        return len({(isinstance(value, bool), value) for value in values}) < len(values)
    except TypeError:
        return False
