"""Paths into JSON values: text compiled once (RFC 9535) to closures that select nodes.

Names, indexes and wildcards become type-checked closures of our own: a member is looked up in an
object only, an index in an array only, a string is never indexed. Every other selector is handed to
python-jsonpath, imported when the first such path is compiled.
"""

from collections.abc import Callable, Collection
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
from ai_lib.types.json import JsonDict


@final
class MissingType:
    """The type of MISSING, which stands for "no node was selected"; it is falsy."""

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


class Path(msgspec.Struct, frozen=True, eq=False):
    """A compiled path, made by `compile_path`.

    `select(node, root)` returns all selected nodes in the order of RFC 9535, `first(node, root)`
    the first one or MISSING. `@` and a bare start mean `node`; `$` means `root`, or `node` when
    `root` is not given. Neither raises, whatever JSON value it is given: a value of another shape
    than the path speaks of selects nothing, and so does `..` over more than 100 levels.

    `is_singular` says that at most one node can be selected, `wildcards` counts `[*]` and `.*`.
    """

    text: str
    is_singular: bool
    wildcards: int
    select: Select
    first: First
    syntax: PathSyntax

    def __repr__(self) -> str:
        return f"Path({self.text!r})"

    def set(self, document: JsonDict, value: object) -> None:
        """Write `value` at this path, creating the objects and arrays on the way.

        An index may name an element that exists or the next one. Raises ManifestSyntaxError for a
        path that can't be written to (wildcards, negative indexes, `$` itself), RequestError when
        the document holds something else on the way.
        """
        segments = self._writable_segments()
        node: object = document
        for segment, following in pairwise(segments):
            node = self._enter(node, segment, [] if isinstance(following.key, int) else {})
        self._put(node, segments[-1], value)

    def _writable_segments(self) -> tuple[Segment, ...]:
        if not self.is_singular or not self.syntax.segments:
            raise ManifestSyntaxError(self.text, 0, "a path to write to must name one place")
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
            way = self.text[: segment.start] or "the request"
            kind = f"an array of {len(node)}" if isinstance(node, list) else type(node).__name__
            raise RequestError(f"{self.text} can't be set: {way} holds {kind}")


def compile_path(text: str, *, trusted: bool = True) -> Path:
    """Compile a path, with or without its leading `$.`; the same text gives the same object.

    With `trusted=False` the regular expressions of `match()` and `search()` are refused. Raises
    ManifestSyntaxError.
    """
    return _compile(text, trusted)


@lru_cache(maxsize=1024)
def _compile(text: str, trusted: bool) -> Path:
    syntax = parse_path(text)
    rooted = syntax.origin == "$"
    if not syntax.is_plain:
        query, wildcards = compile_query(syntax, trusted=trusted)
        select = _compile_query_select(query, rooted)
        return Path(text, False, wildcards, select, _compile_first(select), syntax)
    keys = tuple(segment.key for segment in syntax.segments)
    wildcards = keys.count(None)
    if wildcards:
        select = _compile_plural(keys, rooted)
        return Path(text, False, wildcards, select, _compile_first(select), syntax)
    first = _compile_singular(keys, rooted)
    return Path(text, True, 0, _compile_select(first), first, syntax)


def _compile_query_select(query: Query, rooted: bool) -> Select:
    def select(node: object, root: object = MISSING) -> list[object]:
        root = node if root is MISSING else root
        return query(root if rooted else node, root)

    return select


def _compile_singular(keys: tuple[str | int | None, ...], rooted: bool) -> First:
    if len(keys) == 1 and isinstance(keys[0], str):
        return _compile_member(keys[0], rooted)
    names = tuple(key for key in keys if isinstance(key, str))
    if names and len(names) == len(keys):
        return _compile_inner_member(names, rooted)
    steps: tuple[tuple[Any, Any], ...] = tuple(
        (dict if isinstance(key, str) else list, key) for key in keys
    )

    def first(node: Any, root: object = MISSING) -> object:
        if rooted and root is not MISSING:
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


def _compile_member(name: str, rooted: bool) -> First:
    def first(node: object, root: object = MISSING) -> object:
        return node.get(name, MISSING) if isinstance(node, dict) else MISSING

    def first_of_root(node: object, root: object = MISSING) -> object:
        top = node if root is MISSING else root
        return top.get(name, MISSING) if isinstance(top, dict) else MISSING

    return first_of_root if rooted else first


def _compile_inner_member(names: tuple[str, ...], rooted: bool) -> First:
    def first(node: object, root: object = MISSING) -> object:
        if rooted and root is not MISSING:
            node = root
        for name in names:
            if not isinstance(node, dict):
                return MISSING
            node = node.get(name, MISSING)
        return node

    return first


def _compile_select(first: First) -> Select:
    def select(node: object, root: object = MISSING) -> list[object]:
        found = first(node, root)
        return [] if found is MISSING else [found]

    return select


def _compile_first(select: Select) -> First:
    def first(node: object, root: object = MISSING) -> object:
        found = select(node, root)
        return found[0] if found else MISSING

    return first


_Collect: TypeAlias = Callable[[object, list[object]], None]


def _compile_plural(keys: tuple[str | int | None, ...], rooted: bool) -> Select:
    *others, last = _split_at_wildcards(keys)
    if not last and len(others) == 1:
        return _compile_children(_compile_singular(others[0], rooted))
    collect = _collect_one(_compile_singular(last, False))
    for run in reversed(others):
        collect = _collect_children(_compile_singular(run, False), collect)

    def select(node: object, root: object = MISSING) -> list[object]:
        found: list[object] = []
        collect(root if rooted and root is not MISSING else node, found)
        return found

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


def _collect_one(first: First) -> _Collect:
    def collect(node: object, found: list[object]) -> None:
        value = first(node)
        if value is not MISSING:
            found.append(value)

    return collect


def _collect_children(first: First, inner: _Collect) -> _Collect:
    def collect(node: object, found: list[object]) -> None:
        parent = first(node)
        children: Collection[object] = ()
        if isinstance(parent, list):
            children = parent
        elif isinstance(parent, dict):
            children = parent.values()
        for child in children:
            inner(child, found)

    return collect
