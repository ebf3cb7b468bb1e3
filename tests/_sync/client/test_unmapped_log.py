# Generated from tests/client/test_unmapped_log.py by codegen; do not edit.
"""What no rule reads is logged, once for each path and client."""

import json
import logging

import pytest

from ai_lib_sync.testing import MockProvider, Reply

BODY = {
    "model": "m",
    "choices": [{"index": 0, "message": {"content": "x", "odd": 1}, "finish_reason": "stop"}],
    "tier": "gold",
}
FRAME = {"choices": [{"index": 0, "delta": {"content": "x", "odd": 1}, "finish_reason": "stop"}]}


def test_each_path_is_logged_once_for_a_client(caplog: pytest.LogCaptureFixture) -> None:
    plain = Reply(body=json.dumps(BODY).encode(), headers={"content-type": "application/json"})
    data = f"data: {json.dumps(FRAME)}\n\ndata: [DONE]\n\n".encode()
    streamed = Reply(body=data, headers={"content-type": "text/event-stream"})
    with MockProvider([plain, plain, streamed, streamed, plain]) as mock:
        with caplog.at_level(logging.DEBUG, "ai_lib"):
            with mock.client("openai/gpt-4o") as client:
                for _ in range(2):
                    response = client.chat().user("?").execute()
                for _ in range(2):
                    stream = client.chat().user("?").stream()
                    assert [event for event in stream]
            first = [record.getMessage() for record in caplog.records]
            with mock.client("openai/gpt-4o") as client:
                client.chat().user("?").execute()

    assert dict(response.unmapped) == {"$.choices[0].message.odd": 1, "$.tier": "gold"}
    assert stream.response().unmapped == {"$.choices[0].delta.odd": 1}
    unread = [message for message in first if "no rule reads" in message]
    assert len(unread) == 3
    assert "no rule reads $.choices[*].message.odd" in unread[0]
    assert len([m for m in caplog.messages if "no rule reads" in m]) == 5
