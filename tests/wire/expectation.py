"""What a recording says must come out, against what came out.

`expect` is what an independent reader found. Its `usage` is in the provider's own words, ours
counts everything once and inclusively, so `Counts` adds what the provider counts apart: read here
from the recorded body by a reader of its own, which knows nothing but where three vendors put it.
"""

import json
from typing import Any, NamedTuple

from ai_lib.errors.exceptions import RemoteError
from ai_lib.types.response import ChatResponse
from tests.wire.recordings import Recording

Json = dict[str, Any]


class Counts(NamedTuple):
    """Tokens: the provider's words for input and output, and how they look when inclusive."""

    input: int
    output: int
    prompt: int
    completion: int
    reasoning: int
    cache_read: int
    cache_write: int


def assert_as_recorded(response: ChatResponse, recording: Recording) -> None:
    """Compare text, thinking, tool calls, finish reason and usage with the recording."""
    expect = recording.row["expect"]
    assert response.content == expect["text"]
    assert response.thinking == expect["thinking"]
    assert response.finish_reason == (expect["finish_reason"] or None)  # an empty word is none
    _assert_calls(response, expect["tool_calls"])
    _assert_usage(response, recording)


def assert_error_as_recorded(error: RemoteError, recording: Recording) -> None:
    """Compare status, message, code and type of an error with the recording."""
    expect = recording.row["error"]
    assert error.status_code == expect["status"]
    assert expect["message"] in str(error)
    assert error.code == (None if expect["code"] is None else str(expect["code"]))
    assert error.type == expect["type"]


def _assert_calls(response: ChatResponse, expected: list[Json]) -> None:
    # What else wants an answer is no function of the caller's.
    functions = [call for call in response.tool_calls if call.kind == "function"]
    found = [(call.name, call.arguments) for call in functions]
    assert found == [(call["name"], call["arguments"]) for call in expected]
    for call, wanted in zip(functions, expected, strict=True):
        assert call.id
        assert wanted["id"] in (None, call.id)
    assert len({call.id for call in functions}) == len(expected)


def _assert_usage(response: ChatResponse, recording: Recording) -> None:
    usage, expect = response.usage, recording.row["expect"]["usage"]
    if expect is None:
        assert usage.total_tokens == 0
        return
    counts = counted(recording)
    # None: the provider said nothing of it, as of the output of an empty reply.
    assert (counts.input, counts.output) == (expect["input"] or 0, expect["output"] or 0)
    assert usage.prompt_tokens == counts.prompt
    assert usage.completion_tokens == counts.completion
    assert usage.reasoning_tokens == counts.reasoning
    assert usage.cache_read_tokens == counts.cache_read
    assert usage.cache_write_tokens == counts.cache_write
    assert usage.total_tokens >= usage.prompt_tokens + usage.completion_tokens
    assert usage.cache_read_tokens + usage.cache_write_tokens <= usage.prompt_tokens
    assert usage.reasoning_tokens <= usage.completion_tokens


def counted(recording: Recording) -> Counts:
    """Read the token counts of a recorded body."""
    return _READERS[recording.family](_frames(recording))


def _frames(recording: Recording) -> list[Json]:
    text = recording.body.decode()
    if not recording.streamed:
        return [json.loads(text)]
    found = [line[5:].strip() for line in text.replace("\r\n", "\n").split("\n")]
    return [json.loads(data) for data in found if data.startswith("{")]


def _chat(frames: list[Json]) -> Counts:
    reports = [frame.get("usage") or (frame.get("x_groq") or {}).get("usage") for frame in frames]
    usage = next(report for report in reversed(reports) if report)
    prompt, completion = usage["prompt_tokens"], usage["completion_tokens"]
    return Counts(
        input=prompt,
        output=completion,
        prompt=prompt,
        completion=completion,
        reasoning=_inner(usage, "completion_tokens_details", "reasoning_tokens"),
        cache_read=_inner(usage, "prompt_tokens_details", "cached_tokens"),
        cache_write=0,
    )


def _messages(frames: list[Json]) -> Counts:
    usage: Json = {}
    for frame in frames:
        for report in (frame.get("usage"), (frame.get("message") or {}).get("usage")):
            usage.update({name: n for name, n in (report or {}).items() if n is not None})
    read = usage.get("cache_read_input_tokens", 0)
    write = usage.get("cache_creation_input_tokens", 0)
    return Counts(
        input=usage["input_tokens"],
        output=usage["output_tokens"],
        prompt=usage["input_tokens"] + read + write,  # cached input is counted apart
        completion=usage["output_tokens"],
        reasoning=_inner(usage, "output_tokens_details", "thinking_tokens"),
        cache_read=read,
        cache_write=write,
    )


def _generate(frames: list[Json]) -> Counts:
    usage = [frame["usageMetadata"] for frame in frames if frame.get("usageMetadata")][-1]
    prompt, said = usage.get("promptTokenCount", 0), usage.get("candidatesTokenCount", 0)
    thought = usage.get("thoughtsTokenCount", 0)
    return Counts(
        input=prompt,
        output=said,
        prompt=prompt + usage.get("toolUsePromptTokenCount", 0),  # counted apart
        completion=said + thought,  # counted apart
        reasoning=thought,
        cache_read=usage.get("cachedContentTokenCount", 0),
        cache_write=0,
    )


def _inner(usage: Json, *path: str) -> int:
    found: Any = usage
    for name in path:
        found = (found or {}).get(name)
    return found or 0


def _responses(frames: list[Json]) -> Counts:
    found = [frame.get("response", frame).get("usage") for frame in frames]
    usage = [one for one in found if one][-1]
    return Counts(
        input=usage["input_tokens"],
        output=usage["output_tokens"],
        prompt=usage["input_tokens"],
        completion=usage["output_tokens"],
        reasoning=_inner(usage, "output_tokens_details", "reasoning_tokens"),
        cache_read=_inner(usage, "input_tokens_details", "cached_tokens"),
        cache_write=0,
    )


def _chat_v2(frames: list[Json]) -> Counts:
    usage = [frame["usage"] for frame in frames if frame.get("usage")][-1]
    tokens = usage["tokens"]
    return Counts(
        input=tokens["input_tokens"],
        output=tokens["output_tokens"],
        prompt=tokens["input_tokens"],
        completion=tokens["output_tokens"],
        reasoning=0,
        cache_read=usage.get("cached_tokens", 0),
        cache_write=0,
    )


_READERS = {
    "openai_chat": _chat,
    "anthropic_messages": _messages,
    "gemini_generate": _generate,
    "openai_responses": _responses,
    "cohere_chat": _chat_v2,
}
