# Generated from tests/torture/test_frames.py by codegen; do not edit.
"""Frames that are no objects, or no JSON, amid a good answer: counted, or refused."""

import pytest

from ai_lib.errors.exceptions import DecodeError
from tests._sync.torture.conftest import Serve
from tests._sync.torture.conversation import listen, sends
from tests.torture.speech import CALLS, SPEECHES, TEXT, Frame, Speech, body

NO_OBJECTS = ["[]", "null", "7", '"a word"', "true", '[{"choices": []}]']
NO_JSON = ["{", "{'a': 1}", "hello", "<html>", "[DONE", "data: {}"]


@pytest.mark.parametrize("speech", SPEECHES.values(), ids=list(SPEECHES))
def test_what_is_json_and_no_object_is_counted(serve: Serve, speech: Speech) -> None:
    odd = [Frame(None, data) for data in NO_OBJECTS]
    frames = [*odd, *speech.frames[:4], *odd, *speech.frames[4:]]
    outcome = listen(speech, serve(sends(body(speech._replace(frames=frames)))))
    assert outcome.error is None
    assert outcome.reply is not None
    assert outcome.reply.content == TEXT
    assert [(call.name, call.arguments) for call in outcome.reply.tool_calls] == CALLS
    assert outcome.reply.unknown_events == 2 * len(NO_OBJECTS)
    assert outcome.reply.unknown_frames[:3] == ([], None, 7)


@pytest.mark.parametrize("data", NO_JSON)
@pytest.mark.parametrize("speech", SPEECHES.values(), ids=list(SPEECHES))
def test_what_is_no_json_is_refused_with_what_came(serve: Serve, speech: Speech, data: str) -> None:
    frames = list(speech.frames)
    frames.insert(speech.whole, Frame(None, data))
    outcome = listen(speech, serve(sends(body(speech._replace(frames=frames)))))
    assert isinstance(outcome.error, DecodeError)
    assert outcome.error.provider == speech.provider
    assert data[:5] in str(outcome.error)
    assert outcome.reply is not None
    assert outcome.reply.content == TEXT
    assert outcome.reply.finish_reason is None
    assert not any(event.is_stream_end for event in outcome.events)


@pytest.mark.parametrize("speech", SPEECHES.values(), ids=list(SPEECHES))
def test_empty_objects_are_passed_over(serve: Serve, speech: Speech) -> None:
    frames = [x for frame in speech.frames for x in (Frame(None, "{}"), frame)]
    outcome = listen(speech, serve(sends(body(speech._replace(frames=frames)))))
    assert outcome.error is None
    assert outcome.reply is not None
    assert outcome.reply.content == TEXT
    assert [(call.name, call.arguments) for call in outcome.reply.tool_calls] == CALLS
