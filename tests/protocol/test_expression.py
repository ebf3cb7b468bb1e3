"""Match expressions: what is true of which frame, and what does not parse."""

import json
import pathlib
import re
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from ai_lib.errors.exceptions import ManifestSyntaxError
from ai_lib.protocol.query.expression import compile_expression
from ai_lib.protocol.query.path import compile_path
from tests.thoroughness import count_examples

MANIFESTS = pathlib.Path(__file__).resolve().parents[3] / "shared" / "ai-protocol"

scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-2, 2), st.floats(), st.sampled_from(["", "a", "x", "1"])
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["a", "b", "type"]), inner, max_size=3)
    ),
    max_leaves=20,
)


def holds(text: str, frame: object) -> bool:
    return compile_expression(text)(frame)


# --- The expressions of the protocol's manifests ------------------------------------------------

DELTA = {
    "id": "c1",
    "choices": [{"index": 0, "delta": {"content": "Hi"}, "finish_reason": None}],
    "usage": None,
}
STOP = {"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]}
USAGE = {"choices": [], "usage": {"total_tokens": 3}}
CALL = {"choices": [{"delta": {"tool_calls": [{"index": 0, "function": {"name": "f"}}]}}]}
TEXT = {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "Hi"}}
START = {"type": "content_block_start", "content_block": {"type": "tool_use", "id": "t"}}
ERROR = {"type": "error", "error": {"message": "no"}}
PARTS = {"candidates": [{"content": {"parts": [{"functionCall": {"name": "f", "args": {}}}]}}]}

MANIFEST_TABLE: list[tuple[str, list[dict[str, Any]], list[dict[str, Any]]]] = [
    ("exists($.choices) || exists($.error) || $.type == 'error'", [DELTA, ERROR], [TEXT]),
    ("exists($.choices[*].delta.content)", [DELTA], [STOP, USAGE, CALL, TEXT]),
    ("$.choices[0].delta.content", [DELTA], [STOP, USAGE, CALL, TEXT]),
    ("exists($.usage)", [USAGE], [DELTA, STOP]),
    ("$.choices[0].finish_reason != null", [STOP], [DELTA, USAGE, CALL, TEXT]),
    ("$.choices[*].finish_reason != null", [STOP], [DELTA, USAGE, CALL, TEXT]),
    ("$.choices[0].finish_reason == 'tool_calls'", [STOP], [DELTA, USAGE]),
    ("exists($.choices[*].delta.tool_calls[*].function.name)", [CALL], [DELTA, STOP]),
    ("exists($.choices[*].delta.tool_calls[*].function.arguments)", [], [CALL, DELTA]),
    ("$.type == 'content_block_delta' && $.delta.type == 'text_delta'", [TEXT], [START, DELTA]),
    (
        "$.type == 'content_block_start' && $.content_block.type == 'tool_use'",
        [START],
        [TEXT, DELTA],
    ),
    ("$.type in ['content_block_start', 'content_block_delta', 'ping']", [TEXT, START], [ERROR]),
    ("exists($.error) || $.type == 'error'", [ERROR], [TEXT, DELTA]),
    ("exists($.candidates[*].content.parts[*].functionCall.args)", [PARTS], [DELTA]),
    ('has("$.choices") && $.usage == null', [DELTA, STOP, CALL], [USAGE, TEXT]),
    ("\"type\" in $.flags || has('delta')", [TEXT], [DELTA]),
]


@pytest.mark.parametrize(("text", "true", "false"), MANIFEST_TABLE)
def test_the_expressions_of_manifests(
    text: str, true: list[dict[str, Any]], false: list[dict[str, Any]]
) -> None:
    assert [holds(text, frame) for frame in true] == [True] * len(true)
    assert [holds(text, frame) for frame in false] == [False] * len(false)


