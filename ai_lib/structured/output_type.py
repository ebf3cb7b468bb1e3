"""Defines the shape of a typed answer, a type or a JSON Schema, and converts answers to it."""

import re
from collections.abc import Mapping
from typing import Any, Final, Generic, TypeVar, cast

from ai_lib.structured.answer_search import FoundJson, choose_answer, list_json
from ai_lib.structured.endless import check_ends
from ai_lib.structured.mending import find_mended_json
from ai_lib.structured.schema_problems import TOO_DEEP, schema_problems
from ai_lib.types.json import JsonDict, JsonObject, JsonValue
from ai_lib.types.problem import Problem
from ai_lib.types.schema.reading import (
    BEYOND_FLOATS,
    ReadContext,
    TypeReader,
    find_beyond_float,
    map_leaves,
    round_to_float,
    to_floats,
)
from ai_lib.types.schema.schema import JsonMismatch, describe, make_reader, read_value

T_co = TypeVar("T_co", covariant=True)

_INNER: Final = "value"
_UNIONS: Final = frozenset({"anyOf", "oneOf", "allOf", "not", "enum", "const"})
_DEFINITIONS: Final = ("$defs", "definitions")
_NOT_IN_NAMES: Final = re.compile(r"[^a-zA-Z0-9_-]+")


