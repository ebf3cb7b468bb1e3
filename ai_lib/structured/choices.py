"""Tells where a schema has a choice of a few values, and where any text."""

from collections.abc import Mapping, Sequence
from typing import Final

from ai_lib.types.json import JsonObject, JsonValue

_DEPTH: Final = 50  # of references, which may lead to themselves


class ChoiceFinder:
    """Looks up in a schema what stands at a path of names and positions."""

    def __init__(self, schema: JsonObject) -> None:
        self._root = schema

    def is_free_text(self, path: Sequence[str | int]) -> bool:
        """Whether any text may stand there; where only a few texts may, half of one says nothing.

        A text in place of a number or boolean says nothing before its end either.
        """
        nodes: list[JsonValue] = [self._root]
        for step in path:
            nodes = [child for node in nodes for child in self._descend(node, step)]
        branches = [branch for node in nodes for branch in self._list_branches(node)]
        return not branches or any(map(_takes_any_text, branches))

    def _descend(self, node: JsonValue, step: str | int) -> list[JsonValue]:
        children: list[JsonValue] = []
        for branch in self._list_branches(node):
            if isinstance(step, int):
                items: Sequence[JsonValue] = branch.get("prefixItems", ())
                children.append(items[step] if step < len(items) else branch.get("items"))
            elif step in branch.get("properties", {}):
                children.append(branch["properties"][step])
            else:
                children.append(branch.get("additionalProperties"))
        return [child for child in children if isinstance(child, Mapping)]

    def _list_branches(self, node: JsonValue, depth: int = 0) -> list[JsonObject]:
        """Return the alternatives of a schema, its references resolved."""
        if not isinstance(node, Mapping) or depth > _DEPTH:
            return []
        reference = node.get("$ref")
        if isinstance(reference, str):
            name = reference.rpartition("/")[2]
            return self._list_branches(self._root.get("$defs", {}).get(name), depth + 1)
        alternatives = [*node.get("anyOf", ()), *node.get("oneOf", ())]
        if not alternatives:
            return [node]
        return [
            branch for inner in alternatives for branch in self._list_branches(inner, depth + 1)
        ]


def _takes_any_text(schema: JsonObject) -> bool:
    if "enum" in schema or "const" in schema:
        return False
    kind = schema.get("type", "string")
    return kind == "string" or (isinstance(kind, list) and "string" in kind)
