"""Parses paths to segments.

Segments of one name, one index or one wildcard (RFC 9535) are parsed here. Parsing stops at
anything else (`..`, a slice, a filter, a union): `PathSyntax.tail` is its offset, and
`compile_query` has python-jsonpath compile the whole path.
"""

import json
import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from ai_lib.errors.exceptions import ManifestSyntaxError
from ai_lib.protocol.query.comparison import are_equal, is_less

if TYPE_CHECKING:
    from jsonpath import JSONPathEnvironment
    from jsonpath.match import NodeList
    from jsonpath.parse import Parser
    from jsonpath.segments import JSONPathSegment
    from jsonpath.stream import TokenStream

Query: TypeAlias = Callable[[object, object], list[object]]

MAX_TEXT: Final = 4096
MAX_SEGMENTS: Final = 64
MAX_INDEX: Final = 2**53 - 1

_SPACE = r"[ \t\n\r]*"
# A letter is any other character: a set that names a million letters takes 5 ms to compile.
MARK: Final = r"\x00-/:-@\[-^`{-\x7f"
_HALF = r"\ud800-\udfff"
NAME: Final = rf"(?![0-9{_HALF}])[^{MARK}](?:(?![{_HALF}])[^{MARK}])*"
_SINGLE = r"'(?:[^'\\\x00-\x1f\ud800-\udfff]|\\.)*'"
_DOUBLE = r'"(?:[^"\\\x00-\x1f\ud800-\udfff]|\\.)*"'

