"""A client's calls are tried again, under one deadline."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ai_lib.errors import (
    ConnectionLost,
    ProtocolError,
    RemoteError,
    TransportTimeout,
)
from ai_lib.resilience import (
    RetryConfig,
)
from tests.resilience.conftest import Serve
from tests.resilience.house import (
    POLICY,
    QUICK,
    answer,
    builder,
    fail,
    failing,
    frame,
    write,
)
from tests.servers.scripted import Exchange


async def test_the_manifests_policy_is_honoured_without_being_asked_for(
    serve: Serve, tmp_path: Path
) -> None:
    server = serve(failing(2))
    write(tmp_path, "house", server.url, POLICY.format(retries=2))
    async with await builder(tmp_path).build() as client:
        response, stats = await client.chat().user("?").execute_with_stats()
        assert not client.is_resilient
        assert client.get_resilience_stats() == {}
        assert (client.circuit_state, client.current_inflight) == ("disabled", 0)
    assert response.content == "hello"
    assert stats.retry_count == 2
    assert [a.status_code for a in response.attempts] == [503, 503, None]
    assert response.total_usage.total_tokens == 7
    assert len(server.received) == 3


async def test_a_manifest_without_a_policy_asks_for_no_retry(serve: Serve, tmp_path: Path) -> None:
    server = serve(failing(9))
    write(tmp_path, "house", server.url)
    async with await builder(tmp_path).build() as client:
        with pytest.raises(RemoteError):
            await client.chat().user("?").execute()
    assert len(server.received) == 1


async def test_a_policy_that_makes_no_sense_is_a_manifest_error(tmp_path: Path) -> None:
    write(tmp_path, "house", "http://127.0.0.1:1", "retry_policy: { strategy: hope }")
    with pytest.raises(ProtocolError, match=r"house\.yaml:\d+:\d+: \$\.retry_policy"):
        await builder(tmp_path).build()


async def test_what_the_builder_says_comes_before_the_manifest(
    serve: Serve, tmp_path: Path
) -> None:
    server = serve(failing(9))
    write(tmp_path, "house", server.url, POLICY.format(retries=5))
    async with await builder(tmp_path).with_retry(RetryConfig.no_retry()).build() as client:
        with pytest.raises(RemoteError):
            await client.chat().user("?").execute()
    assert len(server.received) == 1


async def test_a_stream_is_tried_again_until_its_first_event(serve: Serve, tmp_path: Path) -> None:
    seen: list[int] = []

    def script(exchange: Exchange) -> None:
        seen.append(1)
        if len(seen) == 1:
            fail(exchange, 503)
            return
        exchange.begin("content-type: text/event-stream\r\n")
        if len(seen) == 2:
            error = {"error": {"message": "an error inside a stream"}}
            exchange.chunk(b"data: " + json.dumps(error).encode() + b"\n\n")
            exchange.chunk(b"")
            return
        exchange.chunk(frame("hel"))
        exchange.chunk(frame("lo"))
        exchange.chunk(frame(finish="stop") + b"data: [DONE]\n\n")
        exchange.chunk(b"")

    server = serve(script)
    write(tmp_path, "house", server.url)
    async with await builder(tmp_path).with_retry(QUICK).build() as client:
        stream = client.chat().user("?").stream()
        texts = [event.as_content_delta.text async for event in stream if event.is_content_delta]
    assert texts == ["hel", "lo"]
    assert len(server.received) == 3
    assert [a.ended for a in stream.response().attempts] == [
        "overloaded",
        "server_error",
        "answered",
    ]
    assert stream.stats().retry_count == 2


async def test_a_stream_that_breaks_after_content_is_never_begun_anew(
    serve: Serve, tmp_path: Path
) -> None:
    def script(exchange: Exchange) -> None:
        exchange.begin("content-type: text/event-stream\r\n")
        exchange.chunk(frame("hel"))
        exchange.abort()

    server, other = serve(script), serve(answer)
    write(tmp_path, "house", server.url)
    write(tmp_path, "other", other.url)
    made = builder(tmp_path).with_retry(QUICK).with_fallbacks(["other/m"])
    async with await made.build() as client:
        texts: list[str] = []
        with pytest.raises(Exception, match="was complete") as caught:
            async for event in client.chat().user("?").stream():
                if event.is_content_delta:
                    texts.append(event.as_content_delta.text)  # noqa: PERF401 (kept on error)
    assert texts == ["hel"]
    assert (len(server.received), len(other.received)) == (1, 0)
    assert caught.value.partial.content == "hel"  # type: ignore[attr-defined]
    assert len(caught.value.attempts) == 1  # type: ignore[attr-defined]


@pytest.mark.parametrize("more", ["idempotency: { header: Idempotency-Key }", "{}"])
async def test_an_idempotency_key_is_one_for_all_attempts_of_a_call(
    more: str, serve: Serve, tmp_path: Path
) -> None:
    named = "header" in more

    def script(exchange: Exchange) -> None:
        if len(server.received) < 3:
            exchange.reset()
        answer(exchange)

    server = serve(script)
    write(tmp_path, "house", server.url, more if named else "")
    async with await builder(tmp_path).with_retry(QUICK).build() as client:
        if not named:
            with pytest.raises(ConnectionLost):
                await client.chat().user("?").execute()
            assert "idempotency-key" not in server.received[0].headers
            return
        await client.chat().user("?").execute()
        await client.chat().user("?").execute()
    keys = [request.headers["idempotency-key"] for request in server.received]
    assert len(keys) == 4
    assert keys[0] == keys[1] == keys[2] != keys[3]


async def test_opting_in_repeats_a_request_in_doubt(serve: Serve, tmp_path: Path) -> None:
    def script(exchange: Exchange) -> None:
        if len(server.received) == 1:
            exchange.reset()
        answer(exchange)

    server = serve(script)
    write(tmp_path, "house", server.url)
    retry = RetryConfig(max_retries=1, min_delay_ms=1, retry_in_doubt=True)
    async with await builder(tmp_path).with_retry(retry).build() as client:
        assert (await client.chat().user("?").execute()).content == "hello"


async def test_one_deadline_for_all_attempts(serve: Serve, tmp_path: Path) -> None:
    def script(exchange: Exchange) -> None:
        exchange.pause(0.12)
        fail(exchange, 503, "retry-after: 0\r\n")

    server, other = serve(script), serve(script)
    write(tmp_path, "house", server.url, POLICY.format(retries=99))
    write(tmp_path, "other", other.url, POLICY.format(retries=99))
    made = builder(tmp_path).timeout(0.3).with_fallbacks(["other/m"])
    async with await made.build() as client:
        with pytest.raises(TransportTimeout, match=r"within 0\.3 s, the total timeout") as caught:
            await client.chat().user("?").execute()
    assert (caught.value.timeout_name, caught.value.seconds) == ("total", 0.3)
    assert len(server.received) <= 3
    assert {attempt.provider for attempt in caught.value.attempts} == {"house"}  # type: ignore[attr-defined]
    assert other.received == []
