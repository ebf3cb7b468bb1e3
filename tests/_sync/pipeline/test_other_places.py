# Generated from tests/pipeline/test_other_places.py by codegen; do not edit.
"""Reasoning, usage, waits and calls in text, in the places where vendors have them."""

from typing import Any

import pytest

from ai_lib.errors.exceptions import InvalidOutput
from ai_lib.pipeline.errors import remote_error
from ai_lib.pipeline.plain_response import read_response
from ai_lib.pipeline.text_calls.parse import parse_text_tool_calls
from ai_lib.request.chat import build_chat
from ai_lib.structured.extract import extract_json
from ai_lib.types.json import encode_json
from ai_lib_sync.pipeline import Pipeline
from ai_lib_sync.testing import MockProvider, Reply
from ai_lib_sync.types import (
    ChatRequest,
    ChatResponse,
    Message,
    MessageRole,
    TextBlock,
    ThinkingBlock,
)
from tests.pipeline.manifests import bundled


def read_plain(provider: str, body: dict[str, Any]) -> ChatResponse:
    return read_response(bundled(provider), encode_json(body))


def read_stream(provider: str, *frames: dict[str, Any]) -> ChatResponse:
    pipeline = Pipeline(bundled(provider))
    for frame in frames:
        pipeline.feed(b"data: " + encode_json(frame) + b"\n\n")
    pipeline.feed(b"data: [DONE]\n\n")
    pipeline.close()
    return pipeline.response()


