"""The walk: paths of one rule that go over the same elements together."""

import pytest

from ai_lib.errors.exceptions import ManifestSyntaxError
from ai_lib.protocol.shared_paths import plan_shared_paths

FRAME = {
    "choices": [
        {"index": 0, "delta": {"content": "Hel"}},
        {"index": 1, "delta": {"content": "Bon", "tool_calls": [{"id": "a"}, {"id": "b"}]}},
    ],
}


def texts(paths: dict[str, str]) -> tuple[list[str], dict[str, tuple[int, str]]]:
    plan = plan_shared_paths(paths)
    fields = {name: (level, path.text) for name, (level, path) in plan.fields.items()}
    return [level.text for level in plan.levels], fields


@pytest.mark.parametrize(
    ("paths", "levels", "fields"),
    [
        ({}, [], {}),
        ({"usage": "$.usage"}, [], {"usage": (0, "$.usage")}),
        (
            {
                "id": "$.choices[*].delta.tool_calls[*].id",
                "index": "$.choices[*].delta.tool_calls[*].index",
                "candidate_index": "$.choices[*].index",
                "model": "$.model",
            },
            ["$.choices[*]", "@.delta.tool_calls[*]"],
            {
                "id": (2, "@.id"),
                "index": (2, "@.index"),
                "candidate_index": (1, "@.index"),
                "model": (0, "$.model"),
            },
        ),
        ({"all": "$.a[*]", "bare": "a.*.b"}, ["$.a[*]"], {"all": (1, "@"), "bare": (1, "@.b")}),
        (
            {"x": "$.a[*].p[*].v", "y": "$.a[*].q[*].v"},
            ["$.a[*]"],
            {"x": (1, "@.p[*].v"), "y": (1, "@.q[*].v")},
        ),
        (
            {"x": "$.a[*].v", "y": "$.b[*].v"},
            [],
            {"x": (0, "$.a[*].v"), "y": (0, "$.b[*].v")},
        ),
        (
            {"text": "$.a[*].parts[?(@.text)].text", "index": "$.a[*].index"},
            ["$.a[*]"],
            {"text": (1, "@.parts[?(@.text)].text"), "index": (1, "@.index")},
        ),
        ({"deep": "$[*][*]"}, ["$[*]", "@[*]"], {"deep": (2, "@")}),
    ],
)
def test_the_paths_of_a_rule_share_their_walk(
    paths: dict[str, str], levels: list[str], fields: dict[str, tuple[int, str]]
) -> None:
    assert texts(paths) == (levels, fields)


def test_a_walk_keeps_the_values_of_one_element_together() -> None:
    plan = plan_shared_paths(
        {"id": "$.choices[*].delta.tool_calls[*].id", "candidate_index": "$.choices[*].index"}
    )
    outer, inner = plan.levels
    id_path, index_path = plan.fields["id"][1], plan.fields["candidate_index"][1]
    rows = [
        (index_path.first(choice, FRAME), id_path.first(call, FRAME))
        for choice in outer.select(FRAME)
        for call in inner.select(choice, FRAME)
    ]
    assert rows == [(1, "a"), (1, "b")]


def test_a_walk_over_an_untrusted_manifest_refuses_regular_expressions() -> None:
    text = "$.a[*].b[?match(@, 'x')]"
    with pytest.raises(ManifestSyntaxError, match="not trusted") as caught:
        plan_shared_paths({"a": text}, trusted=False)
    assert (caught.value.text, caught.value.position) == (text, text.index("match"))
