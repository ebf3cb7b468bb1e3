"""A client's circuit opens and closes by what becomes of its calls."""

from __future__ import annotations

from pathlib import Path

import pytest

from ai_lib.errors import (
    CircuitOpenError,
    RemoteError,
)
from ai_lib.resilience import (
    CircuitBreakerConfig,
)
from tests.resilience.conftest import Serve
from tests.resilience.house import builder, fail, frame, is_stream, write
from tests.servers.scripted import Exchange


async def test_a_broken_stream_opens_the_circuit_and_a_callers_mistake_does_not(
    serve: Serve, tmp_path: Path
) -> None:
    def script(exchange: Exchange) -> None:
        if not is_stream(exchange):
            fail(exchange, 400)
            return
        exchange.begin("content-type: text/event-stream\r\n")
        exchange.chunk(frame("hel"))
        exchange.abort()

    write(tmp_path, "house", serve(script).url)
    config = CircuitBreakerConfig(failure_threshold=2)
    async with await builder(tmp_path).with_circuit_breaker(config).build() as client:
        for _ in range(5):
            with pytest.raises(RemoteError):
                await client.chat().user("?").execute()
        assert client.circuit_state == "closed"
        for _ in range(2):
            with pytest.raises(Exception, match="complete"):
                async for _ in client.chat().user("?").stream():
                    pass
        assert client.circuit_state == "open"
        with pytest.raises(CircuitOpenError):
            await client.chat().user("?").execute()


async def test_a_streams_first_content_is_enough_for_a_circuit_on_trial(
    serve: Serve, tmp_path: Path
) -> None:
    def script(exchange: Exchange) -> None:
        if len(server.received) == 1:
            fail(exchange, 500)
            return
        exchange.begin("content-type: text/event-stream\r\n")
        exchange.chunk(frame("hel"))
        exchange.stall()

    server = serve(script)
    write(tmp_path, "house", server.url)
    config = CircuitBreakerConfig(failure_threshold=1, success_threshold=1, cooldown_seconds=0)
    async with await builder(tmp_path).with_circuit_breaker(config).build() as client:
        with pytest.raises(RemoteError):
            await client.chat().user("?").execute()
        assert client.circuit_state == "open"
        async with client.chat().user("?").stream() as stream:
            await stream.__anext__()
            assert client.circuit_state == "closed"
