"""What is served has the vendors' documented shapes, member by member."""

import pytest

from ai_lib.testing import Reply
from ai_lib.types import ToolCall, Usage
from tests.testing.wire import MockServer

USAGE = Usage(prompt_tokens=14, completion_tokens=8, reasoning_tokens=3, cache_read_tokens=4)
CALL = ToolCall(id="call_1", name="get_weather", arguments={"city": "Paris"})
FULL = Reply(text=["Hel", "lo"], thinking=["hm"], tool_calls=[CALL], usage=USAGE)


def test_openai_plain(mock_server: MockServer) -> None:
    """https://platform.openai.com/docs/api-reference/chat/object"""
    body = mock_server.ask("openai", FULL).json

    assert body.pop("id").startswith("chatcmpl-")
    assert body == {
        "object": "chat.completion",
        "created": 1700000000,
        "model": "gpt-4o",
        "choices": [
            {
                "index": 0,
                "message": {
                    "role": "assistant",
                    "content": "Hello",
                    "reasoning_content": "hm",
                    "tool_calls": [
                        {
                            "id": "call_1",
                            "type": "function",
                            "function": {"name": "get_weather", "arguments": '{"city":"Paris"}'},
                        }
                    ],
                    "refusal": None,
                    "annotations": [],
                },
                "logprobs": None,
                "finish_reason": "tool_calls",
            }
        ],
        "usage": {
            "prompt_tokens": 14,
            "completion_tokens": 8,
            "total_tokens": 22,
            "prompt_tokens_details": {"cached_tokens": 4, "audio_tokens": 0},
            "completion_tokens_details": {
                "reasoning_tokens": 3,
                "audio_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
        },
        "service_tier": "default",
        "system_fingerprint": "fp_mock",
    }


def test_openai_streamed(mock_server: MockServer) -> None:
    """https://platform.openai.com/docs/api-reference/chat-streaming/streaming"""
    answer = mock_server.ask("openai", FULL, stream=True)
    *frames, usage, done = answer.data
    deltas = [frame["choices"][0]["delta"] for frame in frames]

    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.body.startswith(b"data: {")
    assert answer.body.endswith(b"}\n\ndata: [DONE]\n\n")
    assert {frame["object"] for frame in frames} == {"chat.completion.chunk"}
    assert len({frame["id"] for frame in frames}) == 1
    assert all(frame["usage"] is None for frame in frames)
    assert deltas == [
        {"role": "assistant", "content": "", "refusal": None},
        {"reasoning_content": "hm"},
        {"content": "Hel"},
        {"content": "lo"},
        {
            "tool_calls": [
                {
                    "index": 0,
                    "id": "call_1",
                    "type": "function",
                    "function": {"name": "get_weather", "arguments": ""},
                }
            ]
        },
        {"tool_calls": [{"index": 0, "function": {"arguments": '{"city":'}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": '"Paris"}'}}]},
        {},
    ]
    assert frames[-1]["choices"][0]["finish_reason"] == "tool_calls"
    assert usage["choices"] == []
    assert usage["usage"]["total_tokens"] == 22
    assert done == "[DONE]"


def test_openai_gives_usage_in_a_stream_only_when_asked(mock_server: MockServer) -> None:
    frames = mock_server.ask("openai", FULL, stream=True, stream_options={}).data

    assert all("usage" not in frame for frame in frames[:-1])


def test_anthropic_plain(mock_server: MockServer) -> None:
    """https://docs.anthropic.com/en/api/messages"""
    body = mock_server.ask("anthropic", FULL).json
    signature = body["content"][0].pop("signature")

    assert signature
    assert body.pop("id").startswith("msg_")
    assert body == {
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-4-5",
        "content": [
            {"type": "thinking", "thinking": "hm"},
            {"type": "text", "text": "Hello"},
            {"type": "tool_use", "id": "call_1", "name": "get_weather", "input": {"city": "Paris"}},
        ],
        "stop_reason": "tool_use",
        "stop_sequence": None,
        "usage": {
            "input_tokens": 10,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 4,
            "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
            "output_tokens": 8,
            "output_tokens_details": {"thinking_tokens": 3},
            "server_tool_use": {"web_search_requests": 0, "web_fetch_requests": 0},
            "service_tier": "standard",
        },
    }


def test_anthropic_streamed(mock_server: MockServer) -> None:
    """https://docs.anthropic.com/en/docs/build-with-claude/streaming"""
    answer = mock_server.ask("anthropic", FULL, stream=True)
    frames = answer.data
    names = [line[7:] for line in answer.body.decode().split("\n") if line.startswith("event: ")]

    assert names == [frame["type"] for frame in frames]
    assert names == [
        "message_start",
        "ping",
        *("content_block_start", "content_block_delta", "content_block_delta"),
        "content_block_stop",
        *("content_block_start", "content_block_delta", "content_block_delta"),
        "content_block_stop",
        *("content_block_start", *["content_block_delta"] * 3),
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]
    assert [frame["index"] for frame in frames if "index" in frame] == [0] * 4 + [1] * 4 + [2] * 5
    deltas = [frame["delta"] for frame in frames if frame["type"] == "content_block_delta"]
    assert [delta["type"] for delta in deltas] == [
        "thinking_delta",
        "signature_delta",
        *["text_delta"] * 2,
        *["input_json_delta"] * 3,
    ]
    assert "".join(delta.get("partial_json", "") for delta in deltas) == '{"city":"Paris"}'
    start = frames[0]["message"]
    assert (start["content"], start["stop_reason"], start["usage"]["input_tokens"]) == (
        [],
        None,
        10,
    )
    assert frames[-2]["delta"] == {"stop_reason": "tool_use", "stop_sequence": None}
    assert frames[-2]["usage"]["output_tokens"] == 8


def test_gemini_plain(mock_server: MockServer) -> None:
    """https://ai.google.dev/api/generate-content#v1beta.GenerateContentResponse"""
    body = mock_server.ask("gemini", FULL).json
    assert body["candidates"][0]["content"]["parts"][2].pop("thoughtSignature")
    assert body.pop("responseId")

    assert body == {
        "candidates": [
            {
                "content": {
                    "parts": [
                        {"text": "hm", "thought": True},
                        {"text": "Hello"},
                        {
                            "functionCall": {
                                "id": "call_1",
                                "name": "get_weather",
                                "args": {"city": "Paris"},
                            }
                        },
                    ],
                    "role": "model",
                },
                "finishReason": "STOP",
                "index": 0,
            }
        ],
        "usageMetadata": {
            "promptTokenCount": 14,
            "cachedContentTokenCount": 4,
            "candidatesTokenCount": 5,
            "totalTokenCount": 22,
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 14}],
            "thoughtsTokenCount": 3,
        },
        "modelVersion": "gemini-2.5-flash",
    }


def test_gemini_streamed(mock_server: MockServer) -> None:
    """https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent"""
    answer = mock_server.ask("gemini", FULL, stream=True)
    frames = answer.data
    parts = [frame["candidates"][0]["content"]["parts"] for frame in frames]

    assert answer.body.count(b"\r\n\r\n") == len(frames) == 5
    assert b"[DONE]" not in answer.body
    assert parts[:3] == [[{"text": "hm", "thought": True}], [{"text": "Hel"}], [{"text": "lo"}]]
    assert parts[3][0]["functionCall"]["args"] == {"city": "Paris"}
    assert ["finishReason" in frame["candidates"][0] for frame in frames] == [False] * 4 + [True]
    totals = [frame["usageMetadata"]["totalTokenCount"] for frame in frames]
    assert totals == sorted(totals)
    assert totals[-1] == 22


@pytest.mark.parametrize(
    ("provider", "status", "body"),
    [
        (
            "openai",
            401,
            {"type": "invalid_request_error", "code": "invalid_api_key", "param": None},
        ),
        (
            "openai",
            429,
            {"type": "rate_limit_exceeded", "code": "rate_limit_exceeded", "param": None},
        ),
        ("openai", 500, {"type": "server_error", "code": "server_error", "param": None}),
        ("anthropic", 401, {"type": "authentication_error"}),
        ("anthropic", 429, {"type": "rate_limit_error"}),
        ("anthropic", 529, {"type": "overloaded_error"}),
        ("gemini", 400, {"code": 400, "status": "INVALID_ARGUMENT"}),
        ("gemini", 429, {"code": 429, "status": "RESOURCE_EXHAUSTED"}),
        ("gemini", 503, {"code": 503, "status": "UNAVAILABLE"}),
    ],
)
def test_errors_are_in_the_providers_words(
    mock_server: MockServer, provider: str, status: int, body: dict[str, object]
) -> None:
    answer = mock_server.ask(provider, Reply(status=status, error="No."))

    assert answer.status == status
    assert answer.json["error"] == {"message": "No.", **body}


def test_the_scripts_own_words_win(mock_server: MockServer) -> None:
    error = mock_server.ask("openai", Reply(status=429, code="insufficient_quota")).json["error"]

    assert (error["code"], error["type"]) == ("insufficient_quota", "insufficient_quota")