@pytest.mark.skipif(
    not MANIFESTS.exists(), reason="the protocol's files are not beside this checkout"
)
def test_every_expression_in_the_protocols_files_parses() -> None:
    field = re.compile(r'\b(?:match|frame_selector|stop_condition|flush_on)"?: *(".*?"|[^"{}\n]+)')
    files = [file for kind in ("yaml", "json") for file in MANIFESTS.rglob(f"*.{kind}")]
    expressions = {
        text.strip().strip('"')
        for file in files
        for text in field.findall(file.read_text(encoding="utf-8"))
        if text.strip()
    }
    assert len(expressions) >= 40
    for text in expressions:
        assert compile_expression(text, trusted=False).paths


# --- The truth table ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "frame", "expected"),
    [
        # exists, has and the bare path: some selected node is not null
        ("exists($.a)", {"a": 0}, True),
        ("exists($.a)", {"a": False}, True),
        ("exists($.a)", {"a": ""}, True),
        ("exists($.a)", {"a": {}}, True),
        ("exists($.a)", {"a": None}, False),
        ("exists($.a)", {}, False),
        ("exists($.a[*])", {"a": [None, 0]}, True),
        ("exists($.a[*])", {"a": [None]}, False),
        ("exists($.a[*])", {"a": []}, False),
        ("exists($..b)", {"a": [{"b": 0}]}, True),
        ("exists(a.b)", {"a": {"b": 1}}, True),
        ('has("a.b")', {"a": {"b": 1}}, True),
        ("has('$.a.b')", {"a": {"c": 1}}, False),
        ("has($.a)", {"a": 1}, True),
        ("has(\"$['a']\")", {"a": 1}, True),
        ("exists ( $.a )", {"a": 1}, True),
        ("$.a", {"a": False}, True),
        ("a", {"a": 1}, True),
        ("a", {"a": None}, False),
        ("@.a", {"a": 1}, True),
        ("exists", {"exists": 1}, True),
        ("$", {}, True),
        ("$", None, False),
        # constants
        ("true", None, True),
        ("false", None, False),
        ("!false", {}, True),
        # equality
        ("$.a == 'x'", {"a": "x"}, True),
        ("$.a == 'x'", {"a": "X"}, False),
        ("$.a == 'x'", {"a": ["x"]}, False),
        ("$.a == 'x'", {}, False),
        ("'x' == $.a", {"a": "x"}, True),
        ("a == 'x'", {"a": "x"}, True),
        ("$.a == 1", {"a": 1}, True),
        ("$.a == 1", {"a": 1.0}, True),
        ("$.a == 1.0", {"a": 1}, True),
        ("$.a == 1", {"a": True}, False),
        ("$.a == true", {"a": 1}, False),
        ("$.a == true", {"a": True}, True),
        ("$.a == false", {"a": 0}, False),
        ("$.a == false", {"a": None}, False),
        ("$.a == '1'", {"a": 1}, False),
        ("$.a == 1", {"a": "1"}, False),
        ("$.a == -1.5e1", {"a": -15}, True),
        ("$.a == 9007199254740993", {"a": 9007199254740992}, False),
        ("$.a == ''", {"a": None}, False),
        ("$.a == [1, 'x', null, [true]]", {"a": [1.0, "x", None, [True]]}, True),
        ("$.a == [1]", {"a": [True]}, False),
        ("$.a == []", {"a": {}}, False),
        ("$.a[*] == 'x'", {"a": ["y", "x"]}, True),
        ("$.a[*] == 'x'", {"a": ["y"]}, False),
        ("$.a[*] == 'x'", {"a": []}, False),
        ("$.a != 'x'", {"a": "y"}, True),
        ("$.a != 'x'", {}, True),
        ("$.a != 'x'", {"a": "x"}, False),
        ("$.a[*] != 'x'", {"a": ["y", "x"]}, False),
        ("$.a[*] != 'x'", {"a": ["y", "z"]}, True),
        # null
        ("$.a == null", {"a": None}, True),
        ("$.a == null", {}, True),
        ("$.a == null", {"a": 0}, False),
        ("$.a == null", {"a": False}, False),
        ("null == $.a", {}, True),
        ("$.a != null", {"a": 0}, True),
        ("$.a != null", {}, False),
        ("$.a[*] == null", {"a": []}, True),
        ("$.a[*] == null", {"a": [1, None]}, True),
        ("$.a[*] == null", {"a": [1]}, False),
        ("$.a[*] != null", {"a": [1, None]}, False),
        ("$.a[*] != null", {"a": [1, 2]}, True),
        ("$.a[*] != null", {"a": []}, False),
        # two paths
        ("$.a == $.b", {"a": {"x": [1]}, "b": {"x": [1.0]}}, True),
        ("$.a == $.b", {"a": [1], "b": [True]}, False),
        ("$.a == $.b", {"a": [1], "b": [1, 2]}, False),
        ("$.a == $.b", {"a": {"x": 1}, "b": {"y": 1}}, False),
        ("$.a == $.b", {"a": 1}, False),
        ("$.a == $.b", {"a": None}, True),
        ("$.a == $.b", {}, True),
        ("$.a[*] == $.b[*]", {"a": [1, 2], "b": [3, 2]}, True),
        ("$.a[*] == $.b[*]", {"a": [1, 2], "b": [3, 4]}, False),
        ("$.a < $.b", {"a": 1, "b": 2}, True),
        # order
        ("$.a < 2", {"a": 1}, True),
        ("$.a < 2", {"a": 2}, False),
        ("$.a <= 2", {"a": 2.0}, True),
        ("$.a > 2", {"a": 2.5}, True),
        ("$.a >= 2", {"a": 1}, False),
        ("2 < $.a", {"a": 3}, True),
        ("2 >= $.a", {"a": 3}, False),
        ("$.a < 'b'", {"a": "a"}, True),
        ("$.a >= 'b'", {"a": "b"}, True),
        ("$.a < 2", {"a": "1"}, False),
        ("$.a > 'b'", {"a": 3}, False),
        ("$.a < 2", {"a": True}, False),
        ("$.a <= true", {"a": True}, False),
        ("$.a <= null", {"a": None}, False),
        ("$.a <= null", {}, False),
        ("$.a < 2", {}, False),
        ("$.a >= [1]", {"a": [1]}, False),
        ("$.a[*] > 2", {"a": [1, "9", 3]}, True),
        # in a list
        ("$.a in ['x', 'y']", {"a": "y"}, True),
        ("$.a in ['x', 'y']", {"a": "z"}, False),
        ("$.a in ['x', 'y']", {"a": ["x"]}, False),
        ("$.a in ['x', 'y']", {"a": {}}, False),
        ("$.a in ['x', 'y']", {}, False),
        ("$.a in ['x', null]", {}, True),
        ("$.a in [null]", {"a": None}, True),
        ("$.a in [1, 'x']", {"a": True}, False),
        ("$.a in [1, 'x']", {"a": 1.0}, True),
        ("$.a in [[1], 2]", {"a": [1]}, True),
        ("$.a in []", {"a": 1}, False),
        ("$.a in []", {}, False),
        ("$.a[*] in ['x', 'y']", {"a": ["z", "y"]}, True),
        ("$.a[*] in ['x', 'y']", {"a": ["z"]}, False),
        ("'x' in ['x', 1]", {}, True),
        ("2 in ['x', 1]", {}, False),
        # in a path
        ("'x' in $.flags", {"flags": ["y", "x"]}, True),
        ("'x' in $.flags", {"flags": ["y"]}, False),
        ("'x' in $.flags", {"flags": "x"}, False),
        ("'x' in $.flags", {"flags": {"x": 1}}, False),
        ("'x' in $.flags", {}, False),
        ("1 in flags", {"flags": [True]}, False),
        ("null in $.flags", {"flags": [None]}, True),
        ("null in $.flags", {}, False),
        ("'x' in $.a[*].flags", {"a": [{"flags": []}, {"flags": ["x"]}]}, True),
        ("'x' in $.a[*]", {"a": ["y", "x"]}, True),
        ("'x' in $.a[*]", {"a": ["y", "xx"]}, False),
        ("null in $.a[*]", {"a": []}, False),
        ("$.a in $.b", {"a": 1, "b": [2, 1]}, True),
        ("$.a in $.b", {"a": 1, "b": [2]}, False),
        # precedence
        ("$.a || $.b && $.c", {"a": 1}, True),
        ("($.a || $.b) && $.c", {"a": 1}, False),
        ("$.a && $.b || $.c", {"c": 1}, True),
        ("$.a && ($.b || $.c)", {"c": 1}, False),
        ("!$.a && $.b", {"b": 1}, True),
        ("!($.a && $.b)", {"a": 1, "b": 1}, False),
        ("!$.a == 1", {"a": 2}, True),
        ("!$.a == 1", {"a": 1}, False),
        ("!!$.a", {"a": 1}, True),
        ("!$.a || $.b", {"a": 1}, False),
        ("$.a == 1 || $.b == 1", {"b": 1}, True),
        ("$.a < 1 && $.b in [1]", {"a": 0, "b": 1}, True),
        ("($.a) == 1", {"a": 1}, True),
        ("((('x'))) == ($.a)", {"a": "x"}, True),
        # how it is written
        ("  $.a=='x'  ", {"a": "x"}, True),
        ("$.a\n==\t'x'", {"a": "x"}, True),
        ('$.a == "x"', {"a": "x"}, True),
        ("$.a == 'it\\'s'", {"a": "it's"}, True),
        ('$.a == "say \\"x\\""', {"a": 'say "x"'}, True),
        ("$.a == 'a\\n\\u00e9\\ud83d\\ude00'", {"a": "a\né\U0001f600"}, True),
        ("$.a == 'a || b'", {"a": "a || b"}, True),
        ("$.a in['x']", {"a": "x"}, True),
        ("info == 1", {"info": 1}, True),
        ("$.in == 1", {"in": 1}, True),
        ("$['true'] == 1", {"true": 1}, True),
        ("trueish", {"trueish": 1}, True),
        ("nothing && nullable", {"nothing": 1, "nullable": 1}, True),
        # paths with brackets, quotes and filters of their own
        ("$['a b'] == 1", {"a b": 1}, True),
        ("$['a]'][0] == 1", {"a]": [1]}, True),
        ("$.c[?(@.type=='text')].text == 'Hi'", {"c": [{"type": "text", "text": "Hi"}]}, True),
        ("$.c[?(@.type=='text')].text == 'Hi'", {"c": [{"type": "x", "text": "Hi"}]}, False),
        ("exists($.c[?@.t == 'a)b]' && @.u]) && $.d", {"c": [{"t": "a)b]", "u": 1}], "d": 1}, True),
        ("$.c[?@.x[?@.y == 1]] || $.d", {"c": [{"x": [{"y": 1}]}]}, True),
        ("$..t == 'a'", {"c": [{"t": "b"}, {"t": "a"}]}, True),
        ("$.a[0:2] == 3", {"a": [1, 3, 5]}, True),
        ("$ .a [0] == 1", {"a": [1]}, True),
    ],
)
def test_truth(text: str, frame: object, expected: bool) -> None:
    assert holds(text, frame) is expected


