"""Checks a value against a JSON Schema and says what is wrong: where, what, and what is allowed."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

import msgspec

from ai_lib.types.json import JsonObject, JsonValue
from ai_lib.types.problem import Problem, make_pointer

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

_MOST_CHARACTERS: Final = 60
_BOUNDS: Final = (
    "minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum", "multipleOf", "minLength",
    "maxLength", "pattern", "format", "minItems", "maxItems",
)  # fmt: skip
_MOST_PROBLEMS: Final = 20
TOO_DEEP: Final = Problem(pointer="", message="is nested too deeply")


def schema_problems(value: JsonValue, schema: JsonObject) -> tuple[Problem, ...]:
    """Return the first twenty problems of `value`, ordered by their pointers.

    Raises:
        TypeError: the schema is no JSON Schema, or has a reference to something outside.
    """
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    try:
        Draft202012Validator.check_schema(schema)
        # With an empty registry, no address in a schema is ever fetched.
        errors = list(Draft202012Validator(schema, registry=Registry()).iter_errors(value))
    except RecursionError:
        return (TOO_DEEP,)
    except SchemaError as error:
        raise TypeError(f"the schema is no JSON Schema: {error.message[:200]}") from error
    except Unresolvable as error:
        raise TypeError(f"the schema has a reference to something outside: {error}") from error
    problems = {_problem(cause) for error in errors for cause in _closest(error)}
    by_pointer = sorted(problems, key=lambda problem: (problem.pointer, problem.message))
    return tuple(by_pointer[:_MOST_PROBLEMS])


def _closest(error: "ValidationError") -> "Iterable[ValidationError]":
    """Return the errors of the alternative that is closest to the value."""
    if str(error.validator) not in ("anyOf", "oneOf") or not error.context:
        return [error]
    branches: dict[object, list[ValidationError]] = {}
    for cause in error.context:
        branches.setdefault(cause.schema_path[0], []).append(cause)
    matching = [branch for branch in branches.values() if not _is_of_another_type(branch)]
    if len(matching) > 1:
        matching = [branch for branch in matching if not _is_of_another_choice(branch)]
    if len(matching) != 1:
        return [error]
    return [inner for cause in matching[0] for inner in _closest(cause)]


def _is_of_another_type(branch: "Sequence[ValidationError]") -> bool:
    return any(str(error.validator) == "type" and not error.relative_path for error in branch)


def _is_of_another_choice(branch: "Sequence[ValidationError]") -> bool:
    """Whether a member that names the alternative, its tag, names another one."""
    return any(
        str(error.validator) in ("const", "enum") and len(error.relative_path) == 1
        for error in branch
    )


def _problem(error: "ValidationError") -> Problem:
    allowed, pointer = _describe_allowed(error), make_pointer(error.absolute_path)
    match str(error.validator):
        case "required":
            message = f"lacks {allowed}"
        case "additionalProperties":
            unknown = sorted(set(_instance(error)) - _members(error))
            message = f"has {', '.join(map(repr, unknown))}, which is not allowed; {allowed}"
        case _:
            message = f"found {_show(error.instance)}, allowed is {allowed}"
    return Problem(pointer=pointer, message=message, allowed=allowed)


def _describe_allowed(error: "ValidationError") -> str:
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


def _instance(error: "ValidationError") -> JsonValue:
    return error.instance


def _members(error: "ValidationError") -> set[str]:
    schema = error.schema
    return set(schema.get("properties", ())) if isinstance(schema, Mapping) else set()


def _kind(schema: JsonObject) -> str:
    if "enum" in schema:
        return f"one of {', '.join(map(_show, schema['enum']))}"
    kind = str(schema.get("type") or schema.get("$ref", "a value").rpartition("/")[2])
    bounds = [f"{word} {_show(schema[word])}" for word in _BOUNDS if word in schema]
    return f"{kind} ({', '.join(bounds)})" if bounds else kind


def _show(value: object) -> str:
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= _MOST_CHARACTERS else f"{text[:_MOST_CHARACTERS]}..."
