"""Finds the line and column of a part of a document in the text it was read from."""

import json
import re
from typing import TYPE_CHECKING, Final, TypeAlias

from ai_lib.protocol.sources.document import is_json

if TYPE_CHECKING:
    from ruamel.yaml.nodes import Node

DocumentPath: TypeAlias = tuple[str | int, ...]
"""The keys and indexes that lead to a part of a document."""

Position: TypeAlias = tuple[int, int]
"""A line and a column, both counted from 1."""


class SourcePositions:
    """Finds the positions of a document's parts in its text, which is JSON or YAML."""

    def __init__(self, text: str, source: str) -> None:
        self._text = text
        self._is_json = is_json(source)
        self._root: Node | None = None

    def find(self, path: DocumentPath) -> Position:
        """Return where the part at `path` begins, else where its nearest parent does.

        A member of an object begins with its key.
        """
        if self._is_json:
            return _count_position(self._text, _JsonScanner(self._text).find_offset(path))
        return self._find_in_yaml(path)

    def _find_in_yaml(self, path: DocumentPath) -> Position:
        if self._root is None:
            from ruamel.yaml import YAML

            # Composing builds no values, so none can fail to be built.
            yaml = YAML(typ="safe", pure=True)
            yaml.composer.warn_double_anchors = False
            self._root = yaml.compose(self._text)
            if self._root is None:
                return 1, 1
        node, mark = self._root, self._root.start_mark
        for step in path:
            key_and_child = _find_child(node, step)
            if key_and_child is None:
                break
            key, node = key_and_child
            mark = key.start_mark
        return mark.line + 1, mark.column + 1


def _find_child(node: "Node", step: str | int) -> "tuple[Node, Node] | None":
    """Return the node that marks a child (a member's key) and the child itself."""
    if isinstance(step, int):
        items = node.value if isinstance(node.value, list) else []
        return (items[step], items[step]) if step < len(items) else None
    pairs = [pair for pair in node.value if isinstance(pair, tuple)]
    for key, value in pairs:
        if key.value == step:
            return key, value
    for key, value in pairs:
        if key.value == "<<":
            merged = value.value if value.id == "sequence" else [value]
            key_and_child = next((hit for part in merged if (hit := _find_child(part, step))), None)
            if key_and_child:
                return key_and_child
    return None


_SPACE: Final = re.compile(r"[\s]*")
_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*"')
_SCALAR: Final = re.compile(r"[^\s,\]}]+")


class _JsonScanner:
    """Scans a JSON text that is known to be well formed for the value at a path."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._offset = 0

    def find_offset(self, path: DocumentPath) -> int:
        deepest_offset = self._skip_space()
        for step in path:
            offset = self._enter_child(step)
            if offset is None:
                break
            deepest_offset = offset
        return deepest_offset

    def _enter_child(self, step: str | int) -> int | None:
        """Move to a child; return the offset where it, or a member's key, begins."""
        opening = self._text[self._skip_space()]
        if opening != ("[" if isinstance(step, int) else "{"):
            return None
        self._offset += 1
        number = 0
        while self._text[self._skip_space()] not in "]}":
            start = self._offset
            name: str | int = number if isinstance(step, int) else self._read_key()
            if name == step:
                return start
            self._skip_value()
            number += 1
            if self._text[self._skip_space()] == ",":
                self._offset += 1
        return None

    def _read_key(self) -> str:
        literal = self._read_string()
        self._skip_space()
        self._offset += 1
        return str(json.loads(literal))

    def _read_string(self) -> str:
        hit = _STRING.match(self._text, self._offset)
        if hit is None:
            raise ValueError("not a JSON text")
        self._offset = hit.end()
        return hit[0]

    def _skip_value(self) -> None:
        """Move past one value."""
        depth = 0
        while True:
            sign = self._text[self._skip_space()]
            if sign == '"':
                self._read_string()
            elif sign in "[{":
                depth += 1
                self._offset += 1
            elif sign in "]},:":
                depth -= sign in "]}"
                self._offset += 1
            elif hit := _SCALAR.match(self._text, self._offset):
                self._offset = hit.end()
            if not depth:
                return

    def _skip_space(self) -> int:
        hit = _SPACE.match(self._text, self._offset)
        self._offset = hit.end() if hit else self._offset
        return self._offset


def _count_position(text: str, offset: int) -> Position:
    before = text[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1