def test_the_same_text_compiles_once() -> None:
    expression = compile_expression("$.a == 1")
    assert compile_expression("$.a == 1") is expression
    assert expression.text == "$.a == 1"
    assert repr(expression) == "Expression('$.a == 1')"
    with pytest.raises(AttributeError):
        expression.text = "$.b"  # type: ignore[misc]


def test_an_expression_names_its_paths_each_once_in_order() -> None:
    text = "$.b == 1 || exists(a[*].c) && ($.b != $.d) || !has('$.e')"
    paths = [compile_path(path) for path in ("$.b", "a[*].c", "$.d", "$.e")]
    assert list(compile_expression(text).paths) == paths


def test_with_a_root_the_dollar_sign_is_the_root_and_all_else_the_node() -> None:
    element, frame = {"type": "call", "id": 2}, {"type": "frame", "wanted": 2}
    assert compile_expression("$.type == 'frame' && @.type == 'call'")(element, frame)
    assert compile_expression("type == 'call' && id == $.wanted")(element, frame)
    assert not compile_expression("$.id == 2")(element, frame)
    assert compile_expression("$.id == 2")(element)


def test_and_and_or_stop_at_the_first_answer() -> None:
    class Trap(dict[str, object]):
        def get(self, *_: object) -> object:  # type: ignore[override]
            raise AssertionError("the second condition was evaluated")

    frame = {"a": 1}
    assert compile_expression("$.a == 1 || @.b")(Trap(), frame)
    assert not compile_expression("$.a == 2 && @.b")(Trap(), frame)


