"""Events collected into one reply, parts in the order they came, opaque state in its place."""

from ai_lib.pipeline.collector import Collector
from ai_lib.types.content import TextBlock, ThinkingBlock, ToolUseBlock
from ai_lib.types.events import (
    Event,
    FinalCandidate,
    Metadata,
    PartialContentDelta,
    PartialToolCall,
    StreamEnd,
    ThinkingDelta,
    ToolCallEnded,
    ToolCallStarted,
)
from ai_lib.types.message import MessageRole
from ai_lib.types.response import ChatResponse
from ai_lib.types.usage import Usage


def collected(*events: Event) -> ChatResponse:
    collector = Collector("toy")
    for event in events:
        collector.add(event)
    return collector.build_response()


def text(content: str, signature: str | None = None, candidate: int = 0) -> Event:
    return PartialContentDelta(content=content, signature=signature, candidate=candidate)


def thought(
    thinking: str = "", signature: str | None = None, redacted: str | None = None, index: int = 0
) -> Event:
    return ThinkingDelta(thinking=thinking, signature=signature, redacted=redacted, index=index)


def call(index: int, name: str, signature: str | None = None) -> tuple[Event, Event, Event]:
    facts = {"tool_call_id": f"id{index}", "index": index}
    return (
        ToolCallStarted(tool_name=name, **facts),
        PartialToolCall(arguments="{}", **facts),
        ToolCallEnded(tool_name=name, arguments={"n": index}, signature=signature, **facts),
    )


def test_nothing_is_one_empty_candidate() -> None:
    response = collected()
    assert (response.content, response.thinking, response.tool_calls) == ("", "", [])
    assert response.finish_reason is None
    assert len(response.candidates) == 1


def test_pieces_of_text_join() -> None:
    assert collected(text("a"), text("b")).candidates[0].blocks == (TextBlock(text="ab"),)


def test_parts_keep_their_order() -> None:
    response = collected(thought("hm"), text("a"), *call(0, "go"), text("b"), *call(1, "stop"))
    assert response.candidates[0].blocks == (
        ThinkingBlock(thinking="hm", origin="toy"),
        TextBlock(text="a"),
        ToolUseBlock(id="id0", name="go", input={"n": 0}),
        TextBlock(text="b"),
        ToolUseBlock(id="id1", name="stop", input={"n": 1}),
    )
    assert [c.name for c in response.tool_calls] == ["go", "stop"]
    assert response.to_message().role is MessageRole.ASSISTANT
    assert response.to_message().content == response.candidates[0].blocks


def test_a_call_that_never_ended_is_left_out() -> None:
    start, piece, _ = call(0, "go")
    response = collected(text("a"), start, piece)
    assert response.candidates[0].blocks == (TextBlock(text="a"),)
    assert not response.has_tool_calls


def test_a_signature_belongs_to_the_thinking_before_it() -> None:
    response = collected(thought("h"), thought("m"), thought(signature="s1"), thought("x", index=1))
    assert response.candidates[0].blocks == (
        ThinkingBlock(thinking="hm", signature="s1", origin="toy"),
        ThinkingBlock(thinking="x", origin="toy"),
    )
    assert response.thinking == "hmx"


def test_whole_signed_thoughts_in_a_row_stay_apart() -> None:
    response = collected(thought("a", "s1"), thought("b", "s2"), thought("c"))
    assert response.candidates[0].blocks == (
        ThinkingBlock(thinking="a", signature="s1", origin="toy"),
        ThinkingBlock(thinking="b", signature="s2", origin="toy"),
        ThinkingBlock(thinking="c", origin="toy"),
    )


def test_redacted_thoughts_stand_alone() -> None:
    response = collected(thought("a"), thought(redacted="r1"), thought(redacted="r2"), thought("b"))
    assert [(b.thinking, b.redacted) for b in response.candidates[0].blocks] == [  # type: ignore[union-attr]
        ("a", None),
        ("", "r1"),
        ("", "r2"),
        ("b", None),
    ]


def test_signed_text_goes_back_as_it_came() -> None:
    response = collected(text("a"), text("b", "s1"), text("c"), text("", "s2"))
    assert response.candidates[0].blocks == (
        TextBlock(text="a"),
        TextBlock(text="b", signature="s1", origin="toy"),
        TextBlock(text="c"),
        TextBlock(text="", signature="s2", origin="toy"),
    )
    assert response.content == "abc"


def test_a_calls_signature_is_on_the_call_and_on_its_block() -> None:
    response = collected(*call(0, "go", "s1"))
    assert response.tool_calls[0].signature == "s1"
    assert response.candidates[0].blocks == (
        ToolUseBlock(id="id0", name="go", input={"n": 0}, signature="s1", origin="toy"),
    )


def test_candidates_are_kept_apart_and_in_order() -> None:
    response = collected(
        text("b", candidate=1),
        text("a"),
        FinalCandidate(candidate=1, finish_reason="x", termination_reason="end_turn"),
        FinalCandidate(finish_reason="y"),
    )
    assert [(c.index, c.content, c.finish_reason) for c in response.candidates] == [
        (0, "a", "y"),
        (1, "b", "x"),
    ]
    assert (response.content, response.finish_reason) == ("a", "y")


def test_facts_of_the_reply_are_kept_and_the_last_usage_counts() -> None:
    response = collected(
        Metadata(id="r1"),
        Metadata(model="m", usage=Usage(prompt_tokens=1)),
        Metadata(usage=Usage(prompt_tokens=2)),
        StreamEnd(finish_reason="z"),
    )
    assert (response.id, response.model, response.usage.prompt_tokens) == ("r1", "m", 2)