def choice(delta: dict[str, Any], reason: str | None = None, **more: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": reason, **more}]}


DETAIL = {"type": "reasoning.text", "id": "r1", "index": 0}
# Members of a message that say "Ebb now.", in two pieces.
REASONINGS: list[list[dict[str, Any]]] = [
    [{"reasoning_content": "Ebb "}, {"reasoning_content": "now."}],
    [
        {"reasoning_content": "", "reasoning": "Ebb "},
        {"reasoning_content": "", "reasoning": "now."},
    ],
    [
        {"reasoning_content": "Ebb ", "reasoning": ""},
        {"reasoning_content": "now.", "reasoning": ""},
    ],
    [
        {"reasoning_content": "Ebb ", "reasoning": "Ebb "},
        {"reasoning_content": "now.", "reasoning": "now."},
    ],
    [{"reasoning_content": None, "reasoning": "Ebb "}, {"reasoning": "now."}],
    [
        {"reasoning_details": [{**DETAIL, "text": "Ebb "}]},
        {"reasoning_details": [{**DETAIL, "text": "now."}]},
    ],
    [
        {"reasoning": "", "reasoning_details": [{**DETAIL, "summary": "Ebb "}]},
        {"reasoning_details": [{**DETAIL, "summary": "now."}]},
    ],
    [
        {"reasoning": "Ebb ", "reasoning_details": [{**DETAIL, "text": "Ebb "}]},
        {"reasoning": "now.", "reasoning_details": [{**DETAIL, "text": "now."}]},
    ],
]


def test_what_says_something_wins_over_what_is_empty() -> None:
    for pieces in REASONINGS:
        # The same pieces twice: the second time they are read by the pattern of the first.
        frames = [choice({"content": "", **piece}) for piece in pieces * 3]
        streamed = read_stream("vllm", *frames, choice({"content": "Low."}), choice({}, "stop"))
        assert (streamed.thinking, streamed.content) == ("Ebb now." * 3, "Low."), pieces
        for piece in pieces:
            message = {"role": "assistant", "content": "Low.", **piece}
            plain = read_plain("vllm", {"choices": [{"message": message}]})
            assert plain.thinking == next(text for text in ("Ebb ", "now.") if text in str(piece))


@pytest.mark.parametrize("provider", ["moonshot", "openai", "deepseek"])
def test_usage_in_a_choice_and_under_other_names(provider: str) -> None:
    usage = {"prompt_tokens": 50, "completion_tokens": 3}
    frames = [choice({"content": "ok"}), choice({}, "stop", usage=usage)]
    read = read_stream(provider, *frames).usage
    assert read is not None
    assert (read.prompt_tokens, read.completion_tokens, read.total_tokens) == (50, 3, 53)
    for cached in (
        {"prompt_tokens_details": {"cached_tokens": 20}},
        {"cached_tokens": 20},
        {"prompt_cache_hit_tokens": 20, "prompt_tokens_details": {"cached_tokens": 20}},
    ):
        read = read_stream(
            provider, *frames[:1], {"choices": [], "usage": {**usage, **cached}}
        ).usage
        assert read is not None
        assert (read.prompt_tokens, read.cache_read_tokens) == (50, 20), cached


def test_a_zero_does_not_replace_a_count() -> None:
    first, last = {"prompt_tokens": 50, "completion_tokens": 3}, {"prompt_tokens": 0}
    read = read_stream("openai", {"choices": [], "usage": first}, {"choices": [], "usage": last})
    assert read.usage is not None
    assert read.usage.prompt_tokens == 50
    started = {"type": "message_start", "message": {"usage": {"input_tokens": 50}}}
    ended = {"type": "message_delta", "delta": {}, "usage": {"input_tokens": 0, "output_tokens": 3}}
    read = read_stream("anthropic", started, ended)
    assert read.usage is not None
    assert (read.usage.prompt_tokens, read.usage.completion_tokens) == (50, 3)


WAITS: list[tuple[str, Any, float | None]] = [
    (
        "gemini",
        {"error": {"message": "m", "details": [{"@type": "x"}, {"retryDelay": "36.5s"}]}},
        36.5,
    ),
    (
        "openai",
        {"error": {"message": "Limit 30000, used 29000. Please try again in 1.2s. See"}},
        1.2,
    ),
    ("groq", {"error": {"message": "Used 5. Please try again in 7m12s. Need more?"}}, 432.0),
    ("openai", {"error": {"message": "Please try again in 20ms."}}, 0.02),
    ("openai", {"error": {"message": "Please retry after 3 seconds."}}, 3.0),
    ("openai", {"error": {"message": "Too many", "retry_after": 2.5}}, 2.5),
    ("openai", {"error": {"message": "Please try again later; you used 7 of 5 m."}}, None),
    ("openai", {"error": {"message": "Limit 3"}}, None),
]


def test_the_time_to_wait_is_found_in_the_body() -> None:
    for provider, body, seconds in WAITS:
        assert remote_error(bundled(provider), 429, body).retry_after == seconds, body
        headers = {"retry-after": "9"}
        assert remote_error(bundled(provider), 429, body, headers).retry_after == 9


CALL = '{"name": "look", "arguments": {"q": 1}}'
TEXTS: list[tuple[str, list[tuple[str, dict[str, Any]]]]] = [
    (f"<tool_call>[{CALL}, {CALL}]</tool_call>", [("look", {"q": 1})] * 2),
    (f"<tool_call>\n{CALL}\n{CALL}\n</tool_call>", [("look", {"q": 1})] * 2),
    (f"<tool_call>{CALL}</tool_call><tool_call>{CALL}</tool_call>", [("look", {"q": 1})] * 2),
    ("<bash>ls -la</bash>", [("shell", {"command": "ls -la"})]),
    ("<shell><command>ls</command></shell>", [("shell", {"command": "ls"})]),
    ("<shell>ls</shell>", [("shell", {"command": "ls"})]),
    ('<function name="look">{"q": 1}</function>', [("look", {"q": 1})]),
    (f"<tool_call>{CALL}</tool_calls>", [("look", {"q": 1})]),
    ('<invoke name="look"><parameter name="q">a</parameter></function>', [("look", {"q": "a"})]),
    ("<tool_call>not JSON</tool_call>", []),
    ("<function>no name</function>", []),
]


def test_calls_in_a_text_have_several_forms() -> None:
    for text, calls in TEXTS:
        parsed = parse_text_tool_calls(f"Look: {text}")
        assert [(call.name, call.arguments) for call in parsed.calls] == calls, text
        assert parsed.text == ("Look:" if calls else f"Look: {text}")
    assert parse_text_tool_calls("<bash>ls</bash>", lenient=False).calls == ()


def test_an_answer_is_looked_for_after_the_thinking() -> None:
    for thinking in (
        '<think>{"a": 1}</think>\n',
        '{"a": 1}</think>',
        '<thinking>{"a": 1}</thinking>',
    ):
        assert extract_json(f'{thinking}It is {{"a": 2}}.') == {"a": 2}
    assert extract_json("<think>4? No.</think> 5") == 5
    assert extract_json('{"a": "<think>1</think>"}') == {"a": "<think>1</think>"}
    with pytest.raises(InvalidOutput):
        extract_json('<think>It is {"a": 1}')


def test_a_draft_in_the_thinking_is_no_partial_answer() -> None:
    text = ["<think>May", 'be {"value": [1]}?</think>', '{"value": [2', ", 3]}"]
    with MockProvider([Reply(text=text)] * 2) as mock:
        for model in ("openrouter/some/model", "ollama/qwen3"):
            with mock.client(model) as client:
                stream = client.chat().user("?").stream_as(list[int])
                values = [value for value in stream]
                assert values[-1] == [2, 3]
                assert [1] not in values


def test_thinking_in_tags_goes_back_where_it_is_wanted() -> None:
    for provider, expected in (
        ("minimax", "<think>\nEbb.\n</think>\n\nLow."),
        ("ollama", "Low."),
    ):
        compiled = bundled(provider)
        answer = read_plain(
            provider, {"choices": [{"message": {"content": "<think>\nEbb.\n</think>\n\nLow."}}]}
        )
        assert (answer.thinking, answer.content) == ("Ebb.", "Low.")
        request = ChatRequest(messages=(Message.user("?"), answer.to_message(), Message.user("!")))
        built = build_chat(request, compiled, model="m", credential=None)
        assert built.body["messages"][1] == {"role": "assistant", "content": expected}
    # Of another provider it does not.
    foreign = Message(
        MessageRole.ASSISTANT, (ThinkingBlock(thinking="x", origin="other:y"), TextBlock(text="z"))
    )
    request = ChatRequest(messages=(Message.user("?"), foreign))
    built = build_chat(request, bundled("minimax"), model="m", credential=None)
    assert built.body["messages"][1]["content"] == "z"
