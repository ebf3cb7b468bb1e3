"""Rules that can't match an object do not run, and the findings are the same."""

from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from ai_lib.pipeline.rules import compiler as rules
from ai_lib.pipeline.rules.compiler import compile_rules
from ai_lib.pipeline.rules.prefilter import may_match
from ai_lib.pipeline.rules.sink import Fields, FindingKind
from ai_lib.protocol.compiled import CompiledRule
from tests.pipeline.manifests import bundled, small


def rule(**written: Any) -> CompiledRule:
    (found,) = small({"rules": [written]}).stream.rules
    return found


@pytest.mark.parametrize(
    ("written", "members", "finds"),
    [
        ({"emit": "Metadata", "fields": {"usage": "$.usage.all"}}, ["usage"], True),
        ({"emit": "Metadata", "fields": {"usage": "$.usage.all"}}, ["all"], False),
        ({"emit": "PartialContentDelta", "fields": {"content": "$.a", "raw": "@"}}, ["b"], True),
        ({"emit": "PartialContentDelta", "fields": {"content": "$..a"}}, ["b"], True),
        ({"emit": "PartialContentDelta", "fields": {"content": "$.a[?@.b]"}}, ["b"], False),
        ({"emit": "StreamEnd"}, [], True),
        ({"match": "exists($.error)", "emit": "StreamError"}, ["b"], False),
        ({"match": "exists($.error)", "emit": "StreamError"}, ["error"], True),
        ({"match": "!exists($.error)", "emit": "StreamEnd"}, ["b"], True),
        ({"match": "$.type == 'stop'", "emit": "StreamEnd"}, ["b"], False),
        ({"match": "$.type != 'stop'", "emit": "StreamEnd"}, ["b"], True),
        ({"match": "$.type == null", "emit": "StreamEnd"}, ["b"], True),
        ({"match": "$.a && $.b", "emit": "StreamEnd"}, ["b"], False),
        ({"match": "$.a || $.b", "emit": "StreamEnd"}, ["b"], True),
        ({"each": "$.a[*]", "rules": [{"emit": "StreamEnd"}]}, ["b"], False),
        ({"each": "$.a[*]", "rules": [{"emit": "StreamEnd"}]}, ["a"], True),
        ({"emit": "ToolCall", "fields": {"tool_name": "$.a[*].n", "index": "$.i"}}, ["i"], False),
    ],
)
def test_a_rule_is_asked_where_it_may_find_something(
    written: dict[str, Any], members: list[str], finds: bool
) -> None:
    assert may_match(rule(**written), members, at_root=True) is finds


def test_otherwise_is_asked_as_well() -> None:
    other = {"emit": "Metadata", "fields": {"usage": "$.b"}}
    one = rule(emit="Metadata", fields={"usage": "$.a"}, otherwise=[other])
    assert may_match(one, ["b"], at_root=True)
    assert not may_match(one, ["c"], at_root=True)


def test_below_the_frame_a_path_from_its_root_may_find_anything() -> None:
    assert may_match(rule(emit="Metadata", fields={"usage": "$.usage"}), ["b"], at_root=False)
    assert not may_match(rule(emit="Metadata", fields={"usage": "@.usage"}), ["b"], at_root=False)


class FindingList:
    """A sink that keeps its findings."""

    def __init__(self) -> None:
        self.findings: list[tuple[str, int, Fields]] = []

    def add(self, kind: FindingKind, candidate: int, fields: Fields) -> None:
        self.findings.append((kind, candidate, dict(fields)))

    def id_for(self, element: object, is_new: bool) -> str | None:
        self.findings.append(("id", 0, {"element": element, "is_new": is_new}))
        return "made"


WORDS = (
    "choices", "index", "message", "delta", "content", "tool_calls", "function", "finish_reason",
    "usage", "error", "type", "text", "thinking", "candidates", "parts", "functionCall", "output",
    "item", "response", "content_block", "finishReason", "usageMetadata",
)  # fmt: skip
VALUES = ("text", "thinking", "tool_use", "stop", "error", "content_block_delta", "message_stop")
FRAMES = st.dictionaries(
    st.sampled_from(WORDS),
    st.recursive(
        st.one_of(st.none(), st.integers(0, 2), st.sampled_from(VALUES)),
        lambda inner: st.one_of(
            st.lists(inner, max_size=2),
            st.dictionaries(st.sampled_from(WORDS), inner, max_size=4),
        ),
        max_leaves=12,
    ),
    max_size=5,
)
DIALECTS = [("openai", None), ("openai", "responses"), ("anthropic", None), ("gemini", None), ("cohere", None)]  # fmt: skip  # noqa: E501


@pytest.mark.parametrize(("provider", "family"), DIALECTS)
@settings(max_examples=60, deadline=None)
@given(frame=FRAMES)
def test_all_rules_would_find_the_same(
    provider: str, family: str | None, frame: dict[str, Any]
) -> None:
    compiled = bundled(provider, family)
    for reply in (compiled.response, compiled.stream):
        some = FindingList()
        every = FindingList()
        compile_rules(reply.rules)(frame, some)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(rules, "may_match", lambda rule, members, at_root: True)
            compile_rules(reply.rules)(frame, every)
        assert some.findings == every.findings


def test_kinds_of_frames_without_end_are_all_read() -> None:
    read = compile_rules(bundled("openai").response.rules)
    for number in range(200):
        notes = FindingList()
        read({f"x{number}": 1, "usage": {"prompt_tokens": number}}, notes)
        assert notes.findings == [("metadata", 0, {"usage": {"prompt_tokens": number}})]
