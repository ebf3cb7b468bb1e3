"""Makes schemas strict: every object closed, every member required, nothing beside a reference."""

from collections.abc import Mapping
from typing import Final

from ai_lib.types.json import JsonDict, JsonObject, JsonValue

_MAPS: Final = ("properties", "$defs", "definitions")
_LISTS: Final = ("anyOf", "allOf", "prefixItems")
_SINGLE: Final = ("items", "not")
_DEFINITIONS: Final = ("$defs", "definitions")
# Keywords that say something to the reader and nothing about the value.
_NOTES: Final = frozenset(
    {"title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly"}
    | {"$comment", "$schema", "$id"}
)
# Keywords that strict modes refuse, and without which the same values are valid.
_DROPPED: Final = frozenset({"default", "discriminator", "$schema", "$id", "$comment"})
_TYPES: Final[Mapping[type, str]] = {
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    type(None): "null",
}
_MOST_INLINED: Final = 200


class SchemaOpen(Exception):
    """A schema can't be strict: `reason` says why, `pointer` where (RFC 6901)."""

    def __init__(self, pointer: str, reason: str) -> None:
        super().__init__(f"{pointer or 'the whole'} {reason}")
        self.pointer = pointer
        self.reason = reason


def close_schema(schema: JsonObject, *, require_all: bool = True) -> JsonDict:
    """Return the schema with every object closed and, with `require_all`, its members required.

    Defaults are dropped then. `oneOf` becomes `anyOf`, as strict modes have no other union. What
    stands beside a `$ref`, and a list of one schema under `allOf`, is written into the schema that
    it belongs to; beside a reference to an enclosing schema, notes are dropped. A reference at the
    root is replaced by what it names, as the root has to be an object.

    Raises:
        SchemaOpen: an object may have members without a name, a part allows any value, or a
            reference can't be resolved or is contradicted by what stands beside it.
    """
    return _StrictSchemaWriter(schema, require_all).close()


