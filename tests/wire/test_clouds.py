"""Every recorded exchange with a cloud, decoded without a socket, gives what was recorded."""

from typing import Final

import pytest

from ai_lib.errors.exceptions import RemoteError
from ai_lib.pipeline import Pipeline
from ai_lib.types.content import ThinkingBlock
from ai_lib.types.response import ChatResponse
from tests.pipeline.manifests import bundled
from tests.thoroughness import sample_rows
from tests.wire.decoding import decode_recording
from tests.wire.recordings import (
    Recording,
    as_parameters,
    first_of_each_family,
    recorded_clouds,
)

# By provider and family of a recording: who reads it, and by which of its API families.
READERS: Final[dict[tuple[str, str], tuple[str, str | None]]] = {
    ("bedrock", "bedrock_converse"): ("bedrock", None),
    ("bedrock", "bedrock_invoke_anthropic"): ("bedrock", "messages"),
    ("bedrock_mantle", "openai_chat"): ("bedrock_mantle", None),
    ("bedrock_mantle", "openai_responses"): ("bedrock_mantle", "responses"),
    ("vertex", "gemini_generate"): ("vertex", None),
    ("azure", "openai_chat"): ("azure", None),
    ("azure", "openai_responses"): ("azure", "responses"),
    ("xai", "openai_responses"): ("xai", "responses"),
    ("crusoe", "openai_chat"): ("openai", None),
    ("heroku", "openai_chat"): ("openai", None),
}

ALL: Final = [
    row
    for row in recorded_clouds("bedrock", "bedrock_mantle", "vertex", "azure", "xai", "crusoe")
    if (row.row["provider"], row.family) in READERS
]
ANSWERS: Final = [row for row in ALL if "expect" in row.row]
ERRORS: Final = [row for row in ALL if "error" in row.row]
STREAMS: Final = [row for row in ANSWERS if row.streamed]


def decode(recording: Recording) -> ChatResponse:
    reader = READERS[recording.row["provider"], recording.family]
    return decode_recording(bundled(*reader), recording)


@pytest.mark.parametrize("recording", as_parameters(ANSWERS))
def test_the_answer_is_what_was_recorded(recording: Recording) -> None:
    assert_as_expected(decode(recording), recording)


@pytest.mark.parametrize("recording", as_parameters(ERRORS))
def test_the_error_is_what_was_recorded(recording: Recording) -> None:
    with pytest.raises(RemoteError) as caught:
        decode(recording)
    assert_error_as_expected(caught.value, recording)


@pytest.mark.parametrize("recording", as_parameters(STREAMS))
def test_the_answer_is_the_same_however_the_stream_is_cut(recording: Recording) -> None:
    body = recording.body
    cuts = [1, 7, 4096] if len(body) < 30_000 else [4096]
    responses = [read(recording, body[:50], body[50:51], body[51:])]
    responses += [
        read(recording, *(body[at : at + size] for at in range(0, len(body), size)))
        for size in cuts
    ]
    for response in responses:
        assert_as_expected(response, recording)


FIRST_STREAMS: Final = [row for row in first_of_each_family(STREAMS) if len(row.body) < 60_000]


@pytest.mark.parametrize("recording", as_parameters(FIRST_STREAMS))
def test_a_stream_may_be_cut_anywhere_in_its_first_frames(recording: Recording) -> None:
    """At each byte of the first three frames, or of the first 600 bytes."""
    wrong = []
    for cut in sample_rows(range(1, min(600, len(recording.body)))):
        try:
            assert_as_expected(
                read(recording, recording.body[:cut], recording.body[cut:]), recording
            )
        except AssertionError as error:
            wrong.append((cut, str(error)))
    assert wrong == []


def read(recording: Recording, *chunks: bytes) -> ChatResponse:
    reader = READERS[recording.row["provider"], recording.family]
    pipeline = Pipeline(bundled(*reader))
    for chunk in chunks:
        pipeline.feed(chunk)
    pipeline.close()
    assert pipeline.failure is None
    return pipeline.response()


def assert_error_as_expected(error: RemoteError, recording: Recording) -> None:
    """Compare an error with what an independent reader found in the recording."""
    expect = recording.row["error"]
    assert error.status_code == expect["status"]
    assert expect["message"] in str(error)
    code = None if expect["code"] is None else str(expect["code"])
    assert (error.type, error.code) == (expect["type"], code)


def assert_as_expected(response: ChatResponse, recording: Recording) -> None:
    """Compare a response with what an independent reader found in the recording."""
    expect = recording.row["expect"]
    assert response.content == expect["text"]
    assert response.thinking == expect["thinking"]
    assert response.finish_reason == (expect["finish_reason"] or None)
    calls = [(call.name, call.arguments) for call in response.tool_calls]
    assert calls == [(call["name"], call["arguments"]) for call in expect["tool_calls"]]
    blocks = response.to_message().blocks
    signatures = "".join(getattr(block, "signature", None) or "" for block in blocks)
    assert signatures == expect.get("signature", signatures)
    redacted = [b for b in blocks if isinstance(b, ThinkingBlock) and b.redacted]
    assert len(redacted) == expect.get("redacted", len(redacted))
    cited = sum(len(getattr(block, "citations", ())) for block in blocks)
    assert cited == expect.get("citations", cited)
    _assert_usage(response, recording)


def _assert_usage(response: ChatResponse, recording: Recording) -> None:
    usage, expect = response.usage, recording.row["expect"]["usage"]
    if expect is None:
        return
    read_tokens, written = expect.get("cache_read") or 0, expect.get("cache_write") or 0
    if "cache_read" in expect:
        assert (usage.cache_read_tokens, usage.cache_write_tokens) == (read_tokens, written)
    prompt = expect["input"] or 0
    if recording.family in ("bedrock_converse", "bedrock_invoke_anthropic"):
        prompt += read_tokens + written  # which they count apart
        assert usage.completion_tokens == (expect["output"] or 0)
    assert usage.prompt_tokens >= prompt
    assert usage.total_tokens >= usage.prompt_tokens + usage.completion_tokens
