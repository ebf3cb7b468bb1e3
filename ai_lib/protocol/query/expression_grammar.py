"""The grammar of match expressions: text to a tree, by operator precedence.

Loosest first: `||`, `&&`, `!`, then the comparisons, which do not chain. The tree has a shape that
can be evaluated: operands are compared, conditions are joined, and nothing else parses.
"""

import math
import re
from typing import Final, NamedTuple, TypeAlias

from ai_lib.errors.exceptions import ManifestSyntaxError
from ai_lib.protocol.query.path import Path, compile_path
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
    path: Path


class Not(NamedTuple):
    condition: "Tree"


class AnyOf(NamedTuple):
    conditions: tuple["Tree", ...]


class AllOf(NamedTuple):
    conditions: tuple["Tree", ...]


class Comparison(NamedTuple):
    left: Path | Literal
    operator: str
    right: Path | Literal


Tree: TypeAlias = Literal | Exists | Not | AnyOf | AllOf | Comparison


def parse_expression(text: str, *, trusted: bool) -> tuple[Tree, tuple[Path, ...]]:
    """Parse a condition; also return the paths it speaks of, each once, in order.

    Raises ManifestSyntaxError with the position of the mistake and what was expected there.
    """
    return _Parser(text, trusted).parse()


class _Parser:
    def __init__(self, text: str, trusted: bool) -> None:
        self._text = text
        self._trusted = trusted
        self._position = 0
        self._depth = 0
        self._paths: dict[Path, None] = {}

    def parse(self) -> tuple[Tree, tuple[Path, ...]]:
        if len(self._text) > MAX_TEXT:
            raise self._mistake(MAX_TEXT, f"an expression is at most {MAX_TEXT} characters long")
        tree = self._condition(self._binary(0), 0)
        if self._position < len(self._text):
            raise self._mistake(self._position, f"expected an operator or the end{self._hint()}")
        return tree, tuple(self._paths)

    def _binary(self, limit: int) -> Tree | Path:
        start = self._skip_space()
        left = self._unary()
        while found := _OPERATOR.match(self._text, self._skip_space()):
            operator = found[0]
            if _PRECEDENCE[operator] <= limit:
                break
            self._position = found.end()
            right_start = self._skip_space()
            right = self._binary(_PRECEDENCE[operator])
            if operator in ("||", "&&"):
                first, second = self._condition(left, start), self._condition(right, right_start)
                left = _join(AnyOf if operator == "||" else AllOf, first, second)
            else:
                if operator == "in" and not _is_container(right):
                    raise self._mistake(right_start, "expected a list or a path after 'in'")
                left = Comparison(self._operand(left, found), operator, self._operand(right, found))
        return left

    def _unary(self) -> Tree | Path:
        start = self._position
        if self._take("!"):
            operand_start = self._skip_space()
            return Not(self._condition(self._nested(_NOT_PRECEDENCE), operand_start))
        if self._take("("):
            inner = self._nested(0)
            self._expect(")")
            return inner
        if found := _CALL.match(self._text, start):
            return self._call(found)
        name = _NAME.match(self._text, start)
        if self._text[start : start + 1] in ("$", "@") or (name and name[0] not in _RESERVED):
            self._position = _find_path_end(self._text, start)
            return self._path(self._text[start : self._position], start)
        return Literal(self._literal())

    def _call(self, found: re.Match[str]) -> Exists:
        if found[1] not in ("exists", "has"):
            raise self._mistake(
                found.start(), f"there is no function {found[1]!r}; expected exists or has"
            )
        self._position = found.end()
        start = self._skip_space()
        if string := STRING.match(self._text, start):
            path = self._path(self._string(string), start + 1)
        else:
            self._position = _find_path_end(self._text, start)
            path = self._path(self._text[start : self._position], start)
        self._expect(")")
        return Exists(path)

    def _path(self, text: str, start: int) -> Path:
        try:
            path = compile_path(text, trusted=self._trusted)
        except ManifestSyntaxError as error:
            position = min(start + error.position, len(self._text))
            raise ManifestSyntaxError(self._text, position, error.reason) from error
        self._paths[path] = None
        return path

    def _literal(self) -> object:
        start = self._position
        if found := STRING.match(self._text, start):
            return self._string(found)
        if found := _NUMBER.match(self._text, start):
            return self._number(found)
        if (found := _NAME.match(self._text, start)) and found[0] in _WORDS:
            self._position = found.end()
            return _WORDS[found[0]]
        if self._take("["):
            return self._list()
        raise self._mistake(start, f"expected a path, a literal, '!' or '('{self._hint()}")

    def _string(self, found: re.Match[str]) -> str:
        self._position = found.end()
        try:
            return unquote(found[0])
        except ValueError as error:
            raise ManifestSyntaxError(self._text, found.start(), str(error)) from error

    def _number(self, found: re.Match[str]) -> int | float:
        self._position = found.end()
        if not found[1] and not found[2]:
            return int(found[0])
        number = float(found[0])
        if math.isinf(number):
            raise self._mistake(found.start(), "the number is out of range")
        return number

    def _list(self) -> list[object]:
        self._deeper()
        values: list[object] = []
        self._skip_space()
        while not self._take("]"):
            if values:
                self._expect(",")
                self._skip_space()
            values.append(self._literal())
            self._skip_space()
        self._depth -= 1
        return values

    def _nested(self, limit: int) -> Tree | Path:
        self._deeper()
        tree = self._binary(limit)
        self._depth -= 1
        return tree

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self._mistake(self._position, f"nested deeper than {MAX_DEPTH}")

    def _condition(self, tree: Tree | Path, start: int) -> Tree:
        if isinstance(tree, Path):
            return Exists(tree)
        if isinstance(tree, Literal) and not isinstance(tree.value, bool):
            raise self._mistake(start, "expected a condition, found a value")
        return tree

    def _operand(self, tree: Tree | Path, operator: re.Match[str]) -> Path | Literal:
        if not isinstance(tree, (Path, Literal)):
            reason = f"{operator[0]!r} compares paths and literals, not conditions"
            raise self._mistake(operator.start(), reason)
        return tree

    def _skip_space(self) -> int:
        found = _SPACE.match(self._text, self._position)
        self._position = found.end() if found else self._position
        return self._position

    def _take(self, mark: str) -> bool:
        taken = self._text.startswith(mark, self._position)
        self._position += len(mark) if taken else 0
        return taken

    def _expect(self, mark: str) -> None:
        self._skip_space()
        if not self._take(mark):
            raise self._mistake(self._position, f"expected {mark!r}{self._hint()}")

    def _hint(self) -> str:
        found = _WORD.match(self._text, self._position)
        word = found[0] if found else ""
        hint = f"; write {_HINTS[word]}" if word in _HINTS else ""
        return f", found {word!r}{hint}" if word else ", found the end"

    def _mistake(self, position: int, reason: str) -> ManifestSyntaxError:
        return ManifestSyntaxError(self._text, position, reason)


def _is_container(tree: Tree | Path) -> bool:
    return isinstance(tree, Path) or (isinstance(tree, Literal) and isinstance(tree.value, list))


def _join(kind: type[AnyOf] | type[AllOf], left: Tree, right: Tree) -> AnyOf | AllOf:
    # One flat node for a whole chain: a long chain must not nest as deep as it is long.
    sides = (side.conditions if isinstance(side, kind) else (side,) for side in (left, right))
    return kind(tuple(condition for side in sides for condition in side))


def _find_path_end(text: str, start: int) -> int:
    """Where the path that begins at `start` ends.

    What can only belong to a path is taken, valid or not, so that `compile_path` names the mistake.
    """
    name = _NAME.match(text, start)
    position = name.end() if name else min(start + 1, len(text))
    while found := _PATH_STEP.match(text, position):
        bracket = found.start("bracket")
        position = found.end() if bracket < 0 else _find_bracket_end(text, bracket)
    return position


def _find_bracket_end(text: str, start: int) -> int:
    depth = 0
    for found in _BRACKET.finditer(text, start):
        depth += {"[": 1, "]": -1}.get(found[0], 0)
        if depth == 0:
            return found.end()
    return len(text)