class SchemaMismatch(Exception):
    """An answer does not fit its shape; `problems` says where and why."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = problems


class OutputShape(Generic[T_co]):
    """A type that answers can have. `schema` always describes an object, as providers demand.

    A type that is no object, such as `list[int]`, is wrapped: it is the only member, `value`, of
    an object.
    """

    def __init__(
        self, kind: object, kind_schema: JsonObject, reader: TypeReader | None, *, strict: bool
    ) -> None:
        self._kind_schema = kind_schema
        self._reader = reader
        self._strict = strict
        self.is_wrapped = not _is_plain_object(kind_schema)
        self.schema = _wrap(kind_schema) if self.is_wrapped else kind_schema
        title = kind_schema.get("title", "")
        kind_name = getattr(kind, "__name__", "") if isinstance(kind, type) else title
        is_generic = hasattr(kind, "__origin__")
        name = "" if is_generic else _NOT_IN_NAMES.sub("_", kind_name)[:64]
        self.name = name or "response"
        self.description = kind_schema.get("description")

    @classmethod
    def of(cls, kind: object, *, strict: bool = True) -> "OutputShape[Any]":
        """Return the shape of a type, or of a JSON Schema, given as a mapping or generator.

        Without `strict`, numbers and booleans may be written as strings.

        Raises:
            TypeError: the type has no schema.
        """
        build = getattr(kind, "build", None)
        if callable(build) and not isinstance(kind, type):
            kind = build()
        if isinstance(kind, Mapping):
            check_ends(cast("JsonObject", kind))
            return cls(kind, cast("JsonObject", kind), None, strict=strict)
        reader = make_reader(kind)
        return cls(kind, describe(reader), reader, strict=strict)

    def read(self, value: JsonValue) -> T_co:
        """Return a decoded answer as a value of the type; with a schema, return it unchanged.

        Raises:
            SchemaMismatch: the answer does not fit.
        """
        if self.is_wrapped and isinstance(value, Mapping) and value.keys() == {_INNER}:
            value = value[_INNER]
        return self._check(value) if self._reader is None else self._convert(self._reader, value)

    def read_text(self, text: str) -> tuple[T_co, JsonValue]:
        """Return the value in a text, typed and as decoded JSON.

        Of several JSON values that fit, the last is returned, but none that is introduced as a
        draft, as the form of an answer, or as an example beside another one.

        Raises:
            SchemaMismatch: no value fits (the problems are those of the last), or two compete.
        """
        values = list_json(text)
        readings: list[tuple[FoundJson, T_co]] = []
        mismatch: SchemaMismatch | None = None
        for json in values:
            try:
                readings.append((json, self.read(json.value)))
            except SchemaMismatch as error:
                mismatch = mismatch if mismatch is not None and json.is_form else error
        answers = choose_answer([json for json, _ in readings])
        if len(answers) == 1:
            value = next(value for json, value in readings if json is answers[0])
            return value, to_floats(answers[0].value)
        if mismatch is not None and not readings:
            raise mismatch
        message = "there is no complete JSON value in the answer"
        if answers:
            message = "there are two answers that differ; give one"
        elif readings:
            message = "the only value that fits is a draft or a form, no answer"
        allowed = "a JSON value" if self.is_wrapped else "a JSON object"
        raise SchemaMismatch((Problem(pointer="", message=message, allowed=allowed),))

    def read_leniently(self, value: JsonValue) -> tuple[T_co, list[str]]:
        """Return a decoded answer that `read` refuses as a value of the type, and what was bent.

        Raises:
            SchemaMismatch: it does not fit either way.
        """
        if self._reader is None:
            return self._check(value), []
        if self.is_wrapped and isinstance(value, Mapping) and value.keys() == {_INNER}:
            value = value[_INNER]
        context = ReadContext(coerce=True)
        return self._convert(self._reader, value, context), context.adaptations

    def read_text_leniently(self, text: str) -> tuple[T_co, JsonValue, list[str]]:
        """Return the value in a text that `read_text` refuses: nearly JSON, or in nearly the type.

        Raises:
            SchemaMismatch: no value fits.
        """
        mismatch: SchemaMismatch | None = None
        exact = [json.value for json in reversed(list_json(text)) if not json.is_form]
        for value in exact:
            try:
                converted, adaptations = self.read_leniently(value)
            except SchemaMismatch as error:
                mismatch = mismatch or error
            else:
                return converted, to_floats(value), adaptations
        for value in find_mended_json(text):
            try:
                return self.read(value), to_floats(value), ["the answer was mended to be JSON"]
            except SchemaMismatch:
                pass
            try:
                converted, adaptations = self.read_leniently(value)
            except SchemaMismatch as error:
                mismatch = mismatch or error
            else:
                notes = ["the answer was mended to be JSON", *adaptations]
                return converted, to_floats(value), notes
        if mismatch is not None:
            raise mismatch
        problem = Problem(pointer="", message="there is no complete JSON value in the answer")
        raise SchemaMismatch((problem,))

    def _convert(
        self, reader: TypeReader, value: JsonValue, context: ReadContext | None = None
    ) -> T_co:
        context = context or ReadContext(coerce=not self._strict)
        try:
            return cast("T_co", read_value(reader, value, context))
        except JsonMismatch as error:
            # The schema's words are shorter; the reader has those of the checks beside it.
            rounded = map_leaves(value, round_to_float)
            problems = schema_problems(rounded, self._kind_schema)
            pointers = {problem.pointer for problem in problems}
            others = (other for other in error.problems if other.pointer not in pointers)
            raise SchemaMismatch((*problems, *others)) from error
        except RecursionError as error:
            raise SchemaMismatch((TOO_DEEP,)) from error

    def _check(self, value: JsonValue) -> T_co:
        try:
            position = find_beyond_float(value)
            value = to_floats(value)
        except RecursionError as error:
            raise SchemaMismatch((TOO_DEEP,)) from error
        if position is not None:
            raise SchemaMismatch((Problem(pointer=position, message=BEYOND_FLOATS),))
        problems = schema_problems(value, self._kind_schema)
        if problems:
            raise SchemaMismatch(problems)
        return cast("T_co", value)

    def unwrap_partial(self, value: JsonValue) -> JsonValue:
        """Return the value in an unfinished answer, None before it comes."""
        if self.is_wrapped and isinstance(value, dict):
            return value.get(_INNER)
        return value


def _is_plain_object(schema: JsonObject) -> bool:
    """Whether providers take the schema as it is: the root may not be a union."""
    return schema.get("type") == "object" and not schema.keys() & _UNIONS


def _wrap(schema: JsonObject) -> JsonDict:
    inner = {key: value for key, value in schema.items() if key not in _DEFINITIONS}
    defs = {key: schema[key] for key in _DEFINITIONS if key in schema}
    return {"type": "object", "properties": {_INNER: inner}, "required": [_INNER], **defs}
