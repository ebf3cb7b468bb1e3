# Generated from tests/resilience/test_live_timeouts.py by codegen; do not edit.
"""The timeouts of a stream that heartbeats don't reset."""

from __future__ import annotations

from pathlib import Path

import pytest

from ai_lib_sync.errors import (
    TransportTimeout,
)
from ai_lib_sync.types import TimeoutOptions
from tests._sync.resilience.conftest import Serve
from tests._sync.resilience.house import builder, frame, write
from tests.servers.scripted import Exchange


def test_heartbeats_do_not_reset_the_clock_between_events(serve: Serve, tmp_path: Path) -> None:
    def script(exchange: Exchange) -> None:
        exchange.begin("content-type: text/event-stream\r\n")
        exchange.chunk(frame("one "))
        while not exchange.server.closing.is_set():
            exchange.chunk(b": keep-alive\n\n")
            exchange.pause(0.02)

    write(tmp_path, "house", serve(script).url)
    with builder(tmp_path).build() as client:
        timeouts = TimeoutOptions(first_token=5, idle=5, delta_idle=0.2)
        with pytest.raises(TransportTimeout, match="delta_idle") as caught:
            for _ in client.chat().user("?").timeouts(timeouts).stream():
                pass
    assert (caught.value.timeout_name, caught.value.seconds) == ("delta_idle", 0.2)
    assert caught.value.request_sent
    assert caught.value.partial.content == "one "  # type: ignore[attr-defined]


def test_heartbeats_are_not_the_first_token(serve: Serve, tmp_path: Path) -> None:
    def script(exchange: Exchange) -> None:
        exchange.begin("content-type: text/event-stream\r\n")
        while not exchange.server.closing.is_set():
            exchange.chunk(b": keep-alive\n\n")
            exchange.pause(0.02)

    write(tmp_path, "house", serve(script).url)
    with builder(tmp_path).timeouts(TimeoutOptions(first_token=0.2, idle=1.5)).build() as client:
        with pytest.raises(TransportTimeout, match="first_token") as caught:
            for _ in client.chat().user("?").stream():
                pass
    assert (caught.value.timeout_name, caught.value.seconds) == ("first_token", 0.2)


def test_a_total_clock_bounds_a_stream_that_never_pauses(serve: Serve, tmp_path: Path) -> None:
    def script(exchange: Exchange) -> None:
        exchange.begin("content-type: text/event-stream\r\n")
        while not exchange.server.closing.is_set():
            exchange.chunk(frame("on "))
            exchange.pause(0.01)

    write(tmp_path, "house", serve(script).url)
    made = builder(tmp_path).timeouts(TimeoutOptions(total=0.2))
    with made.build() as client:
        with pytest.raises(TransportTimeout) as caught:
            for _ in client.chat().user("?").stream():
                pass
    assert caught.value.timeout_name == "total"
