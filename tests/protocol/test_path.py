"""Paths: what they select, what they refuse, and how the paths of one rule walk together."""

import copy
import importlib.util
import json
import pathlib
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from jsonpath import JSONPathEnvironment

from ai_lib.errors.exceptions import ManifestSyntaxError, RequestError
from ai_lib.protocol.query.path import (
    MISSING,
    MissingType,
    compile_path,
    first_index_as_wildcard,
)
from tests.thoroughness import count_examples

SUITE = pathlib.Path(__file__).resolve().parents[3] / "shared" / "suites" / "jsonpath-cts.json"
CASES: list[dict[str, Any]] = json.loads(SUITE.read_text())["tests"] if SUITE.exists() else []

# Without the optional `regex` package python-jsonpath falls back to `re`, which knows no \p{...}
# and whose `.` is not the `.` of RFC 9485.
NEEDS_REGEX = ("unicode char class", "dot matcher on")
HAS_REGEX = importlib.util.find_spec("regex") is not None

names = st.sampled_from(["a", "b", "c", "é", "with space", "it's", 'say "x"', "back\\slash", ""])
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 3), st.floats(allow_nan=False), st.text(max_size=3)
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=25,
)
documents = st.lists(values, max_size=4) | st.dictionaries(names, values, max_size=4)


def exact(value: object) -> str:
    return json.dumps(value)  # tells 1 from 1.0 and True


# --- RFC 9535 -----------------------------------------------------------------------------------


@pytest.mark.skipif(not CASES, reason="the RFC 9535 compliance suite is not beside this checkout")
def test_the_rfc_9535_suite_passes() -> None:
    cases = [
        case
        for case in CASES
        if HAS_REGEX or not any(words in case["name"] for words in NEEDS_REGEX)
    ]
    assert [case["name"] for case in cases if not _passes(case)] == []


def _passes(case: dict[str, Any]) -> bool:
    try:
        path = compile_path(case["selector"])
    except ManifestSyntaxError:
        return bool(case.get("invalid_selector"))
    if case.get("invalid_selector"):
        return False
    allowed = [case["result"]] if "result" in case else case["results"]
    nodes = path.select(case["document"])
    first = path.first(case["document"])
    return (
        exact(nodes) in [exact(result) for result in allowed]
        and (exact(first) == exact(nodes[0]) if nodes else first is MISSING)
        and (len(nodes) <= 1 or not path.is_singular)
    )


def render_dotted(key: str | int | None) -> str:
    if isinstance(key, str) and key in ("a", "b", "c", "é"):
        return f".{key}"
    return ".*" if key is None else render_bracketed(key)


def render_bracketed(key: str | int | None) -> str:
    if isinstance(key, str):
        return f"[{json.dumps(key)}]"
    return "[*]" if key is None else f"[ {key} ]"


segments = st.tuples(
    names | st.integers(-3, 3) | st.none(), st.sampled_from([render_dotted, render_bracketed])
)


@settings(deadline=None, max_examples=count_examples(300))
@given(documents, st.lists(segments, max_size=5))
def test_our_closures_select_what_python_jsonpath_selects(
    document: object, steps: list[tuple[str | int | None, Any]]
) -> None:
    text = "$" + "".join(render(key) for key, render in steps)
    path = compile_path(text)
    assert path.syntax.is_plain
    expected = JSONPathEnvironment(strict=True).findall(text, document)  # type: ignore[arg-type]
    assert exact(path.select(document)) == exact(expected)


@pytest.mark.parametrize(
    ("text", "document", "expected"),
    [
        # Where python-jsonpath alone gives another answer than RFC 9535.
        ("$[?@]", [0, False, None, "", []], [0, False, None, "", []]),
        ("$[?count(@) == 1]", [0, [1, 2]], [0, [1, 2]]),
        ("$[?@[?@.id == $.current]]", {"current": 1, "q": [{"id": 1}]}, [[{"id": 1}]]),
        ("$[*][0:2]", ["abc", [1]], [1]),
        ("$[?@ <= 2]", [True, None, "1", 1], [1]),
        ("$[?@.a == @.b]", [{"a": [1], "b": [True]}, {"a": [1], "b": [1.0]}], None),
        ("$[?@ == 9007199254740993]", [9007199254740992, 9007199254740993], [9007199254740993]),
    ],
)
def test_filters_and_slices_follow_the_rfc(
    text: str, document: object, expected: list[object] | None
) -> None:
    expected = [{"a": [1], "b": [1.0]}] if expected is None else expected
    assert exact(compile_path(text).select(document)) == exact(expected)


