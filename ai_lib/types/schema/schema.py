"""Makes the JSON Schema of a Python type, and converts values from and to JSON."""

from typing import Any, Final, TypeVar

import msgspec

from ai_lib.types.json import JsonDict, JsonValue, require_finite, to_plain_value
from ai_lib.types.problem import Problem
from ai_lib.types.schema.compiler import TypeReaderBuilder
from ai_lib.types.schema.definitions import DefinitionStore
from ai_lib.types.schema.reading import MISFIT, ReadContext, TypeReader
from ai_lib.types.schema.type_names import get_type_name

T = TypeVar("T")


class JsonMismatch(ValueError):
    """A value does not fit its type; `problems` says where and why."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = tuple(problems)


def make_reader(kind: object) -> TypeReader:
    """Return the reader of a type: a struct, dataclass, attrs class, TypedDict, enumeration,
    pydantic model, or what is made of them and of plain types, such as `list[int]` or
    `Person | None`.

    Raises:
        TypeError: JSON can't say the type, or one inside it.
    """
    try:
        return TypeReaderBuilder().make(kind)
    except RecursionError as error:
        raise TypeError(f"{get_type_name(kind)} has no end: it holds itself anew") from error


def make_schema(kind: object) -> JsonDict:
    """Return the JSON Schema of a type, of all that `make_reader` reads.

    Named types inside it are under `$defs`; the type itself stands at the root.

    Raises:
        TypeError: the type, or one inside it, has no schema.
    """
    return describe(make_reader(kind))


def describe(reader: TypeReader) -> JsonDict:
    """Return the JSON Schema of what a reader reads."""
    definitions = DefinitionStore()
    return definitions.finish(reader.describe(definitions))


def from_json(value: JsonValue, kind: type[T], *, strict: bool = True) -> T:
    """Return a decoded JSON value as a value of `kind`.

    Without `strict`, values in the wrong form are taken where their meaning is plain: numbers and
    booleans as texts, null for what may be absent.

    Raises:
        JsonMismatch: the value does not fit.
    """
    result: Any = read_value(make_reader(kind), value, ReadContext(coerce=not strict))
    converted: T = result
    return converted


def read_value(reader: TypeReader, value: JsonValue, reading: ReadContext) -> object:
    """Return a value as `reader` reads it.

    Raises:
        JsonMismatch: the value does not fit.
    """
    result = reader.read(value, "", reading)
    if result is MISFIT:
        raise JsonMismatch(reading.problems)
    return result


def to_json(value: object) -> bytes:
    """Return a value as JSON: one that `from_json` makes, or that msgspec knows.

    Raises:
        TypeError: a part of it has no form in JSON.
        ValueError: a number in it is NaN or infinite.
    """
    encoded = _ENCODER.encode(value)
    if b"null" in encoded:
        require_finite(value, _encode_model)
    return encoded


def _encode_model(value: Any) -> JsonValue:
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    return to_plain_value(value)


_ENCODER: Final = msgspec.json.Encoder(enc_hook=_encode_model, decimal_format="number")
