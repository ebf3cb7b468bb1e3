"""After a burst of calls, and after large bodies, a client holds no more than before them."""

from __future__ import annotations

import gc
import json
import sys
import tracemalloc
from functools import partial

import pytest

from ai_lib._runtime.backend import run_all
from ai_lib.client import AiClient
from ai_lib.errors import AiLibError
from ai_lib.resilience import CircuitBreakerConfig
from ai_lib.telemetry import MetricsCollector
from ai_lib.transport import PoolConfig, TransportOptions
from tests.resilience.house import QUICK, answer, fail, frame, is_stream, said
from tests.servers.fixtures import Serve, serve as serve
from tests.servers.scripted import Exchange

pytestmark = pytest.mark.skipif(
    sys.version_info < (3, 11), reason="older threads give back later what they held"
)
LARGE = 1 << 20  # bytes of a question, and of its answer
HELD = 512 << 10  # bytes that a client may go on holding: far less than one large body
BURST = 80


def answer_at_length(exchange: Exchange) -> None:
    """Answer with many bytes, refuse with many, or end early after many."""
    question = json.loads(exchange.received.body)["messages"][-1]["content"]
    exchange.server.received.clear()
    text = "small" if question == "small" else "x" * LARGE
    if question.startswith("refuse"):
        exchange.reply(said(text), 400, "content-type: application/json\r\n")
    elif not is_stream(exchange):
        exchange.reply(said(text), headers="content-type: application/json\r\n")
    else:
        exchange.begin("content-type: text/event-stream\r\n")
        exchange.chunk(frame(text))
        if question.startswith("cut"):
            exchange.abort()
        exchange.chunk(frame(finish="stop") + b"data: [DONE]\n\n")
        exchange.chunk(b"")


def answer_or_fail(exchange: Exchange) -> None:
    """Refuse every third request for a moment."""
    count = len(exchange.server.received)
    if count % 3:
        answer(exchange)
    else:
        fail(exchange, 503)


async def build(url: str, connections: int = 200) -> AiClient:
    pool = PoolConfig(max_connections=connections)
    builder = AiClient.builder().model("openai/gpt-5.4-mini").api_key("k").base_url(url)
    builder = (
        builder.http(TransportOptions(pool=pool))
        .with_retry(QUICK)
        .metrics(MetricsCollector())
        .max_inflight(1000)
    )
    return await builder.with_circuit_breaker(CircuitBreakerConfig(failure_threshold=999)).build()


async def ask(client: AiClient, question: str, streamed: bool) -> None:
    """Ask, and let go of whatever came."""
    chat = client.chat().user(question)
    try:
        if not streamed:
            await chat.execute()
            return
        async with chat.stream() as stream:
            async for _ in stream:
                if question.startswith("leave"):
                    break
    except AiLibError:
        pass


def measure() -> int:
    """Return the bytes that are held: what nobody refers to is given back first."""
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


def measure_own() -> int:
    """Return the bytes that lines of the library hold: the server here holds threads."""
    gc.collect()
    own = tracemalloc.Filter(True, "*/ai_lib*")
    traces = tracemalloc.take_snapshot().filter_traces([own]).statistics("filename")
    return sum(trace.size for trace in traces)


@pytest.mark.parametrize(
    ("question", "streamed"),
    [("whole", False), ("whole", True), ("refuse", False), ("refuse", True), ("cut", True),
     ("leave", True)],
)  # fmt: skip
async def test_a_large_body_is_let_go_of(question: str, streamed: bool, serve: Serve) -> None:
    server = serve(answer_at_length)
    async with await build(server.url) as client:
        await ask(client, question, streamed)  # what is made once is made
        await ask(client, "small", False)
        tracemalloc.start()
        try:
            before = measure()
            for _ in range(2):
                await ask(client, f"{question} {'y' * LARGE}", streamed)
            await ask(client, "small", False)  # a server holds its last request
            held = measure() - before
        finally:
            tracemalloc.stop()
        assert held < HELD
        assert client.current_inflight == 0


@pytest.mark.parametrize("streamed", [False, True])
async def test_bursts_leave_nothing_but_idle_connections(streamed: bool, serve: Serve) -> None:
    server = serve(answer_or_fail)
    sizes = []
    async with await build(server.url, connections=16) as client:
        every = [partial(ask, client, "Hi", streamed) for _ in range(BURST)]
        tracemalloc.start()
        try:
            for _ in range(4):
                await run_all(every, BURST)
                assert len(server.received) >= BURST
                server.received.clear()
                sizes.append(measure_own())
        finally:
            tracemalloc.stop()
        stats = client._transport.stats()
        assert (stats.active, stats.waiting) == (0, 0)
        assert stats.opened == stats.closed + stats.idle
        assert client.current_inflight == 0
    assert sizes[3] - sizes[1] < 2 * BURST * 256, sizes  # what is made once is made by then
