"""A server that says back what it is asked, and what the tests of forks ask it."""

from __future__ import annotations

import json
import ssl
import threading

from ai_lib.client import AiClient
from tests.servers.scripted import PATIENCE, Exchange, ScriptedServer

WORDS = [f"part{number} " for number in range(12)]
TEXT = "".join(WORDS)


class EchoServer(ScriptedServer):
    """Answers with the text it was asked; a stream is `WORDS`, and halts halfway until `release`.

    A text that begins with "wait" is answered on `release` too.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.release = threading.Event()
        super().__init__(self._answer_chat, tls)

    def _answer_chat(self, exchange: Exchange) -> None:
        body = json.loads(exchange.received.body)
        text = body["messages"][-1]["content"]
        if body.get("stream"):
            self._stream(exchange)
            return
        if text.startswith("wait"):
            self.release.wait(PATIENCE)
        message = {"role": "assistant", "content": text}
        usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        answer = json.dumps({"id": "1", "model": "m", "choices": [choice], "usage": usage})
        exchange.reply(answer.encode(), headers="content-type: application/json\r\n")

    def _stream(self, exchange: Exchange) -> None:
        exchange.begin("content-type: text/event-stream\r\n")
        for number, word in enumerate(WORDS):
            if number == len(WORDS) // 2:
                self.release.wait(PATIENCE)
            choice = {"index": 0, "delta": {"content": word}, "finish_reason": None}
            exchange.chunk(f"data: {json.dumps({'choices': [choice]})}\n\n".encode())
        choice = {"index": 0, "delta": {}, "finish_reason": "stop"}
        exchange.chunk(f"data: {json.dumps({'choices': [choice]})}\n\n".encode())
        exchange.chunk(b"data: [DONE]\n\n")
        exchange.chunk(b"")


async def count_wrong(client: AiClient, mark: str, calls: int = 300) -> int:
    """Make so many calls, and return how many got anything but their own answer."""
    wrong = 0
    for number in range(calls):
        text = f"{mark}-{number}"
        response = await client.chat().user(text).execute()
        wrong += response.content != text
    return wrong
