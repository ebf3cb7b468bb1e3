"""A Python type as JSON Schema, and JSON values as values of that type."""

from collections.abc import Iterator
from typing import Any, Final, TypeGuard, TypeVar

import msgspec

from ai_lib.types.json import JsonDict, JsonValue

T = TypeVar("T")

_REFERENCE: Final = "#/$defs/"
_KINDS: Final[dict[type[object], str]] = {
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
}


def schema_of_type(kind: object) -> JsonDict:
    """Return the JSON Schema of a type: a struct, dataclass, TypedDict, enum, pydantic model, or
    what is made of them and of plain types, such as `list[int]` or `Person | None`.

    Named types inside it are under `$defs`; the type itself stands at the root.

    Raises:
        TypeError: the type, or one inside it, has no schema.
    """
    try:
        (root,), defs = msgspec.json.schema_components(
            [kind], ref_template=_REFERENCE + "{name}", schema_hook=_schema_of_model
        )
    except (TypeError, NotImplementedError) as error:
        name = getattr(kind, "__name__", None) or repr(kind)
        raise TypeError(f"{name} has no JSON Schema: {error}") from error
    known: JsonDict = {}
    inner = _hoisted(root, known)
    for name, schema in defs.items():
        _define(known, name, _hoisted(schema, known))
    whole: JsonDict = _typed(_inlined(inner, known))
    return whole


def from_json(value: JsonValue, kind: type[T], *, strict: bool = True) -> T:
    """Return a decoded JSON value as a value of `kind`.

    Without `strict`, numbers and booleans may be written as strings.

    Raises:
        msgspec.ValidationError: it does not fit; the message ends in the place.
        ValueError: a pydantic model refuses it, which then stands at the root.
    """
    if _is_model(kind):
        model: T = _model(kind, value)
        return model
    return msgspec.convert(value, kind, strict=strict, dec_hook=_model)


def to_json(value: object) -> bytes:
    """Return a value as JSON: what `from_json` makes, and what msgspec knows besides.

    Raises:
        TypeError: there is something in it that JSON has no form for.
    """
    return msgspec.json.encode(value, enc_hook=_written)


def _is_model(kind: object) -> bool:
    # By what it can do, so that pydantic is never imported here.
    return hasattr(kind, "model_json_schema") and hasattr(kind, "model_validate_json")


def _schema_of_model(kind: Any) -> JsonDict:
    if not _is_model(kind):
        raise NotImplementedError
    schema: JsonDict = kind.model_json_schema(ref_template=_REFERENCE + "{model}")
    return schema


def _model(kind: Any, value: JsonValue) -> Any:
    if not _is_model(kind):
        raise NotImplementedError
    return kind.model_validate_json(to_json(value))


def _written(value: Any) -> JsonValue:
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    raise TypeError(f"a {type(value).__name__} can't be written as JSON")


def _hoisted(node: JsonValue, known: JsonDict) -> JsonValue:
    """Move the `$defs` of models inside to the root's."""
    if (schema := _as_object(node)) is not None:
        for name, inner in schema.get("$defs", {}).items():
            _define(known, name, _hoisted(inner, known))
        return {name: _hoisted(value, known) for name, value in schema.items() if name != "$defs"}
    items = _as_list(node)
    return node if items is None else [_hoisted(item, known) for item in items]


def _define(known: JsonDict, name: str, schema: JsonValue) -> None:
    if known.setdefault(name, schema) != schema:
        raise TypeError(f"two types inside it are both named {name!r}")


def _inlined(root: JsonDict, known: JsonDict) -> JsonDict:
    """Put the type itself at the root; it stays under `$defs` when something refers to it."""
    name = str(root.get("$ref", "")).removeprefix(_REFERENCE)
    if name in known:
        root = {**known[name], **{key: value for key, value in root.items() if key != "$ref"}}
        others = {key: schema for key, schema in known.items() if key != name}
        if _REFERENCE + name not in _references([root, *others.values()]):
            known = others
    return {**root, "$defs": known} if known else root


def _references(node: JsonValue) -> Iterator[str]:
    if (schema := _as_object(node)) is not None:
        if isinstance(reference := schema.get("$ref"), str):
            yield reference
        for value in schema.values():
            yield from _references(value)
    for item in _as_list(node) or ():
        yield from _references(item)


def _typed(node: JsonValue) -> JsonValue:
    """Say of every enumeration which type its values have: some providers insist on it."""
    if (schema := _as_object(node)) is not None:
        found = {name: _typed(value) for name, value in schema.items()}
        values: list[object] = _as_list(schema.get("enum")) or []
        kinds = {_KINDS.get(type(value)) for value in values}
        if len(kinds) == 1 and None not in kinds:
            found.setdefault("type", kinds.pop())
        return found
    items = _as_list(node)
    return node if items is None else [_typed(item) for item in items]


def _as_object(node: object) -> JsonDict | None:
    return node if _is_object(node) else None


def _as_list(node: object) -> list[JsonValue] | None:
    return node if _is_list(node) else None


def _is_object(node: object) -> TypeGuard[JsonDict]:
    return isinstance(node, dict)


def _is_list(node: object) -> TypeGuard[list[JsonValue]]:
    return isinstance(node, list)
