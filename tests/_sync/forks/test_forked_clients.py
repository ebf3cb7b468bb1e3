# Generated from tests/forks/test_forked_clients.py by codegen; do not edit.
"""A client that was used before a fork: in the child, and in the parent after it."""

from __future__ import annotations

import gc
import os
import ssl
from functools import partial
from pathlib import Path

import pytest
import trustme

from ai_lib_sync.client import AiClient
from ai_lib_sync.client.builder import AiClientBuilder
from ai_lib_sync.resilience import CircuitBreakerConfig, RateLimiterConfig
from ai_lib_sync.telemetry import MetricsCollector
from ai_lib_sync.tokens import Budget
from ai_lib_sync.transport import HttpTransport, TransportOptions
from tests._sync.forks.conversation import TEXT, EchoServer, count_wrong
from tests.forks.children import Child, run_in_child

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")


def builder_for(server: EchoServer) -> AiClientBuilder[AiClient]:
    builder = AiClient.builder().model("openai/m").api_key("k").timeout(20)
    return builder.base_url(f"{server.url}/v1")


def test_children_and_parent_get_their_own_answers(server: EchoServer) -> None:
    client = builder_for(server).build()
    assert count_wrong(client, "before", 1) == 0
    children = [Child(partial(count_wrong, client, f"child{n}", 50)) for n in range(3)]
    assert count_wrong(client, "parent") == 0
    assert [child.result() for child in children] == [0, 0, 0]
    for child in children:
        child.end()
    assert server.connections == 4
    assert count_wrong(client, "parent") == 0
    client.close()


def _close(client: AiClient) -> None:
    client.close()


def _drop(holder: list[object]) -> None:
    holder.clear()
    gc.collect()


@pytest.mark.parametrize("reader", ["auto", "httpcore"])
@pytest.mark.parametrize("leaving", ["close", "drop", "end"])
def test_a_child_ends_nothing_of_the_parents(server: EchoServer, leaving: str, reader: str) -> None:
    with HttpTransport(TransportOptions(reader=reader)) as transport:  # type: ignore[arg-type]
        builder = builder_for(server)
        client = (builder.transport(transport)).build()
        stream = client.chat().user("x").stream()
        text = (stream.__next__()).as_content_delta.text
        in_child = {
            "close": partial(_close, client),
            "drop": partial(_drop, [client, stream]),
            "end": os.getpid,
        }[leaving]
        run_in_child(transport.close if leaving == "close" else in_child)
        server.release.set()
        for event in stream:
            text += event.as_content_delta.text if event.is_content_delta else ""
        assert text == TEXT
        assert count_wrong(client, "parent") == 0
        assert server.connections == 1


def test_a_child_ends_no_encrypted_connection(tmp_path: Path) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "bundle.pem"))
    options = TransportOptions(ca_bundle=str(tmp_path / "bundle.pem"))
    server = EchoServer(context)
    try:
        with HttpTransport(options) as transport:
            client = builder_for(server).transport(transport).build()
            assert count_wrong(client, "before", 1) == 0
            run_in_child(transport.close)
            assert run_in_child(partial(count_wrong, client, "child", 2)) == 0
            assert count_wrong(client, "parent") == 0
            assert server.connections == 2
    finally:
        server.close()


def test_a_connection_that_the_parent_closes_is_closed_though_the_child_lives(
    server: EchoServer,
) -> None:
    client = builder_for(server).build()
    assert count_wrong(client, "before", 1) == 0
    child = Child(os.getpid, lingers=True)
    child.result()
    client.close()
    assert server.wait_for_open_connections(0)
    child.end()


def test_a_stream_of_the_parent_raises_in_the_child(server: EchoServer) -> None:
    client = builder_for(server).build()
    stream = client.chat().user("x").stream()
    text = (stream.__next__()).as_content_delta.text

    def read_on() -> str:
        try:
            for _ in stream:
                pass
        except Exception as error:  # noqa: BLE001 (it is what the test is about)
            return f"{type(error).__name__}: {error}"
        return "it ended"

    said = str(run_in_child(read_on))
    assert said.startswith("StreamTruncated")
    assert "forked" in said
    server.release.set()
    for event in stream:
        text += event.as_content_delta.text if event.is_content_delta else ""
    assert text == TEXT
    assert count_wrong(client, "parent") == 0
    client.close()


def test_what_the_parent_holds_is_not_held_in_the_child(server: EchoServer) -> None:
    budget, metrics = Budget(100.0, unknown_price="allow"), MetricsCollector()
    builder = builder_for(server).model("openai/gpt-4o").max_inflight(1).budget(budget)
    builder = builder.with_rate_limit(RateLimiterConfig(tokens_per_minute=2000))
    builder = builder.with_circuit_breaker(CircuitBreakerConfig()).metrics(metrics)
    client = builder.build()
    stream = client.chat().user("x").max_tokens(1000).stream()
    stream.__next__()
    assert client.current_inflight == 1
    assert budget.reserved > 0

    def look() -> tuple[object, ...]:
        before = client.current_inflight, budget.reserved, metrics.get_snapshot().in_flight
        response = client.chat().user("child").max_tokens(1000).timeout(10).execute()
        stream.close()
        after = client.current_inflight, budget.reserved, metrics.get_snapshot().in_flight
        return before, response.content, after

    assert run_in_child(look) == ((0, 0.0, 0), "child", (0, 0.0, 0))
    server.release.set()
    for _ in stream:
        pass
    assert client.current_inflight == 0
    assert budget.reserved == 0
    client.close()
