"""When a stream is complete, when it is cut short, when it is an error (protocol.md)."""

import pytest

from ai_lib.errors import codes
from ai_lib.errors.exceptions import (
    AiLibError,
    DecodeError,
    InvalidToolArguments,
    RemoteError,
    StreamTruncated,
)
from ai_lib.pipeline import Pipeline
from ai_lib.pipeline.plain_response import read_response
from ai_lib.types.events import Event, PartialContentDelta, StreamEnd
from ai_lib.types.response import ChatResponse
from tests.pipeline.manifests import bundled, read, small, sse

TEXT = {"emit": "PartialContentDelta", "fields": {"content": "$.a"}}
WHY = {"emit": "FinalCandidate", "fields": {"finish_reason": "$.why"}}
MANY = {"each": "$.c[*]", "candidate": "@.i", "rules": [
    {"emit": "PartialContentDelta", "fields": {"content": "@.a"}},
    {"emit": "FinalCandidate", "fields": {"finish_reason": "@.why"}},
]}  # fmt: skip


def partial_of(error: AiLibError | None) -> ChatResponse:
    assert error is not None
    assert isinstance(error.partial, ChatResponse)
    return error.partial


def assert_complete(events: list[Event], failure: AiLibError | None) -> None:
    assert failure is None
    assert [isinstance(event, StreamEnd) for event in events] == [False] * (len(events) - 1) + [
        True
    ]


def assert_truncated(events: list[Event], failure: AiLibError | None) -> None:
    assert isinstance(failure, StreamTruncated)
    assert not any(isinstance(event, StreamEnd) for event in events)


def test_a_reason_makes_it_complete() -> None:
    assert_complete(*read(small({"rules": [TEXT, WHY]}), sse(['{"a": "x"}', '{"why": "z"}'])))


def test_every_candidate_needs_its_reason() -> None:
    manifest = small({"rules": [MANY]})
    both = '{"c": [{"i": 0, "a": "x"}, {"i": 1, "a": "y"}]}'
    one, other = '{"c": [{"i": 0, "why": "z"}]}', '{"c": [{"i": 1, "why": "z"}]}'
    assert_truncated(*read(manifest, sse([both, one])))
    assert_truncated(*read(manifest, sse([both, other])))
    assert_complete(*read(manifest, sse([both, other, one])))


def test_the_done_signal_makes_it_complete_without_a_reason() -> None:
    manifest = small({"rules": [TEXT, WHY], "decoder": {"done_signal": "[DONE]"}})
    events, failure = read(manifest, sse(['{"a": "x"}', "[DONE]"]))
    assert_complete(events, failure)
    assert events[-1] == StreamEnd()


def test_what_follows_the_done_signal_is_not_read() -> None:
    manifest = small({"rules": [TEXT], "decoder": {"done_signal": "[DONE]"}})
    events, failure = read(manifest, sse(['{"a": "x"}', " [DONE] ", '{"a": "y"}', "[DONE]", "{"]))
    assert_complete(events, failure)
    assert len(events) == 2


def test_a_done_signal_nobody_declared_ends_nothing() -> None:
    events, failure = read(small({"rules": [TEXT, WHY]}), sse(['{"a": "x"}', "[DONE]"]))
    assert_truncated(events, failure)
    events, failure = read(small({"rules": [TEXT, WHY]}), sse(['{"why": "z"}', "[DONE]"]))
    assert_complete(events, failure)


def test_the_end_condition_ends_it_at_once() -> None:
    pipeline = Pipeline(small({"rules": [TEXT], "end": "$.type == 'bye'"}))
    assert not pipeline.finished
    events = pipeline.feed(sse(['{"a": "x"}', '{"type": "bye", "a": "y"}', '{"a": "z"}']))
    assert pipeline.finished
    assert events == [
        PartialContentDelta(content="x"),
        PartialContentDelta(content="y"),
        StreamEnd(),
    ]
    assert pipeline.feed(sse(['{"a": "z"}'])) == []
    assert pipeline.close() == []


def test_the_complete_condition_lets_more_follow() -> None:
    manifest = small({"rules": [TEXT], "complete": "$.type == 'whole'"})
    events, failure = read(manifest, sse(['{"type": "whole"}', '{"a": "x"}']))
    assert_complete(events, failure)
    assert events[0] == PartialContentDelta(content="x")
    assert_truncated(*read(manifest, sse(['{"a": "x"}'])))


