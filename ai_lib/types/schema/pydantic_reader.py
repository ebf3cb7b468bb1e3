"""Reads what pydantic knows best by its `TypeAdapter`; pydantic is imported only for its types."""

from decimal import Decimal
from importlib.util import find_spec
from typing import Any, Final

import msgspec

from ai_lib.types.json import JsonDict, JsonValue, is_object, require_finite, to_plain_value
from ai_lib.types.problem import read_problems
from ai_lib.types.schema.definitions import REFERENCE, DefinitionStore
from ai_lib.types.schema.reading import (
    MISFIT,
    ReadContext,
    TypeReader,
    find_beyond_float,
    holds_decimal,
    holds_leaf,
    map_leaves,
    read_json_text,
    round_to_float,
    to_whole_number,
)

# Checks that see a value before its type does: they may take what the schema does not say.
_NO_NUMBERS: Final = ("nan", "inf", "infinity")
_FIRST_CHECKS: Final = ("function-before", "function-wrap", "function-plain")


class PydanticReader(TypeReader):
    """A type with its schema, its names, its checks and its messages by pydantic.

    Strict first: a text is no number. What a type's own checks see before is left to them.

    Raises:
        TypeError: pydantic has no schema for it.
    """

    def __init__(self, kind: Any, name: str) -> None:
        from pydantic import TypeAdapter
        from pydantic.errors import PydanticUserError

        self._name = name
        self._kind = kind
        try:
            self._adapter: TypeAdapter[Any] = TypeAdapter(kind)
            self._schema: JsonDict = self._adapter.json_schema(ref_template=REFERENCE + "{model}")
            words = repr(self._adapter.core_schema)
        except (PydanticUserError, TypeError, NameError) as error:
            raise TypeError(f"{name} has no JSON Schema: {error}") from error
        self._has_first_checks = any(word in words for word in _FIRST_CHECKS)
        has_any = "'any'" in words
        self._has_floats = "'float'" in words or has_any
        self._has_decimals = "'decimal'" in words and not has_any

    def describe(self, definitions: DefinitionStore) -> JsonDict:
        schema = definitions.take(self._schema)
        is_named = schema.get("type") == "object" and isinstance(self._kind, type)
        if not is_named:
            return schema
        return definitions.refer(self._kind, self._name, lambda: schema)

    def read(self, value: JsonValue, pointer: str, reading: ReadContext) -> object:
        beyond_floats = find_beyond_float(value, pointer)
        if beyond_floats is not None and (self._has_floats or not self._has_decimals):
            return reading.refuse_number(beyond_floats)
        try:
            return self._validate(value, strict=not self._has_first_checks)
        except ValueError as error:
            problems = read_problems(error, pointer, value)
        except (TypeError, RecursionError) as error:
            return reading.refuse(pointer, str(error))
        if reading.coerce:
            result = self._read_leniently(value)
            if result is not MISFIT:
                reading.adapt(pointer, value, result)
                return result
        reading.problems.extend(problems)
        return MISFIT

    def _read_leniently(self, value: JsonValue) -> object:
        for text in (value, map_leaves(value, _decode_text)):
            try:
                return self._validate(text, strict=False)
            except (ValueError, TypeError, RecursionError):
                continue
        return MISFIT

    def _validate(self, value: JsonValue, *, strict: bool) -> object:
        flag = True if strict else None
        plain = map_leaves(value, _to_whole_number)
        result: object = self._adapter.validate_json(_encode(plain), strict=flag)
        if self._has_decimals and holds_decimal(value):
            # As a text, which no binary float stands between.
            exact = _encode(map_leaves(value, _to_decimal_text))
            try:
                return self._adapter.validate_json(exact, strict=None)
            except ValueError:
                if find_beyond_float(value) is not None:
                    raise
                return result
        if self._has_floats and holds_leaf(value, _spells_no_number):
            require_finite(self._adapter.dump_python(result, mode="python", warnings=False))
        return result

    def rank(self, value: JsonValue) -> int:
        fields = getattr(self._kind, "model_fields", None)
        if not is_object(fields) or not is_object(value):
            return 2
        names: set[str] = {*fields, *(getattr(field, "alias", "") for field in fields.values())}
        return 2 * len(value.keys() & names) - len(value.keys() - names) + 2

    def name(self) -> str:
        return self._name


def is_pydantic_type(kind: object) -> bool:
    """Whether a class brings a schema of its own for pydantic: a model, a dataclass, a URL."""
    if not isinstance(kind, type):
        return False
    has_schema = hasattr(kind, "__get_pydantic_core_schema__")
    has_schema = has_schema or hasattr(kind, "__pydantic_validator__")
    # Our own structs tell pydantic what they are, and are read as structs.
    return has_schema and not issubclass(kind, msgspec.Struct)


def is_pydantic_note(note: object) -> bool:
    """Whether a note of `Annotated` is pydantic's: a `FieldInfo`, a validator, a discriminator."""
    if type(note).__module__.partition(".")[0] == "pydantic":
        return True
    return hasattr(note, "__get_pydantic_core_schema__")


def is_installed() -> bool:
    """Whether pydantic can be imported."""
    return find_spec("pydantic") is not None


def _encode(value: JsonValue) -> bytes:
    return msgspec.json.encode(value, enc_hook=to_plain_value)


def _to_whole_number(leaf: JsonValue) -> JsonValue:
    """Return an int for a float without a fraction, which strict checks take for one."""
    if isinstance(leaf, float | Decimal):
        whole_number = to_whole_number(leaf)
        if whole_number is not None:
            return whole_number
    return round_to_float(leaf)


def _spells_no_number(leaf: JsonValue) -> bool:
    """Whether a text says NaN or infinity, which pydantic takes for a float."""
    return isinstance(leaf, str) and leaf.strip().lstrip("+-").lower() in _NO_NUMBERS


def _to_decimal_text(leaf: JsonValue) -> JsonValue:
    return str(leaf) if isinstance(leaf, Decimal) else leaf


def _decode_text(leaf: JsonValue) -> JsonValue:
    """Return the list or the object that a text holds, and anything else as it is."""
    if isinstance(leaf, str) and leaf.lstrip()[:1] in ("[", "{"):
        decoded = read_json_text(leaf)
        return leaf if decoded is MISFIT else decoded
    return leaf
