# Generated from tests/torture/test_errors.py by codegen; do not edit.
"""An error that comes with a 200 is an error, in every form it takes."""

import pytest

from ai_lib.errors import codes
from ai_lib.errors.codes import StandardErrorCode
from ai_lib.errors.exceptions import DecodeError, RemoteError
from tests._sync.torture.conftest import Serve
from tests._sync.torture.conversation import Script, listen, sends
from tests.torture.speech import CHAT, CHAT_V2, GENERATE, MESSAGES, RESPONSES, TEXT, Speech, body

LIMIT, BUSY, FAULT = codes.RATE_LIMITED, codes.OVERLOADED, codes.SERVER_ERROR
SAID = "the model is on fire"

# The dialect, the frame, the class of the error, its code, its type.
IN_BAND: dict[str, tuple[Speech, str, StandardErrorCode, str | None, str | None]] = {
    "chat, an object": (
        CHAT,
        f'data: {{"error": {{"message": "{SAID}", "type": "t", "code": "rate_limit_exceeded"}}}}',
        LIMIT, "rate_limit_exceeded", "t",
    ),
    "chat, a string": (CHAT, f'data: {{"error": "{SAID}"}}', FAULT, None, None),
    "chat, a status": (
        CHAT,
        f'data: {{"error": {{"message": "{SAID}", "code": 503}}}}',
        BUSY, "503", None,
    ),
    "chat, beside a choice": (
        CHAT,
        'data: {"choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "error"}],'
        f' "error": {{"message": "{SAID}", "code": 429}}}}',
        LIMIT, "429", None,
    ),
    "chat, in a choice": (
        CHAT,
        f'data: {{"choices": [{{"index": 0, "delta": {{}}, "finish_reason": "error",'
        f' "error": {{"message": "{SAID}", "code": 503}}}}]}}',
        BUSY, "503", None,
    ),
    "chat, a reason and no more": (
        CHAT,
        'data: {"choices": [{"index": 0, "delta": {}, "finish_reason": "error"}],'
        f' "x": "{SAID}"}}',
        FAULT, None, None,
    ),
    "chat, an event": (
        CHAT,
        f'event: error\ndata: {{"error": {{"message": "{SAID}", "code": "insufficient_quota"}}}}',
        codes.QUOTA_EXHAUSTED, "insufficient_quota", None,
    ),
    "chat, an event that is text": (CHAT, f"event: error\ndata: {SAID}", FAULT, None, None),
    "messages": (
        MESSAGES,
        'event: error\ndata: {"type": "error", "error": {"type": "overloaded_error",'
        f' "message": "{SAID}"}}, "request_id": "req_7"}}',
        BUSY, None, "overloaded_error",
    ),
    "messages, without the event name": (
        MESSAGES,
        f'data: {{"type": "error", "error": {{"type": "rate_limit_error", "message": "{SAID}"}}}}',
        LIMIT, None, "rate_limit_error",
    ),
    "generate": (
        GENERATE,
        f'data: {{"error": {{"code": 503, "message": "{SAID}", "status": "UNAVAILABLE"}}}}',
        BUSY, "503", "UNAVAILABLE",
    ),
    "responses, an event": (
        RESPONSES,
        'event: error\ndata: {"type": "error", "code": "rate_limit_exceeded",'
        f' "message": "{SAID}"}}',
        LIMIT, "rate_limit_exceeded", None,
    ),
    "responses, an event with an object": (
        RESPONSES,
        'data: {"type": "error", "error": {"type": "t", "code": "server_error",'
        f' "message": "{SAID}"}}}}',
        FAULT, "server_error", "t",
    ),
    "responses, failed": (
        RESPONSES,
        'data: {"type": "response.failed", "response": {"status": "failed", "error":'
        f' {{"code": "rate_limit_exceeded", "message": "{SAID}"}}}}}}',
        LIMIT, "rate_limit_exceeded", None,
    ),
    "chat v2, a reason": (
        CHAT_V2,
        'data: {"type": "message-end", "delta": {"finish_reason": "ERROR",'
        f' "error": "{SAID}"}}}}',
        FAULT, None, None,
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("speech", "frame", "standard", "code", "kind"), IN_BAND.values(), ids=list(IN_BAND)
)
@pytest.mark.parametrize("when", ["at once", "half-way"])
def test_an_error_in_a_stream_is_typed(
    serve: Serve,
    speech: Speech,
    frame: str,
    standard: StandardErrorCode,
    code: str | None,
    kind: str | None,
    when: str,
) -> None:
    count = 0 if when == "at once" else speech.whole - 1
    before = body(speech._replace(frames=speech.frames[:count], done=None))
    after = body(speech)  # what follows an error is nothing
    outcome = listen(speech, serve(sends(before + frame.encode() + b"\n\n" + after)))
    assert isinstance(outcome.error, RemoteError)
    assert SAID in str(outcome.error)
    assert outcome.error.standard_code is standard
    assert (outcome.error.code, outcome.error.type) == (code, kind)
    assert outcome.error.status_code == 200
    assert not any(e.is_stream_end or e.is_final_candidate for e in outcome.events)
    assert outcome.reply is not None
    assert outcome.reply.content == ("" if when == "at once" else TEXT)


BODY = f'{{\n  "error": {{\n    "message": "{SAID}",\n    "code": 429\n  }}\n}}\n'.encode()
PAGE = f"<!DOCTYPE html>\n<html><body>\n<h1>{SAID}</h1>\n\n</body></html>".encode()

LIST = f'[{{"error": {{"message": "{SAID}", "code": 429}}}}\n]\n'.encode()

BODIES: dict[str, tuple[Script, type[Exception]]] = {
    "JSON as JSON": (sends(BODY, headers="content-type: application/json\r\n"), RemoteError),
    "JSON as JSON, with a charset": (
        sends(BODY, headers="Content-Type: application/json; charset=utf-8\r\n"),
        RemoteError,
    ),
    "JSON as a stream": (sends(BODY), RemoteError),
    "JSON as nothing": (sends(BODY, headers=""), RemoteError),
    "a list as JSON": (sends(LIST, headers="content-type: application/json\r\n"), RemoteError),
    "a list as a stream": (sends(LIST), RemoteError),
    "a page as a page": (sends(PAGE, headers="content-type: text/html\r\n"), DecodeError),
    "a page as a stream": (sends(PAGE), DecodeError),
    "a page as nothing": (sends(PAGE, headers=""), DecodeError),
}


@pytest.mark.parametrize(
    ("speech", "data"),
    [
        (CHAT, f'{{"object": "error", "message": "{SAID}", "code": 429}}'),
        (CHAT_V2, f'{{"id": "7", "message": "{SAID}"}}'),
        (RESPONSES, f'{{"detail": "{SAID}"}}'),
    ],
)
def test_an_error_without_that_word_is_one_too(serve: Serve, speech: Speech, data: str) -> None:
    script = sends(data.encode(), headers="content-type: application/json\r\n")
    outcome = listen(speech, serve(script))
    assert isinstance(outcome.error, RemoteError)
    assert SAID in str(outcome.error)


@pytest.mark.parametrize("speech", [CHAT, MESSAGES, GENERATE, RESPONSES, CHAT_V2])
def test_a_plain_answer_in_place_of_a_stream_is_no_error_of_the_provider(
    serve: Serve, speech: Speech
) -> None:
    data = b'{"id": "1", "object": "answer", "message": {"role": "assistant", "content": []}}'
    outcome = listen(speech, serve(sends(data, headers="content-type: application/json\r\n")))
    assert isinstance(outcome.error, DecodeError)


@pytest.mark.parametrize(("script", "kind"), BODIES.values(), ids=list(BODIES))
@pytest.mark.parametrize("speech", [CHAT, MESSAGES, GENERATE, RESPONSES, CHAT_V2])
def test_a_body_in_place_of_a_stream_is_shown(
    serve: Serve, speech: Speech, script: Script, kind: type[Exception]
) -> None:
    outcome = listen(speech, serve(script))
    assert isinstance(outcome.error, kind)
    assert SAID in str(outcome.error)
    assert outcome.events == []
    if isinstance(outcome.error, RemoteError):
        assert outcome.error.standard_code is LIMIT
