"""A refusal in a field of its own is why the answer ended, whatever the wire calls that."""

import json

import pytest

from ai_lib.pipeline.plain_response import read_response
from ai_lib.types import StreamEnd
from tests.pipeline.manifests import bundled, read, sse

CHAT = [
    {"choices": [{"index": 0, "delta": {"refusal": "I can't."}}]},
    {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
]
RESPONSES = [
    {"type": "response.refusal.delta", "output_index": 0, "delta": "I can't."},
    {"type": "response.completed", "response": {"status": "completed", "output": []}},
]


@pytest.mark.parametrize(
    ("family", "frames", "word"), [(None, CHAT, "stop"), ("responses", RESPONSES, "completed")]
)
def test_a_stream_that_refuses_says_so(
    family: str | None, frames: list[dict[str, object]], word: str
) -> None:
    events, failure = read(bundled("openai", family), sse([*map(json.dumps, frames), "[DONE]"]))
    assert failure is None
    assert isinstance(events[-1], StreamEnd)
    assert (events[-1].finish_reason, events[-1].termination_reason) == (word, "refusal")
    assert "".join(e.as_content_delta.text for e in events if e.is_content_delta) == "I can't."


def test_a_plain_reply_that_refuses_says_so() -> None:
    part = {"type": "refusal", "refusal": "I can't."}
    output = [{"type": "message", "role": "assistant", "content": [part]}]
    body = {"id": "r", "model": "m", "status": "completed", "output": output}
    response = read_response(bundled("openai", "responses"), json.dumps(body).encode())
    assert (response.content, response.termination_reason) == ("I can't.", "refusal")


def test_an_empty_refusal_is_none() -> None:
    message = {"role": "assistant", "content": "Yes.", "refusal": None}
    body = {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
    assert (
        read_response(bundled("openai"), json.dumps(body).encode()).termination_reason == "end_turn"
    )
    message["refusal"] = ""
    assert (
        read_response(bundled("openai"), json.dumps(body).encode()).termination_reason == "end_turn"
    )
