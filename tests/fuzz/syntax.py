"""Fuzzers of what a manifest says in little languages: paths, expressions, templates, itself."""

import copy
import json
from random import Random
from typing import Any

from ai_lib.errors.exceptions import AiLibError, ProtocolError
from ai_lib.protocol.build import build_manifest
from ai_lib.protocol.dialect.template import fill_template, find_placeholders, match_template
from ai_lib.protocol.query.expression import compile_expression
from ai_lib.protocol.query.path import compile_path
from ai_lib.protocol.sources.document import read_text
from ai_lib.protocol.sources.folder import ManifestDocument
from tests.protocol.mutants import mutants

PATH_PARTS = (
    "$", "@", ".", "..", "[", "]", "*", "[*]", "[0]", "[-1]", "[1:2]", "[::-1]", "['a']", '["b"]',
    "['", "a", "b", "choices", "delta", "length()", "[?", "(", ")", "@.a", "==", "!=", "<", ">=",
    "&&", "||", "!", " ", "1", "-1", "1.5", "1e999", "9" * 4400, "'x'", '"', "null", "true",
    "\\", "\\u0041", "\\ud800", "\u2028", "é", "\x00", ",", ":", "match(@.a, 'b')",
    "search(@.a, '(a+)+$')", "count(@.*)", "?@", "[?@.a]", "[?@.a == 1]", "$.a", "~", "^", "|",
)  # fmt: skip
EXPRESSION_PARTS = (
    *PATH_PARTS, "exists($.a)", 'has("a")', "exists(", "in", " in ", "[1, 2]", "['a', 'b']", "$.a",
    "$.b == 1", "!exists($.a)", "not", "and", "or", "=", "<=", "$.a in $.b", "'a' in $.b", "===",
)  # fmt: skip
NODES: tuple[Any, ...] = (
    None, True, 0, 1.5, "a", "", [], {}, [1, "a", None], {"a": 1}, {"a": {"b": [1, {"a": "x"}]}},
    {"choices": [{"delta": {"a": None}}, 7, []]}, {"b": ["a", 1, [1]], "a": "a"}, float("nan"),
    10**400, [[[]]], {"": ""}, {"length()": 1}, "\ud800",
)  # fmt: skip


def _said(parts: tuple[str, ...], chance: Random) -> str:
    text = "".join(chance.choice(parts) for _ in range(chance.randrange(1, 9)))
    if chance.random() < 0.02:
        return text + chance.choice(("(", "!", "[", "$.a && (", "..", "[?")) * 500
    return text


def paths(chance: Random) -> None:
    """A path compiles or is refused; compiled, it reads whatever it is given without an error."""
    text, trusted = _said(PATH_PARTS, chance), chance.random() < 0.5
    try:
        path = compile_path(text, trusted=trusted)
    except ProtocolError:
        return
    for node in NODES:
        before = repr(node)
        found = path.select(node)
        assert isinstance(found, list)
        first = path.first(node)
        assert repr(first) == repr(found[0]) if found else not first or first is None
        assert repr(node) == before
    target: dict[str, Any] = {"a": {"b": [1]}}
    try:
        path.set(target, "set")
    except AiLibError:
        return
    assert "set" in path.select(target), text
    json.dumps(target)


def expressions(chance: Random) -> None:
    """An expression compiles or is refused; compiled, it gives a bool, and never raises."""
    text, trusted = _said(EXPRESSION_PARTS, chance), chance.random() < 0.5
    try:
        condition = compile_expression(text, trusted=trusted)
    except ProtocolError:
        return
    for node in NODES:
        held = condition(node)
        assert type(held) is bool, (text, node, held)
        assert condition(node, NODES[chance.randrange(len(NODES))]) in (True, False)
    if not text.lstrip().startswith(("!", "has", "exists")) and "||" not in text:
        negated = compile_expression(f"!({text})", trusted=trusted)
        assert all(negated(node) is not condition(node) for node in NODES)


NAMES = ("a", "b", "text", "id", "x_y")
VALUES: tuple[Any, ...] = (
    "", "x", "$a", "${a}", "a b\n", "\u2028", "\ud7ff", 0, 1, -1.5, True, None, [], {}, [1],
    {"k": "v"}, [None], "%s", "\\1", ".*",
)  # fmt: skip


def templates(chance: Random) -> None:
    """What is filled into a template is read from it again."""
    template = _template(chance, 0)
    names = sorted(find_placeholders(template))
    values = {name: copy.deepcopy(chance.choice(VALUES)) for name in names}
    filled = fill_template(template, values)
    found = match_template(template, json.loads(json.dumps(filled)))
    assert found is not None, (template, filled)
    alone = _whole_holes(template)
    for name, value in values.items():
        if name in alone:
            assert repr(found[name]) == repr(value), (template, name)
    part = {name: value for name, value in values.items() if chance.random() < 0.5}
    again = fill_template(template, part)
    assert "$" not in json.dumps(again, default=str) or any("$" in str(v) for v in part.values())
    match_template(template, copy.deepcopy(chance.choice(VALUES)))


def _template(chance: Random, depth: int) -> Any:
    kind = chance.randrange(8 if depth < 3 else 5)
    if kind < 2:
        return f"${chance.choice(NAMES)}"
    if kind == 2:
        # One hole that is not at an end, and text between: what is read back is certain.
        return f"<{chance.choice(('', 'a ', '.* '))}${{{chance.choice(NAMES)}}}>"
    if kind < 5:
        return chance.choice(("plain", 1, None, True, "[x]", 2.5, ""))
    if kind == 5:
        return [_template(chance, depth + 1) for _ in range(chance.randrange(3))]
    keys = chance.sample(("k", "l", "m", "type"), chance.randrange(4))
    return {key: _template(chance, depth + 1) for key in keys}


def _whole_holes(template: Any) -> set[str]:
    """The names that stand for themselves and nowhere inside a text."""
    inline: set[str] = set()
    whole: set[str] = set()
    todo = [template]
    while todo:
        one = todo.pop()
        if isinstance(one, str):
            (whole if one.startswith("$") else inline).update(find_placeholders(one))
        elif isinstance(one, dict | list):
            todo += one.values() if isinstance(one, dict) else one
    return whole - inline


def manifests(chance: Random) -> None:
    """A stranger's manifest loads or ends in a ProtocolError."""
    for name, text in mutants(20, seed=chance.randrange(2**32)):
        try:
            document = read_text(text, name)
            build_manifest(
                ManifestDocument(document=document, source=name, origin="remote", text=text)
            )
        except ProtocolError:
            continue
