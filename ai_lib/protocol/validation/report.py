"""Explains the errors of a schema validator in words: the path, what was found, what is allowed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from ai_lib.protocol.validation.positions import DocumentPath
from ai_lib.types.json import JsonValue

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

# A note says how something is understood; it is no problem.
Severity = Literal["error", "warning", "note"]

_LONGEST_VALUE: Final = 60


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One error or warning at `path`; `near` is the known name that an unknown one resembles."""

    path: DocumentPath
    message: str
    severity: Severity = "error"
    near: str | None = None


def collect_findings(
    errors: "Iterable[ValidationError]", extensible: frozenset[str]
) -> list[Finding]:
    """Return everything that `errors` say, sorted by path.

    `extensible` are the sections whose words may come from a later protocol: an unknown word
    there is a warning.
    """
    findings = {
        _lower_severity(finding) for error in errors for finding in _explain(error, extensible)
    }
    return sorted(
        findings, key=lambda finding: ([str(step) for step in finding.path], finding.message)
    )


def is_shape_error(error: "ValidationError") -> bool:
    """Whether a value has the wrong shape, and is not only outside a vocabulary."""
    if error.validator in ("enum", "const"):
        return not isinstance(error.instance, str)
    return error.validator in ("type", "required", "pattern", "minItems", "maxItems")


def _lower_severity(finding: Finding) -> Finding:
    # A wrong `$schema` is only a warning: the addresses of schemas have moved more than once.
    if finding.path == ("$schema",):
        return msgspec.structs.replace(finding, severity="warning")
    return finding


def _explain(error: "ValidationError", extensible: frozenset[str]) -> Iterator[Finding]:
    path: DocumentPath = tuple(error.absolute_path)
    match str(error.validator):
        case "additionalProperties" | "unevaluatedProperties":
            yield from _explain_unknown_fields(path, error)
        case "propertyNames":
            yield _explain_unknown_name(path, error)
        case "anyOf" | "oneOf" if "$comment" not in _get_schema(error) and error.context:
            for inner in _find_closest_branch(error.context):
                yield from _explain(inner, extensible)
        case "anyOf" | "oneOf" if isinstance(error.instance, Mapping):
            yield Finding(path=path, message=f"needs {_describe_requirement(error)}")
        case "required":
            yield _explain_missing_field(path, error)
        case "enum" | "const":
            allowed = _list_allowed(error)
            near = _find_similar_name(error.instance, allowed)
            message = f"found {_format_value(error.instance)}; {_describe_allowed(allowed, near)}"
            is_later_word = path[:1] and path[0] in extensible and isinstance(error.instance, str)
            severity: Severity = "warning" if is_later_word else "error"
            yield Finding(path=path, message=message, severity=severity, near=near)
        case _:
            message = (
                f"found {_format_value(error.instance)}; allowed is {_describe_requirement(error)}"
            )
            yield Finding(path=path, message=message)


def _explain_unknown_fields(path: DocumentPath, error: "ValidationError") -> Iterator[Finding]:
    schema = _get_schema(error)
    field_names = list(schema.get("properties", {}))
    if _get_keyword_value(error) is not False or not isinstance(error.instance, Mapping):
        return
    for name in error.instance:
        if name not in field_names:
            near = _find_similar_name(name, field_names)
            hint = f"; did you mean {near!r}?" if near else ""
            message = f"is not a field this library knows{hint}"
            yield Finding(path=(*path, name), message=message, severity="warning", near=near)


def _explain_unknown_name(path: DocumentPath, error: "ValidationError") -> Finding:
    name = str(error.instance)
    inner = _get_keyword_value(error) if isinstance(_get_keyword_value(error), Mapping) else {}
    leaf = error.context[0] if error.context else None
    if leaf is None:
        message = f"the name {_format_value(name)} is not allowed here"
        return Finding(path=(*path, name), message=message)
    if leaf.validator == "enum":
        allowed = _list_allowed(leaf)
        near = _find_similar_name(name, allowed)
        message = f"is not a name the protocol knows; {_describe_allowed(allowed, near)}"
        return Finding(path=(*path, name), message=message, severity="warning", near=near)
    requirement = inner.get("$comment") or _describe_requirement(leaf)
    return Finding(path=(*path, name), message=f"the name must be {requirement}")


