"""A random key is nowhere in what a random failure leaves behind, however the server says it back.

`SOAK` sets the number of cases as it does for the other soak.
"""

from __future__ import annotations

import json
import logging
import os
import re
import ssl
from base64 import b64decode, b64encode, urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Literal
from urllib.parse import quote

import pytest
import trustme

from ai_lib.cache import CacheConfig, CacheManager, DiskCache
from ai_lib.client import AiClient
from ai_lib.errors import AiLibError
from ai_lib.resilience import RetryConfig
from ai_lib.telemetry import InMemoryExporter, MetricsCollector, Tracer, get_logger
from ai_lib.testing import record
from ai_lib.transport import TransportOptions
from ai_lib.types import TimeoutOptions
from tests.resilience.house import frame, said, write
from tests.resilience.test_canary import shown
from tests.servers.scripted import Exchange, ScriptedServer

CODES = (b64encode, urlsafe_b64encode)
READERS: tuple[Literal["auto", "httpcore"], ...] = ("auto", "httpcore")
CASES = max(40, int(os.environ.get("SOAK", "40")) // 20)
TIMEOUTS = TimeoutOptions(connect=5, first_token=0.1, idle=0.1, delta_idle=0.1, total=5)
QUERY = "auth: { type: query_param, param_name: key, token_env: HOUSE_API_KEY }"
LETTERS = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789-_"
MARKS = "/+=.~:@"
STATUSES = (200, 204, 301, 302, 303, 400, 401, 403, 404, 418, 429, 500, 503)


def key_of(chance: Random) -> str:
    """A key like nobody's, so that only knowing it helps."""
    letters = LETTERS + (MARKS if chance.random() < 0.5 else "")
    return "".join(chance.choice(letters) for _ in range(chance.randrange(16, 60))) + "Zz9"


def forms(key: str) -> dict[str, str]:
    """The key as it may be said back."""
    return {
        "plain": key,
        "bearer": f"Bearer {key}",
        "quoted": quote(key, safe=""),
        "in an address": f"https://127.0.0.1/v1?key={quote(key, safe='')}&x=1",
        "escaped": "".join(f"\\u{ord(letter):04x}" for letter in key),
        "with slashes escaped": key.replace("/", "\\/"),
        "in base64": b64encode(key.encode()).decode(),
        "in an address and base64": urlsafe_b64encode(key.encode()).decode(),
        "as a login": "Basic " + b64encode(f"user:{key}".encode()).decode(),
        "as another login": "Basic " + b64encode(f"u:{key}".encode()).decode(),
    }


def traces(key: str) -> set[str]:
    """What tells the key when it is seen; of base64 the letters that nothing else has a part in."""
    found = {key, quote(key, safe=""), json.dumps(key)[1:-1]}
    for before in ("", "user:", "u:", "me:"):
        for encode in CODES:
            whole = encode(f"{before}{key}".encode()).decode().rstrip("=")
            found.add(whole[-(-len(before) * 4 // 3) :])
    return found


def on_cassette(path: Path) -> Iterator[str]:
    """All that a cassette tells: its lines, and bodies as they are and as JSON reads them."""
    for line in path.read_text().split("\n"):
        if line:
            pieces = json.loads(line).get("chunks", ())
            body = b"".join(b64decode(data) for _, data in pieces).decode("utf-8", "replace")
            escaped = re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), body)
            yield from (line, body, escaped.replace("\\/", "/"))


class Echo:
    """Answers each request with some failure, in which the key is said back in some form."""

    def __init__(self, key: str, chance: Random) -> None:
        self.chance = chance
        self.form = chance.choice(list(forms(key).values()))
        in_header = ("plain", "quoted", "in base64", "as a login", "as another login")
        self.form_in_header = forms(key)[chance.choice(in_header)]

    def __call__(self, exchange: Exchange) -> None:
        chance, body = self.chance, self.body()
        kind = chance.randrange(8)
        if kind < 3:
            exchange.reply(body, chance.choice(STATUSES), self.headers())
        elif kind == 3:
            exchange.begin("content-type: text/event-stream\r\n")
            exchange.chunk(frame("hel") if chance.random() < 0.5 else b": beat\n\n")
            exchange.chunk(b"data: " + body + b"\n\n")
            exchange.chunk(b"")
        elif kind == 4:
            exchange.begin("content-type: text/event-stream\r\n")
            exchange.chunk(b"event: error\ndata: " + body[: chance.randrange(len(body) + 1)])
            exchange.abort()
        elif kind == 5:
            exchange.send(chance.choice((b"HTTP/1.1 2", b"\0", b"HTTP/1.1 200 OK\r\nx: ")) + body)
            exchange.reset() if chance.random() < 0.5 else exchange.abort()
        elif kind == 6:
            exchange.begin("content-type: application/json\r\n")
            exchange.chunk(body[: len(body) // 2])
            exchange.stall()
        else:
            exchange.reply(said(f"you sent {self.form_in_header}")[: chance.randrange(20, 400)])

    def body(self) -> bytes:
        text = self.form
        return self.chance.choice(
            (
                f'{{"error": {{"message": "no {text}", "code": "{text}", "type": "{text}"}}}}',
                f'{{"error": "{text}"}}', f'{{"detail": ["{text}"]}}', f"<html>{text}", text,
                f'{{"id": "{text}", "model": "{text}", "choices": [{{"delta": {{}}}}]}}',
                f'{{"choices": [{{"message": {{"content": null, "tool_calls": [{{"id": "{text}",'
                f' "function": {{"name": "{text}", "arguments": "{{{text}"}}}}]}}}}]}}',
            )
        ).encode()  # fmt: skip

    def headers(self) -> str:
        kind = self.chance.choice(("application/json", "text/html", "text/event-stream"))
        if self.chance.random() < 0.7:
            return f"content-type: {kind}\r\n"
        name = self.chance.choice(("location", "x-request-id", "www-authenticate", "retry-after"))
        return f"content-type: {kind}\r\n{name}: {self.form_in_header}\r\n"


@pytest.fixture(scope="module")
def unknown_authority() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    return context


async def test_a_key_is_nowhere(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, unknown_authority: ssl.SSLContext
) -> None:
    caplog.set_level(logging.DEBUG)
    failed = 0
    for number in range(CASES):
        chance = Random(f"canary {number}")
        key, folder = key_of(chance), tmp_path / f"{number}"
        server = ScriptedServer(
            Echo(key, chance), unknown_authority if chance.random() < 0.1 else None
        )
        write(folder, "house", server.url, chance.choice(("", QUERY)))
        cache = DiskCache(folder / "cache.sqlite")
        texts: list[str] = []
        try:
            error = await one_failure(folder, key, cache, chance, texts)
        finally:
            await cache.close()
            server.close()
        failed += error is not None
        texts += shown(error) if error is not None else ()
        texts += [f"{record.getMessage()} {vars(record)}" for record in caplog.records]
        texts += on_cassette(folder / "cassette.jsonl")
        caplog.clear()
        kept = b"".join(path.read_bytes() for path in folder.glob("cache.sqlite*"))
        for form in traces(key):
            for text in texts:
                assert form not in text, (number, form, text[max(0, text.find(form) - 300) :][:700])
            assert form.encode() not in kept or error is None, number
    assert failed > CASES / 2


async def one_failure(
    folder: Path, key: str, cache: DiskCache, chance: Random, texts: list[str]
) -> AiLibError | None:
    """Make one call; add to `texts` all that it left behind."""
    collector, exporter = MetricsCollector(), InMemoryExporter()
    builder = (
        AiClient.builder().model("house/m").protocol_dir(folder).api_key(key).timeouts(TIMEOUTS)
    )
    builder.with_retry(RetryConfig(max_retries=chance.randrange(2), min_delay_ms=1, max_delay_ms=1))
    builder.metrics(collector).tracer(Tracer(exporter=exporter, capture_content=True))
    builder.cache(CacheManager(CacheConfig(), cache)).logger(get_logger("app"), content=True)
    found: AiLibError | None = None
    options = TransportOptions(reader=chance.choice(READERS))
    transport = record(folder / "cassette.jsonl", options)
    async with transport, await builder.transport(transport).build() as client:
        chat = client.chat().user("?")
        try:
            if chance.random() < 0.5:
                stream = chat.stream()
                async for _ in stream:
                    pass
            else:
                await chat.execute()
        except AiLibError as error:
            found = error
        texts += [repr(client), repr(chat), repr(builder)]
    texts += [repr(span.to_dict()) for span in exporter.spans]
    texts += [collector.to_prometheus(), repr(collector.get_snapshot())]
    return found