# --- Refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "position", "words"),
    [
        ("", 0, "expected a path"),
        ("   ", 3, "found the end"),
        ("$.a ==", 6, "found the end"),
        ("$.a &&", 6, "found the end"),
        ("== 1", 0, "expected a path"),
        ("$.a = 1", 4, "write =="),
        ("$.a & $.b", 4, "write &&"),
        ("$.a | $.b", 4, "write ||"),
        ("$.a and $.b", 4, "write &&"),
        ("$.a or $.b", 4, "write ||"),
        ("$.a $.b", 4, "expected an operator or the end"),
        ("$.a == 1 == 2", 9, "compares paths and literals"),
        ("exists($.a) == true", 12, "compares paths and literals"),
        ("$.a == !$.b", 4, "compares paths and literals"),
        ("$.a == ($.b && $.c)", 4, "compares paths and literals"),
        ("foo($.a)", 0, "no function 'foo'"),
        ("$.a && matches($.b)", 7, "no function 'matches'"),
        ("length($.a) > 1", 0, "no function 'length'"),
        ("$.a in 'xyz'", 7, "expected a list or a path"),
        ("$.a in 1", 7, "expected a list or a path"),
        ("in ['a']", 0, "expected a path"),
        ("($.a", 4, "expected ')'"),
        ("$.a)", 3, "expected an operator or the end"),
        ("exists($.a", 10, "expected ')'"),
        ("exists($.a, $.b)", 10, "expected ')'"),
        ("exists()", 7, "a path begins with"),
        ("'x'", 0, "expected a condition"),
        ("1 && $.a", 0, "expected a condition"),
        ("$.a && null", 7, "expected a condition"),
        ("!'x'", 1, "expected a condition"),
        ("[$.a] == 1", 1, "expected a path, a literal"),
        ("$.a in ['x' 'y']", 12, "expected ','"),
        ("$.a in ['x',]", 12, "found ']'"),
        ("$.a in ['x'", 11, "expected ','"),
        ("$.a == 'x", 7, "expected a path, a literal"),
        ("$.a == 'x\\q'", 7, "unknown escape"),
        ("$.a == 01", 8, "expected an operator or the end"),
        ("$.a == +1", 7, "expected a path"),
        ("$.a == 1e999", 7, "out of range"),
        ("$.a-b == 1", 3, "found '-'"),
        ("$.a == $.b[", 11, "RFC 9535"),
        ("$.a && $.b[01] == 1", 11, "RFC 9535"),
        ("exists($.)", 9, "RFC 9535"),
        ("has('$.a[01]')", 9, "RFC 9535"),
        ("$.a == 'x' ; drop", 11, "expected an operator or the end"),
    ],
)
def test_a_mistake_is_refused_with_its_position(text: str, position: int, words: str) -> None:
    with pytest.raises(ManifestSyntaxError) as caught:
        compile_expression(text)
    assert caught.value.text == text
    assert caught.value.position == position
    assert words in caught.value.reason


