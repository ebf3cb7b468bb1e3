# Generated from tests/resilience/house.py by codegen; do not edit.
"""A provider of our own at a scripted server, and clients that speak to it."""

from __future__ import annotations

import json
from pathlib import Path

from ai_lib_sync.client import AiClient, AiClientBuilder
from ai_lib_sync.resilience import JitterStrategy, RetryConfig
from tests.servers.scripted import Exchange, Script

CANARY = "canary-key-91c4"
QUICK = RetryConfig(max_retries=2, min_delay_ms=1, max_delay_ms=50, jitter=JitterStrategy.NONE)
POLICY = """
retry_policy:
  strategy: fixed_delay
  max_retries: {retries}
  min_delay_ms: 1
  max_delay_ms: 100
  retry_on_http_status: [429, 503]
"""
_MANIFEST = """
id: {name}
protocol_version: "2.0"
dialect: openai_chat
endpoint: {{ base_url: "{url}" }}
endpoints: {{ chat: {{ path: /chat }} }}
{more}
"""


def write(folder: Path, name: str, url: str, more: str = "") -> None:
    """Write a manifest into a protocol tree."""
    providers = folder / "v1" / "providers"
    providers.mkdir(parents=True, exist_ok=True)
    text = _MANIFEST.format(name=name, url=url, more=more)
    (providers / f"{name}.yaml").write_text(text, "utf-8")


def builder(folder: Path) -> AiClientBuilder[AiClient]:
    """A builder for the house, whose key is the canary."""
    made = AiClient.builder().model("house/m").protocol_dir(folder)
    return made.api_key(CANARY).api_key_for("other/m", "the-other-key")


def said(text: str = "hello", total: int = 7) -> bytes:
    """A plain answer."""
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": text},
        "finish_reason": "stop",
    }
    usage = {"prompt_tokens": total - 2, "completion_tokens": 2, "total_tokens": total}
    return json.dumps({"id": "1", "model": "m", "choices": [choice], "usage": usage}).encode()


def frame(content: str | None = None, finish: str | None = None, **more: object) -> bytes:
    """One frame of a streamed answer."""
    delta = {} if content is None else {"content": content}
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return b"data: " + json.dumps({"id": "1", "choices": [choice], **more}).encode() + b"\n\n"


def is_stream(exchange: Exchange) -> bool:
    """Whether a stream was asked for."""
    return bool(json.loads(exchange.received.body).get("stream"))


def answer(exchange: Exchange, text: str = "hello") -> None:
    """Answer plainly or as a stream, as asked."""
    if not is_stream(exchange):
        exchange.reply(said(text), headers="content-type: application/json\r\n")
        return
    exchange.begin("content-type: text/event-stream\r\n")
    usage = {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}
    for part in (frame(text), frame(finish="stop", usage=usage), b"data: [DONE]\n\n", b""):
        exchange.chunk(part)


def fail(exchange: Exchange, status: int, headers: str = "") -> None:
    """Answer with an error."""
    body = json.dumps({"error": {"message": f"status {status}"}}).encode()
    exchange.reply(body, status, f"content-type: application/json\r\n{headers}")


def failing(times: int, status: int = 503, headers: str = "") -> Script:
    """Fail so many times, then answer."""
    seen: list[int] = []

    def script(exchange: Exchange) -> None:
        seen.append(1)
        if len(seen) <= times:
            fail(exchange, status, headers)
        else:
            answer(exchange)

    return script
