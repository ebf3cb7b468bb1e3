# Generated from tests/client/test_respx.py by codegen; do not edit.
"""Calls are carried by httpcore, so that respx can stand in for any provider."""

import json

import httpcore
import pytest
import respx

from ai_lib_sync import AiClient
from ai_lib_sync.errors import TransportError

CHAT = "https://api.openai.com/v1/chat/completions"


def test_a_plain_chat_is_answered_by_respx() -> None:
    answer = {
        "id": "1",
        "choices": [{"message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4},
    }
    with respx.mock(using="httpcore") as router:
        route = router.post(CHAT).respond(200, json=answer)
        with AiClient.create("openai/gpt-4o", api_key="test") as client:
            for _ in range(2):
                response = client.chat().user("Hello").execute()

    assert response.content == "Hi"
    assert route.call_count == 2
    request = route.calls.last.request
    assert request.headers["authorization"] == "Bearer test"
    assert json.loads(request.content)["messages"] == [{"role": "user", "content": "Hello"}]


def test_a_streamed_chat_is_answered_by_respx() -> None:
    deltas = [{"content": "Hel"}, {"content": "lo"}]
    frames = [{"choices": [{"index": 0, "delta": delta}]} for delta in deltas]
    frames.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    lines = [f"data: {json.dumps(frame)}\n\n" for frame in frames]
    body = "".join([*lines, "data: [DONE]\n\n"]).encode()
    with respx.mock(using="httpcore") as router:
        route = router.post(CHAT).respond(200, content=body, content_type="text/event-stream")
        with AiClient.create("openai/gpt-4o", api_key="test") as client:
            stream = client.chat().user("Hello").stream()
            events = [event for event in stream]

    text = [event.as_content_delta.text for event in events if event.is_content_delta]
    assert "".join(text) == "Hello"
    assert events[-1].as_stream_end.termination_reason == "end_turn"
    assert json.loads(route.calls.last.request.content)["stream"] is True


@pytest.mark.parametrize("error", [httpcore.ConnectError, httpcore.RemoteProtocolError])
def test_what_httpcore_raises_is_translated(error: type[Exception]) -> None:
    with respx.mock(using="httpcore") as router:
        router.post(CHAT).mock(side_effect=error)
        with AiClient.create("openai/gpt-4o", api_key="test") as client:
            with pytest.raises(TransportError) as caught:
                client.chat().user("Hello").execute()

    assert isinstance(caught.value.__cause__, httpcore.ConnectError | httpcore.ProtocolError)
