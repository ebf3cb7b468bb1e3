"""Parses match expressions to a syntax tree, by operator precedence.

Loosest first: `||`, `&&`, `!`, then the comparisons, which do not chain. Only comparisons of
operands and combinations of conditions parse, so every tree can be evaluated.
"""

import math
import re
from typing import Final, NamedTuple, TypeAlias

from ai_lib.errors.exceptions import ManifestSyntaxError
from ai_lib.protocol.query.path import JsonPath, compile_path
from ai_lib.protocol.query.path_grammar import MARK, NAME, STRING, unquote

MAX_TEXT: Final = 4096
MAX_DEPTH: Final = 32

_PRECEDENCE = dict.fromkeys(("==", "!=", "<", "<=", ">", ">=", "in"), 4) | {"||": 1, "&&": 2}
_NOT_PRECEDENCE = 3
_WORDS = {"true": True, "false": False, "null": None}
_RESERVED = {*_WORDS, "in"}
_HINTS = {"=": "==", "&": "&&", "|": "||", "and": "&&", "or": "||", "not": "!"}

_SPACE = re.compile(r"[ \t\n\r]*")
_OPERATOR = re.compile(rf"\|\||&&|[=!<>]=|[<>]|in(?![^{MARK}])")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_NAME = re.compile(NAME)
_WORD = re.compile(rf"{NAME}|.?", re.DOTALL)
_CALL = re.compile(rf"({NAME})[ \t\n\r]*\(")
_PATH_STEP = re.compile(rf"[ \t\n\r]*(?:\.\.?(?:{NAME}|\*)?|(?P<bracket>\[))")
_BRACKET = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|[\[\]]", re.DOTALL)


class Literal(NamedTuple):
    value: object


class Exists(NamedTuple):
    path: JsonPath


class Not(NamedTuple):
    condition: "Tree"


class AnyOf(NamedTuple):
    conditions: tuple["Tree", ...]


class AllOf(NamedTuple):
    conditions: tuple["Tree", ...]


class Comparison(NamedTuple):
    left: JsonPath | Literal
    operator: str
    right: JsonPath | Literal


Tree: TypeAlias = Literal | Exists | Not | AnyOf | AllOf | Comparison


def parse_expression(text: str, *, trusted: bool) -> tuple[Tree, tuple[JsonPath, ...]]:
    """Return the tree of a condition and its paths, each once, in order.

    Raises ManifestSyntaxError with the position of the mistake and what was expected there.
    """
    return _Parser(text, trusted).parse()


