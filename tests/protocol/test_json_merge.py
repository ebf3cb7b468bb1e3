"""Overlays: what a manifest changes in a dialect, and how it takes a part away."""

import pytest

from ai_lib.protocol.json_merge import apply_merge_patch
from ai_lib.types.json import JsonObject


@pytest.mark.parametrize(
    ("base", "patch", "result"),
    [
        # The examples of RFC 7396, appendix A, as far as objects go.
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d", "c": None}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        # Ours: a null that takes nothing away is a value, as templates have them.
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {"ccc": None}}}),
    ],
)
def test_a_patch_is_merged_and_null_takes_away(
    base: JsonObject, patch: JsonObject, result: JsonObject
) -> None:
    assert apply_merge_patch(base, patch) == result


def test_neither_side_is_changed() -> None:
    base, patch = {"a": {"b": 1, "c": 2}}, {"a": {"b": None}}
    assert apply_merge_patch(base, patch) == {"a": {"c": 2}}
    assert (base, patch) == ({"a": {"b": 1, "c": 2}}, {"a": {"b": None}})
