"""Compiles paths into JSON values (RFC 9535) to closures that select nodes.

Names, indexes and wildcards become type-checked closures: a name selects in an object only, an
index in an array only, and a string is never indexed. A path with any other selector is compiled
by python-jsonpath, which is imported for the first such path.
"""

from collections.abc import Callable, Collection, Iterable
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final, Protocol, TypeAlias, final

import msgspec

from ai_lib.errors.exceptions import ManifestSyntaxError, RequestError
from ai_lib.protocol.query.path_grammar import (
    PathSyntax,
    Query,
    Segment,
    compile_query,
    first_index_as_wildcard as first_index_as_wildcard,
    parse_path,
)
from ai_lib.types.json import JsonDict, JsonValue


@final
class MissingType:
    """The type of MISSING, which means that no node was selected; it is falsy."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "MISSING"

    def __reduce__(self) -> str:
        return "MISSING"


MISSING: Final = MissingType()


class Select(Protocol):
    def __call__(self, node: object, root: object = ...) -> list[object]: ...


class First(Protocol):
    def __call__(self, node: object, root: object = ...) -> object: ...


class JsonPath(msgspec.Struct, frozen=True, eq=False):
    """A compiled path, made by `compile_path`.

    `select(node, root)` returns all selected nodes in the order of RFC 9535, `first(node, root)`
    the first one or MISSING. `@` and a bare start mean `node`; `$` means `root`, or `node` when
    `root` is not given. Neither raises for JSON values: a value of another shape selects nothing,
    and so does `..` over more than 100 levels.

    `is_singular` says that at most one node can be selected, `wildcards` counts `[*]` and `.*`.
    Nothing is selected of an object without the member `first_name`; it is None where the path does
    not begin with a name.
    """

    text: str
    is_singular: bool
    wildcards: int
    select: Select
    first: First
    syntax: PathSyntax
    first_name: str | None = None

    def __repr__(self) -> str:
        return f"JsonPath({self.text!r})"

    def set(self, document: JsonDict, value: object) -> None:
        """Write `value` at this path and create missing objects and arrays above it.

        An index may name an existing element or the next one.

        Raises:
            ManifestSyntaxError: the path has wildcards or negative indexes, or is `$` itself.
            RequestError: the document holds another type of value above the path's end.
        """
        segments = self._writable_segments()
        node: object = document
        for segment, following in pairwise(segments):
            node = self._enter(node, segment, [] if isinstance(following.key, int) else {})
        self._put(node, segments[-1], value)

    def _writable_segments(self) -> tuple[Segment, ...]:
        if not self.is_singular or not self.syntax.segments:
            raise ManifestSyntaxError(self.text, 0, "a path to write to must name one node")
        for segment in self.syntax.segments:
            if isinstance(segment.key, int) and segment.key < 0:
                reason = "a path to write to can't have a negative index"
                raise ManifestSyntaxError(self.text, segment.start, reason)
        return self.syntax.segments

    def _enter(self, node: object, segment: Segment, container: object) -> object:
        existing = _compile_singular((segment.key,), False)(node)
        if existing is not MISSING and existing is not None:
            return existing
        self._put(node, segment, container)
        return container

    def _put(self, node: object, segment: Segment, value: object) -> None:
        key = segment.key
        if isinstance(node, dict) and isinstance(key, str):
            node[key] = value
        elif isinstance(node, list) and isinstance(key, int) and key <= len(node):
            node[key : key + 1] = [value]  # replaces the element, or appends
        else:
            parent = self.text[: segment.start] or "the request"
            kind = f"an array of {len(node)}" if isinstance(node, list) else type(node).__name__
            raise RequestError(f"{self.text} can't be set: {parent} holds {kind}")


def compile_path(text: str, *, trusted: bool = True) -> JsonPath:
    """Return a compiled path, written with or without its leading `$.`; it is cached by its text.

    With `trusted=False` the regular expressions of `match()` and `search()` are refused. Raises
    ManifestSyntaxError with the position of the mistake.
    """
    return _compile(text, trusted)


def find_first(paths: Iterable[str], document: object) -> JsonValue:
    """Return what the first path that has something has, None when none has."""
    for text in paths:
        value = compile_path(text).first(document)
        if value is not MISSING and value is not None:
            return value
    return None


@lru_cache(maxsize=1024)
def _compile(text: str, trusted: bool) -> JsonPath:
    syntax = parse_path(text)
    is_rooted = syntax.origin == "$"
    if not syntax.is_plain:
        query, wildcards = compile_query(syntax, trusted=trusted)
        select = _compile_query_select(query, is_rooted)
        return JsonPath(text, False, wildcards, select, _compile_first(select), syntax)
    keys = tuple(segment.key for segment in syntax.segments)
    first_name = keys[0] if keys and isinstance(keys[0], str) else None
    wildcards = keys.count(None)
    if wildcards:
        select = _compile_plural(keys, is_rooted)
        return JsonPath(text, False, wildcards, select, _compile_first(select), syntax, first_name)
    first = _compile_singular(keys, is_rooted)
    return JsonPath(text, True, 0, _compile_select(first), first, syntax, first_name)


def _compile_query_select(query: Query, is_rooted: bool) -> Select:
    def select(node: object, root: object = MISSING) -> list[object]:
        root = node if root is MISSING else root
        return query(root if is_rooted else node, root)

    return select


def _compile_singular(keys: tuple[str | int | None, ...], is_rooted: bool) -> First:
    if len(keys) == 1 and isinstance(keys[0], str):
        return _compile_member(keys[0], is_rooted)
    names = tuple(key for key in keys if isinstance(key, str))
    if names and len(names) == len(keys):
        return _compile_inner_member(names, is_rooted)
    steps: tuple[tuple[Any, Any], ...] = tuple(
        (dict if isinstance(key, str) else list, key) for key in keys
    )

    def first(node: Any, root: object = MISSING) -> object:
        if is_rooted and root is not MISSING:
            node = root
        for kind, key in steps:
            if isinstance(node, kind) and (
                key in node if kind is dict else -len(node) <= key < len(node)
            ):
                node = node[key]
            else:
                return MISSING
        return node

    return first


def _compile_member(name: str, is_rooted: bool) -> First:
    def first(node: object, root: object = MISSING) -> object:
        return node.get(name, MISSING) if isinstance(node, dict) else MISSING

    def first_of_root(node: object, root: object = MISSING) -> object:
        top = node if root is MISSING else root
        return top.get(name, MISSING) if isinstance(top, dict) else MISSING

    return first_of_root if is_rooted else first


def _compile_inner_member(names: tuple[str, ...], is_rooted: bool) -> First:
    def first(node: object, root: object = MISSING) -> object:
        if is_rooted and root is not MISSING:
            node = root
        for name in names:
            if not isinstance(node, dict):
                return MISSING
            node = node.get(name, MISSING)
        return node

    return first


def _compile_select(first: First) -> Select:
    def select(node: object, root: object = MISSING) -> list[object]:
        value = first(node, root)
        return [] if value is MISSING else [value]

    return select


def _compile_first(select: Select) -> First:
    def first(node: object, root: object = MISSING) -> object:
        nodes = select(node, root)
        return nodes[0] if nodes else MISSING

    return first


_Collect: TypeAlias = Callable[[object, list[object]], None]


def _compile_plural(keys: tuple[str | int | None, ...], is_rooted: bool) -> Select:
    *others, last = _split_at_wildcards(keys)
    if not last and len(others) == 1:
        return _compile_children(_compile_singular(others[0], is_rooted))
    collect = _compile_collect(_compile_singular(last, False))
    for run in reversed(others):
        collect = _compile_collect_children(_compile_singular(run, False), collect)

    def select(node: object, root: object = MISSING) -> list[object]:
        nodes: list[object] = []
        collect(root if is_rooted and root is not MISSING else node, nodes)
        return nodes

    return select


def _compile_children(first: First) -> Select:
    def select(node: object, root: object = MISSING) -> list[object]:
        parent = first(node, root)
        if isinstance(parent, list):
            return parent.copy()
        return list(parent.values()) if isinstance(parent, dict) else []

    return select


def _split_at_wildcards(keys: tuple[str | int | None, ...]) -> list[tuple[str | int | None, ...]]:
    if None not in keys:
        return [keys]
    cut = keys.index(None)
    return [keys[:cut], *_split_at_wildcards(keys[cut + 1 :])]


def _compile_collect(first: First) -> _Collect:
    def collect(node: object, nodes: list[object]) -> None:
        value = first(node)
        if value is not MISSING:
            nodes.append(value)

    return collect


def _compile_collect_children(first: First, inner: _Collect) -> _Collect:
    def collect(node: object, nodes: list[object]) -> None:
        parent = first(node)
        children: Collection[object] = ()
        if isinstance(parent, list):
            children = parent
        elif isinstance(parent, dict):
            children = parent.values()
        for child in children:
            inner(child, nodes)

    return collect
