"""A key's function where there is an event loop: it may be awaited, time out, be cancelled."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import anyio
import pytest

from ai_lib.client import CancelToken
from ai_lib.errors import CredentialError, TransportTimeout
from ai_lib.testing import MockProvider, Reply
from tests.client.test_key_sources import sent_keys

pytestmark = pytest.mark.async_only


async def give(number: int = 1) -> str:
    """Return a key."""
    await anyio.lowlevel.checkpoint()
    return f"canary-key-{number}"


class Giver:
    """An object whose call is to be awaited."""

    async def __call__(self) -> str:
        return await give(4)


@pytest.mark.parametrize(
    ("function", "sent"),
    [(give, "1"), (partial(give, 2), "2"), (lambda: give(3), "3"), (Giver(), "4")],
)
async def test_a_function_may_be_awaited(function: Callable[[], Any], sent: str) -> None:
    async with MockProvider() as mock:
        async with await mock.client("openai/gpt-4o", api_key=function) as client:
            await client.chat().user("?").execute()
        assert sent_keys(mock) == [sent]


@contextmanager
def blocked(number: int = 1) -> Iterator[tuple[Callable[[], Any], threading.Event]]:
    """Give a function that blocks until the body has ended, and the event that lets it go on."""
    release = threading.Event()

    def function() -> Any:
        release.wait(30)
        return f"canary-key-{number}", 4_000_000_000

    try:
        yield function, release
    finally:
        release.set()


@pytest.mark.parametrize("streamed", [False, True])
async def test_waiting_for_a_key_counts_against_the_deadline(streamed: bool) -> None:
    async with MockProvider() as mock:
        with blocked() as (function, release):
            async with await mock.client("openai/gpt-4o", api_key=function) as client:
                chat = client.chat().user("?").timeout(0.05)
                with pytest.raises(TransportTimeout, match="the api_key function gave no key") as e:
                    if streamed:
                        await anext(chat.stream())
                    else:
                        await chat.execute()
                assert e.value.timeout_name == "credential"
                assert len(e.value.attempts) == 1
                assert mock.requests == []
                release.set()  # the thread goes on, and what it gets is kept
                await client.chat().user("?").execute()
        assert sent_keys(mock) == ["1"]


async def test_other_calls_get_the_key_that_a_cancelled_one_asked_for() -> None:
    async with MockProvider() as mock:
        with blocked() as (function, release):
            async with await mock.client("openai/gpt-4o", api_key=function) as client:
                answers: list[str] = []
                leader = anyio.CancelScope()

                async def call(scope: anyio.CancelScope) -> None:
                    with scope:
                        answers.append((await client.chat().user("?").execute()).content)

                async with anyio.create_task_group() as group:
                    group.start_soon(call, leader)
                    await anyio.wait_all_tasks_blocked()
                    for _ in range(3):
                        group.start_soon(call, anyio.CancelScope())
                    await anyio.wait_all_tasks_blocked()
                    leader.cancel()
                    await anyio.wait_all_tasks_blocked()
                    assert answers == []
                    release.set()
        assert len(answers) == 3


@pytest.mark.parametrize("is_lambda", [False, True])
async def test_when_the_call_that_awaits_is_cancelled_the_next_one_asks(is_lambda: bool) -> None:
    started: list[str] = []
    go_on = anyio.Event()

    async def function() -> str:
        started.append("")
        await go_on.wait()
        return f"canary-key-{len(started)}"

    async with MockProvider() as mock:
        key = (lambda: function()) if is_lambda else function
        async with await mock.client("openai/gpt-4o", api_key=key) as client:
            leader = anyio.CancelScope()

            async def call(scope: anyio.CancelScope) -> None:
                with scope:
                    await client.chat().user("?").execute()

            async with anyio.create_task_group() as group:
                group.start_soon(call, leader)
                while not started:
                    await anyio.wait_all_tasks_blocked()
                for _ in range(3):
                    group.start_soon(call, anyio.CancelScope())
                await anyio.wait_all_tasks_blocked()
                leader.cancel()
                while len(started) < 2:
                    await anyio.wait_all_tasks_blocked()
                go_on.set()
        assert sent_keys(mock) == ["2"] * 3


async def test_a_call_cancelled_before_it_asks_leaves_no_one_waiting() -> None:
    async with MockProvider() as mock:
        async with await mock.client("openai/gpt-4o", api_key=lambda: "canary-key-1") as client:
            with anyio.CancelScope() as scope:
                scope.cancel()
                await client.chat().user("?").execute()
            await client.chat().user("?").execute()
        assert sent_keys(mock) == ["1"]


async def test_a_cancel_token_ends_the_wait() -> None:
    async with MockProvider() as mock:
        with blocked() as (function, _):
            async with await mock.client("openai/gpt-4o", api_key=function) as client:
                token = CancelToken()
                stream = client.chat().user("?").stream(cancel_token=token)
                token.cancel()
                assert [event async for event in stream] == []
                assert stream.cancelled


async def test_an_error_of_what_is_awaited_is_the_source_s() -> None:
    async def function() -> str:
        raise TimeoutError("the vault is slow")

    async with MockProvider([Reply()]) as mock:
        async with await mock.client("openai/gpt-4o", api_key=function) as client:
            with pytest.raises(CredentialError, match="TimeoutError: the vault is slow"):
                await client.chat().user("?").execute()


def test_the_other_package_refuses_what_is_to_be_awaited() -> None:
    from ai_lib_sync import AiClient
    from ai_lib_sync.testing import MockProvider as BlockingMock

    for function in (give, partial(give, 2), Giver()):
        with pytest.raises(TypeError, match="has to be awaited"):
            AiClient.builder().api_key(function)  # type: ignore[arg-type]
    with BlockingMock() as mock, mock.client("openai/gpt-4o", api_key=lambda: give()) as client:
        with pytest.raises(CredentialError, match="only an event loop"):
            client.chat().user("?").execute()