# --- What a path means --------------------------------------------------------------------------

FRAME = {
    "type": "delta",
    "choices": [
        {"index": 0, "delta": {"content": "Hel"}},
        {"index": 1, "delta": {"content": "Bon", "tool_calls": [{"id": "a"}, {"id": "b"}]}},
    ],
    "content": [{"type": "text", "text": "one"}, {"type": "image"}, {"type": "text", "text": "2"}],
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$.type", ["delta"]),
        ("type", ["delta"]),
        ("@.type", ["delta"]),
        ("$['type']", ["delta"]),
        ('["type"]', ["delta"]),
        ("choices[0].delta.content", ["Hel"]),
        ("$.choices[-1].delta.content", ["Bon"]),
        ("$.choices[2]", []),
        ("$.choices[-3]", []),
        ("$.choices[*].index", [0, 1]),
        ("$.choices.*.delta.tool_calls[*].id", ["a", "b"]),
        ("$.choices[1].delta.*", ["Bon", [{"id": "a"}, {"id": "b"}]]),
        ("$.content[?(@.type=='text')].text", ["one", "2"]),
        ("content[?(@.type=='text')].text", ["one", "2"]),
        ("@.content[?@.text].text", ["one", "2"]),
        ("$..id", ["a", "b"]),
        ("..id", ["a", "b"]),
        ("*[0].index", [0]),
        ("$.choices[0,1].index", [0, 1]),
        ("$.choices[1:].index", [1]),
        ("$.type[0]", []),
        ("$.choices.index", []),
        ("$[0]", []),
    ],
)
def test_a_path_selects(text: str, expected: list[object]) -> None:
    path = compile_path(text)
    assert path.select(FRAME) == expected
    assert path.first(FRAME) == (expected[0] if expected else MISSING)


@pytest.mark.parametrize("text", ["$", "@"])
def test_a_lone_identifier_is_the_value_itself(text: str) -> None:
    assert compile_path(text).select("any value") == ["any value"]


def test_null_is_a_node_and_absence_is_not() -> None:
    assert compile_path("$.a").first({"a": None}) is None
    assert compile_path("$.a").first({}) is MISSING


@pytest.mark.parametrize("text", ["$.choices[0].delta", "$.choices[*].delta", "$.choices..delta"])
@pytest.mark.parametrize("document", [{"choices": "abc"}, {"choices": {"0": {}}}, [], "abc", None])
def test_a_value_of_another_shape_selects_nothing(text: str, document: object) -> None:
    assert compile_path(text).select(document) == []


def test_an_index_never_reads_an_object_that_has_number_keys() -> None:
    assert compile_path("$[0]").first({0: "x"}) is MISSING
    assert compile_path("$.a[0]").first({"a": {0: "x"}}) is MISSING


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@.id", [2]),
        ("id", [2]),
        ("$.id", [1]),
        ("$.items[*].id", [2]),
        ("@", [{"id": 2, "tags": ["x", "y"]}]),
        ("@.tags[?@ == $.tag]", ["y"]),
        ("$.items[?@.id == 2].id", [2]),
        ("$..id", [1, 2]),
    ],
)
def test_with_a_root_the_dollar_sign_is_the_root_and_all_else_the_node(
    text: str, expected: list[object]
) -> None:
    element = {"id": 2, "tags": ["x", "y"]}
    frame = {"id": 1, "tag": "y", "items": [element]}
    path = compile_path(text)
    assert path.select(element, frame) == expected
    assert path.first(element, frame) == expected[0]
    assert path.select(node=element, root=frame) == expected


