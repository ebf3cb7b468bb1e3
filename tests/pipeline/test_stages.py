"""The stages of a pipeline, each by itself and in its place."""

from typing import Any

import pytest

from ai_lib.errors import InvalidToolArguments, ManifestSyntaxError, ProtocolError, RemoteError
from ai_lib.pipeline import (
    AnthropicEventMapper,
    DefaultEventMapper,
    FanOut,
    JsonPathSelector,
    Pipeline,
    ProtocolEventMapper,
    ReplicateTransform,
    SplitTransform,
)
from ai_lib.protocol.bundle import find_bundled_manifest
from ai_lib.protocol.manifest.reader import read_manifest
from ai_lib.types import (
    FinalCandidate,
    Metadata,
    PartialContentDelta,
    PartialToolCall,
    StreamEnd,
    ToolCallEnded,
    ToolCallStarted,
    Usage,
)
from tests.pipeline.manifests import bundled, small, sse

TEXT = {"emit": "PartialContentDelta", "fields": {"content": "$.text"}}
WHY = {"emit": "FinalCandidate", "fields": {"finish_reason": "$.why"}}


def choice(content: str, index: int = 0) -> dict[str, Any]:
    return {"index": index, "delta": {"content": content}}


def texts(pipeline: Pipeline, *frames: str) -> list[str]:
    events = pipeline.feed(sse(frames))
    return [event.content for event in events if isinstance(event, PartialContentDelta)]


# --- Selector -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "frame", "chosen"),
    [
        ('$.type in ["delta", "done"]', {"type": "delta"}, True),
        ('$.type in ["delta", "done"]', {"type": "ping"}, False),
        ("$.choices[0].delta.content", {"choices": [{"delta": {"content": "x"}}]}, True),
        ("$.choices[0].delta.content", {"choices": []}, False),
        ("exists($.a) && !($.a == 2)", {"a": 1}, True),
        ("$.a != null", [1], False),
    ],
)
def test_a_selector_chooses_by_an_expression(expression: str, frame: object, chosen: bool) -> None:
    selector = JsonPathSelector(expression)
    assert selector.matches(frame) is chosen
    assert list(selector(frame)) == ([frame] if chosen else [])


def test_an_expression_that_does_not_parse_says_where() -> None:
    with pytest.raises(ManifestSyntaxError) as caught:
        JsonPathSelector("$.a ==")
    assert caught.value.position == 6


def test_the_pipeline_runs_the_manifests_selector() -> None:
    pipeline = Pipeline(small({"rules": [TEXT], "select": "!has('skip')"}))
    assert isinstance(pipeline.selector, JsonPathSelector)
    assert texts(pipeline, '{"text": "a", "skip": 1}', '{"text": "b"}') == ["b"]
    assert Pipeline(small({"rules": [TEXT]})).selector is None


# --- Fan-out ------------------------------------------------------------------------------------


def test_a_fan_out_tells_the_candidates_of_a_frame() -> None:
    frame = {"id": "1", "choices": [{"index": 1, "text": "b"}, {"text": "c"}, "d"]}
    assert FanOut().split(frame) == [
        (1, {"index": 1, "text": "b"}),
        (1, {"text": "c"}),
        (2, "d"),
    ]
    assert FanOut("$.candidates[*]").split(frame) == []


def test_a_candidate_below_zero_is_that_of_its_position() -> None:
    frame = {"choices": [{"index": -1, "text": "a"}, {"index": True, "text": "b"}, {"index": 7}]}
    assert [candidate for candidate, _ in FanOut().split(frame)] == [0, 1, 7]


def test_a_fan_out_gives_one_frame_for_each_candidate() -> None:
    frame = {"id": "1", "choices": [{"index": 0}, "d"]}
    assert list(FanOut()(frame)) == [{"id": "1", "index": 0}, {"id": "1", "value": "d"}]
    assert list(FanOut()({"id": "1", "choices": []})) == [{"id": "1", "choices": []}]
    assert list(FanOut("$[*]")([{"a": 1}, {"a": 2}])) == [{"a": 1}, {"a": 2}]


