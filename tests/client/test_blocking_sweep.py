"""A blocking call is cancelled, or its client closed, at each of its waits: nothing is left behind.

Another thread does it while the wait is on: for the n-th wait in the n-th call, until a call comes
to its end undisturbed. `tests/client/test_sweep.py` does the same at each await.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ai_lib.errors import AiLibError
from ai_lib.resilience import CircuitBreakerConfig, RateLimiterConfig
from ai_lib.transport import PoolConfig, TransportOptions
from ai_lib_sync import AiClient
from ai_lib_sync._runtime.backend import CancelScope
from ai_lib_sync.transport import HttpTransport
from tests.client.sweep_house import PATHS, make_server, text_of
from tests.guards import hang_guard
from tests.resilience.house import CANARY, QUICK, write
from tests.servers.scripted import ScriptedServer
from tests.sweeping import MOST, CountedWaits

pytestmark = pytest.mark.async_only  # it speaks of the blocking package alone


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    made = make_server()
    yield made
    made.close()


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> CountedWaits:
    return CountedWaits(monkeypatch)


def client_of(folder: Path) -> AiClient:
    made = AiClient.builder().model("house/m").protocol_dir(folder).api_key(CANARY)
    made = made.api_key_for("other/m", "other-key").with_fallbacks(["other/m"]).with_retry(QUICK)
    made = made.with_circuit_breaker(CircuitBreakerConfig(failure_threshold=1000)).max_inflight(1)
    made = made.with_rate_limit(RateLimiterConfig(requests_per_minute=1e6))
    options = TransportOptions(drain_seconds=60, pool=PoolConfig(max_connections=1))
    return made.transport(HttpTransport(options)).build()


def ask(client: AiClient, question: str, streamed: bool) -> str:
    chat = client.chat().user(text_of(question))
    if not streamed:
        return chat.execute().content
    stream = chat.stream()
    for _ in stream:
        pass
    return stream.response().content


def hold(client: AiClient, question: str, server: ScriptedServer) -> Callable[[], object]:
    """Hold what the call waits for in line; return how to let go of it."""
    from ai_lib.transport.http.url import parse_target

    if question == "slot":
        pressure = client._targets.backpressure
        assert pressure is not None
        assert pressure.try_acquire()
        return pressure.release
    if question == "pool":
        pool = client._transport._pools._get_pool(parse_target(server.url).origin)
        assert pool.slots.try_acquire()
        return pool.slots.release
    if question == "drain":
        assert ask(client, "drain", True) == "hello"
        return server.tail_wanted.set  # type: ignore[attr-defined, no-any-return]
    return lambda: None


def check_nothing_is_held(client: AiClient, server: ScriptedServer) -> None:
    stats = client._transport.stats()
    assert client.current_inflight == 0
    assert (stats.active, stats.waiting) == (0, 0)
    assert stats.opened == stats.closed + stats.idle
    for guarded in client._targets.list_targets():
        preflight = guarded.executor.preflight
        assert preflight.circuit_breaker is not None
        assert preflight.circuit_breaker._trials == 0
        assert preflight.rate_limiter is not None
        assert preflight.rate_limiter.get_stats()["waiting"] == 0
    assert server.wait_for_open_connections(stats.idle)


def end_at(
    number: int, way: str, path: tuple[str, bool], client: AiClient, server: ScriptedServer,
    waits: CountedWaits,
) -> bool:  # fmt: skip
    """Make a call, end it at that wait; return whether it had so many."""
    question, streamed = path
    releases = [hold(client, question, server)]
    scope = CancelScope()

    def end(count: int) -> None:
        if count == number and way == "cancel":
            scope.cancel()
        elif count == number:
            client.close()
            client._transport.close()
        if releases and (way, count) != ("cancel", number):  # a close ends who holds it, too
            releases.pop()()

    waits.count, waits.at_wait = 0, end
    with scope:
        try:
            assert ask(client, "well" if question == "drain" else question, streamed) == "hello"
        except AiLibError as error:
            assert way == "close", error  # noqa: PT017
            # Where the first target had failed before, its error may be the one that is told.
            had_failed = question == "fallback" and "503" in str(error)
            assert had_failed or "close" in str(error)  # noqa: PT017
    waits.at_wait = lambda _: None
    if releases:
        releases.pop()()
    return waits.count >= number


@pytest.mark.parametrize("way", ["cancel", "close"])
@pytest.mark.parametrize("path", PATHS, ids=lambda path: path[0] + "+stream" * path[1])
def test_a_call_that_ends_at_any_of_its_waits_leaves_nothing(
    way: str, path: tuple[str, bool], server: ScriptedServer, tmp_path: Path, waits: CountedWaits
) -> None:
    for name in ("house", "other"):
        write(tmp_path, name, server.url)
    for number in range(1, MOST):
        client = client_of(tmp_path)
        with hang_guard(60):
            is_met = end_at(number, way, path, client, server, waits)
        check_nothing_is_held(client, server)
        if way == "cancel" or not is_met:
            assert ask(client, "well", path[1]) == "hello"
        client._transport.close()
        check_nothing_is_held(client, server)
        if not is_met:
            break
    assert 1 < number < MOST - 1