STRING: Final = re.compile(rf"{_SINGLE}|{_DOUBLE}")
_BARE = re.compile(rf"(?P<name>{NAME})|\*")
_SEGMENT = re.compile(
    rf"{_SPACE}(?:\.(?:(?P<name>{NAME})|\*)|\[{_SPACE}"
    rf"(?:\*|(?P<index>0|-?[1-9][0-9]*)|(?P<string>{_SINGLE}|{_DOUBLE})){_SPACE}\])"
)
_ESCAPE = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|u(?![dD][89a-fA-F])[0-9a-fA-F]{4}|[bfnrt/\\]|(?P<quote>['\"])|(?P<unknown>))"
)


class Segment(NamedTuple):
    """One step: a member name, an array index, or None for a wildcard; `start` and `end` are
    offsets in the path's text."""

    key: str | int | None
    start: int
    end: int


class PathSyntax(NamedTuple):
    """A parsed path. `origin` is `$` or `@`; the text from the offset `tail` on was not parsed."""

    text: str
    origin: str
    segments: tuple[Segment, ...]
    tail: int

    @property
    def is_plain(self) -> bool:
        """Whether the path is names, indexes and wildcards to its end."""
        return self.tail == len(self.text)


def unquote(literal: str) -> str:
    """Return the value of a quoted string (RFC 9535 section 2.3.1.1), or raise ValueError."""
    quote, body = literal[0], literal[1:-1]
    if "\\" not in body:
        return body

    def unescape(escape: re.Match[str]) -> str:
        if escape["unknown"] is not None or escape["quote"] not in (None, quote):
            raise ValueError("an unknown escape in a string")
        return escape["quote"] or str(json.loads(f'"{escape[0]}"'))

    return _ESCAPE.sub(unescape, body)


def parse_path(text: str) -> PathSyntax:
    """Return the segments of a path. Raises ManifestSyntaxError for what can't begin a path."""
    if len(text) > MAX_TEXT:
        raise ManifestSyntaxError(text, MAX_TEXT, f"a path is at most {MAX_TEXT} characters long")
    segments: list[Segment] = []
    origin = text[:1]
    position = 1
    if origin not in ("$", "@"):
        origin = "@"
        position = _parse_bare_start(text, segments)
    while (segment := _SEGMENT.match(text, position)) and _add_segment(segment, segments):
        position = segment.end()
    return PathSyntax(text, origin, tuple(segments), position)


def _parse_bare_start(text: str, segments: list[Segment]) -> int:
    start = _BARE.match(text)
    if start is not None:
        segments.append(Segment(start["name"], 0, start.end()))
        return start.end()
    if text.startswith(("[", "..")):
        return 0
    raise ManifestSyntaxError(text, 0, "a path begins with $, @, a name, * or [")


def _add_segment(segment_match: re.Match[str], segments: list[Segment]) -> bool:
    key: str | int | None = segment_match["name"]
    if segment_match["index"]:
        key = int(segment_match["index"])
        if abs(key) > MAX_INDEX:
            return False
    elif segment_match["string"]:
        try:
            key = unquote(segment_match["string"])
        except ValueError:
            return False
    segments.append(Segment(key, segment_match.start(), segment_match.end()))
    _check_count(segment_match.string, len(segments), segment_match.start())
    return True


def _check_count(text: str, count: int, position: int) -> None:
    if count > MAX_SEGMENTS:
        raise ManifestSyntaxError(text, position, f"a path has at most {MAX_SEGMENTS} segments")


def first_index_as_wildcard(text: str) -> str:
    """Return a path with its first `[0]` rewritten to `[*]`; a path without one is unchanged.

    Manifests that declare `candidate.fan_out` may write `$.choices[0].delta.content`.
    """
    for key, start, end in parse_path(text).segments:
        if key == 0 and isinstance(key, int):
            return f"{text[:start]}[*]{text[end:]}"
    return text


def compile_query(syntax: PathSyntax, *, trusted: bool) -> tuple[Query, int]:
    """Return python-jsonpath's query for a path, and the number of its `[*]` and `.*` segments."""
    from jsonpath import JSONPath
    from jsonpath.exceptions import JSONPathError
    from jsonpath.selectors import WildcardSelector

    text = syntax.text
    start = "$" if text[0] in "$@[." else "$."
    added = len(start) if text[0] not in "$@" else 0
    try:
        path = _build_environment(trusted).compile(start + text[len(start) - added :])
    except (JSONPathError, RecursionError, ValueError, OverflowError) as error:
        raise _translate_error(error, text, added, trusted) from error
    segments = path.segments if isinstance(path, JSONPath) else ()
    _check_count(text, len(segments), 0)

    def select(node: object, root: object) -> list[object]:
        try:
            return [match.obj for match in _resolve_segments(segments, node, root)]
        except (JSONPathError, RecursionError, OverflowError):
            return []

    selectors = [segment.selectors for segment in segments]
    wildcards = sum(
        len(selectors_) == 1 and isinstance(selectors_[0], WildcardSelector)
        for selectors_ in selectors
    )
    return select, wildcards


def _translate_error(error: Exception, text: str, added: int, trusted: bool) -> ManifestSyntaxError:
    token = getattr(error, "token", None)
    position = 0 if token is None else token.index - added if token.index >= 0 else len(text)
    reason = f"not a path of RFC 9535: {getattr(error, 'message', None) or error}"
    if token is not None and token.value in ("match", "search") and not trusted:
        reason = "a manifest that is not trusted can't use regular expressions"
    return ManifestSyntaxError(text, min(max(position, 0), len(text)), reason)


def _resolve_segments(segments: Iterable["JSONPathSegment"], node: object, root: Any) -> "NodeList":
    from jsonpath.match import JSONPathMatch, NodeList

    start = JSONPathMatch(filter_context={}, obj=node, parent=None, path="$", parts=(), root=root)
    matches: Iterable[JSONPathMatch] = [start]
    for segment in segments:
        matches = segment.resolve(matches)
    return NodeList(matches)


@lru_cache(maxsize=2)
def _build_environment(trusted: bool) -> "JSONPathEnvironment":
    from jsonpath import JSONPathEnvironment
    from jsonpath.filter import UNDEFINED
    from jsonpath.function_extensions import Match, Search
    from jsonpath.lex import Lexer
    from jsonpath.match import NodeList

    class QueryLexer(Lexer):
        key_pattern = NAME

    class Environment(JSONPathEnvironment):
        """A strict environment that corrects the library: strings are never sliced, booleans have
        no order, and `1 != true` holds inside arrays too."""

        lexer_class, parser_class = QueryLexer, _build_parser_class()

        def setup_function_extensions(self) -> None:
            super().setup_function_extensions()
            self.function_extensions.update(match=Match(thread_safe=True))
            self.function_extensions.update(search=Search(thread_safe=True))
            if not trusted:
                del self.function_extensions["match"], self.function_extensions["search"]

        def getitem(self, obj: Any, key: Any) -> Any:
            return [] if isinstance(obj, str) else obj[key]

        def compare(self, left: object, operator: str, right: object) -> bool:
            if operator in ("&&", "||"):
                return super().compare(left, operator, right)
            left, right = (UNDEFINED if isinstance(v, NodeList) else v for v in (left, right))
            is_equal = left is right or are_equal(left, right)
            if operator in ("==", "!="):
                return is_equal is (operator == "==")
            ordered = is_less(left, right) if operator[0] == "<" else is_less(right, left)
            return ordered or (is_equal and operator[-1] == "=")

    return Environment(strict=True)


def _build_parser_class() -> type["Parser"]:
    from jsonpath import JSONPath, filter as ast
    from jsonpath.exceptions import JSONPathSyntaxError
    from jsonpath.parse import Parser
    from jsonpath.selectors import FilterContext

    conditions = (ast.InfixExpression, ast.PrefixExpression)

    class RelativeQuery(ast.RelativeFilterQuery):
        def evaluate(self, context: FilterContext) -> object:
            return _resolve_segments(self.path.segments, context.current, context.root)

    class RootQuery(ast.RootFilterQuery):
        def evaluate(self, context: FilterContext) -> object:
            return _resolve_segments(self.path.segments, context.root, context.root)

    class QueryParser(Parser):
        """A parser that corrects the library: queries in filters see `@` when it is a scalar and
        `$` at any depth, integers keep all their digits, and comparisons that RFC 9535 does not
        allow are refused."""

        def parse_relative_query(self, stream: "TokenStream") -> ast.BaseExpression:
            stream.next()
            return RelativeQuery(JSONPath(env=self.env, segments=self.parse_query(stream)))

        def parse_absolute_query(self, stream: "TokenStream") -> ast.BaseExpression:
            stream.next()
            return RootQuery(JSONPath(env=self.env, segments=self.parse_query(stream)))

        def parse_integer_literal(self, stream: "TokenStream") -> ast.BaseExpression:
            digits = stream.current().value
            literal = super().parse_integer_literal(stream)
            exact = digits.removeprefix("-").isdigit()
            return ast.IntegerLiteral(value=int(digits)) if exact else literal

        def parse_infix_expression(
            self, stream: "TokenStream", left: ast.BaseExpression
        ) -> ast.BaseExpression:
            token = stream.current()
            expression = super().parse_infix_expression(stream, left)
            if token.value not in ("&&", "||"):
                is_chained = any(isinstance(side, conditions) for side in expression.children())
                if is_chained or token.value == "<>":
                    raise JSONPathSyntaxError("only values can be compared", token=token)
            return expression

    return QueryParser