@pytest.mark.parametrize(
    ("text", "singular", "wildcards"),
    [
        ("$", True, 0),
        ("$.a['b'][-1]", True, 0),
        ("$.a[*].b", False, 1),
        ("a.*.b[*]", False, 2),
        ("$..a", False, 0),
        ("$.a[*][?@.b].*", False, 2),
    ],
)
def test_a_path_tells_how_many_nodes_it_may_select(
    text: str, singular: bool, wildcards: int
) -> None:
    path = compile_path(text)
    assert (path.is_singular, path.wildcards) == (singular, wildcards)


def test_the_same_text_compiles_once() -> None:
    assert compile_path("$.a.b") is compile_path("$.a.b")
    assert repr(compile_path("$.a.b")) == "JsonPath('$.a.b')"
    with pytest.raises(AttributeError):
        compile_path("$.a.b").text = "$.c"  # type: ignore[misc]


def test_missing_is_one_falsy_value_also_after_copying() -> None:
    assert isinstance(MISSING, MissingType)
    assert not MISSING
    assert repr(MISSING) == "MISSING"
    assert copy.deepcopy(MISSING) is MISSING
    assert copy.copy([MISSING])[0] is MISSING


def test_python_jsonpath_is_imported_only_for_the_paths_that_need_it() -> None:
    code = (
        "import sys; from ai_lib.protocol.query.path import compile_path;"
        "compile_path('$.choices[*].delta'); assert 'jsonpath' not in sys.modules;"
        "compile_path('$..delta'); assert 'jsonpath' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# --- Refusals -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("", 0),
        (" $.a", 0),
        (".a", 0),
        ("1a", 0),
        ("$.a ", 3),
        ("$.a-b", 3),
        ("a-b", 1),
        ("$.a[", 4),
        ("$.a[01]", 4),
        ("$.a[?(@.b=='x'].c", 5),
        ("a[?(@.b=='x'].c", 3),
        ("$.a['x", 4),
        ("$.a['\\q']", 5),
        ("$[?nope(@.a)]", 3),
        ("$[?@.a <> 1]", 7),
        ("$[?@.a == 1 == 1]", 7),
        ("$[?!@.a == 1]", 8),
    ],
)
def test_a_text_that_is_no_path_is_refused_with_its_position(text: str, position: int) -> None:
    with pytest.raises(ManifestSyntaxError) as caught:
        compile_path(text)
    assert caught.value.text == text
    assert caught.value.position == position


@pytest.mark.parametrize("text", ["$.a[?match(@.b, 'x+')]", "a[?search(@.b, 'x+')]"])
def test_regular_expressions_need_trust(text: str) -> None:
    document = {"a": [{"b": "xx"}, {"b": "y"}]}
    assert compile_path(text).select(document) == [{"b": "xx"}]
    with pytest.raises(ManifestSyntaxError, match="not trusted") as caught:
        compile_path(text, trusted=False)
    assert caught.value.position == text.index("?") + 1
    assert compile_path("$.a[?length(@.b) == 2]", trusted=False).select(document) == [{"b": "xx"}]


@pytest.mark.parametrize("text", ["$" + ".a" * 64, "$" + "[*]" * 64, "$.." + "a.a" * 31 + ".a"])
def test_sixty_four_segments_are_allowed(text: str) -> None:
    assert compile_path(text).select({}) == []


@pytest.mark.parametrize("text", ["$" + ".a" * 65, "$" + "..a" * 65, "a" * 4097, "$" + " " * 4096])
def test_longer_paths_are_refused(text: str) -> None:
    with pytest.raises(ManifestSyntaxError, match="at most"):
        compile_path(text)


def test_a_filter_nested_too_deeply_to_parse_is_refused() -> None:
    with pytest.raises(ManifestSyntaxError):
        compile_path("$[?" + "(" * 2000 + "@.a" + ")" * 2000 + "]")


@settings(deadline=None, max_examples=count_examples(500))
@given(st.text(alphabet="$@.[]*'\"?()=!<>&|,:-\\ \n0123456789eabu_", max_size=25) | st.text())
def test_any_text_compiles_or_is_refused_as_a_manifest_error(text: str) -> None:
    position = 0
    try:
        compile_path(text).select({"a": [1]})
    except ManifestSyntaxError as error:
        position = error.position
    assert 0 <= position <= len(text)


# --- Never raising ------------------------------------------------------------------------------

