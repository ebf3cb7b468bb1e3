"""What no rule reads is logged, once for each path and client."""

import json
import logging

import pytest

from ai_lib.testing import MockProvider, Reply

BODY = {
    "model": "m",
    "choices": [{"index": 0, "message": {"content": "x", "odd": 1}, "finish_reason": "stop"}],
    "tier": "gold",
}
FRAME = {"choices": [{"index": 0, "delta": {"content": "x", "odd": 1}, "finish_reason": "stop"}]}


async def test_each_path_is_logged_once_for_a_client(caplog: pytest.LogCaptureFixture) -> None:
    plain = Reply(body=json.dumps(BODY).encode(), headers={"content-type": "application/json"})
    data = f"data: {json.dumps(FRAME)}\n\ndata: [DONE]\n\n".encode()
    streamed = Reply(body=data, headers={"content-type": "text/event-stream"})
    async with MockProvider([plain, plain, streamed, streamed, plain]) as mock:
        with caplog.at_level(logging.DEBUG, "ai_lib"):
            async with await mock.client("openai/gpt-4o") as client:
                for _ in range(2):
                    response = await client.chat().user("?").execute()
                for _ in range(2):
                    stream = client.chat().user("?").stream()
                    assert [event async for event in stream]
            first = [record.getMessage() for record in caplog.records]
            async with await mock.client("openai/gpt-4o") as client:
                await client.chat().user("?").execute()

    assert dict(response.unmapped) == {"$.choices[0].message.odd": 1, "$.tier": "gold"}
    assert stream.response().unmapped == {"$.choices[0].delta.odd": 1}
    unread = [message for message in first if "no rule reads" in message]
    assert len(unread) == 3
    assert "no rule reads $.choices[*].message.odd" in unread[0]
    assert len([m for m in caplog.messages if "no rule reads" in m]) == 5
