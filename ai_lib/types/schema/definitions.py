"""Collects the schemas of named types under `$defs`, one name for each."""

import inspect
from collections.abc import Callable, Iterator
from typing import Final

from ai_lib.types.json import JsonDict, JsonValue, is_list, is_object

REFERENCE: Final = "#/$defs/"

_TYPE_NAMES: Final[dict[type[object], str]] = {
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
}


class DefinitionStore:
    """The schemas of the named types in one document; two types of one name get two names."""

    def __init__(self) -> None:
        self.schemas: JsonDict = {}
        self._names: dict[object, str] = {}

    def refer(self, kind: object, name: str, describe: Callable[[], JsonDict]) -> JsonDict:
        """Return a reference to the type's schema, which is described once."""
        own_name = self._names.get(kind)
        if own_name is None:
            own_name = self._names[kind] = self._find_free_name(name)
            self.schemas[own_name] = {}  # so that a type which holds itself finds its name taken
            self.schemas[own_name] = describe()
        return {"$ref": REFERENCE + own_name}

    def take(self, schema: JsonDict) -> JsonDict:
        """Return a schema of another author, with its `$defs` moved here."""
        inner: JsonDict = schema.get("$defs", {})
        renamed = {name: self._find_name(name, inner[name]) for name in inner}
        for name, node in inner.items():
            self.schemas[renamed[name]] = _rename_references(node, renamed)
        root: JsonDict = _rename_references(
            {key: value for key, value in schema.items() if key != "$defs"}, renamed
        )
        return root

    def finish(self, root: JsonDict) -> JsonDict:
        """Return the document: the type itself at the root, what it refers to under `$defs`."""
        definitions = self.schemas
        name = str(root.get("$ref", "")).removeprefix(REFERENCE)
        if name in definitions:
            others = {key: value for key, value in root.items() if key != "$ref"}
            root = {**definitions[name], **others}
            remaining = {key: schema for key, schema in definitions.items() if key != name}
            if REFERENCE + name not in _list_references([root, *remaining.values()]):
                definitions = remaining
        document: JsonDict = add_enum_types({**root, "$defs": definitions} if definitions else root)
        return document

    def _find_name(self, name: str, schema: JsonValue) -> str:
        if self.schemas.get(name) == schema:
            return name
        free = self._find_free_name(name)
        self.schemas[free] = schema
        return free

    def _find_free_name(self, name: str) -> str:
        free, count = name, 1
        while free in self.schemas:
            count += 1
            free = f"{name}_{count}"
        return free


def read_class_text(kind: type) -> str | None:
    """Return what a class says of itself; what its bases or decorators wrote is not that."""
    doc = kind.__dict__.get("__doc__")
    if not isinstance(doc, str) or doc.startswith((f"{kind.__name__}(", "An enumeration.")):
        return None
    return inspect.cleandoc(doc) or None


def add_enum_types(node: JsonValue) -> JsonValue:
    """Add its values' type to every enumeration: some providers require it."""
    if is_object(node):
        typed = {name: add_enum_types(value) for name, value in node.items()}
        values = node.get("enum")
        kinds: set[str | None] = set()
        if is_list(values):
            kinds = {_find_type_name(value) for value in values}
        if len(kinds) == 1 and None not in kinds:
            typed.setdefault("type", kinds.pop())
        return typed
    return [add_enum_types(item) for item in node] if is_list(node) else node


def _find_type_name(value: object) -> str | None:
    return _TYPE_NAMES.get(type(value))


def _rename_references(node: JsonValue, names: dict[str, str]) -> JsonValue:
    if is_object(node):
        renamed = {key: _rename_references(value, names) for key, value in node.items()}
        target = node.get("$ref")
        if isinstance(target, str) and target.startswith(REFERENCE):
            name = target.removeprefix(REFERENCE)
            renamed["$ref"] = REFERENCE + names.get(name, name)
        return renamed
    return [_rename_references(item, names) for item in node] if is_list(node) else node


def _list_references(node: JsonValue) -> Iterator[str]:
    if is_object(node):
        if isinstance(reference := node.get("$ref"), str):
            yield reference
        for value in node.values():
            yield from _list_references(value)
    elif is_list(node):
        for item in node:
            yield from _list_references(item)
