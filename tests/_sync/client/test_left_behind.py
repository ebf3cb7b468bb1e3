# Generated from tests/client/test_left_behind.py by codegen; do not edit.
"""A stream that has ended, in whichever way, is held by nobody but its caller; every call ends."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable

import pytest

from ai_lib_sync import AiClient
from ai_lib_sync._runtime.backend import CancelScope, checkpoint
from ai_lib_sync.client import Call, CancelToken, Interceptor
from ai_lib_sync.client.execution.stream import ChatStream
from ai_lib_sync.errors import AiLibError, RemoteError, StreamTruncated
from ai_lib_sync.resilience import RetryConfig
from ai_lib_sync.testing import MockProvider, Reply


class Listener(Interceptor):
    """Keeps how calls ended; `interrupts` says that it does not bear errors."""

    def __init__(self) -> None:
        self.ends: list[str] = []
        self.interrupts = False

    def on_error(self, call: Call, error: AiLibError) -> None:
        if self.interrupts:
            raise RuntimeError("interrupted")

    def on_end(self, call: Call) -> None:
        self.ends.append(call.outcome)


def read_through(stream: ChatStream) -> None:
    for _ in stream:
        pass


def be_refused(client: AiClient) -> ChatStream:
    stream = client.chat().user("refuse").stream()
    with pytest.raises(RemoteError):
        read_through(stream)
    return stream


def break_off(client: AiClient) -> ChatStream:
    stream = client.chat().user("cut").stream()
    with pytest.raises(StreamTruncated):
        read_through(stream)
    return stream


def be_cancelled(client: AiClient) -> ChatStream:
    stream = client.chat().user("stall").stream()
    scope = CancelScope()
    with scope:
        for event in stream:
            if event.is_content_delta:
                scope.cancel()
    assert scope.cancelled
    return stream


def be_cancelled_by_token(client: AiClient) -> ChatStream:
    token = CancelToken()
    stream = client.chat().user("stall").stream(cancel_token=token)
    for event in stream:
        if event.is_content_delta:
            token.cancel()
    assert stream.cancelled
    return stream


def be_closed(client: AiClient) -> ChatStream:
    stream = client.chat().user("stall").stream()
    for event in stream:
        if event.is_content_delta:
            break
    stream.close()
    return stream


def end_well(client: AiClient) -> ChatStream:
    stream = client.chat().user("?").stream()
    read_through(stream)
    return stream


def replies(asked: object) -> Reply:
    return {
        "refuse": Reply(status=400, error="no"),
        "cut": Reply(text=["one ", "two ", "three "], truncate=2),
        "stall": Reply(text=["one ", "two "], pause=0.3),
    }.get(getattr(asked, "text", ""), Reply(text="Hello"))


WAYS = [be_refused, break_off, be_cancelled, be_cancelled_by_token, be_closed, end_well]


def client_of(mock: MockProvider, listener: Listener) -> AiClient:
    builder = mock.builder("openai/gpt-4o").intercept(listener)
    return builder.with_retry(RetryConfig(max_retries=0)).build()


@pytest.mark.parametrize("leave", WAYS, ids=lambda way: way.__name__)
def test_a_stream_goes_when_its_caller_lets_go_of_it(
    leave: Callable[[AiClient], ChatStream],
) -> None:
    listener = Listener()
    with MockProvider(choose_reply=replies) as mock:
        with client_of(mock, listener) as client:
            stream = leave(client)
            assert len(listener.ends) == 1
            left = weakref.ref(stream)
            del stream
            checkpoint()  # until then the event loop holds what it has thrown
            gc.collect()
            assert left() is None
    assert len(listener.ends) == 1


@pytest.mark.parametrize("streamed", [False, True])
def test_a_call_ends_though_the_news_of_its_error_is_interrupted(streamed: bool) -> None:
    listener = Listener()
    listener.interrupts = True
    with MockProvider(choose_reply=replies) as mock:
        with client_of(mock, listener) as client:
            chat = client.chat().user("refuse")
            with pytest.raises(RuntimeError, match="interrupted"):
                if streamed:
                    read_through(chat.stream())
                else:
                    chat.execute()
            assert listener.ends == ["failed"]
