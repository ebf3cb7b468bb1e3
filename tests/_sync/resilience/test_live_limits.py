# Generated from tests/resilience/test_live_limits.py by codegen; do not edit.
"""A client's calls wait for a place and for the rate limit."""

from __future__ import annotations

from pathlib import Path

import pytest

from ai_lib_sync._runtime.backend import Event, run_all
from ai_lib_sync.errors import (
    BackpressureError,
    RateLimitExceeded,
    RemoteError,
)
from ai_lib_sync.resilience import (
    BackpressureConfig,
    RateLimiterConfig,
    ResilientConfig,
    RetryConfig,
)
from tests._sync.resilience.conftest import Serve
from tests._sync.resilience.house import (
    QUICK,
    answer,
    builder,
    fail,
    failing,
    frame,
    said,
    write,
)
from tests.servers.scripted import Exchange


def test_never_more_in_flight_than_allowed_streams_included(serve: Serve, tmp_path: Path) -> None:
    def script(exchange: Exchange) -> None:
        exchange.pause(0.01)
        answer(exchange)

    server = serve(script)
    write(tmp_path, "house", server.url)
    with builder(tmp_path).max_inflight(3).build() as client:

        def plain() -> None:
            client.chat().user("?").execute()

        def streamed() -> None:
            for _ in client.chat().user("?").stream():
                assert client.current_inflight <= 3

        run_all([plain, streamed] * 10, 20)
        assert client.current_inflight == 0
        assert client.is_resilient
    assert server.peak <= 3
    assert len(server.received) == 20


def test_a_stream_keeps_its_place_until_it_is_closed(serve: Serve, tmp_path: Path) -> None:
    def script(exchange: Exchange) -> None:
        exchange.begin("content-type: text/event-stream\r\n")
        exchange.chunk(frame("hel"))
        exchange.stall()

    write(tmp_path, "house", serve(script).url)
    config = ResilientConfig(backpressure=BackpressureConfig(max_concurrent=1, queue_timeout=0))
    with builder(tmp_path).resilience(config).build() as client:
        with client.chat().user("?").stream() as stream:
            stream.__next__()
            assert client.current_inflight == 1
            with pytest.raises(BackpressureError):
                client.chat().user("?").execute()
        assert client.current_inflight == 0
        assert [a.ended for a in stream.response().attempts] == ["cancelled"]


def test_a_place_is_free_while_a_call_backs_off(serve: Serve, tmp_path: Path) -> None:
    first = Event()

    def script(exchange: Exchange) -> None:
        if b"slow" in exchange.received.body and not first.is_set():
            first.set()
            fail(exchange, 503, "retry-after: 0.3\r\n")
        else:
            answer(exchange)

    server = serve(script)
    write(tmp_path, "house", server.url)
    retry = RetryConfig(max_retries=1)
    order: list[str] = []
    with builder(tmp_path).with_retry(retry).max_inflight(1).build() as client:

        def slow() -> None:
            client.chat().user("slow").execute()
            order.append("slow")

        def other() -> None:
            first.wait()
            client.chat().user("other").execute()
            order.append("other")

        run_all([slow, other], 2)
    assert order == ["other", "slow"]


def test_the_rate_limit_counts_attempts_and_settles_tokens(serve: Serve, tmp_path: Path) -> None:
    server = serve(failing(1))
    write(tmp_path, "house", server.url)
    limits = RateLimiterConfig(requests_per_minute=3, tokens_per_minute=2000)
    made = builder(tmp_path).with_retry(QUICK).with_rate_limit(limits).timeout(5)
    with made.build() as client:
        client.chat().user("?").max_tokens(1900).execute()
        # Two attempts of three; of the reserved tokens only those used are gone.
        client.chat().user("?").max_tokens(1900).execute()
        with pytest.raises(RateLimitExceeded) as caught:
            client.chat().user("?").execute()
        assert client.signals().rate_limiter.available == 0  # type: ignore[union-attr]
    assert len(server.received) == 3
    assert caught.value.provider == "house"


def test_tokens_that_do_not_fit_are_not_sent(serve: Serve, tmp_path: Path) -> None:
    server = serve(lambda exchange: exchange.reply(said(total=900)))
    write(tmp_path, "house", server.url)
    limits = RateLimiterConfig(tokens_per_minute=1000)
    with builder(tmp_path).with_rate_limit(limits).timeout(5).build() as client:
        client.chat().user("?").max_tokens(500).execute()
        with pytest.raises(RateLimitExceeded):
            client.chat().user("?").max_tokens(500).execute()
    assert len(server.received) == 1


def test_retry_after_holds_up_every_caller_of_the_target(serve: Serve, tmp_path: Path) -> None:
    server = serve(failing(1, 429, "retry-after: 30\r\n"))
    write(tmp_path, "house", server.url)
    made = builder(tmp_path).with_rate_limit(RateLimiterConfig.no_limit()).timeout(5)
    with made.build() as client:
        with pytest.raises(RemoteError):
            client.chat().user("first").execute()
        with pytest.raises(RateLimitExceeded) as caught:
            client.chat().user("second").execute()
    assert 29 < (caught.value.retry_after or 0) <= 30
    assert len(server.received) == 1


def test_the_providers_headers_are_learned_from(serve: Serve, tmp_path: Path) -> None:
    def script(exchange: Exchange) -> None:
        left = "x-left: 0\r\nx-reset: 6m0s\r\n"
        exchange.reply(said(), headers=f"content-type: application/json\r\n{left}")

    server = serve(script)
    more = "rate_limit_headers: { requests_remaining: x-left, requests_reset: x-reset }"
    write(tmp_path, "house", server.url, more)
    made = builder(tmp_path).with_rate_limit(RateLimiterConfig.no_limit()).timeout(5)
    with made.build() as client:
        client.chat().user("?").execute()
        with pytest.raises(RateLimitExceeded) as caught:
            client.chat().user("?").execute()
    assert 350 < (caught.value.retry_after or 0) <= 360
