"""Templates: JSON with holes, compiled once and filled anew each time."""

from typing import Any

import pytest

from ai_lib.protocol.dialect.template import compile_template, fill_template
from ai_lib.protocol.query.path import MISSING


@pytest.mark.parametrize(
    ("template", "values", "expected"),
    [
        ({"role": "user", "content": "$text"}, {"text": "Hi"}, {"role": "user", "content": "Hi"}),
        ({"role": "user", "content": "$text"}, {}, {"role": "user"}),
        ({"a": "$a", "b": {"c": "$c"}}, {}, MISSING),
        ({"a": "$a"}, {"a": None}, {"a": None}),
        ({"b": {"c": "$c"}, "a": 1}, {"c": [2]}, {"b": {"c": [2]}, "a": 1}),
        ({}, {}, {}),
        ([], {}, []),
        (["$a", "x", ["$b"]], {}, ["x"]),
        (["$a"], {}, MISSING),
        ("data:${kind};base64,${data}", {"kind": "k", "data": 7}, "data:k;base64,7"),
        ({"url": "<${a}>", "b": 1}, {}, {"b": 1}),
        ("$a b", {"a": 1}, "$a b"),
        ("${A}", {}, "${A}"),
        ({"$when": "$on", "a": 1}, {"on": True}, {"a": 1}),
        ({"$when": "$on", "a": 1}, {}, MISSING),
        ({"b": {"$when": "$on", "a": 1}, "c": 2}, {}, {"c": 2}),
        ({"$when": "$on"}, {"on": 1}, MISSING),
        (None, {}, None),
    ],
)
def test_holes_are_filled_or_disappear(
    template: Any, values: dict[str, object], expected: object
) -> None:
    assert fill_template(template, values) == expected
    assert compile_template(template).fill(values) == expected


def test_members_keep_their_order() -> None:
    form = compile_template({"model": "$m", "stream": True, "input": {"x": "$x"}, "last": "$l"})
    filled = form.fill({"x": 1, "l": 2, "m": 3})
    assert isinstance(filled, dict)
    assert list(filled) == ["model", "stream", "input", "last"]


def test_a_form_knows_its_holes() -> None:
    assert compile_template({"a": "$x", "b": ["<${y}>"]}).placeholders == {"x", "y"}


def test_what_is_filled_can_be_changed_without_a_trace() -> None:
    form = compile_template({"fixed": {"list": [1], "object": {"a": 1}}})
    first: Any = form.fill({})
    first["fixed"]["list"].append(2)
    first["fixed"]["object"]["b"] = 2
    assert form.fill({}) == {"fixed": {"list": [1], "object": {"a": 1}}}
