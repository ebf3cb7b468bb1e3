"""What a typed answer must be: a type or a JSON Schema, and how an answer becomes a value of it."""

import re
from collections.abc import Mapping
from typing import Any, Final, Generic, TypeVar, cast

from ai_lib.structured.extract import found_json
from ai_lib.structured.schema_problems import schema_problems
from ai_lib.types.json import JsonDict, JsonObject, JsonValue
from ai_lib.types.problem import Problem, problems_of
from ai_lib.types.schema.schema import from_json, schema_of_type

T_co = TypeVar("T_co", covariant=True)

_INNER: Final = "value"
_NOT_IN_NAMES: Final = re.compile(r"[^a-zA-Z0-9_-]+")


class SchemaMismatch(Exception):
    """An answer does not fit; `problems` says where and why."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = problems


class OutputShape(Generic[T_co]):
    """A type that answers can have. `schema` is always one of an object: providers insist on it.

    What is no object, such as `list[int]`, is asked for as the one member `value` of one.
    """

    def __init__(self, kind: object, own: JsonObject, *, is_type: bool, strict: bool) -> None:
        self._kind = kind
        self._own = own
        self._is_type = is_type
        self._strict = strict
        self.is_wrapped = own.get("type") != "object"
        self.schema = _wrapped(own) if self.is_wrapped else own
        named = getattr(kind, "__name__", "") if isinstance(kind, type) else own.get("title", "")
        generic = hasattr(kind, "__origin__")
        self.name = "response" if generic else _NOT_IN_NAMES.sub("_", named)[:64] or "response"
        self.description = own.get("description")

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
            return cls(kind, cast("JsonObject", kind), is_type=False, strict=strict)
        return cls(kind, schema_of_type(kind), is_type=True, strict=strict)

    def read(self, value: JsonValue) -> T_co:
        """Return a decoded answer as a value of the type; a schema's are returned as they are.

        Raises:
            Misfit: it does not fit.
        """
        if self.is_wrapped and isinstance(value, Mapping) and value.keys() == {_INNER}:
            value = value[_INNER]
        return self._converted(value) if self._is_type else self._checked(value)

    def read_text(self, text: str) -> tuple[T_co, JsonValue]:
        """Return the value that stands in a text, typed and as decoded.

        Of several JSON values the first that fits is taken.

        Raises:
            Misfit: none fits; the problems are those of the first.
        """
        first: SchemaMismatch | None = None
        for value in found_json(text):
            try:
                return self.read(value), value
            except SchemaMismatch as error:
                first = first or error
        if first is not None:
            raise first
        allowed = "a JSON object" if not self.is_wrapped else "a JSON value"
        message = "there is no whole JSON value in the answer"
        raise SchemaMismatch((Problem(pointer="", message=message, allowed=allowed),))

    def _converted(self, value: JsonValue) -> T_co:
        kind = cast("type[T_co]", self._kind)
        try:
            return from_json(value, kind, strict=self._strict)
        except (ValueError, RecursionError) as error:
            found = problems_of(error)
            # One that converts says what it saw first; the schema has all of it.
            listed = schema_problems(value, self._own)
            known = {problem.pointer for problem in listed}
            raise SchemaMismatch(
                (*listed, *(one for one in found if one.pointer not in known))
            ) from error

    def _checked(self, value: JsonValue) -> T_co:
        problems = schema_problems(value, self._own)
        if problems:
            raise SchemaMismatch(problems)
        return cast("T_co", value)

    def partial(self, value: JsonValue) -> JsonValue:
        """Return the part of an unfinished answer that is the value's; None before it comes."""
        if self.is_wrapped and isinstance(value, dict):
            return value.get(_INNER)
        return value


def _wrapped(own: JsonObject) -> JsonDict:
    inner = {key: value for key, value in own.items() if key != "$defs"}
    defs = {"$defs": own["$defs"]} if "$defs" in own else {}
    return {"type": "object", "properties": {_INNER: inner}, "required": [_INNER], **defs}