class _StrictSchemaWriter:
    def __init__(self, root: JsonObject, require_all: bool) -> None:
        self._root = root
        self._require_all = require_all
        self._inlined = 0

    def close(self) -> JsonDict:
        return self._close(self._root, "", frozenset())

    def _close(self, node: JsonValue, pointer: str, enclosing: frozenset[str]) -> JsonDict:
        if not isinstance(node, Mapping) or not node.keys() - _NOTES:
            raise SchemaOpen(pointer, "allows any value")  # `true` is a schema as well
        if "$ref" in node:
            return self._close_reference(node, pointer, enclosing)
        node = self._merge_single(node, pointer)
        if "$ref" in node:
            return self._close_reference(node, pointer, enclosing)
        closed: JsonDict = {}
        for key, value in node.items():
            if self._require_all and key in _DROPPED:
                continue
            position = f"{pointer}/{escape_name(key)}"
            if key in _MAPS and isinstance(value, Mapping):
                closed[key] = self._close_members(key, value, position, enclosing)
            elif key in ("oneOf", *_LISTS) and isinstance(value, list):
                name = "anyOf" if key == "oneOf" and "anyOf" not in node else key
                closed[name] = [
                    self._close(item, f"{position}/{index}", enclosing)
                    for index, item in enumerate(value)
                ]
            elif key in _SINGLE and isinstance(value, Mapping):
                closed[key] = self._close(value, position, enclosing)
            else:
                closed[key] = value
        self._close_type(node, closed, pointer)
        return closed

    def _close_members(
        self, key: str, members: JsonObject, pointer: str, enclosing: frozenset[str]
    ) -> JsonDict:
        closed: JsonDict = {}
        for name, member in members.items():
            position = f"{pointer}/{escape_name(name)}"
            reference = frozenset({f"#{position}"}) if key in _DEFINITIONS else frozenset[str]()
            closed[name] = self._close(member, position, enclosing | reference)
        return closed

    def _close_type(self, node: JsonObject, closed: JsonDict, pointer: str) -> None:
        types = node.get("type", ())
        types = types if isinstance(types, list) else [types]
        if types == ["object"] and "properties" not in node and "anyOf" in closed:
            del closed["type"]  # the members of the union say it
        elif "object" in types or "properties" in node:
            extra = node.get("additionalProperties", False)
            if extra is not False or "patternProperties" in node:
                raise SchemaOpen(pointer, "allows members without a name")
            if "properties" not in node:
                raise SchemaOpen(pointer, "is an object that names no members")
            required = node.get("required")
            if self._require_all and set(required or ()) != node["properties"].keys():
                required = list(node["properties"])
            if required is not None or self._require_all:
                closed["required"] = required or []
            closed["additionalProperties"] = False
        if "array" in types and not node.keys() & {"items", "prefixItems"}:
            raise SchemaOpen(pointer, "is a list of any values")
        if "type" not in node and (kinds := _infer_types(node)):
            closed["type"] = kinds[0] if len(kinds) == 1 else kinds

    def _close_reference(
        self, node: JsonObject, pointer: str, enclosing: frozenset[str]
    ) -> JsonDict:
        """Close a reference: it stands alone, or in its place the schema that it names."""
        reference, closed = node["$ref"], dict[str, JsonValue]()
        for key in _DEFINITIONS:
            if isinstance(members := node.get(key), Mapping):
                closed[key] = self._close_members(key, members, f"{pointer}/{key}", enclosing)
        beside = {
            key: value
            for key, value in node.items()
            if key not in ("$ref", *_DEFINITIONS, *_DROPPED)
        }
        if pointer and not beside and _names_definition(reference):
            return {"$ref": reference, **closed}
        target = self._resolve(reference, pointer)
        if reference in enclosing or self._inlined > _MOST_INLINED:
            if beside.keys() - _NOTES or not _names_definition(reference):
                raise SchemaOpen(pointer, "restricts a $ref to an enclosing schema")
            return {"$ref": reference, **closed}
        self._inlined += 1
        merged = _join(target, beside, pointer)
        return {**self._close(merged, pointer, enclosing | {reference}), **closed}

    def _merge_single(self, node: JsonObject, pointer: str) -> JsonObject:
        """Return the node with the one schema of its `allOf` written into it."""
        parts = node.get("allOf")
        if not (isinstance(parts, list) and len(parts) == 1 and isinstance(parts[0], Mapping)):
            return node
        return _join(parts[0], {k: v for k, v in node.items() if k != "allOf"}, pointer)

    def _resolve(self, reference: JsonValue, pointer: str) -> JsonObject:
        target: JsonValue = self._root
        if not isinstance(reference, str) or not reference.startswith("#"):
            raise SchemaOpen(pointer, f"refers to {reference!r}, which is not in the schema")
        for segment in reference[1:].split("/")[1:]:
            key = segment.replace("~1", "/").replace("~0", "~")
            target = target.get(key) if isinstance(target, Mapping) else None
        if not isinstance(target, Mapping):
            raise SchemaOpen(pointer, f"refers to {reference!r}, which is not in the schema")
        return target


def _join(target: JsonObject, beside: JsonObject, pointer: str) -> JsonDict:
    """Return a schema with what stands beside it; the notes beside it come first."""
    for key in target.keys() & beside.keys() - _NOTES:
        if target[key] != beside[key]:
            raise SchemaOpen(pointer, f"has two values of {key!r}")
    return {**target, **beside}


def _names_definition(reference: JsonValue) -> bool:
    return isinstance(reference, str) and reference.startswith(("#/$defs/", "#/definitions/"))


def _infer_types(node: JsonObject) -> list[str]:
    """Return the types of the values that an `enum` or `const` lists, none for other schemas."""
    values = node["enum"] if isinstance(node.get("enum"), list) else []
    values = [node["const"]] if "const" in node else values
    kinds = dict.fromkeys(_TYPES.get(type(value), "") for value in values)
    return [] if "" in kinds else list(kinds)


def escape_name(name: str) -> str:
    """Return a name as a segment of a JSON pointer (RFC 6901). Raises TypeError for no text."""
    if not isinstance(name, str):
        raise TypeError(f"the names in a JSON Schema are texts, not {name!r}")
    return name.replace("~", "~0").replace("/", "~1")