HARD_PATHS = [
    "$",
    "$.a[0].b",
    "$[*][*].a",
    "$..a",
    "$..[?@.a == $.b]",
    "@[?@ == $]",
    "$[?@[?@ < $.a]]",
    "$[::-1]",
    "$['a', 0, *]",
    "$[?length(@) > 1 || count(@.*) == 2 || value(@.a) == null]",
    "$[?match(@.a, $.b) || search(@, '[')]",
    "$[?match(@, '(a{99999999999999})')]",
]


@settings(deadline=None, max_examples=count_examples(200))
@given(st.sampled_from(HARD_PATHS), values, values)
def test_no_value_makes_a_path_raise(text: str, node: object, root: object) -> None:
    path = compile_path(text)
    assert isinstance(path.select(node, root), list)
    path.first(node)


def test_a_string_is_never_read_as_json() -> None:
    assert compile_path("$..a").select('{"a": 1}') == []
    assert compile_path("@[?@ == $]").select(["{"], "{") == ["{"]


def test_a_value_nested_very_deeply_selects_nothing_instead_of_raising() -> None:
    deep: object = "bottom"
    for _ in range(100_000):
        deep = [deep]
    assert compile_path("$..a").select(deep) == []
    assert compile_path("$[?@ == $[0]]").select(deep) == [deep[0]]  # type: ignore[index]


# --- Writing ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "before", "after"),
    [
        ("$.a", {}, {"a": 1}),
        ("a", {"a": 0, "b": 2}, {"a": 1, "b": 2}),
        ("a.b.c", {}, {"a": {"b": {"c": 1}}}),
        ("a.b", {"a": {"x": 2}}, {"a": {"x": 2, "b": 1}}),
        ("a.b", {"a": None}, {"a": {"b": 1}}),
        ("a[0].b", {}, {"a": [{"b": 1}]}),
        ("a[0].b", {"a": [{"x": 2}]}, {"a": [{"x": 2, "b": 1}]}),
        ("a[1]", {"a": [0]}, {"a": [0, 1]}),
        ("a[0]", {"a": [0, 5]}, {"a": [1, 5]}),
        ("a[0][0]", {}, {"a": [[1]]}),
        ("$['with space'].b", {}, {"with space": {"b": 1}}),
    ],
)
def test_set_writes_and_creates_what_is_on_the_way(
    text: str, before: dict[str, Any], after: dict[str, Any]
) -> None:
    compile_path(text).set(before, 1)
    assert before == after


@pytest.mark.parametrize(
    ("text", "position"), [("$", 0), ("a[*].b", 0), ("$..a", 0), ("$.a[-1]", 3), ("$[?@.a]", 0)]
)
def test_set_refuses_paths_that_do_not_name_one_place(text: str, position: int) -> None:
    document: dict[str, Any] = {"a": [1]}
    with pytest.raises(ManifestSyntaxError) as caught:
        compile_path(text).set(document, 2)
    assert caught.value.position == position
    assert document == {"a": [1]}


@pytest.mark.parametrize(
    ("text", "document"),
    [
        ("a.b", {"a": "text"}),
        ("a.b", {"a": [1]}),
        ("a[0]", {"a": {"0": 1}}),
        ("a[2]", {"a": [1]}),
        ("[0]", {}),
    ],
)
def test_set_never_replaces_what_it_meets_on_the_way(text: str, document: dict[str, Any]) -> None:
    before = copy.deepcopy(document)
    with pytest.raises(RequestError, match="can't be set"):
        compile_path(text).set(document, 2)
    assert document == before


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$.choices[0].delta.content", "$.choices[*].delta.content"),
        ("choices[0].delta.tool_calls[0].id", "choices[*].delta.tool_calls[0].id"),
        ("$.a[ 0 ]['[0]']", "$.a[*]['[0]']"),
        ("$['[0]'][0]", "$['[0]'][*]"),
        ("$.a[1].b[0]", "$.a[1].b[*]"),
        ("$.usage", "$.usage"),
        ("$.a[*]", "$.a[*]"),
    ],
)
def test_the_first_index_zero_becomes_a_wildcard(text: str, expected: str) -> None:
    assert first_index_as_wildcard(text) == expected