@pytest.mark.parametrize(
    "cut", [b"", b": only a comment\n\n", b'data: {"a": "x"}\n\n', b'data: {"a": "x"}']
)
def test_a_body_that_ends_early_is_truncated_and_keeps_what_came(cut: bytes) -> None:
    events, failure = read(small({"rules": [TEXT, WHY]}), cut)
    assert_truncated(events, failure)
    assert partial_of(failure).content == ("x" if b"x" in cut else "")
    assert partial_of(failure).finish_reason is None
    assert failure is not None
    assert failure.provider == "toy"


def test_a_frame_cut_in_the_middle_is_refused_with_what_came() -> None:
    events, failure = read(small({"rules": [TEXT, WHY]}), b'data: {"a": "x"}\n\ndata: {"a": "y')
    assert events == [PartialContentDelta(content="x")]
    assert isinstance(failure, DecodeError)
    assert '{"a": "y' in str(failure)
    assert partial_of(failure).content == "x"


# A part of a character, a byte of no character, and halves encoded as if they were characters.
NOT_UTF_8 = [b"\xe2\x82", b"\xff", b"\xed\xa0\x80", b"\xed\xa0\xbd\xed\xb8\x80"]


@pytest.mark.parametrize("text", NOT_UTF_8)
def test_a_frame_that_is_not_utf_8_is_refused(text: bytes) -> None:
    frame = b'data: {"a": "' + text + b'"}\n\n'
    events, failure = read(small({"rules": [TEXT, WHY]}), frame)
    assert events == []
    assert isinstance(failure, DecodeError)
    assert "is not UTF-8" in str(failure)


@pytest.mark.parametrize("text", NOT_UTF_8)
def test_a_frame_that_is_not_utf_8_is_refused_among_frames_alike(text: bytes) -> None:
    contents = [b"a", b"b", b"c", b"d", text]
    frames = [b'data: {"choices": [{"delta": {"content": "' + c + b'"}}]}\n\n' for c in contents]
    for chunks in (frames, [b"".join(frames) * 8]):
        events, failure = read(bundled("openai"), *chunks)
        assert [event.content for event in events if isinstance(event, PartialContentDelta)] == [
            "a", "b", "c", "d",
        ]  # fmt: skip
        assert isinstance(failure, DecodeError)
        assert "is not UTF-8" in str(failure)


@pytest.mark.parametrize("text", NOT_UTF_8)
def test_a_plain_response_that_is_not_utf_8_is_refused(text: bytes) -> None:
    for body in (b'{"choices": [{"message": {"content": "' + text + b'"}}]}', b"{" + text + b"}"):
        with pytest.raises(DecodeError, match="is not UTF-8"):
            read_response(bundled("openai"), body)


def test_a_plain_response_in_another_encoding_is_refused() -> None:
    body = '{"choices": [{"message": {"content": "x"}}]}'
    with pytest.raises(DecodeError, match="is not UTF-8"):
        read_response(bundled("openai"), body.encode("utf-16"))
    with pytest.raises(DecodeError, match="is not JSON"):
        read_response(bundled("openai"), body.encode("utf-16-le"))


def test_a_plain_response_may_begin_with_a_byte_order_mark() -> None:
    body = b'\xef\xbb\xbf{"choices": [{"message": {"content": "x"}}]}'
    assert read_response(bundled("openai"), body).content == "x"


def test_characters_split_over_chunks_are_whole() -> None:
    body = sse(['{"a": "h\u00e9\u20ac\U0001f600\u2028"}', '{"why": "z"}'])
    events, failure = read(small({"rules": [TEXT, WHY]}), *(bytes((byte,)) for byte in body))
    assert_complete(events, failure)
    assert events[0] == PartialContentDelta(content="h\u00e9\u20ac\U0001f600\u2028")


def test_halves_of_a_character_in_two_frames_become_one() -> None:
    frames = [r'{"a": "x\ud83d"}', r'{"a": "\ude00y"}', '{"why": "z"}']
    events, failure = read(small({"rules": [TEXT, WHY]}), sse(frames))
    assert_complete(events, failure)
    texts = [event.content for event in events if isinstance(event, PartialContentDelta)]
    assert texts == ["x", "\U0001f600y"]


@pytest.mark.parametrize("half", [r"x\ud83d", r"\ude00y", r"\ud83dx"])
def test_half_a_character_alone_is_refused(half: str) -> None:
    frames = [f'{{"a": "{half}"}}', '{"a": "-"}', '{"why": "z"}']
    events, failure = read(small({"rules": [TEXT, WHY]}), sse(frames))
    assert isinstance(failure, DecodeError)
    assert not any(isinstance(event, StreamEnd) for event in events)


