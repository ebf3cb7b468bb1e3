"""Makes the JSON Schema of a Python type, and converts values from and to JSON."""

from collections.abc import Iterator
from typing import Any, Final, TypeGuard, TypeVar

import msgspec

from ai_lib.types.json import JsonDict, JsonValue, require_finite, to_plain_value

T = TypeVar("T")

_REFERENCE: Final = "#/$defs/"
_KINDS: Final[dict[type[object], str]] = {
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
}


def make_schema(kind: object) -> JsonDict:
    """Return the JSON Schema of a type: a struct, dataclass, TypedDict, enum, pydantic model, or
    a combination of them and of plain types, such as `list[int]` or `Person | None`.

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
    definitions: JsonDict = {}
    root = _hoist_definitions(root, definitions)
    for name, schema in defs.items():
        _define(definitions, name, _hoist_definitions(schema, definitions))
    schema_with_types: JsonDict = _add_enum_types(_inline_root(root, definitions))
    return schema_with_types


def from_json(value: JsonValue, kind: type[T], *, strict: bool = True) -> T:
    """Return a decoded JSON value as a value of `kind`.

    Without `strict`, numbers and booleans may be written as strings.

    Raises:
        msgspec.ValidationError: the value does not fit; the message ends in its position.
        ValueError: a pydantic model at the root refuses it.
    """
    if _is_model(kind):
        model: T = _convert_model(kind, value)
        return model
    return msgspec.convert(value, kind, strict=strict, dec_hook=_convert_model)


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


def _is_model(kind: object) -> bool:
    # By its methods, so that pydantic is never imported here.
    return hasattr(kind, "model_json_schema") and hasattr(kind, "model_validate_json")


def _schema_of_model(kind: Any) -> JsonDict:
    if not _is_model(kind):
        raise NotImplementedError
    schema: JsonDict = kind.model_json_schema(ref_template=_REFERENCE + "{model}")
    return schema


def _convert_model(kind: Any, value: JsonValue) -> Any:
    if not _is_model(kind):
        raise NotImplementedError
    return kind.model_validate_json(to_json(value))


def _encode_model(value: Any) -> JsonValue:
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    return to_plain_value(value)


_ENCODER: Final = msgspec.json.Encoder(enc_hook=_encode_model, decimal_format="number")


def _hoist_definitions(node: JsonValue, definitions: JsonDict) -> JsonValue:
    """Move the `$defs` of nested models to the root's."""
    if (schema := _as_object(node)) is not None:
        for name, inner in schema.get("$defs", {}).items():
            _define(definitions, name, _hoist_definitions(inner, definitions))
        return {
            name: _hoist_definitions(value, definitions)
            for name, value in schema.items()
            if name != "$defs"
        }
    items = _as_list(node)
    return node if items is None else [_hoist_definitions(item, definitions) for item in items]


def _define(definitions: JsonDict, name: str, schema: JsonValue) -> None:
    if definitions.setdefault(name, schema) != schema:
        raise TypeError(f"two types inside it are both named {name!r}")


def _inline_root(root: JsonDict, definitions: JsonDict) -> JsonDict:
    """Put the type itself at the root; it stays under `$defs` when a reference needs it."""
    name = str(root.get("$ref", "")).removeprefix(_REFERENCE)
    if name in definitions:
        root = {**definitions[name], **{key: value for key, value in root.items() if key != "$ref"}}
        others = {key: schema for key, schema in definitions.items() if key != name}
        if _REFERENCE + name not in _list_references([root, *others.values()]):
            definitions = others
    return {**root, "$defs": definitions} if definitions else root


def _list_references(node: JsonValue) -> Iterator[str]:
    if (schema := _as_object(node)) is not None:
        if isinstance(reference := schema.get("$ref"), str):
            yield reference
        for value in schema.values():
            yield from _list_references(value)
    for item in _as_list(node) or ():
        yield from _list_references(item)


def _add_enum_types(node: JsonValue) -> JsonValue:
    """Add its values' type to every enumeration: some providers require it."""
    if (schema := _as_object(node)) is not None:
        typed = {name: _add_enum_types(value) for name, value in schema.items()}
        values: list[object] = _as_list(schema.get("enum")) or []
        kinds = {_KINDS.get(type(value)) for value in values}
        if len(kinds) == 1 and None not in kinds:
            typed.setdefault("type", kinds.pop())
        return typed
    items = _as_list(node)
    return node if items is None else [_add_enum_types(item) for item in items]


def _as_object(node: object) -> JsonDict | None:
    return node if _is_object(node) else None


def _as_list(node: object) -> list[JsonValue] | None:
    return node if _is_list(node) else None


def _is_object(node: object) -> TypeGuard[JsonDict]:
    return isinstance(node, dict)


def _is_list(node: object) -> TypeGuard[list[JsonValue]]:
    return isinstance(node, list)
