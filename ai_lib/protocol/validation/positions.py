"""Where in a text the parts of its document stand: JSON path to line and column."""

import json
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from ai_lib.protocol.sources.document import is_json

if TYPE_CHECKING:
    from ruamel.yaml.nodes import Node

Step = str | int
Position = tuple[int, int]


class SourcePositions:
    """Finds lines and columns, both counted from 1, in the text of a document that was read."""

    def __init__(self, text: str, source: str) -> None:
        self._text = text
        self._is_json = is_json(source)
        self._root: Node | None = None

    def find(self, path: Sequence[Step]) -> Position:
        """Return where the part at `path` begins (a member: its key), or what is nearest above."""
        if self._is_json:
            return _count_position(self._text, _JsonScanner(self._text).find_offset(path))
        return self._find_in_yaml(path)

    def _find_in_yaml(self, path: Sequence[Step]) -> Position:
        if self._root is None:
            from ruamel.yaml import YAML

            # Only composed: no value is built, so there is nothing that could fail to.
            yaml = YAML(typ="safe", pure=True)
            yaml.composer.warn_double_anchors = False
            self._root = yaml.compose(self._text)
            if self._root is None:
                return 1, 1
        node, mark = self._root, self._root.start_mark
        for step in path:
            found = _find_child(node, step)
            if found is None:
                break
            key, node = found
            mark = key.start_mark
        return mark.line + 1, mark.column + 1


def _find_child(node: "Node", step: Step) -> "tuple[Node, Node] | None":
    """Return the child node and the one that marks it, which for a member is its key."""
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
            found = next((hit for part in merged if (hit := _find_child(part, step))), None)
            if found:
                return found
    return None


_SPACE: Final = re.compile(r"[\s]*")
_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*"')
_SCALAR: Final = re.compile(r"[^\s,\]}]+")


class _JsonScanner:
    """Walks a JSON text that is known to be well formed, to the value at a path."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._offset = 0

    def find_offset(self, path: Sequence[Step]) -> int:
        best = self._skip_space()
        for step in path:
            found = self._enter_child(step)
            if found is None:
                break
            best = found
        return best

    def _enter_child(self, step: Step) -> int | None:
        """Go to a child; return where it begins (a member: its key)."""
        opening = self._text[self._skip_space()]
        if opening != ("[" if isinstance(step, int) else "{"):
            return None
        self._offset += 1
        number = 0
        while self._text[self._skip_space()] not in "]}":
            start = self._offset
            name: Step = number if isinstance(step, int) else self._read_key()
            if name == step:
                return start
            self._skip_value()
            number += 1
            if self._text[self._skip_space()] == ",":
                self._offset += 1
        return None

    def _read_key(self) -> str:
        found = self._read_string()
        self._skip_space()
        self._offset += 1
        return str(json.loads(found))

    def _read_string(self) -> str:
        hit = _STRING.match(self._text, self._offset)
        if hit is None:
            raise ValueError("not a JSON text")
        self._offset = hit.end()
        return hit[0]

    def _skip_value(self) -> None:
        """Pass over one value."""
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