def test_the_pipeline_runs_its_rules_through_it(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    wrap_step = FanOut.wrap_step

    def noted(self: FanOut, step: Any) -> Any:
        made.append(self.path.text)
        return wrap_step(self, step)

    monkeypatch.setattr(FanOut, "wrap_step", noted)
    pipeline = Pipeline(
        small({"rules": [{"each": "$.all[*]", "candidate": "@.n", "rules": [TEXT_OF_EACH]}]})
    )
    events = pipeline.feed(sse(['{"all": [{"n": 1, "text": "b"}, {"n": 0, "text": "a"}]}']))

    assert made == ["$.all[*]"]
    assert [(event.candidate, event.as_content_delta.text) for event in events] == [
        (1, "b"),
        (0, "a"),
    ]


TEXT_OF_EACH = {"emit": "PartialContentDelta", "fields": {"content": "@.text"}}


# --- Transforms ---------------------------------------------------------------------------------


def test_frames_are_replicated() -> None:
    assert list(ReplicateTransform(3)({"a": 1})) == [{"a": 1}] * 3
    assert list(ReplicateTransform(2, add_index=True)({"a": 1})) == [
        {"a": 1, "_replica_index": 0},
        {"a": 1, "_replica_index": 1},
    ]
    with pytest.raises(ValueError, match="at least 1"):
        ReplicateTransform(0)


def test_frames_are_split_off_and_kept() -> None:
    split = SplitTransform("$.type == 'text'")
    frames = [{"type": "text"}, {"type": "ping"}]
    assert [after for frame in frames for after in split(frame)] == [{"type": "text"}]
    assert split.get_filtered() == [{"type": "ping"}]
    split.clear_filtered()
    assert split.filtered == []

    dropping = SplitTransform(lambda frame: False, collect_filtered=False)
    assert list(dropping({})) == []
    assert dropping.filtered == []
    assert list(SplitTransform()({})) == [{}]


def test_what_a_predicate_raises_is_raised() -> None:
    def broken(frame: object) -> bool:
        raise LookupError("no such thing")

    with pytest.raises(LookupError):
        list(SplitTransform(broken)({}))


def test_transforms_stand_between_selector_and_mapper() -> None:
    split = SplitTransform("$.text != 'b'")
    plain = Pipeline(small({"rules": [TEXT, WHY], "select": "!has('skip')"}))
    pipeline = plain.with_transform(split).with_transform(ReplicateTransform(2))
    frames = ['{"text": "a"}', '{"text": "b"}', '{"text": "c", "skip": 1}', '{"why": "end"}']

    assert texts(pipeline, *frames) == ["a", "a"]
    assert split.get_filtered() == [{"text": "b"}]
    assert isinstance(pipeline.close()[-1], StreamEnd)
    assert texts(plain, *frames) == ["a", "b"]


# --- Event mappers ------------------------------------------------------------------------------


def test_an_event_map_fires_every_rule_that_matches() -> None:
    mapper = ProtocolEventMapper(
        [
            {
                "match": "exists($.delta.text)",
                "emit": "PartialContentDelta",
                "fields": {"content": "$.delta.text"},
            },
            {"match": "$.stop", "emit": "FinalCandidate", "extract": {"finish_reason": "$.stop"}},
        ]
    )

    assert mapper.map({"delta": {"text": "a"}}) == [PartialContentDelta(content="a")]
    assert mapper.map({"other": 1}) == []
    events = mapper.map({"delta": {"text": "b"}, "stop": "end_turn"})
    assert [type(event) for event in events] == [PartialContentDelta, FinalCandidate]
    assert [type(event) for event in mapper.close()] == [StreamEnd]


@pytest.mark.parametrize("changed", [{"match": "$.a =="}, {"emit": "Chat"}])
def test_rules_that_make_no_sense_are_refused(changed: dict[str, str]) -> None:
    with pytest.raises(ProtocolError, match=r"the event mapper: .*(at character 6|'Chat')"):
        ProtocolEventMapper([{**TEXT, **changed}])


def test_the_default_mapper_reads_the_usual_frames() -> None:
    mapper = DefaultEventMapper()
    call = {"index": 0, "id": "c1", "function": {"name": "f", "arguments": '{"a"'}}
    more = {"index": 0, "function": {"arguments": ": 1}"}}

    assert mapper.map({"choices": [choice("b", 1), choice("a")]}) == [
        PartialContentDelta(candidate=1, content="b"),
        PartialContentDelta(content="a"),
    ]
    assert mapper.map({"choices": [{"index": 0, "delta": {"tool_calls": [call]}}]}) == [
        ToolCallStarted(tool_call_id="c1", tool_name="f", index=0),
        PartialToolCall(tool_call_id="c1", index=0, arguments='{"a"'),
    ]
    mapper.map({"choices": [{"index": 0, "delta": {"tool_calls": [more]}}]})
    last = {"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]}
    assert mapper.map({**last, "usage": {"prompt_tokens": 1, "total_tokens": 1}}) == [
        ToolCallEnded(tool_call_id="c1", tool_name="f", index=0, arguments={"a": 1}),
        FinalCandidate(finish_reason="tool_calls", termination_reason="tool_use"),
        Metadata(
            usage=Usage(
                prompt_tokens=1, total_tokens=1, raw={"prompt_tokens": 1, "total_tokens": 1}
            )
        ),
    ]


def test_the_default_mapper_takes_other_paths() -> None:
    mapper = DefaultEventMapper(content_path="$.output.text")
    assert mapper.map({"output": {"text": "a"}}) == [PartialContentDelta(content="a")]
    assert DefaultEventMapper().map({"output": {"text": "a"}}) == []


def test_the_mapper_of_content_blocks_reads_its_frames() -> None:
    mapper = AnthropicEventMapper()
    mapper.map(
        {
            "type": "content_block_start",
            "index": 0,
            "content_block": {"type": "text", "text": ""},
        }
    )
    (event,) = mapper.map(
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hi"}}
    )
    assert event.as_content_delta.text == "Hi"
    ended = mapper.map({"type": "message_delta", "delta": {"stop_reason": "end_turn"}})
    assert FinalCandidate(finish_reason="end_turn", termination_reason="end_turn") in ended


def test_mappers_share_no_state() -> None:
    one, other = DefaultEventMapper(), DefaultEventMapper()
    call = {"index": 0, "id": "c1", "function": {"name": "f", "arguments": '{"a"'}}
    one.map({"choices": [{"index": 0, "delta": {"tool_calls": [call]}}]})
    assert [type(event) for event in other.close()] == [StreamEnd]
    with pytest.raises(InvalidToolArguments):
        one.close()


def test_an_error_frame_is_raised() -> None:
    with pytest.raises(RemoteError, match="overloaded"):
        DefaultEventMapper().map({"error": {"message": "overloaded"}})


def test_a_pipeline_runs_the_mapper_it_is_given() -> None:
    plain = Pipeline(bundled("openai"))
    assert isinstance(plain.mapper, ProtocolEventMapper)
    mapper = ProtocolEventMapper([TEXT, WHY])
    pipeline = plain.with_event_mapper(mapper)
    assert texts(pipeline, '{"text": "a", "choices": []}', '{"why": "end"}') == ["a"]
    assert isinstance(pipeline.close()[-1], StreamEnd)
    assert pipeline.response().content == "a"


@pytest.mark.parametrize("provider", ["openai", "anthropic", "gemini", "cohere"])
def test_a_pipeline_is_made_from_a_manifest_compiled_or_not(provider: str) -> None:
    compiled = bundled(provider)
    written = read_manifest(find_bundled_manifest(provider), provider)
    for manifest in (compiled, written):
        pipeline = Pipeline.from_manifest(manifest)
        assert pipeline.feed(b": a comment\n\n") == []
        assert pipeline.close() == []
        assert type(pipeline.failure).__name__ == "StreamTruncated"
    mapper = ProtocolEventMapper.from_manifest(written)
    assert mapper.map({"unheard": "of"}) == []
