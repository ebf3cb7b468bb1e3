"""Converts docstrings: prose serves both colours, code examples are converted with the code."""

import ast
import re
from collections.abc import Iterator

from codegen.renames import RENAMES

_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
_COLOUR = re.compile(
    r"\b(a?synchron\w*|async|await(s|ed|ing|able)?|anyio|trio|blocking|coroutines?)\b",
    re.IGNORECASE,
)
_IN_EXAMPLES = (
    (re.compile(r"\basync (?=with|for|def)"), ""),
    (re.compile(r"\bawait "), ""),
    (re.compile(r"\b(from|import) ai_lib\b"), r"\1 ai_lib_sync"),
)
_RENAMED = re.compile(rf"\b({'|'.join(map(re.escape, RENAMES))})\b")


def find_colour_words(tree: ast.Module, text: str) -> Iterator[tuple[int, str]]:
    """Find each line of prose in a docstring that names a colour, and the word."""
    lines = text.split("\n")
    for number, is_example in _docstring_lines(tree, lines):
        colour = None if is_example else _COLOUR.search(lines[number])
        if colour:
            yield number + 1, colour.group()


def convert_docstrings(tree: ast.Module, text: str) -> str:
    """Return the text with the names and examples of its docstrings in the blocking colour."""
    lines = text.split("\n")
    for number, is_example in _docstring_lines(tree, lines):
        lines[number] = _RENAMED.sub(lambda name: RENAMES[name.group()], lines[number])
        for pattern, replacement in _IN_EXAMPLES if is_example else ():
            lines[number] = pattern.sub(replacement, lines[number])
    return "\n".join(lines)


def _docstring_lines(tree: ast.Module, lines: list[str]) -> Iterator[tuple[int, bool]]:
    for node in _docstrings(tree):
        for number in range(node.lineno - 1, node.end_lineno or node.lineno):
            line = lines[number]
            indent = len(line) - len(line.lstrip())
            marked = line.lstrip().startswith((">>> ", "... "))
            yield number, marked or (number >= node.lineno and indent >= node.col_offset + 4)


def _docstrings(tree: ast.Module) -> Iterator[ast.Constant]:
    for node in ast.walk(tree):
        if isinstance(node, _DOCUMENTED) and node.body:
            first = node.body[0]
            value = first.value if isinstance(first, ast.Expr) else None
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                yield value
