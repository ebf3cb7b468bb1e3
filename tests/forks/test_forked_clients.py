"""A client that was used before a fork: in the child, and in the parent after it."""

from __future__ import annotations

import gc
import os
import ssl
from functools import partial
from pathlib import Path

import pytest
import trustme

from ai_lib.client import AiClient
from ai_lib.client.builder import AiClientBuilder
from ai_lib.resilience import CircuitBreakerConfig, RateLimiterConfig
from ai_lib.telemetry import MetricsCollector
from ai_lib.tokens import Budget
from ai_lib.transport import HttpTransport, TransportOptions
from tests.forks.children import Child, run_in_child
from tests.forks.conversation import TEXT, EchoServer, count_wrong

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")


def builder_for(server: EchoServer) -> AiClientBuilder[AiClient]:
    builder = AiClient.builder().model("openai/m").api_key("k").timeout(20)
    return builder.base_url(f"{server.url}/v1")


async def test_children_and_parent_get_their_own_answers(server: EchoServer) -> None:
    client = await builder_for(server).build()
    assert await count_wrong(client, "before", 1) == 0
    children = [Child(partial(count_wrong, client, f"child{n}", 50)) for n in range(3)]
    assert await count_wrong(client, "parent") == 0
    assert [child.result() for child in children] == [0, 0, 0]
    for child in children:
        child.end()
    assert server.connections == 4
    assert await count_wrong(client, "parent") == 0
    await client.close()


async def _close(client: AiClient) -> None:
    await client.close()


async def _drop(holder: list[object]) -> None:
    holder.clear()
    gc.collect()


@pytest.mark.parametrize("reader", ["auto", "httpcore"])
@pytest.mark.parametrize("leaving", ["close", "drop", "end"])
async def test_a_child_ends_nothing_of_the_parents(
    server: EchoServer, leaving: str, reader: str
) -> None:
    async with HttpTransport(TransportOptions(reader=reader)) as transport:  # type: ignore[arg-type]
        builder = builder_for(server)
        client = await (builder.transport(transport)).build()
        stream = client.chat().user("x").stream()
        text = (await stream.__anext__()).as_content_delta.text
        in_child = {
            "close": partial(_close, client),
            "drop": partial(_drop, [client, stream]),
            "end": os.getpid,
        }[leaving]
        run_in_child(transport.aclose if leaving == "close" else in_child)
        server.release.set()
        async for event in stream:
            text += event.as_content_delta.text if event.is_content_delta else ""
        assert text == TEXT
        assert await count_wrong(client, "parent") == 0
        assert server.connections == 1


async def test_a_child_ends_no_encrypted_connection(tmp_path: Path) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "bundle.pem"))
    options = TransportOptions(ca_bundle=str(tmp_path / "bundle.pem"))
    server = EchoServer(context)
    try:
        async with HttpTransport(options) as transport:
            client = await builder_for(server).transport(transport).build()
            assert await count_wrong(client, "before", 1) == 0
            run_in_child(transport.aclose)
            assert run_in_child(partial(count_wrong, client, "child", 2)) == 0
            assert await count_wrong(client, "parent") == 0
            assert server.connections == 2
    finally:
        server.close()


async def test_a_connection_that_the_parent_closes_is_closed_though_the_child_lives(
    server: EchoServer,
) -> None:
    client = await builder_for(server).build()
    assert await count_wrong(client, "before", 1) == 0
    child = Child(os.getpid, lingers=True)
    child.result()
    await client.close()
    assert server.wait_for_open_connections(0)
    child.end()


async def test_a_stream_of_the_parent_raises_in_the_child(server: EchoServer) -> None:
    client = await builder_for(server).build()
    stream = client.chat().user("x").stream()
    text = (await stream.__anext__()).as_content_delta.text

    async def read_on() -> str:
        try:
            async for _ in stream:
                pass
        except Exception as error:  # noqa: BLE001 (it is what the test is about)
            return f"{type(error).__name__}: {error}"
        return "it ended"

    said = str(run_in_child(read_on))
    assert said.startswith("StreamTruncated")
    assert "forked" in said
    server.release.set()
    async for event in stream:
        text += event.as_content_delta.text if event.is_content_delta else ""
    assert text == TEXT
    assert await count_wrong(client, "parent") == 0
    await client.close()


async def test_what_the_parent_holds_is_not_held_in_the_child(server: EchoServer) -> None:
    budget, metrics = Budget(100.0, unknown_price="allow"), MetricsCollector()
    builder = builder_for(server).model("openai/gpt-4o").max_inflight(1).budget(budget)
    builder = builder.with_rate_limit(RateLimiterConfig(tokens_per_minute=2000))
    builder = builder.with_circuit_breaker(CircuitBreakerConfig()).metrics(metrics)
    client = await builder.build()
    stream = client.chat().user("x").max_tokens(1000).stream()
    await stream.__anext__()
    assert client.current_inflight == 1
    assert budget.reserved > 0

    async def look() -> tuple[object, ...]:
        before = client.current_inflight, budget.reserved, metrics.get_snapshot().in_flight
        response = await client.chat().user("child").max_tokens(1000).timeout(10).execute()
        await stream.aclose()
        after = client.current_inflight, budget.reserved, metrics.get_snapshot().in_flight
        return before, response.content, after

    assert run_in_child(look) == ((0, 0.0, 0), "child", (0, 0.0, 0))
    server.release.set()
    async for _ in stream:
        pass
    assert client.current_inflight == 0
    assert budget.reserved == 0
    await client.close()
