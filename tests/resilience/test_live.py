"""The protection as a client's calls meet it, over real sockets."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from ai_lib._backend import Event, run_all
from ai_lib.client import AiClient
from ai_lib.errors import (
    BackpressureError,
    CapabilityError,
    CircuitOpenError,
    ConnectionLost,
    CredentialError,
    ProtocolError,
    RateLimitExceeded,
    RemoteError,
    RequestError,
    TransportTimeout,
)
from ai_lib.resilience import (
    BackpressureConfig,
    CircuitBreakerConfig,
    RateLimiterConfig,
    ResilientConfig,
    RetryConfig,
)
from ai_lib.testing import MockProvider, Reply
from ai_lib.types import Clocks, ToolDefinition
from tests.resilience.conftest import Serve
from tests.resilience.house import QUICK, answer, builder, fail, frame, is_stream, said, write
from tests.servers.scripted import Exchange, Script

POLICY = """
retry_policy:
  strategy: fixed_delay
  max_retries: {retries}
  min_delay_ms: 1
  max_delay_ms: 100
  retry_on_http_status: [429, 503]
"""


def failing(times: int, status: int = 503, headers: str = "") -> Script:
    """Fail so many times, then answer."""
    seen: list[int] = []

    def script(exchange: Exchange) -> None:
        seen.append(1)
        if len(seen) <= times:
            fail(exchange, status, headers)
        else:
            answer(exchange)

    return script


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
        exchange.hang_up()

    server, other = serve(script), serve(answer)
    write(tmp_path, "house", server.url)
    write(tmp_path, "other", other.url)
    made = builder(tmp_path).with_retry(QUICK).with_fallbacks(["other/m"])
    async with await made.build() as client:
        texts: list[str] = []
        with pytest.raises(Exception, match="before the answer was complete") as caught:
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
        with pytest.raises(TransportTimeout, match=r"within 0\.3 s, the total clock") as caught:
            await client.chat().user("?").execute()
    assert (caught.value.clock, caught.value.seconds) == ("total", 0.3)
    assert len(server.received) <= 3
    assert {attempt.provider for attempt in caught.value.attempts} == {"house"}  # type: ignore[attr-defined]
    assert other.received == []


async def test_a_fallback_has_its_own_host_and_key(serve: Serve, tmp_path: Path) -> None:
    server, other = serve(failing(99)), serve(answer)
    write(tmp_path, "house", "http://127.0.0.1:1")
    write(tmp_path, "other", "http://127.0.0.1:1")
    made = builder(tmp_path).base_url(server.url).base_url_for("other/m", other.url)
    made.with_fallbacks(["other/m"]).with_circuit_breaker(CircuitBreakerConfig(failure_threshold=2))
    async with await made.build() as client:
        for _ in range(4):
            response, stats = await client.chat().user("?").execute_with_stats()
            assert response.content == "hello"
            assert (stats.provider, stats.model) == ("other", "m")
        assert client.circuit_state == "open"
        figures = client.get_resilience_stats()["targets"]
        states = {name: part["circuit_breaker"]["state"] for name, part in figures.items()}  # type: ignore[attr-defined]
        client.reset_resilience()
        assert client.circuit_state == "closed"
    assert states == {"house/m": "open", "other/m": "closed"}
    # Once the circuit is open the first target is not asked any more.
    assert len(server.received) == 2
    assert len(other.received) == 4
    assert {r.headers["authorization"] for r in other.received} == {"Bearer the-other-key"}
    assert "canary" in server.received[0].headers["authorization"]
    assert (response.attempts[0].error, response.attempts[0].sent) == ("CircuitOpenError", False)


async def test_another_model_of_the_same_provider_is_asked_with_the_same_key(
    serve: Serve, tmp_path: Path
) -> None:
    def script(exchange: Exchange) -> None:
        if json.loads(exchange.received.body)["model"] == "m":
            fail(exchange, 503)
        else:
            answer(exchange)

    server, elsewhere = serve(script), serve(answer)
    write(tmp_path, "house", "http://127.0.0.1:1")
    made = builder(tmp_path).base_url(server.url).with_fallbacks(["house/small"])
    async with await made.build() as client:
        assert (await client.chat().user("?").execute()).content == "hello"
    assert len({request.headers["authorization"] for request in server.received}) == 1
    # A key never goes to another address than the one it was given for.
    with pytest.raises(CredentialError):
        await made.base_url_for("house/small", elsewhere.url).build()


async def test_fallbacks_of_one_request(serve: Serve, tmp_path: Path) -> None:
    server, other = serve(failing(99)), serve(answer)
    write(tmp_path, "house", server.url)
    write(tmp_path, "other", other.url)
    async with await builder(tmp_path).build() as client:
        with pytest.raises(RemoteError):
            await client.chat().user("?").execute()
        response = await client.chat().user("?").fallbacks(["other/m"]).execute()
        assert response.content == "hello"
        stream = client.chat().user("?").fallbacks(["other/m"]).stream()
        assert [event async for event in stream]
        assert stream.stats().provider == "other"
    async with await builder(tmp_path).with_fallbacks(["other/m"]).build() as client:
        with pytest.raises(RemoteError):
            await client.chat().user("?").fallbacks([]).execute()


async def test_a_fallback_without_a_key_is_found_out_when_building(tmp_path: Path) -> None:
    write(tmp_path, "house", "http://127.0.0.1:1")
    write(tmp_path, "third", "http://127.0.0.1:1")
    with pytest.raises(CredentialError, match="THIRD_API_KEY"):
        await builder(tmp_path).with_fallbacks(["third/m"]).build()


async def test_a_fallback_that_cannot_be_asked_hides_nothing(serve: Serve, tmp_path: Path) -> None:
    server, other = serve(failing(99)), serve(answer)
    write(tmp_path, "house", server.url)
    write(tmp_path, "other", other.url, "capabilities: { required: [text], optional: [] }")
    tool = ToolDefinition.from_function(name="t", description="", parameters={})
    async with await builder(tmp_path).with_fallbacks(["other/m"]).build() as client:
        with pytest.raises(RemoteError):
            await client.chat().user("?").tools([tool]).execute()
    write(tmp_path, "house", server.url, "capabilities: { required: [text], optional: [] }")
    async with await builder(tmp_path).with_fallbacks(["other/m"]).build() as client:
        with pytest.raises(CapabilityError):
            await client.chat().user("?").tools([tool]).execute()
    assert other.received == []


async def test_never_more_in_flight_than_allowed_streams_included(
    serve: Serve, tmp_path: Path
) -> None:
    def script(exchange: Exchange) -> None:
        exchange.pause(0.01)
        answer(exchange)

    server = serve(script)
    write(tmp_path, "house", server.url)
    async with await builder(tmp_path).max_inflight(3).build() as client:

        async def plain() -> None:
            await client.chat().user("?").execute()

        async def streamed() -> None:
            async for _ in client.chat().user("?").stream():
                assert client.current_inflight <= 3

        await run_all([plain, streamed] * 10, 20)
        assert client.current_inflight == 0
        assert client.is_resilient
    assert server.peak <= 3
    assert len(server.received) == 20


async def test_a_stream_keeps_its_place_until_it_is_closed(serve: Serve, tmp_path: Path) -> None:
    def script(exchange: Exchange) -> None:
        exchange.begin("content-type: text/event-stream\r\n")
        exchange.chunk(frame("hel"))
        exchange.stall()

    write(tmp_path, "house", serve(script).url)
    config = ResilientConfig(backpressure=BackpressureConfig(max_concurrent=1, queue_timeout=0))
    async with await builder(tmp_path).resilience(config).build() as client:
        async with client.chat().user("?").stream() as stream:
            await stream.__anext__()
            assert client.current_inflight == 1
            with pytest.raises(BackpressureError):
                await client.chat().user("?").execute()
        assert client.current_inflight == 0
        assert [a.ended for a in stream.response().attempts] == ["cancelled"]


async def test_a_place_is_free_while_a_call_backs_off(serve: Serve, tmp_path: Path) -> None:
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
    async with await builder(tmp_path).with_retry(retry).max_inflight(1).build() as client:

        async def slow() -> None:
            await client.chat().user("slow").execute()
            order.append("slow")

        async def other() -> None:
            await first.wait()
            await client.chat().user("other").execute()
            order.append("other")

        await run_all([slow, other], 2)
    assert order == ["other", "slow"]


async def test_the_rate_limit_counts_attempts_and_settles_tokens(
    serve: Serve, tmp_path: Path
) -> None:
    server = serve(failing(1))
    write(tmp_path, "house", server.url)
    limits = RateLimiterConfig(requests_per_minute=3, tokens_per_minute=2000)
    made = builder(tmp_path).with_retry(QUICK).with_rate_limit(limits).timeout(5)
    async with await made.build() as client:
        await client.chat().user("?").max_tokens(1900).execute()
        # Two attempts of three; of the reserved tokens only those used are gone.
        await client.chat().user("?").max_tokens(1900).execute()
        with pytest.raises(RateLimitExceeded) as caught:
            await client.chat().user("?").execute()
        assert client.signals().rate_limiter.available == 0  # type: ignore[union-attr]
    assert len(server.received) == 3
    assert caught.value.provider == "house"


async def test_tokens_that_do_not_fit_are_not_sent(serve: Serve, tmp_path: Path) -> None:
    server = serve(lambda exchange: exchange.reply(said(total=900)))
    write(tmp_path, "house", server.url)
    limits = RateLimiterConfig(tokens_per_minute=1000)
    async with await builder(tmp_path).with_rate_limit(limits).timeout(5).build() as client:
        await client.chat().user("?").max_tokens(500).execute()
        with pytest.raises(RateLimitExceeded):
            await client.chat().user("?").max_tokens(500).execute()
    assert len(server.received) == 1


async def test_retry_after_holds_up_every_caller_of_the_target(
    serve: Serve, tmp_path: Path
) -> None:
    server = serve(failing(1, 429, "retry-after: 30\r\n"))
    write(tmp_path, "house", server.url)
    made = builder(tmp_path).with_rate_limit(RateLimiterConfig.unlimited()).timeout(5)
    async with await made.build() as client:
        with pytest.raises(RemoteError):
            await client.chat().user("first").execute()
        with pytest.raises(RateLimitExceeded) as caught:
            await client.chat().user("second").execute()
    assert 29 < (caught.value.retry_after or 0) <= 30
    assert len(server.received) == 1


async def test_the_providers_headers_are_learned_from(serve: Serve, tmp_path: Path) -> None:
    def script(exchange: Exchange) -> None:
        left = "x-left: 0\r\nx-reset: 6m0s\r\n"
        exchange.reply(said(), headers=f"content-type: application/json\r\n{left}")

    server = serve(script)
    more = "rate_limit_headers: { requests_remaining: x-left, requests_reset: x-reset }"
    write(tmp_path, "house", server.url, more)
    made = builder(tmp_path).with_rate_limit(RateLimiterConfig.unlimited()).timeout(5)
    async with await made.build() as client:
        await client.chat().user("?").execute()
        with pytest.raises(RateLimitExceeded) as caught:
            await client.chat().user("?").execute()
    assert 350 < (caught.value.retry_after or 0) <= 360


async def test_a_broken_stream_opens_the_circuit_and_a_callers_mistake_does_not(
    serve: Serve, tmp_path: Path
) -> None:
    def script(exchange: Exchange) -> None:
        if not is_stream(exchange):
            fail(exchange, 400)
            return
        exchange.begin("content-type: text/event-stream\r\n")
        exchange.chunk(frame("hel"))
        exchange.hang_up()

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


async def test_the_environment_switches_patterns_on(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "house", serve(answer).url)
    monkeypatch.setitem(os.environ, "AI_LIB_MAX_INFLIGHT", "4")
    monkeypatch.setitem(os.environ, "AI_LIB_RPS", "50")
    monkeypatch.setitem(os.environ, "AI_LIB_BREAKER_FAILURE_THRESHOLD", "3")
    monkeypatch.setitem(os.environ, "AI_LIB_BREAKER_COOLDOWN_SECS", "7")
    async with await builder(tmp_path).max_inflight(9).build() as client:
        await client.chat().user("?").execute()
        stats = client.get_resilience_stats()
        assert client.circuit_state == "closed"
    assert stats["backpressure"]["max_concurrent"] == 9  # type: ignore[index]
    assert stats["circuit_breaker"]["state"] == "closed"  # type: ignore[index]
    assert stats["rate_limiter"]["available"] >= 74  # type: ignore[index]
    monkeypatch.setitem(os.environ, "AI_LIB_RPS", "fast")
    with pytest.raises(RequestError, match="AI_LIB_RPS"):
        await builder(tmp_path).build()


async def test_production_ready_switches_everything_on_and_keeps_what_was_set(
    tmp_path: Path,
) -> None:
    write(tmp_path, "house", "http://127.0.0.1:1")
    made = builder(tmp_path).max_inflight(20).with_retry(QUICK).production_ready()
    async with await made.build() as client:
        stats = client.get_resilience_stats()
    assert stats["max_retries"] == 2
    assert stats["backpressure"]["max_concurrent"] == 20  # type: ignore[index]
    assert stats["rate_limiter"]["available"] == 15  # type: ignore[index]
    assert stats["circuit_breaker"]["state"] == "closed"  # type: ignore[index]


async def test_the_readmes_forms_of_the_configuration() -> None:
    config = ResilientConfig(
        max_retries=3, rate_limit_rps=10, circuit_breaker_threshold=5, max_inflight=50
    )
    async with MockProvider([Reply(text="hello")]) as mock:
        made = AiClient.builder().model("openai/gpt-4o").api_key("k")
        made.base_url(mock.base_url("openai")).resilience(config)
        async with await made.build() as client:
            assert (await client.chat().user("Hello").execute()).content == "hello"
            assert client.circuit_state == "closed"
            assert client.current_inflight == 0
            assert client.get_resilience_stats()["backpressure"]["max_concurrent"] == 50  # type: ignore[index]
        again = made.with_resilience(ResilientConfig.minimal())
        async with await again.build() as client:
            assert client.get_resilience_stats()["max_retries"] == 2


async def test_heartbeats_do_not_reset_the_clock_between_events(
    serve: Serve, tmp_path: Path
) -> None:
    def script(exchange: Exchange) -> None:
        exchange.begin("content-type: text/event-stream\r\n")
        exchange.chunk(frame("one "))
        while not exchange.server.closing.is_set():
            exchange.chunk(b": keep-alive\n\n")
            exchange.pause(0.02)

    write(tmp_path, "house", serve(script).url)
    async with await builder(tmp_path).build() as client:
        clocks = Clocks(first_token=5, idle=5, delta_idle=0.2)
        with pytest.raises(TransportTimeout, match="delta_idle") as caught:
            async for _ in client.chat().user("?").clocks(clocks).stream():
                pass
    assert (caught.value.clock, caught.value.seconds) == ("delta_idle", 0.2)
    assert caught.value.request_sent
    assert caught.value.partial.content == "one "  # type: ignore[attr-defined]


async def test_heartbeats_are_not_the_first_token(serve: Serve, tmp_path: Path) -> None:
    def script(exchange: Exchange) -> None:
        exchange.begin("content-type: text/event-stream\r\n")
        while not exchange.server.closing.is_set():
            exchange.chunk(b": keep-alive\n\n")
            exchange.pause(0.02)

    write(tmp_path, "house", serve(script).url)
    async with await builder(tmp_path).clocks(Clocks(first_token=0.2, idle=1.5)).build() as client:
        with pytest.raises(TransportTimeout, match="first_token") as caught:
            async for _ in client.chat().user("?").stream():
                pass
    assert (caught.value.clock, caught.value.seconds) == ("first_token", 0.2)


async def test_a_total_clock_bounds_a_stream_that_never_pauses(
    serve: Serve, tmp_path: Path
) -> None:
    def script(exchange: Exchange) -> None:
        exchange.begin("content-type: text/event-stream\r\n")
        while not exchange.server.closing.is_set():
            exchange.chunk(frame("on "))
            exchange.pause(0.01)

    write(tmp_path, "house", serve(script).url)
    made = builder(tmp_path).clocks(Clocks(total=0.2))
    async with await made.build() as client:
        with pytest.raises(TransportTimeout) as caught:
            async for _ in client.chat().user("?").stream():
                pass
    assert caught.value.clock == "total"
