"""A stream that has ended, in whichever way, is held by nobody but its caller; every call ends."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Awaitable, Callable

import pytest

from ai_lib import AiClient
from ai_lib._runtime.backend import CancelScope, checkpoint
from ai_lib.client import Call, CancelToken, Interceptor
from ai_lib.client.execution.stream import ChatStream
from ai_lib.errors import AiLibError, RemoteError, StreamTruncated
from ai_lib.resilience import RetryConfig
from ai_lib.testing import MockProvider, Reply


class Listener(Interceptor):
    """Keeps how calls ended; `interrupts` says that it does not bear errors."""

    def __init__(self) -> None:
        self.ends: list[str] = []
        self.interrupts = False

    async def on_error(self, call: Call, error: AiLibError) -> None:
        if self.interrupts:
            raise RuntimeError("interrupted")

    def on_end(self, call: Call) -> None:
        self.ends.append(call.outcome)


async def read_through(stream: ChatStream) -> None:
    async for _ in stream:
        pass


async def be_refused(client: AiClient) -> ChatStream:
    stream = client.chat().user("refuse").stream()
    with pytest.raises(RemoteError):
        await read_through(stream)
    return stream


async def break_off(client: AiClient) -> ChatStream:
    stream = client.chat().user("cut").stream()
    with pytest.raises(StreamTruncated):
        await read_through(stream)
    return stream


async def be_cancelled(client: AiClient) -> ChatStream:
    stream = client.chat().user("stall").stream()
    scope = CancelScope()
    with scope:
        async for event in stream:
            if event.is_content_delta:
                scope.cancel()
    assert scope.cancelled
    return stream


async def be_cancelled_by_token(client: AiClient) -> ChatStream:
    token = CancelToken()
    stream = client.chat().user("stall").stream(cancel_token=token)
    async for event in stream:
        if event.is_content_delta:
            token.cancel()
    assert stream.cancelled
    return stream


async def be_closed(client: AiClient) -> ChatStream:
    stream = client.chat().user("stall").stream()
    async for event in stream:
        if event.is_content_delta:
            break
    await stream.aclose()
    return stream


async def end_well(client: AiClient) -> ChatStream:
    stream = client.chat().user("?").stream()
    await read_through(stream)
    return stream


def replies(asked: object) -> Reply:
    return {
        "refuse": Reply(status=400, error="no"),
        "cut": Reply(text=["one ", "two ", "three "], truncate=2),
        "stall": Reply(text=["one ", "two "], pause=0.3),
    }.get(getattr(asked, "text", ""), Reply(text="Hello"))


WAYS = [be_refused, break_off, be_cancelled, be_cancelled_by_token, be_closed, end_well]


async def client_of(mock: MockProvider, listener: Listener) -> AiClient:
    builder = mock.builder("openai/gpt-4o").intercept(listener)
    return await builder.with_retry(RetryConfig(max_retries=0)).build()


@pytest.mark.parametrize("leave", WAYS, ids=lambda way: way.__name__)
async def test_a_stream_goes_when_its_caller_lets_go_of_it(
    leave: Callable[[AiClient], Awaitable[ChatStream]],
) -> None:
    listener = Listener()
    async with MockProvider(choose_reply=replies) as mock:
        async with await client_of(mock, listener) as client:
            stream = await leave(client)
            assert len(listener.ends) == 1
            left = weakref.ref(stream)
            del stream
            await checkpoint()  # until then the event loop holds what it has thrown
            gc.collect()
            assert left() is None
    assert len(listener.ends) == 1


@pytest.mark.parametrize("streamed", [False, True])
async def test_a_call_ends_though_the_news_of_its_error_is_interrupted(streamed: bool) -> None:
    listener = Listener()
    listener.interrupts = True
    async with MockProvider(choose_reply=replies) as mock:
        async with await client_of(mock, listener) as client:
            chat = client.chat().user("refuse")
            with pytest.raises(RuntimeError, match="interrupted"):
                if streamed:
                    await read_through(chat.stream())
                else:
                    await chat.execute()
            assert listener.ends == ["failed"]