def test_regular_expressions_need_trust() -> None:
    text = "$.ok && $.a[?match(@, 'x+')]"
    assert holds(text, {"ok": 1, "a": ["xx"]})
    with pytest.raises(ManifestSyntaxError, match="not trusted") as caught:
        compile_expression(text, trusted=False)
    assert caught.value.position == text.index("match")


@pytest.mark.parametrize(
    ("opening", "closing"), [("(", ")"), ("!", ""), ("$.a == [" + "[", "]"), ("!(", ")")]
)
def test_nesting_is_bounded(opening: str, closing: str) -> None:
    text = opening * 33 + "true" + closing * 33
    with pytest.raises(ManifestSyntaxError):
        compile_expression(text)


def test_thirty_two_levels_are_allowed() -> None:
    assert holds("(" * 32 + "$.a" + ")" * 32, {"a": 1})
    with pytest.raises(ManifestSyntaxError, match="nested deeper than 32"):
        compile_expression("$.a in " + "[" * 33 + "]" * 33)


def test_length_is_bounded_and_a_long_chain_works() -> None:
    long = "||".join(["$.b"] * 800 + ["$.a"])
    assert len(long) <= 4096
    assert holds(long, {"a": 1})
    assert not holds(long.replace("||", "&&"), {"a": 1})
    with pytest.raises(ManifestSyntaxError, match="at most 4096"):
        compile_expression(long + " " * 4096)