@pytest.mark.parametrize("frame", ["[]", "7", '"text"', "null", "true", '[{"a": "x"}]'])
def test_json_that_is_no_object_is_counted_not_crashed_on(frame: str) -> None:
    pipeline = Pipeline(small({"rules": [TEXT, WHY], "end": "has('bye')", "known": "has('a')"}))
    pipeline.feed(sse([frame, '{"a": "x", "why": "z"}']))
    pipeline.close()
    response = pipeline.response()
    assert pipeline.failure is None
    assert (response.content, response.unknown_events) == ("x", 1)


def test_unknown_frames_are_counted_and_the_first_are_kept() -> None:
    pipeline = Pipeline(small({"rules": [WHY], "known": "has('why')"}))
    pipeline.feed(sse([f'{{"new": {n}}}' for n in range(20)] + ['{"why": "z"}']))
    pipeline.close()
    response = pipeline.response()
    assert response.unknown_events == 20
    assert response.unknown_frames == tuple({"new": n} for n in range(16))


# The same error in every form a stream may bring it.
ERRORS = {
    "an object": (
        "openai",
        sse(['{"error": {"message": "too bad", "code": "rate_limit_exceeded"}}']),
    ),
    "a string": ("openai", sse(['{"error": "too bad", "code": "rate_limit_exceeded"}'])),
    "a status for a code": ("openai", sse(['{"error": {"message": "too bad", "code": 429}}'])),
    "an error event": (
        "openai",
        b'event: error\ndata: {"message": "too bad", "code": "rate_limit_exceeded"}\n\n',
    ),
    "a reason": (
        "openai",
        sse(['{"choices": [{"index": 0, "delta": {}, "finish_reason": "error"}],'
             ' "message": "too bad", "code": "rate_limit_exceeded"}']),
    ),
    "a typed event": (
        "anthropic",
        sse(['{"type": "error", "error": {"type": "rate_limit_error", "message": "too bad"}}']),
    ),
    "a status word": (
        "gemini",
        sse(['{"error": {"code": 429, "message": "too bad", "status": "RESOURCE_EXHAUSTED"}}']),
    ),
    "a body that is no stream": (
        "openai",
        b'{\n  "error": {\n    "message": "too bad",\n    "code": "rate_limit_exceeded"\n  }\n}\n',
    ),
    "a line that is no stream": ("gemini", b'{"error": {"message": "too bad", "code": 429}}'),
}  # fmt: skip


@pytest.mark.parametrize(("provider", "body"), ERRORS.values(), ids=list(ERRORS))
def test_an_error_inside_a_stream_is_one_typed_error(provider: str, body: bytes) -> None:
    events, failure = read(bundled(provider), body)
    assert events == []
    assert isinstance(failure, RemoteError)
    assert failure.standard_code is codes.RATE_LIMITED
    assert "too bad" in str(failure)
    assert failure.status_code == 200
    assert failure.provider == provider


def test_an_error_event_may_be_plain_text() -> None:
    _, failure = read(bundled("openai"), b"event: error\ndata: upstream went away\n\n")
    assert isinstance(failure, RemoteError)
    assert "upstream went away" in str(failure)


def test_an_error_comes_with_what_was_received_and_nothing_after_it() -> None:
    frames = ['{"choices": [{"index": 0, "delta": {"content": "half"}}]}', '{"error": "too bad"}']
    events, failure = read(bundled("openai"), sse([*frames, frames[0], "[DONE]"]))
    assert [event.content for event in events if isinstance(event, PartialContentDelta)] == ["half"]
    assert isinstance(failure, RemoteError)
    assert partial_of(failure).content == "half"


def test_a_page_in_place_of_a_stream_is_shown() -> None:
    page = b"<html>\n<body>\n<h1>502 Bad Gateway</h1>\n\n</body></html>\n"
    _, failure = read(bundled("openai"), page)
    assert isinstance(failure, DecodeError)
    assert "502 Bad Gateway" in str(failure)


CUT_CALL = [
    '{"choices": [{"index": 0, "delta": {"tool_calls": [{"index": 0, "id": "a", "function":'
    ' {"name": "go", "arguments": "{\\"x\\": \\"ab"}}]}}]}',
    '{"choices": [{"index": 0, "delta": {}, "finish_reason": "length"}]}',
    '{"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 9}}',
    "[DONE]",
]


def test_a_call_cut_by_max_tokens_raises_with_reason_and_usage() -> None:
    events, failure = read(bundled("openai"), sse(CUT_CALL))
    assert isinstance(failure, InvalidToolArguments)
    assert failure.raw == '{"x": "ab'
    assert not any(isinstance(event, StreamEnd) for event in events)
    partial = partial_of(failure)
    assert (partial.finish_reason, partial.termination_reason) == ("length", "max_tokens")
    assert partial.usage.completion_tokens == 9
    assert partial.tool_calls == []
