"""Binary event streams: framing, checksums, bounds, and what breaks them.

The bytes below were recorded: a whole answer of Converse in five frames.
"""

import json

import pytest

from ai_lib.errors.exceptions import (
    AiLibError,
    DecodeError,
    RemoteError,
    ResponseTooLarge,
    StreamTruncated,
)
from ai_lib.pipeline import Pipeline
from ai_lib.pipeline.decoders.aws_event_stream import AwsEventStreamDecoder
from ai_lib.testing.event_stream import write_event, write_message
from ai_lib.types.response import ChatResponse
from tests.pipeline.manifests import bundled

TYPES = b"\x0d:content-type\x07\x00\x10application/json\x0d:message-type\x07\x00\x05event"
FRAMES = (
    b"\x00\x00\x00\x90\x00\x00\x00R1A\xc8\xa1\x0b:event-type\x07\x00\x0cmessageStart"
    + TYPES
    + b'{"p":"abcdefghijklmnopqrs","role":"assistant"}\x11v\xea\xb0',
    b"\x00\x00\x00\xdb\x00\x00\x00Wn\x08Uv\x0b:event-type\x07\x00\x11contentBlockDelta"
    + TYPES
    + b'{"contentBlockIndex":0,"delta":{"text":"I am here and ready to assist"},'
    b'"p":"abcdefghijklmnopqrstuvwxyzABCDEFGHIJK"}.<A\xe9',
    b"\x00\x00\x00\x90\x00\x00\x00V6,\x0c\xb8\x0b:event-type\x07\x00\x10contentBlockStop"
    + TYPES
    + b'{"contentBlockIndex":0,"p":"abcdefghijkl"}\xc2\xd9\xa6^',
    b"\x00\x00\x00\x8e\x00\x00\x00Qw\x98\xb0\xf8\x0b:event-type\x07\x00\x0bmessageStop"
    + TYPES
    + b'{"p":"abcdefghijk","stopReason":"max_tokens"}r3\xe5\xd4',
    b"\x00\x00\x00\xcc\x00\x00\x00N\xd8\xa3\xb6$\x0b:event-type\x07\x00\x08metadata"
    + TYPES
    + b'{"metrics":{"latencyMs":605},"p":"abcdefghijklm",'
    b'"usage":{"inputTokens":8,"outputTokens":10,"totalTokens":18}}\xfd~q\xb3',
)
BODY = b"".join(FRAMES)
NAMES = ["messageStart", "contentBlockDelta", "contentBlockStop", "messageStop", "metadata"]
TEXT = "I am here and ready to assist"


def decode(*chunks: bytes) -> list[dict[str, object]]:
    decoder = AwsEventStreamDecoder()
    frames = [frame for chunk in chunks for frame in decoder.feed(chunk)]
    return [json.loads(frame.data) for frame in frames + decoder.close()]


def read(*chunks: bytes) -> Pipeline:
    pipeline = Pipeline(bundled("bedrock"))
    for chunk in chunks:
        pipeline.feed(chunk)
    pipeline.close()
    return pipeline


def test_each_frame_is_its_payload_under_the_event_name() -> None:
    frames = decode(BODY)
    assert [name for frame in frames for name in frame] == NAMES
    assert frames[3] == {"messageStop": {"p": "abcdefghijk", "stopReason": "max_tokens"}}


def test_frames_are_the_same_however_the_bytes_are_cut() -> None:
    whole = decode(BODY)
    for size in (1, 7, 100):
        assert decode(*(BODY[at : at + size] for at in range(0, len(BODY), size))) == whole
    for cut in range(len(b"".join(FRAMES[:3])) + 1):
        assert decode(BODY[:cut], BODY[cut:]) == whole


def test_a_recorded_stream_is_an_answer() -> None:
    response = read(BODY).response()
    assert (response.content, response.finish_reason) == (TEXT, "max_tokens")
    usage = response.usage
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (8, 10, 18)
    assert (response.unmapped, response.unknown_events) == ({}, 0)


def test_each_flipped_bit_is_an_error() -> None:
    for place in range(len(FRAMES[0])):
        for bit in range(8):
            broken = bytearray(FRAMES[0])
            broken[place] ^= 1 << bit
            with pytest.raises((DecodeError, StreamTruncated, ResponseTooLarge)):
                decode(bytes(broken))


def test_frames_before_a_broken_one_are_read_and_none_after_it() -> None:
    broken = bytearray(FRAMES[2])
    broken[-1] ^= 1
    pipeline = read(FRAMES[0] + FRAMES[1] + bytes(broken) + FRAMES[3] + FRAMES[4])
    assert isinstance(pipeline.failure, DecodeError)
    assert "checksum" in str(pipeline.failure)
    assert isinstance(pipeline.failure.partial, ChatResponse)
    assert pipeline.failure.partial.content == TEXT
    assert pipeline.failure.partial.finish_reason is None


@pytest.mark.parametrize("count", range(1, 5))
def test_a_stream_cut_after_a_frame_is_truncated(count: int) -> None:
    pipeline = read(b"".join(FRAMES[:count]))
    assert isinstance(pipeline.failure, StreamTruncated)
    assert isinstance(pipeline.failure.partial, ChatResponse)
    assert pipeline.failure.partial.content == (TEXT if count > 1 else "")


def test_a_stream_cut_inside_a_frame_is_truncated() -> None:
    for cut in (*range(1, 40), len(FRAMES[0]) - 1):
        pipeline = read(FRAMES[0] + FRAMES[1][:cut])
        assert isinstance(pipeline.failure, StreamTruncated)