class _Parser:
    def __init__(self, text: str, trusted: bool) -> None:
        self._text = text
        self._trusted = trusted
        self._position = 0
        self._depth = 0
        self._paths: dict[JsonPath, None] = {}

    def parse(self) -> tuple[Tree, tuple[JsonPath, ...]]:
        if len(self._text) > MAX_TEXT:
            raise self._build_error(
                MAX_TEXT, f"an expression is at most {MAX_TEXT} characters long"
            )
        tree = self._as_condition(self._parse_binary(0), 0)
        if self._position < len(self._text):
            raise self._build_error(
                self._position, f"expected an operator or the end{self._describe_next()}"
            )
        return tree, tuple(self._paths)

    def _parse_binary(self, limit: int) -> Tree | JsonPath:
        start = self._skip_space()
        left = self._parse_unary()
        while operator_match := _OPERATOR.match(self._text, self._skip_space()):
            operator = operator_match[0]
            if _PRECEDENCE[operator] <= limit:
                break
            self._position = operator_match.end()
            right_start = self._skip_space()
            right = self._parse_binary(_PRECEDENCE[operator])
            if operator in ("||", "&&"):
                first, second = (
                    self._as_condition(left, start),
                    self._as_condition(right, right_start),
                )
                left = _join(AnyOf if operator == "||" else AllOf, first, second)
            else:
                if operator == "in" and not _is_container(right):
                    raise self._build_error(right_start, "expected a list or a path after 'in'")
                left = Comparison(
                    self._as_operand(left, operator_match),
                    operator,
                    self._as_operand(right, operator_match),
                )
        return left

    def _parse_unary(self) -> Tree | JsonPath:
        start = self._position
        if self._take_token("!"):
            operand_start = self._skip_space()
            return Not(self._as_condition(self._parse_nested(_NOT_PRECEDENCE), operand_start))
        if self._take_token("("):
            inner = self._parse_nested(0)
            self._expect_token(")")
            return inner
        if call_match := _CALL.match(self._text, start):
            return self._parse_call(call_match)
        name = _NAME.match(self._text, start)
        if self._text[start : start + 1] in ("$", "@") or (name and name[0] not in _RESERVED):
            self._position = _find_path_end(self._text, start)
            return self._parse_path(self._text[start : self._position], start)
        return Literal(self._parse_literal())

    def _parse_call(self, call_match: re.Match[str]) -> Exists:
        if call_match[1] not in ("exists", "has"):
            raise self._build_error(
                call_match.start(),
                f"there is no function {call_match[1]!r}; expected exists or has",
            )
        self._position = call_match.end()
        start = self._skip_space()
        if string := STRING.match(self._text, start):
            path = self._parse_path(self._parse_string(string), start + 1)
        else:
            self._position = _find_path_end(self._text, start)
            path = self._parse_path(self._text[start : self._position], start)
        self._expect_token(")")
        return Exists(path)

    def _parse_path(self, text: str, start: int) -> JsonPath:
        try:
            path = compile_path(text, trusted=self._trusted)
        except ManifestSyntaxError as error:
            position = min(start + error.position, len(self._text))
            raise ManifestSyntaxError(self._text, position, error.reason) from error
        self._paths[path] = None
        return path

    def _parse_literal(self) -> object:
        start = self._position
        if token := STRING.match(self._text, start):
            return self._parse_string(token)
        if token := _NUMBER.match(self._text, start):
            return self._parse_number(token)
        if (token := _NAME.match(self._text, start)) and token[0] in _WORDS:
            self._position = token.end()
            return _WORDS[token[0]]
        if self._take_token("["):
            return self._parse_list()
        raise self._build_error(
            start, f"expected a path, a literal, '!' or '('{self._describe_next()}"
        )

    def _parse_string(self, token: re.Match[str]) -> str:
        self._position = token.end()
        try:
            return unquote(token[0])
        except ValueError as error:
            raise ManifestSyntaxError(self._text, token.start(), str(error)) from error

    def _parse_number(self, token: re.Match[str]) -> int | float:
        self._position = token.end()
        if not token[1] and not token[2]:
            return int(token[0])
        number = float(token[0])
        if math.isinf(number):
            raise self._build_error(token.start(), "the number is out of range")
        return number

    def _parse_list(self) -> list[object]:
        self._enter_level()
        values: list[object] = []
        self._skip_space()
        while not self._take_token("]"):
            if values:
                self._expect_token(",")
                self._skip_space()
            values.append(self._parse_literal())
            self._skip_space()
        self._depth -= 1
        return values

    def _parse_nested(self, limit: int) -> Tree | JsonPath:
        self._enter_level()
        tree = self._parse_binary(limit)
        self._depth -= 1
        return tree

    def _enter_level(self) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self._build_error(self._position, f"nested deeper than {MAX_DEPTH}")

    def _as_condition(self, tree: Tree | JsonPath, start: int) -> Tree:
        if isinstance(tree, JsonPath):
            return Exists(tree)
        if isinstance(tree, Literal) and not isinstance(tree.value, bool):
            raise self._build_error(start, "expected a condition, found a value")
        return tree

    def _as_operand(self, tree: Tree | JsonPath, operator: re.Match[str]) -> JsonPath | Literal:
        if not isinstance(tree, (JsonPath, Literal)):
            reason = f"{operator[0]!r} compares paths and literals, not conditions"
            raise self._build_error(operator.start(), reason)
        return tree

    def _skip_space(self) -> int:
        space = _SPACE.match(self._text, self._position)
        self._position = space.end() if space else self._position
        return self._position

    def _take_token(self, mark: str) -> bool:
        is_present = self._text.startswith(mark, self._position)
        self._position += len(mark) if is_present else 0
        return is_present

    def _expect_token(self, mark: str) -> None:
        self._skip_space()
        if not self._take_token(mark):
            raise self._build_error(self._position, f"expected {mark!r}{self._describe_next()}")

    def _describe_next(self) -> str:
        token = _WORD.match(self._text, self._position)
        word = token[0] if token else ""
        hint = f"; write {_HINTS[word]}" if word in _HINTS else ""
        return f", found {word!r}{hint}" if word else ", found the end"

    def _build_error(self, position: int, reason: str) -> ManifestSyntaxError:
        return ManifestSyntaxError(self._text, position, reason)


def _is_container(tree: Tree | JsonPath) -> bool:
    return isinstance(tree, JsonPath) or (
        isinstance(tree, Literal) and isinstance(tree.value, list)
    )


def _join(kind: type[AnyOf] | type[AllOf], left: Tree, right: Tree) -> AnyOf | AllOf:
    # One flat node for a whole chain keeps a long chain from nesting as deep as it is long.
    sides = (side.conditions if isinstance(side, kind) else (side,) for side in (left, right))
    return kind(tuple(condition for side in sides for condition in side))


def _find_path_end(text: str, start: int) -> int:
    """Return the offset where the path that begins at `start` ends.

    Invalid parts that can only belong to a path are included, so that `compile_path` reports them.
    """
    name = _NAME.match(text, start)
    position = name.end() if name else min(start + 1, len(text))
    while step := _PATH_STEP.match(text, position):
        bracket = step.start("bracket")
        position = step.end() if bracket < 0 else _find_bracket_end(text, bracket)
    return position


def _find_bracket_end(text: str, start: int) -> int:
    depth = 0
    for bracket in _BRACKET.finditer(text, start):
        depth += {"[": 1, "]": -1}.get(bracket[0], 0)
        if depth == 0:
            return bracket.end()
    return len(text)
