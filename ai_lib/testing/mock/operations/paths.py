"""Writes values into a document at the places where a dialect reads them."""

import re
from typing import Any, Final, TypeAlias

from ai_lib.types.json import JsonDict

_TOKEN: Final = re.compile(
    r"\.(?P<name>[\w-]+)|\['(?P<quoted>[^']+)'\]|\[(?P<index>\d+)\]|(?P<many>\[\*\]|\[\?[^\]]*\])"
)
Key: TypeAlias = str | int


def split_path(path: str) -> tuple[list[Key], int | None]:
    """Return the keys of a path, and the place of its last wildcard; a wildcard is the key 0."""
    keys: list[Key] = []
    last: int | None = None
    for token in _TOKEN.finditer(path[1:]):
        if token["many"] is not None:
            last = len(keys)
            keys.append(0)
        elif token["index"] is not None:
            keys.append(int(token["index"]))
        else:
            keys.append(token["name"] or token["quoted"])
    return keys, last


def put_value(document: JsonDict, path: str, value: object) -> None:
    """Write a value at a path below the document; a wildcard means the first element."""
    keys, _ = split_path(path)
    if keys:
        _put(document, keys, value)
    elif isinstance(value, dict):
        document.update(value)


def put_elements(document: JsonDict, path: str, elements: list[object]) -> None:
    """Write elements where the wildcard of a path has them; without one, the first of them."""
    keys, last = split_path(path)
    if last is None:
        if elements:
            put_value(document, path, elements[0])
    elif last == len(keys) - 1:
        _put(document, keys[:last], elements)
    else:
        # The elements lie deeper: each is one object of the list.
        inner: list[JsonDict] = []
        for element in elements:
            holder: JsonDict = {}
            _put(holder, keys[last + 1 :], element)
            inner.append(holder)
        _put(document, keys[:last], inner)


def make_element(members: dict[str, tuple[str, ...]], values: JsonDict) -> Any:
    """Return an element whose members stand where the dialect reads them."""
    element: JsonDict = {}
    for name, paths in members.items():
        if name not in values or not paths or not paths[0].startswith("@"):
            continue
        if paths[0] == "@":
            return values[name]
        put_value(element, paths[0], values[name])
    return element


def _put(node: Any, keys: list[Key], value: object) -> None:
    """Write a value below an object or a list, and create what is missing above it."""
    if not keys:
        return
    key: Any = keys[0]
    inner_keys = keys[1:]
    if isinstance(key, int):
        node.extend([None] * (key + 1 - len(node)))
    if not inner_keys:
        node[key] = value
        return
    child: Any = node[key] if isinstance(key, int) else node.get(key)
    if child is None:
        child = node[key] = [] if isinstance(inner_keys[0], int) else {}
    _put(child, inner_keys, value)
