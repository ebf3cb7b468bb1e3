"""A stream that ends too early is never a success, wherever and however it ends."""

from collections.abc import Callable

import pytest

from ai_lib.errors.exceptions import DecodeError, StreamTruncated
from tests.thoroughness import sample_rows
from tests.torture.conftest import Serve
from tests.torture.conversation import Script, listen, sends, sends_then_resets
from tests.torture.speech import SPEECHES, TEXT, Speech, body

ENDS: dict[str, Callable[[bytes], Script]] = {"clean": sends, "reset": sends_then_resets}


def stages(speech: Speech) -> dict[str, bytes]:
    """Give the stream cut after each frame that does not make it whole, and inside each."""
    return {
        f"{speech.provider} {speech.family or ''} {where} frame {count}": data
        for count in range(speech.whole)
        for where, data in (
            ("before", body(speech._replace(frames=speech.frames[:count], done=None))),
            ("inside", _inside(speech, count)),
        )
    }


def _inside(speech: Speech, count: int) -> bytes:
    whole = body(speech._replace(frames=speech.frames[: count + 1], done=None))
    return whole[:-12]


STAGES = [
    pytest.param(speech, data, id=name)
    for speech in SPEECHES.values()
    for name, data in stages(speech).items()
]


@pytest.mark.parametrize("end", ENDS.values(), ids=list(ENDS))
@pytest.mark.parametrize(("speech", "data"), sample_rows(STAGES))
async def test_what_ends_too_early_raises_with_what_came(
    serve: Serve, speech: Speech, data: bytes, end: Callable[[bytes], Script]
) -> None:
    outcome = await listen(speech, serve(end(data)))
    assert isinstance(outcome.error, StreamTruncated | DecodeError)
    assert outcome.error.provider == speech.provider
    assert not any(event.is_stream_end for event in outcome.events)
    assert outcome.reply is not None
    assert outcome.reply.finish_reason is None
    assert TEXT.startswith(outcome.reply.content)
    said = "".join(e.as_content_delta.text for e in outcome.events if e.is_content_delta)
    assert said == outcome.reply.content
    assert speech.thinking.startswith(outcome.reply.thinking)


@pytest.mark.parametrize("end", ENDS.values(), ids=list(ENDS))
@pytest.mark.parametrize("speech", SPEECHES.values(), ids=list(SPEECHES))
async def test_an_empty_stream_is_truncated(
    serve: Serve, speech: Speech, end: Callable[[bytes], Script]
) -> None:
    outcome = await listen(speech, serve(end(b"")))
    assert isinstance(outcome.error, StreamTruncated)
    assert outcome.events == []


@pytest.mark.parametrize("speech", SPEECHES.values(), ids=list(SPEECHES))
async def test_a_reset_after_the_whole_answer_is_no_failure(serve: Serve, speech: Speech) -> None:
    data = body(speech._replace(frames=speech.frames[: speech.whole + 1], done=None))
    outcome = await listen(speech, serve(sends_then_resets(data)))
    assert outcome.error is None
    assert outcome.reply is not None
    assert (outcome.reply.content, outcome.reply.finish_reason) == (TEXT, speech.finish_reason)


@pytest.mark.parametrize("speech", SPEECHES.values(), ids=list(SPEECHES))
@pytest.mark.parametrize("tail", [b"\xc3", b"\xe2\x80", b"\xf0\x9f\x98", b"\xff"])
async def test_a_character_cut_in_the_middle_raises(
    serve: Serve, speech: Speech, tail: bytes
) -> None:
    good = body(speech._replace(frames=speech.frames[:3], done=None))
    outcome = await listen(speech, serve(sends(good + b'data: {"x": "' + tail)))
    assert isinstance(outcome.error, DecodeError)
    assert outcome.reply is not None
    assert "\ufffd" not in outcome.reply.content + outcome.reply.thinking
