"""One client, several event loops and threads."""

import threading

import anyio
import pytest

from ai_lib import AiClient
from ai_lib.testing import MockProvider
from ai_lib_sync.testing import MockProvider as BlockingMockProvider

pytestmark = pytest.mark.async_only


async def ask(client: AiClient, text: str) -> str:
    response = await client.chat().user(text).execute()
    pieces = [e.text async for e in client.chat().user(text).stream() if e.is_content_delta]  # type: ignore[union-attr]
    assert "".join(pieces) == response.content
    return response.content


def test_one_client_answers_in_loop_after_loop_and_under_trio() -> None:
    with BlockingMockProvider() as mock:
        base_url = mock.base_url("openai")

        async def create() -> AiClient:
            return await AiClient.create("openai/gpt-4o", api_key="k", base_url=base_url)

        client = anyio.run(create)
        for backend in ("asyncio", "asyncio", "trio", "asyncio"):
            assert anyio.run(ask, client, "Hello", backend=backend) == "You said: Hello"
        anyio.run(client.close)


def test_one_client_answers_in_two_threads_with_loops_of_their_own() -> None:
    answers: dict[int, list[str]] = {}
    with BlockingMockProvider() as mock:
        base_url = mock.base_url("openai")

        async def create() -> AiClient:
            return await AiClient.create("openai/gpt-4o", api_key="k", base_url=base_url)

        client = anyio.run(create)

        async def work(number: int) -> None:
            answers[number] = [await ask(client, f"{number}-{turn}") for turn in range(10)]

        threads = [threading.Thread(target=anyio.run, args=(work, n)) for n in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        anyio.run(client.close)

    for number in range(2):
        assert answers[number] == [f"You said: {number}-{turn}" for turn in range(10)]


async def test_a_cancelled_task_leaves_the_client_usable() -> None:
    async with MockProvider() as mock, await mock.client("openai/gpt-4o") as client:
        with anyio.move_on_after(0.1) as scope:
            await client.chat().user('/mock {"text": "late", "delay": 30}').execute()
        assert scope.cancelled_caught
        assert await ask(client, "Hello") == "You said: Hello"
