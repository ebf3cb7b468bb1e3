"""What a JSON Schema has against a value, in words: where, what was found, what is allowed."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

import msgspec

from ai_lib.types.json import JsonObject, JsonValue
from ai_lib.types.problem import Problem, pointer_of

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError as SchemaMismatch

_SHOWN: Final = 60
_MOST: Final = 20


def schema_problems(value: JsonValue, schema: JsonObject) -> tuple[Problem, ...]:
    """Return what is wrong with `value`, in the order of its places, at most twenty of it.

    Raises:
        TypeError: the schema is no JSON Schema, or refers to what it does not hold.
    """
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    try:
        Draft202012Validator.check_schema(schema)
        # A registry of its own, so that no address in a schema is ever fetched.
        errors = list(Draft202012Validator(schema, registry=Registry()).iter_errors(value))
    except SchemaError as error:
        raise TypeError(f"the schema is no JSON Schema: {error.message[:200]}") from error
    except Unresolvable as error:
        raise TypeError(f"the schema refers to what it does not hold: {error}") from error
    found = {_problem(one) for error in errors for one in _closest(error)}
    return tuple(sorted(found, key=lambda each: (each.pointer, each.message))[:_MOST])


def _closest(error: "SchemaMismatch") -> "Iterable[SchemaMismatch]":
    """Go down into the alternative that is nearest to the value."""
    if str(error.validator) not in ("anyOf", "oneOf") or not error.context:
        return [error]
    branches: dict[object, list[SchemaMismatch]] = {}
    for one in error.context:
        branches.setdefault(one.schema_path[0], []).append(one)
    deep = [branch for branch in branches.values() if not _is_of_another_type(branch)]
    if len(deep) != 1:
        return [error]
    return [inner for one in deep[0] for inner in _closest(one)]


def _is_of_another_type(branch: "Sequence[SchemaMismatch]") -> bool:
    return any(str(one.validator) == "type" and not one.relative_path for one in branch)


def _problem(error: "SchemaMismatch") -> Problem:
    allowed, pointer = _allowed(error), pointer_of(error.absolute_path)
    match str(error.validator):
        case "required":
            message = f"lacks {allowed}"
        case "additionalProperties":
            unknown = sorted(set(_instance(error)) - _members(error))
            message = f"has {', '.join(map(repr, unknown))}, which is not allowed; {allowed}"
        case _:
            message = f"found {_show(error.instance)}, allowed is {allowed}"
    return Problem(pointer=pointer, message=message, allowed=allowed)


def _allowed(error: "SchemaMismatch") -> str:
    value: JsonValue = error.validator_value
    match str(error.validator):
        case "type":
            return value if isinstance(value, str) else " or ".join(value)
        case "enum":
            return f"one of {', '.join(map(_show, value))}"
        case "const":
            return _show(value)
        case "required":
            return " and ".join(repr(name) for name in value if name not in _instance(error))
        case "additionalProperties":
            return f"the members are {', '.join(sorted(_members(error))) or 'none'}"
        case "anyOf" | "oneOf":
            return " or ".join(_kind(schema) for schema in value)
        case other:
            return f"{other} {_show(value)}"


def _instance(error: "SchemaMismatch") -> JsonValue:
    return error.instance


def _members(error: "SchemaMismatch") -> set[str]:
    schema = error.schema
    return set(schema.get("properties", ())) if isinstance(schema, Mapping) else set()


def _kind(schema: JsonObject) -> str:
    if "enum" in schema:
        return f"one of {', '.join(map(_show, schema['enum']))}"
    return str(schema.get("type") or schema.get("$ref", "a value").rpartition("/")[2])


def _show(value: object) -> str:
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
