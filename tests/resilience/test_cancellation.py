"""Cancelling a call: whatever it waits for, it ends at once, and nothing stays open."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from ai_lib._runtime.backend import checkpoint, run_all
from ai_lib.client import (
    AiClient,
    CancelHandle,
    CancellableStream,
    CancelReason,
    CancelToken,
    create_cancel_pair,
    with_cancellation,
)
from ai_lib.errors import StreamCancelled
from ai_lib.resilience import RateLimiterConfig, RetryConfig
from ai_lib.testing import MockProvider, Reply
from ai_lib.transport import HttpTransport
from tests.guards import hang_guard
from tests.resilience.conftest import Serve
from tests.resilience.house import answer, builder, fail, frame, write
from tests.servers.scripted import Exchange


def stalled(exchange: Exchange) -> None:
    exchange.begin("content-type: text/event-stream\r\n")
    exchange.chunk(frame("one "))
    exchange.stall()


def silent(exchange: Exchange) -> None:
    exchange.stall()


def told_to_wait(exchange: Exchange) -> None:
    fail(exchange, 503, "retry-after: 30\r\n")


def later(function: Callable[[], object]) -> None:
    """Call it from another thread a little later."""
    timer = threading.Timer(0.1, function)
    timer.daemon = True
    timer.start()


@pytest.mark.parametrize("script", [silent, stalled], ids=["no head", "no more"])
async def test_a_stalled_read_is_interrupted_and_the_connection_closed(
    script: Callable[[Exchange], None], serve: Serve, tmp_path: Path
) -> None:
    server = serve(script)
    write(tmp_path, "house", server.url)
    async with HttpTransport() as transport:
        client = await builder(tmp_path).transport(transport).max_inflight(1).build()
        token, handle = create_cancel_pair()
        stream = client.chat().user("?").stream(cancel_token=token)
        with hang_guard():
            later(lambda: handle.cancel(CancelReason.SHUTDOWN))
            events = [event async for event in stream]
        assert stream.cancelled
        assert not any(event.is_stream_end for event in events)
        assert token.reason is CancelReason.SHUTDOWN
        assert transport.stats().active == 0
        assert client.current_inflight == 0
        assert server.wait_for_open_connections(0)
        assert [a.ended for a in stream.response().attempts] == ["cancelled"]


async def test_a_backoff_is_interrupted(serve: Serve, tmp_path: Path) -> None:
    token = CancelToken()

    def told_to_wait_and_cancelled(exchange: Exchange) -> None:
        told_to_wait(exchange)
        later(token.cancel)

    server = serve(told_to_wait_and_cancelled)
    write(tmp_path, "house", server.url)
    async with await builder(tmp_path).with_retry(RetryConfig()).max_inflight(1).build() as client:
        with hang_guard():
            stream = client.chat().user("?").stream(cancel_token=token)
            assert [event async for event in stream] == []
        assert client.current_inflight == 0
    assert len(server.received) == 1


async def test_a_wait_for_the_rate_limit_is_interrupted(serve: Serve, tmp_path: Path) -> None:
    server = serve(answer)
    write(tmp_path, "house", server.url)
    made = builder(tmp_path).with_rate_limit(RateLimiterConfig(requests_per_minute=1))
    async with await made.max_inflight(1).build() as client:
        await client.chat().user("?").execute()
        token = CancelToken()
        with hang_guard():
            later(token.cancel)
            stream = client.chat().user("?").stream(cancel_token=token)
            assert [event async for event in stream] == []
        assert client.current_inflight == 0
        stats = client.get_resilience_stats()
    assert stats["rate_limiter"]["waiting"] == 0  # type: ignore[index]
    assert len(server.received) == 1


async def test_a_wait_for_a_place_is_interrupted(serve: Serve, tmp_path: Path) -> None:
    write(tmp_path, "house", serve(stalled).url)
    async with await builder(tmp_path).max_inflight(1).build() as client:
        async with client.chat().user("?").stream() as holder:
            await holder.__anext__()
            token = CancelToken()
            with hang_guard():
                later(token.cancel)
                stream = client.chat().user("?").stream(cancel_token=token)
                assert [event async for event in stream] == []
        assert client.current_inflight == 0


async def test_a_token_with_a_timeout_ends_the_stream_in_time(serve: Serve, tmp_path: Path) -> None:
    server = serve(stalled)
    write(tmp_path, "house", server.url)
    async with await builder(tmp_path).build() as client:
        token = CancelToken(timeout=0.15)
        called: list[str] = []
        token.on_cancel(lambda: called.append("now"))
        stream = client.chat().user("?").stream(cancel_token=token)
        with hang_guard():
            contents = [event.as_content_delta async for event in stream if event.is_content_delta]
    assert [content.text for content in contents] == ["one "]
    assert token.reason is CancelReason.TIMEOUT
    assert called == ["now"]
    assert server.wait_for_open_connections(0)


async def test_the_wrapper_interrupts_a_stalled_read_too(serve: Serve, tmp_path: Path) -> None:
    server = serve(stalled)
    write(tmp_path, "house", server.url)
    called: list[str] = []
    async with HttpTransport() as transport:
        client: AiClient = await builder(tmp_path).transport(transport).build()
        token, handle = create_cancel_pair()
        stream = client.chat().user("?").stream()
        cancellable = CancellableStream(stream, token, lambda: called.append("once"))
        assert not cancellable.started
        with hang_guard():
            later(handle.cancel)
            texts = [e.as_content_delta.text async for e in cancellable if e.is_content_delta]
        assert texts == ["one "]
        assert (cancellable.started, cancellable.finished) == (True, True)
        assert [event async for event in cancellable] == []
        assert called == ["once"]
        assert stream.response().content == "one "
        assert transport.stats().active == 0
        assert server.wait_for_open_connections(0)


async def test_the_wrapper_gives_everything_when_nobody_cancels() -> None:
    async with MockProvider([Reply(text="a b c")]) as mock:
        async with await mock.client("openai/gpt-4o") as client:
            stream = client.chat().user("?").stream()
            async with await with_cancellation(stream, CancelToken()) as cancellable:
                texts = [e.as_content_delta.text async for e in cancellable if e.is_content_delta]
            assert "".join(texts) == "a b c"
            assert cancellable.finished
            assert stream.response().content == "a b c"


async def test_the_wrapper_of_a_cancelled_token_asks_for_nothing() -> None:
    token = CancelToken()
    token.cancel()
    async with MockProvider() as mock, await mock.client("openai/gpt-4o") as client:
        cancellable = CancellableStream(client.chat().user("?").stream(), token)
        assert [event async for event in cancellable] == []
        assert mock.requests == []


async def test_the_wrapper_lets_errors_through() -> None:
    replies = [Reply(status=400, error="Bad idea.")]
    async with MockProvider(replies) as mock, await mock.client("openai/gpt-4o") as client:
        cancellable = CancellableStream(client.chat().user("?").stream(), CancelToken())
        with pytest.raises(Exception, match="Bad idea"):
            await cancellable.__anext__()
        assert cancellable.finished


def test_the_state_keeps_the_first_reason_and_what_was_added() -> None:
    token = CancelToken()
    assert (token.is_cancelled, token.reason, token.state.timestamp) == (False, None, None)
    token.raise_if_cancelled()
    assert token.cancel(CancelReason.RESOURCE_LIMIT, tokens=1000)
    assert not token.cancel(CancelReason.ERROR)
    assert token.state.reason is CancelReason.RESOURCE_LIMIT
    assert token.state.metadata == {"tokens": 1000}
    assert token.state.timestamp is not None
    with pytest.raises(StreamCancelled, match="resource_limit") as caught:
        token.raise_if_cancelled()
    assert caught.value.reason == "resource_limit"
    token.reset()
    assert not token.is_cancelled


def test_a_handle_sees_and_cancels_its_token() -> None:
    token, handle = create_cancel_pair()
    assert isinstance(token, CancelToken)
    assert isinstance(handle, CancelHandle)
    assert not handle.is_cancelled
    assert handle.cancel(CancelReason.ERROR)
    assert (token.reason, handle.reason) == (CancelReason.ERROR, CancelReason.ERROR)
    assert handle.is_cancelled


def test_one_callback_that_fails_does_not_stop_the_others() -> None:
    token = CancelToken()
    called: list[str] = []

    def broken() -> None:
        raise RuntimeError("broken")

    token.on_cancel(broken)
    token.on_cancel(lambda: called.append("other"))
    with pytest.raises(RuntimeError, match="broken"):
        token.cancel()
    assert called == ["other"]
    assert token.is_cancelled


async def test_waiting_for_a_cancel() -> None:
    token = CancelToken()
    assert not await token.wait_with_timeout(0.01)
    reasons: list[CancelReason] = []

    async def wait() -> None:
        reasons.append(await token.wait())

    async def cancel() -> None:
        for _ in range(3):
            await checkpoint()
        token.cancel(CancelReason.SHUTDOWN)

    await run_all([wait, wait, cancel], 3)
    assert reasons == [CancelReason.SHUTDOWN] * 2
    assert await token.wait_with_timeout(0)


async def test_a_timeout_made_anywhere_runs_out_without_a_watcher() -> None:
    token = CancelToken(timeout=0.0)
    assert token.is_cancelled
    assert token.reason is CancelReason.TIMEOUT
    assert await CancelToken(timeout=0.01).wait() is CancelReason.TIMEOUT
