"""Messages, events and usage as values."""

import pytest

from ai_lib.types import (
    Candidate,
    ChatResponse,
    ContentBlock,
    ContentDelta,
    Message,
    MessageRole,
    PartialContentDelta,
    StreamEnd,
    StreamingEvent,
    ToolCall,
    ToolResultBlock,
    ToolUseBlock,
    Usage,
)


def test_a_messages_text_is_that_of_its_text_blocks() -> None:
    blocks = [ContentBlock.text("What "), ContentBlock.image_url("http://h/i.png")]
    assert Message.user([*blocks, ContentBlock.text("is it?")]).text == "What is it?"
    assert Message.user("plain").text == "plain"


def test_a_message_with_an_image_takes_one_image() -> None:
    message = Message.user_with_image("What?", image_url="https://h/i.jpg")
    assert message.role is MessageRole.USER
    assert list(message.blocks) == [
        ContentBlock.text("What?"),
        ContentBlock.image_url("https://h/i.jpg"),
    ]
    with pytest.raises(ValueError, match="one of image_url, image_base64"):
        Message.user_with_image("What?")


def test_a_tool_message_holds_the_result() -> None:
    (block,) = Message.tool("call_1", "21 degrees", is_error=True).blocks
    assert block == ToolResultBlock(tool_use_id="call_1", content="21 degrees", is_error=True)


def test_an_event_tells_what_it_is() -> None:
    event: StreamingEvent = PartialContentDelta(content="Hi")
    assert event.is_content_delta
    assert not event.is_stream_end
    assert event.as_content_delta.text == event.as_content_delta.content == "Hi"
    with pytest.raises(TypeError, match="a PartialContentDelta, not a StreamEnd"):
        event.as_stream_end  # noqa: B018
    assert ContentDelta is PartialContentDelta
    assert StreamEnd().is_stream_end


def test_usage_parts_are_told_apart() -> None:
    usage = Usage(
        prompt_tokens=100, completion_tokens=50, reasoning_tokens=20, cache_read_tokens=60,
        cache_write_tokens=10,
    )  # fmt: skip
    assert usage.uncached_prompt_tokens == 30
    assert usage.answer_tokens == 30


def test_a_candidate_becomes_the_next_requests_turn() -> None:
    blocks = (ContentBlock.text("Let me see."), ToolUseBlock(id="1", name="look", input={}))
    message = Candidate(blocks=blocks).to_message()
    assert message.role is MessageRole.ASSISTANT
    assert message.blocks == blocks


def test_counts_are_read_by_name_as_in_a_dictionary() -> None:
    usage = Usage(prompt_tokens=3, completion_tokens=2, total_tokens=5)

    assert (usage["prompt_tokens"], usage["completion_tokens"], usage["total_tokens"]) == (3, 2, 5)
    assert usage["input_tokens"] == 3
    assert "total_tokens" in usage
    assert "cost" not in usage
    assert dict(usage)["total_tokens"] == 5
    assert Usage(**dict(usage)) == usage
    with pytest.raises(KeyError, match="cost"):
        usage["cost"]


def test_tool_calls_are_a_list() -> None:
    call = ToolCall(id="1", name="add", arguments={})
    response = ChatResponse(candidates=(Candidate(tool_calls=(call,)),))

    assert response.tool_calls == [call]
    assert ChatResponse().tool_calls == []