def test_a_frame_over_the_bound_is_refused_by_its_first_bytes() -> None:
    decoder = AwsEventStreamDecoder(200)
    assert [frame.data[:15] for frame in decoder.feed(FRAMES[0])] == [b'{"messageStart"']
    with pytest.raises(ResponseTooLarge, match="over 200 bytes"):
        decoder.feed(FRAMES[1][:12])


def test_more_headers_than_a_frame_may_have_are_refused_by_its_first_bytes() -> None:
    # 200,000 bytes of headers, with the right checksum.
    with pytest.raises(DecodeError, match="200000 are to be headers"):
        AwsEventStreamDecoder().feed(bytes.fromhex("00030e00 00030d40 aff42500"))


EXCEPTIONS = {
    "throttlingException": "rate_limited",
    "validationException": "invalid_request",
    "internalServerException": "server_error",
    "modelStreamErrorException": "server_error",
    "serviceUnavailableException": "overloaded",
    "modelTimeoutException": "timeout",
}


@pytest.mark.parametrize("family", [None, "messages"])
@pytest.mark.parametrize(("name", "code"), EXCEPTIONS.items())
def test_an_exception_frame_is_an_error_by_its_name(
    name: str, code: str, family: str | None
) -> None:
    pipeline = Pipeline(bundled("bedrock", family))
    pipeline.feed(write_message("exception", name, b'{"message": "Something went wrong."}'))
    error = pipeline.failure
    assert isinstance(error, RemoteError)
    assert (error.type, error.standard_code.name) == (name, code)
    assert "Something went wrong." in str(error)


def test_an_exception_after_content_keeps_what_was_received() -> None:
    pipeline = read(FRAMES[0] + FRAMES[1], write_message("exception", "throttlingException", b"{}"))
    assert isinstance(pipeline.failure, RemoteError)
    assert isinstance(pipeline.failure.partial, ChatResponse)
    assert pipeline.failure.partial.content == TEXT


def test_an_error_frame_says_its_code_and_message_in_headers() -> None:
    headers = b"".join(
        bytes([len(name)]) + name + b"\x07" + len(value).to_bytes(2, "big") + value
        for name, value in (
            (b":message-type", b"error"),
            (b":error-code", b"InternalFailure"),
            (b":error-message", b"It broke."),
        )
    )
    frame = _close(headers, b"")
    assert decode(frame) == [{"exception": {"type": "InternalFailure", "message": "It broke."}}]


HEADERS = {
    "true": b"\x00",
    "false": b"\x01",
    "int8": b"\x02\x7f",
    "int16": b"\x03\x00\x01",
    "int32": b"\x04\x00\x00\x00\x01",
    "int64": b"\x05\x00\x00\x00\x00\x00\x00\x00\x01",
    "bytes": b"\x06\x00\x02\xff\xfe",
    "timestamp": b"\x08\x00\x00\x01\x8c\x00\x00\x00\x00",
    "uuid": b"\x09" + bytes(range(16)),
}


@pytest.mark.parametrize("value", HEADERS.values(), ids=list(HEADERS))
def test_headers_of_every_type_are_passed_over(value: bytes) -> None:
    headers = b"\x01x" + value + b"\x0b:event-type\x07\x00\x04ping" + TYPES
    assert decode(_close(headers, b"{}")) == [{"ping": {}}]


@pytest.mark.parametrize(
    "headers",
    [b"\x01x\x0a", b"\x05x", b"\x01x\x07\x00\x09abc", b"\x01x\x04\x00", b"\x01\xff\x00"],
    ids=["unknown type", "no value", "short text", "short number", "no text"],
)
def test_malformed_headers_are_an_error(headers: bytes) -> None:
    with pytest.raises(DecodeError, match="headers are malformed"):
        decode(_close(headers, b"{}"))


def test_documents_in_base64_are_unwrapped() -> None:
    decoder = AwsEventStreamDecoder(unwrap="bytes")
    frame = write_message("event", "chunk", b'{"bytes":"eyJ0eXBlIjoicGluZyJ9","p":"abc"}')
    assert [found.data for found in decoder.feed(frame)] == [b'{"type":"ping"}']
    for payload in (b'{"p":"abc"}', b'{"bytes":"!"}', b'{"bytes":1}', b"[]", b"{"):
        with pytest.raises(DecodeError, match="base64"):
            AwsEventStreamDecoder(unwrap="bytes").feed(write_message("event", "chunk", payload))


def test_a_payload_that_is_no_json_is_an_error() -> None:
    pipeline = read(write_message("event", "messageStart", b"{,"))
    assert isinstance(pipeline.failure, DecodeError)


def test_the_mock_writes_the_frames_that_were_recorded() -> None:
    event = {"messageStop": {"p": "abcdefghijk", "stopReason": "max_tokens"}}
    assert write_event(event) == FRAMES[3]


def test_a_plain_error_in_place_of_the_stream_is_an_error() -> None:
    assert isinstance(read(b'{"message": "Bad Gateway"}').failure, AiLibError)


def _close(headers: bytes, payload: bytes) -> bytes:
    """Return a frame with these headers, which `write_message` does not write."""
    from zlib import crc32

    prelude = (len(headers) + len(payload) + 16).to_bytes(4, "big")
    prelude += len(headers).to_bytes(4, "big")
    frame = prelude + crc32(prelude).to_bytes(4, "big") + headers + payload
    return frame + crc32(frame).to_bytes(4, "big")
