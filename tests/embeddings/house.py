"""A server that embeds a text as its length, and clients that ask it."""

import json
from typing import Any

from ai_lib.embeddings import EmbeddingClient, EmbeddingClientBuilder
from ai_lib.resilience import JitterStrategy, RetryConfig
from tests.servers.scripted import Exchange, ScriptedServer

ONCE = RetryConfig(max_retries=0)
QUICK = RetryConfig(max_retries=2, min_delay_ms=1, max_delay_ms=50, jitter=JitterStrategy.NONE)


def asked(exchange: Exchange) -> Any:
    """The body of a request."""
    return json.loads(exchange.received.body)


def lengths(exchange: Exchange) -> None:
    """Answer each text with the vector (its length, 1), last text first, one token a text."""
    texts = asked(exchange)["input"]
    data = [
        {"object": "embedding", "index": index, "embedding": [len(text), 1.0]}
        for index, text in enumerate(texts)
    ]
    said(exchange, data[::-1], len(texts))


def said(exchange: Exchange, data: object, tokens: int = 0) -> None:
    """Answer with this list of vectors."""
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    body = {"object": "list", "data": data, "model": "as-answered", "usage": usage}
    exchange.reply(json.dumps(body).encode(), headers="content-type: application/json\r\n")


def fail(exchange: Exchange, status: int, message: str = "no") -> None:
    """Answer with an error."""
    body = json.dumps({"error": {"message": message}}).encode()
    exchange.reply(body, status, "content-type: application/json\r\n")


def builder(
    server: ScriptedServer, model: str = "openai/m"
) -> EmbeddingClientBuilder[EmbeddingClient]:
    """A builder of a client that asks this server, once."""
    made = EmbeddingClient.builder().model(model).api_key("k").base_url(server.url)
    return made.with_retry(ONCE)
