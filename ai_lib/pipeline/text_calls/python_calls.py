"""Reads calls that a model wrote as Python: `look_up(word="fog")`, alone or in a list."""

import ast
from collections.abc import Iterator
from typing import Final

from ai_lib.pipeline.text_calls.call import TextCall, TextCallContext
from ai_lib.types.json import JsonDict, JsonValue

_MOST_CHARACTERS: Final = 100_000  # the parser's time and memory are bounded with them
_PRINTING: Final = "print"


def read_python_calls(text: str, context: TextCallContext) -> list[TextCall]:
    """Return the calls in a text of nothing but calls of offered tools, with literal arguments."""
    if len(text) > _MOST_CHARACTERS:
        return []
    try:
        statements = ast.parse(text.strip()).body
        return [
            _read_call(node, context) for statement in statements for node in _list_nodes(statement)
        ]
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        return []


def _list_nodes(statement: ast.stmt) -> Iterator[ast.expr]:
    if isinstance(statement, ast.Assign):
        value: ast.expr = statement.value
    elif isinstance(statement, ast.Expr):
        value = statement.value
    else:
        raise ValueError("the text has statements that are no calls")
    yield from value.elts if isinstance(value, (ast.List, ast.Tuple)) else (value,)


def _read_call(node: ast.expr, context: TextCallContext) -> TextCall:
    """Return a call. Raises ValueError when it is none, or calls what was not offered."""
    if not isinstance(node, ast.Call):
        raise ValueError("the text has expressions that are no calls")
    name = _read_name(node.func)
    if name == _PRINTING and len(node.args) == 1 and not context.is_offered(name):
        return _read_call(node.args[0], context)
    if not context.is_offered(name):
        name = name.rpartition(".")[2]
    if not context.is_offered(name):
        raise ValueError(f"{name} is no tool of the request")
    arguments: JsonDict = {}
    for key, value in zip(context.properties_of(name), node.args, strict=False):
        arguments[key] = _read_literal(value)
    for keyword in node.keywords:
        if keyword.arg is None:
            raise ValueError("the arguments are no literals")
        arguments[keyword.arg] = _read_literal(keyword.value)
    return TextCall(name, arguments)


def _read_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_read_name(node.value)}.{node.attr}"
    if isinstance(node, ast.Name):
        return node.id
    raise ValueError("the text calls what has no name")


_WORDS: Final[dict[str, JsonValue]] = {"true": True, "false": False, "null": None}


def _read_literal(node: ast.expr) -> JsonValue:
    if isinstance(node, ast.Name) and node.id in _WORDS:
        return _WORDS[node.id]
    value: JsonValue = _as_json(ast.literal_eval(node))
    return value


def _as_json(value: object) -> JsonValue:
    if isinstance(value, (list, tuple)):
        return [_as_json(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _as_json(item) for key, item in value.items()}
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    raise ValueError(f"{type(value).__name__} is no value of JSON")