def _explain_missing_field(path: DocumentPath, error: "ValidationError") -> Finding:
    names = _find_missing_names(error)
    # The protocol's own test suite has manifests without these, and a call does not need them.
    is_optional = path[:1] == ("provider_contract",) or (not path and names in _OPTIONAL)
    severity: Severity = "warning" if is_optional else "error"
    return Finding(path=path, message=f"lacks {names}", severity=severity)


_OPTIONAL: Final = ("'error_classification'", "'capabilities'", "'availability'")


def _find_closest_branch(context: "Sequence[ValidationError]") -> "list[ValidationError]":
    """Return the errors of the alternative that is nearest to the document."""
    branches: dict[object, list[ValidationError]] = {}
    for error in context:
        branches.setdefault(error.schema_path[0], []).append(error)
    return min(branches.values(), key=lambda errors: sum(map(_measure_distance, errors)))


def _measure_distance(error: "ValidationError") -> float:
    if error.validator == "required":
        return 1 / max(
            1, len(_get_keyword_value(error))
        )  # each missing name is an error of its own
    if error.validator == "additionalProperties":
        return 2.0
    return 1.0 if error.relative_path else 4.0


def _find_missing_names(error: "ValidationError") -> str:
    required_names = _get_keyword_value(error)
    absent = [name for name in required_names if name not in error.instance]
    # jsonschema gives one error for each name, in order, and says which only in its message.
    reported_name = next((name for name in absent if error.message.startswith(repr(name))), None)
    return repr(reported_name) if reported_name else " and ".join(map(repr, absent))


def _list_allowed(error: "ValidationError") -> list[JsonValue]:
    value = _get_keyword_value(error)
    return [value] if error.validator == "const" else list(value)


def _describe_allowed(allowed: Sequence[object], near: str | None) -> str:
    words = ", ".join(map(_format_value, allowed[:24])) + (", ..." if len(allowed) > 24 else "")
    return f"allowed: {words}" + (f"; did you mean {near!r}?" if near else "")


def _find_similar_name(name: object, allowed: Iterable[object]) -> str | None:
    if not isinstance(name, str):
        return None
    words = [word for word in allowed if isinstance(word, str)]
    words_by_lower = {word.lower(): word for word in reversed(words)}
    from difflib import get_close_matches

    matches = get_close_matches(name.lower(), words_by_lower, n=1, cutoff=0.7)
    return words_by_lower[matches[0]] if matches else None


def _describe_requirement(error: "ValidationError") -> str:
    schema, value = _get_schema(error), _get_keyword_value(error)
    match str(error.validator):
        case "type":
            kinds = [value] if isinstance(value, str) else list(value)
            return " or ".join(_KINDS.get(kind, kind) for kind in kinds)
        case "not" if forbidden := _find_forbidden_members(value, error.instance):
            return f"an object without {' and '.join(map(repr, forbidden))}"
        case _ if comment := schema.get("$comment"):
            return str(comment)
        case "minItems" | "minLength" | "minProperties":
            return f"at least {value} of them" if value != 1 else "anything that is not empty"
        case "maxItems" | "maxLength" | "maxProperties":
            return f"at most {value}"
        case "minimum" | "exclusiveMinimum":
            return f"a number from {value} up"
        case "maximum" | "exclusiveMaximum":
            return f"a number up to {value}"
        case "pattern":
            return f"text that matches {value}"
        case "uniqueItems":
            return "a list that names nothing twice"
        case other:
            return f"what the schema's {other!r} says: {_format_value(value)}"


def _find_forbidden_members(schema: JsonValue, instance: object) -> list[str]:
    """Return the members of `instance` that a schema like `not: required` forbids."""
    if not isinstance(schema, Mapping) or not isinstance(instance, Mapping):
        return []
    inner = [schema, *(schema.get("anyOf") or ())]
    return [name for part in inner for name in part.get("required", ()) if name in instance]


def _get_keyword_value(error: "ValidationError") -> JsonValue:
    """Return the value of the schema's keyword."""
    return error.validator_value


def _get_schema(error: "ValidationError") -> Mapping[str, JsonValue]:
    return error.schema if isinstance(error.schema, Mapping) else {}


def _format_value(value: object) -> str:
    """Return a value as a message shows it: short, and never a whole section."""
    if isinstance(value, Mapping):
        return "an object" if value else "an empty object"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}" if value else "an empty list"
    text = msgspec.json.encode(value).decode()
    kind = "the number " if isinstance(value, float | int) and not isinstance(value, bool) else ""
    return kind + (text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}...")


_KINDS: Final = {
    "object": "an object",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "nothing (null)",
}
