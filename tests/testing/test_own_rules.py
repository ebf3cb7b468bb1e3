"""The mock writes streams by a manifest's own rules, and a client reads them back."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from ai_lib.client import AiClient
from ai_lib.errors.exceptions import ProtocolError, RemoteError
from ai_lib.testing import MockProvider, Reply
from ai_lib.types.response import ChatResponse
from ai_lib.types.tool import ToolDefinition
from ai_lib.types.usage import Usage

LOOKUP = ToolDefinition.from_function(
    name="lookup",
    description="Looks a word up.",
    parameters={"type": "object", "properties": {"word": {"type": "string"}}},
)
USAGE = Usage(prompt_tokens=11, completion_tokens=3, total_tokens=14)
HELLO = Reply(text=["Good ", "day, ", "☀"], usage=USAGE)
CALL = Reply(text="Wait.", tool_calls=[("lookup", {"word": "trésors"})] * 2, usage=USAGE)

THOUGHT = Reply(thinking="So.", text="Yes.", usage=USAGE)
CLOSED = Reply(text="All at once.", usage=USAGE, closing_only=True)

NESTED = {
    "frame_selector": "exists($.data.choices) && $.status.code == 0",
    "event_map": [
        {
            "emit": "PartialContentDelta",
            "match": "exists($.data.choices[*].delta)",
            "fields": {"content": "$.data.choices[*].delta"},
        },
        {
            "emit": "PartialToolCall",
            "match": "exists($.data.choices[*].tool_calls)",
            "fields": {"tool_calls": "$.data.choices[*].tool_calls"},
        },
        {
            "emit": "Metadata",
            "match": "exists($.data.usage.total_tokens) || exists($.data.usage)",
            "fields": {"usage": "$.data.usage"},
        },
        {
            "emit": "FinalCandidate",
            "match": "$.data.choices[*].finish_reason != null",
            "fields": {"finish_reason": "$.data.choices[*].finish_reason"},
        },
    ],
}
TYPE_WORD = {
    "frame_selector": "$.object in ['piece', 'call', 'args', 'bill', 'stop', 'over']",
    "event_map": [
        {
            "emit": "PartialContentDelta",
            "match": "$.object == 'piece'",
            "fields": {"content": "$.d"},
        },
        {
            "emit": "ToolCallStarted",
            "match": "$.object == 'call'",
            "fields": {"tool_call_id": "$.call.id", "tool_name": "$.call.name", "index": "$.at"},
        },
        {
            "emit": "PartialToolCall",
            "match": "$.object == 'args'",
            "fields": {"arguments": "$.call.text", "index": "$.at"},
        },
        {"emit": "Metadata", "match": "$.object == 'bill'", "fields": {"usage": "$.cost"}},
        {
            "emit": "FinalCandidate",
            "match": "$.object == 'stop' && !exists($.d)",
            "fields": {"finish_reason": "$.why"},
        },
        {"emit": "StreamEnd", "match": "$.object == 'over'"},
    ],
    "stop_condition": "$.object == 'over'",
}
PARTS = {
    "candidate": {"candidate_id_path": "$.results[0].number"},
    "event_map": [
        {
            "emit": "PartialContentDelta",
            "match": "$.results[*].parts[*].kind == 'text' || $.results[*].parts[*].kind == 'word'",
            "fields": {"content": "$.results[*].parts[*].said"},
        },
        {
            "emit": "PartialToolCall",
            "match": "exists($.results[*].parts[*].call.name)",
            "fields": {
                "tool_call_id": "$.results[*].parts[*].call.id",
                "tool_name": "$.results[*].parts[*].call.name",
                "arguments": "$.results[*].parts[*].call.args",
            },
        },
        {
            "emit": "FinalCandidate",
            "match": "exists($.results[0].reason)",
            "fields": {"finish_reason": "$.results[0].reason", "usage": "$.counts"},
        },
    ],
    "stop_condition": "$.done == true",
}
TYPED = {
    "event_map": [
        {
            "emit": "PartialContentDelta",
            "match": "$.type == 'chunk.delta' && $.delta.type in ['said', 'sung']",
            "fields": {"content": "$.delta.said", "index": "$.place"},
        },
        {
            "emit": "ThinkingDelta",
            "match": "$.type == 'chunk.delta' && $.delta.type == 'thought'",
            "fields": {"thinking": "$.delta.thought"},
        },
        {
            "emit": "ToolCallStarted",
            "match": "$.type == 'chunk.open'",
            "fields": {"id": "$.part.id", "name": "$.part.name", "index": "$.place"},
        },
        {
            "emit": "PartialToolCall",
            "match": "$.type == 'chunk.delta' && $.delta.type == 'json'",
            "fields": {"partial_json": "$.delta.json", "index": "$.place"},
        },
        {
            "emit": "ToolCallEnded",
            "match": "$.type == 'chunk.close'",
            "fields": {"index": "$.place"},
        },
        {
            "emit": "FinalCandidate",
            "match": "$.type == 'end.delta'",
            "fields": {"stop_reason": "$.delta.reason", "usage": "$.spent"},
        },
        {"emit": "StreamEnd", "match": "$.type == 'end'"},
    ],
}
PATHS = {
    "content_path": "payload.text",
    "usage_path": "payload.usage",
    "stop_condition": "$.payload.last == true && $.payload.size > 2",
}
ONE_WORD = {
    "event_map": [
        {"emit": "PartialContentDelta", "match": "$.t != ''", "fields": {"content": "$.t"}},
        {
            "emit": "FinalCandidate",
            "match": "$.end.why == 'stop'",
            "fields": {"finish_reason": "$.end.why"},
        },
        {
            "emit": "Metadata",
            "match": "$.end.usage != null",
            "fields": {"usage": "$.end.usage"},
        },
    ],
}
SELECTED = {"frame_selector": "exists($.choices) && $.object == 'odd.chunk' && $.ok == true"}

INDEXED = {"content_path": "choices.0.delta.text", "stop_condition": "$.choices[0].end == 'x'"}
COMPARED = {
    "event_map": [
        {
            "emit": "PartialContentDelta",
            "match": "!exists($.final) && $.size > 3 && $.kind != 'no'",
            "fields": {"content": "$.parts[-1].text"},
        },
        {"emit": "StreamEnd", "match": "!exists($.parts) && $.final == true"},
    ],
}
SECTIONS: dict[str, dict[str, Any]] = {
    "nested": NESTED,
    "type word": TYPE_WORD,
    "parts": PARTS,
    "typed": TYPED,
    "paths": PATHS,
    "selected": SELECTED,
    "indexed": INDEXED,
    "compared": COMPARED,
}
DIALECTS = (
    "openai_chat",
    "anthropic_messages",
    "gemini_generate",
    "cohere_chat",
    "openai_responses",
)


def write_manifest(folder: Path, streaming: dict[str, Any], dialect: str) -> Path:
    manifest = {
        "id": "odd",
        "protocol_version": "1.5",
        "endpoint": {"base_url": "https://odd.example/v1"},
        "auth": {"type": "bearer", "token_env": "ODD_KEY"},
        "capabilities": {"streaming": True, "tools": True},
        "dialect": dialect,
        "streaming": streaming,
    }
    path = folder / "odd.json"
    path.write_bytes(msgspec.json.encode(manifest))
    return path


async def make_client(path: Path, mock: MockProvider) -> AiClient:
    builder = AiClient.builder().protocol_dir(path).model("odd/any-1").api_key("a key")
    return await builder.base_url(mock.base_url("odd")).build()


async def stream_all(path: Path, replies: list[Reply]) -> list[ChatResponse]:
    responses = []
    async with MockProvider(replies, manifests=[path]) as mock:
        async with await make_client(path, mock) as client:
            for _ in replies:
                stream = client.chat().user("Look").tools([LOOKUP]).stream()
                events = [event async for event in stream]
                assert sum(event.is_stream_end for event in events) == 1
                responses.append(stream.response())
    return responses


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_streams_are_read_back_by_the_rules_they_were_written_by(
    tmp_path: Path, dialect: str
) -> None:
    for name, streaming in SECTIONS.items():
        path = write_manifest(tmp_path, streaming, dialect)
        hello, called, thought, closed = await stream_all(path, [HELLO, CALL, THOUGHT, CLOSED])
        assert (hello.content, hello.termination_reason) == ("Good day, ☀", "end_turn"), name
        for response in (hello, called, thought):
            usage = response.usage
            assert (usage.prompt_tokens, usage.completion_tokens) == (11, 3), name
        assert (called.content, called.termination_reason) == ("Wait.", "tool_use"), name
        calls = [(call.name, call.arguments) for call in called.tool_calls]
        assert calls == [("lookup", {"word": "trésors"})] * 2, name
        assert len({call.id for call in called.tool_calls}) == 2, name
        assert (thought.thinking, thought.content) == ("So.", "Yes."), name
        assert closed.content == "All at once.", name


async def test_pieces_stay_pieces(tmp_path: Path) -> None:
    path = write_manifest(tmp_path, PARTS, "openai_chat")
    async with MockProvider([HELLO], manifests=[path]) as mock:
        async with await make_client(path, mock) as client:
            stream = client.chat().user("Hello?").stream()
            texts = [event.text async for event in stream if event.is_content_delta]
    assert texts == ["Good ", "day, ", "☀"]


async def test_a_condition_for_one_reason_does_not_change_the_reason(tmp_path: Path) -> None:
    path = write_manifest(tmp_path, ONE_WORD, "openai_chat")
    hello, called = await stream_all(path, [HELLO, CALL])
    assert hello.termination_reason == "end_turn"
    assert called.termination_reason is None  # no rule reads that reason


async def test_all_that_the_frames_say_is_read(tmp_path: Path) -> None:
    path = write_manifest(tmp_path, NESTED, "openai_chat")
    async with MockProvider([HELLO], manifests=[path]) as mock:
        async with await make_client(path, mock) as client:
            stream = client.chat().user("Hello?").stream()
            texts = [event.text async for event in stream if event.is_content_delta]
            response = stream.response()
    assert texts == ["Good ", "day, ", "☀"]
    # What its dialect has in every frame, and what only the selector looks at.
    assert set(response.unmapped) <= {"$.service_tier", "$.system_fingerprint", "$.status.code"}


async def test_an_error_in_a_stream_is_written_where_the_rules_read_it(tmp_path: Path) -> None:
    rule = {
        "emit": "StreamError",
        "match": "$.kind == 'fault'",
        "fields": {"error": "$.details.fault"},
    }
    events = [*TYPE_WORD["event_map"], rule]
    path = write_manifest(tmp_path, {"event_map": events}, "openai_chat")
    failing = Reply(text="Half", error="The engine gave up.")
    async with MockProvider([failing], manifests=[path]) as mock:
        async with await make_client(path, mock) as client:
            stream = client.chat().user("Hello?").stream()
            with pytest.raises(RemoteError) as caught:
                async for _ in stream:
                    pass
    assert "The engine gave up." in str(caught.value)


async def test_a_condition_that_no_frame_has_is_an_error_that_names_the_rule(
    tmp_path: Path,
) -> None:
    impossible = {"emit": "PartialContentDelta", "match": "$.a == 1 && $.a == 2"}
    rules = [{"emit": "StreamEnd", "match": "$.over == true"}]
    rules.append({**impossible, "fields": {"content": "$.b"}})  # type: ignore[dict-item]
    path = write_manifest(tmp_path, {"event_map": rules}, "openai_chat")
    async with MockProvider(manifests=[path]) as mock:
        with pytest.raises(ProtocolError) as caught:
            mock.base_url("odd")
    for words in ("$.streaming.event_map[1]", "PartialContentDelta", "$.a == 1 && $.a == 2"):
        assert words in str(caught.value)