GRAMMAR = (
    "$ @ . .. [ ] ( ) * ? ! == != < <= > >= in && || , a b 'x' \"y\" 1 -2.5 true null has exists"
)
pieces = st.sampled_from([*GRAMMAR.split(" "), " ", "'", "[0]", "[*]", ".a", "$.a", "\\", "é"])


@settings(deadline=None, max_examples=count_examples(500))
@given(st.lists(pieces, max_size=12).map("".join) | st.text(max_size=20), values)
def test_any_text_compiles_or_is_refused_as_a_manifest_error(text: str, frame: object) -> None:
    position = 0
    try:
        assert compile_expression(text)(frame) in (True, False)
    except ManifestSyntaxError as error:
        position = error.position
    assert 0 <= position <= len(text)


# --- Laws -----------------------------------------------------------------------------------------

operands = st.sampled_from(
    ["$.a", "a[0]", "$.a[*]", "$[*]", "$..b", "$", "@.b", "$.a[?@.b]", "'x'", "1", "true", "null"]
)
operators = st.sampled_from(["==", "<", "<=", ">", ">="])
comparisons = st.tuples(operands, operators, operands).map(" ".join) | st.tuples(
    operands, st.just("in"), st.sampled_from(["$.a", "$[*]", "[1, 'x']", "['x', 'a']", "[null]"])
).map(" ".join)
conditions = comparisons | st.sampled_from(["$.a", "exists($.a[*])", "has('b')", "$..b"])


@settings(deadline=None, max_examples=count_examples(300))
@given(conditions, values, values)
def test_no_value_makes_an_expression_raise(text: str, node: object, root: object) -> None:
    expression = compile_expression(text)
    assert expression(node) in (True, False)
    assert expression(node, root) in (True, False)


@settings(deadline=None, max_examples=count_examples(200))
@given(operands, operands, values)
def test_unequal_is_the_negation_of_equal(left: str, right: str, frame: object) -> None:
    assert holds(f"{left} != {right}", frame) is not holds(f"{left} == {right}", frame)
    assert holds(f"{left} == {right}", frame) is holds(f"{right} == {left}", frame)


@settings(deadline=None, max_examples=count_examples(200))
@given(conditions, conditions, values)
def test_logic_joins_as_de_morgan_says(left: str, right: str, frame: object) -> None:
    conjunction, either = holds(f"{left} && {right}", frame), holds(f"{left} || {right}", frame)
    assert conjunction is (holds(left, frame) and holds(right, frame))
    assert either is (holds(left, frame) or holds(right, frame))
    assert conjunction is not holds(f"!({left}) || !({right})", frame)


@settings(deadline=None, max_examples=count_examples(200))
@given(
    st.sampled_from(["$.a", "$.a[*]", "$..b"]), st.lists(scalars, min_size=1, max_size=3), values
)
def test_in_a_list_is_equality_with_some_element(
    path: str, elements: list[object], frame: object
) -> None:
    literals = [
        json.dumps(value) for value in elements if json.dumps(value).strip("-")[0] not in "NI"
    ]
    expected = any(holds(f"{path} == {literal}", frame) for literal in literals)
    assert holds(f"{path} in [{', '.join(literals)}]", frame) is expected


def test_values_nested_very_deeply_are_compared_without_raising() -> None:
    deep_list: object = "bottom"
    other: object = "bottom"
    for _ in range(100_000):
        deep_list, other = [deep_list], {"a": other}
    assert holds("$.a == $.b", {"a": deep_list, "b": deep_list})
    assert not holds("$.a == $.b", {"a": deep_list, "b": other})
