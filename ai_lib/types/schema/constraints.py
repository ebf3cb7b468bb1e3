"""Reads notes of `Annotated`: bounds, lengths, patterns and descriptions, whoever wrote them."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, cast

import msgspec

from ai_lib.types.json import JsonDict, JsonValue
from ai_lib.types.schema.definitions import DefinitionStore
from ai_lib.types.schema.reading import MISFIT, ReadContext, TypeReader

_BOUNDS: Final[Mapping[str, tuple[str, str, Callable[[Any, Any], bool]]]] = {
    "ge": ("minimum", ">=", lambda value, bound: value >= bound),
    "gt": ("exclusiveMinimum", ">", lambda value, bound: value > bound),
    "le": ("maximum", "<=", lambda value, bound: value <= bound),
    "lt": ("exclusiveMaximum", "<", lambda value, bound: value < bound),
}
_LENGTHS: Final = {
    "string": ("minLength", "maxLength"),
    "array": ("minItems", "maxItems"),
    "object": ("minProperties", "maxProperties"),
}
_WORDS: Final = ("ge", "gt", "le", "lt", "multiple_of", "min_length", "max_length", "pattern", "tz")


class ValueBounds:
    """What the notes of one `Annotated` say, by the words that all their authors share."""

    def __init__(self) -> None:
        self.limits: dict[str, Any] = {}
        self.checks: list[Callable[[Any], object]] = []
        self.schema: JsonDict = {}

    def __bool__(self) -> bool:
        return bool(self.limits or self.checks or self.schema)

    def add(self, note: object) -> None:
        """Add a text, a msgspec `Meta`, or a constraint of annotated_types."""
        if isinstance(note, str):
            self.schema.setdefault("description", note)
            return
        if isinstance(note, msgspec.Meta):
            for word in ("title", "description", "examples"):
                if (value := getattr(note, word)) is not None:
                    self.schema[word] = value
            self.schema.update(note.extra_json_schema or {})
        elif isinstance(text := getattr(note, "documentation", None), str) or isinstance(
            text := getattr(note, "description", None), str
        ):
            self.schema["description"] = text  # annotated_types and PEP 727 call it documentation
        for word in _WORDS:
            if (value := getattr(note, word, None)) is not None:
                self.limits[word] = value
        check = getattr(note, "func", None)
        if callable(check) and type(note).__name__ == "Predicate":
            self.checks.append(check)


def read_notes(notes: Iterable[object]) -> ValueBounds:
    """Return what notes say; those of other libraries, which mean nothing here, are passed over."""
    bounds = ValueBounds()
    for note in _flatten(notes):
        bounds.add(note)
    return bounds


def _flatten(notes: Iterable[object]) -> Iterator[object]:
    for note in notes:
        # Groups of constraints, such as `Interval` and `Len` of annotated_types, are iterable.
        if getattr(note, "__is_annotated_types_grouped_metadata__", False):
            group: Any = note
            yield from _flatten(group)
        else:
            yield note


class ConstrainedReader(TypeReader):
    """A type whose values are bounded, or described, by notes."""

    def __init__(self, inner: TypeReader, notes: ValueBounds) -> None:
        self._inner = inner
        self._notes = notes

    def describe(self, definitions: DefinitionStore) -> JsonDict:
        schema = self._inner.describe(definitions)
        kinds = [node.get("type") for node in (schema, *schema.get("anyOf", ()))]
        words: JsonDict = {}
        for word, limit in self._notes.limits.items():
            words.update(self._describe_limit(word, limit, kinds))
        return {**schema, **words, **self._notes.schema}

    def _describe_limit(self, word: str, limit: object, kinds: Sequence[object]) -> JsonDict:
        is_number = isinstance(limit, int | float | Decimal)
        if word in _BOUNDS and is_number and {"integer", "number"} & set(kinds):
            return {_BOUNDS[word][0]: _plain_number(limit)}
        if word == "multiple_of" and {"integer", "number"} & set(kinds):
            return {"multipleOf": _plain_number(limit)}
        if word == "pattern" and "string" in kinds:
            return {"pattern": _pattern_text(limit)}
        names = next((_LENGTHS[str(kind)] for kind in kinds if kind in _LENGTHS), None)
        if word in ("min_length", "max_length") and names and "contentEncoding" not in kinds:
            return {names[word == "max_length"]: limit}
        return {}

    def read(self, value: JsonValue, pointer: str, reading: ReadContext) -> object:
        result = self._inner.read(value, pointer, reading)
        if result is MISFIT or result is None:
            return result
        expected = self._find_fault(result)
        if expected is None:
            return result
        return reading.refuse(pointer, f"Expected {expected}", expected)

    def _find_fault(self, value: Any) -> str | None:
        """Return what was expected, when the value breaks a note."""
        name = self._inner.name()
        for word, limit in self._notes.limits.items():
            try:
                if not _keeps_limit(word, limit, value):
                    return _describe_expected(name, word, limit)
            except TypeError:
                continue  # a note that says nothing of values of this type
        for check in self._notes.checks:
            if not check(value):
                return f"{name} for which {getattr(check, '__name__', 'the check')} holds"
        return None

    def rank(self, value: JsonValue) -> int:
        return self._inner.rank(value)

    def name(self) -> str:
        return self._inner.name()


def _keeps_limit(word: str, limit: Any, value: Any) -> bool:
    if word in _BOUNDS:
        return _BOUNDS[word][2](value, limit)
    if word == "multiple_of":
        return _is_multiple(value, limit)
    if word == "min_length":
        return bool(len(value) >= limit)
    if word == "max_length":
        return bool(len(value) <= limit)
    if word == "pattern":
        return re.search(limit, value) is not None
    return (value.tzinfo is not None) is limit if hasattr(value, "tzinfo") else True  # `tz`


def _is_multiple(value: Any, step: Any) -> bool:
    if isinstance(value, float) or isinstance(step, float):
        quotient = float(value) / float(step)
        return quotient == int(quotient)
    return bool(value % step == 0)


def _describe_expected(name: str, word: str, limit: object) -> str:
    if word in _BOUNDS:
        return f"{name} {_BOUNDS[word][1]} {limit}"
    if word == "multiple_of":
        return f"{name} that is a multiple of {limit}"
    if word in ("min_length", "max_length"):
        return f"{name} of length {'>=' if word == 'min_length' else '<='} {limit}"
    if word == "pattern":
        return f"{name} matching regex {_pattern_text(limit)!r}"
    return f"{name} with {'a' if limit else 'no'} timezone"


def _plain_number(limit: Any) -> int | float:
    return float(limit) if isinstance(limit, Decimal) else limit


def _pattern_text(limit: object) -> str:
    return cast("re.Pattern[str]", limit).pattern if isinstance(limit, re.Pattern) else str(limit)
