"""Many threads, each with a key and a host of its own: none sees another's."""

import threading

import anyio
import pytest

import ai_lib
import ai_lib_sync
from tests.servers.scripted import Exchange, ScriptedServer

pytestmark = pytest.mark.async_only

THREADS, HOSTS, CALLS = 64, 8, 5


def repeat(exchange: Exchange) -> None:
    """Answer with the key that was sent."""
    key = exchange.received.headers["authorization"].removeprefix("Bearer ")
    body = f'{{"choices": [{{"message": {{"content": "{key}"}}, "finish_reason": "stop"}}]}}'
    exchange.reply(body.encode(), headers="content-type: application/json\r\n")


def ask_blocking(number: int, url: str) -> list[str]:
    made = ai_lib_sync.AiClient.create("openai/gpt-4o", api_key=f"key-{number}", base_url=url)
    with made as client:
        return [client.chat().user(f"{number}").execute().content for _ in range(CALLS)]


async def ask(number: int, url: str) -> list[str]:
    made = ai_lib.AiClient.create("openai/gpt-4o", api_key=f"key-{number}", base_url=url)
    async with await made as client:
        return [(await client.chat().user(f"{number}").execute()).content for _ in range(CALLS)]


def test_64_threads_with_their_own_keys_and_hosts_never_mix_them() -> None:
    servers = [ScriptedServer(repeat) for _ in range(HOSTS)]
    answers: dict[int, list[str]] = {}

    def work(number: int) -> None:
        url = servers[number % HOSTS].url
        if number % 3 == 0:
            answers[number] = ask_blocking(number, url)
        else:
            backend = "trio" if number % 3 == 1 else "asyncio"
            answers[number] = anyio.run(ask, number, url, backend=backend)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for place, server in enumerate(servers):
        numbers = range(place, THREADS, HOSTS)
        keys = {f"Bearer key-{number}" for number in numbers}
        assert {one.headers["authorization"] for one in server.received} == keys
        assert len(server.received) == CALLS * len(numbers)
        server.close()
    assert answers == {number: [f"key-{number}"] * CALLS for number in range(THREADS)}


def test_threads_that_share_a_client_share_its_pool_and_nothing_else() -> None:
    server = ScriptedServer(repeat)
    made = ai_lib_sync.AiClient.create("openai/gpt-4o", api_key="k", base_url=server.url)
    texts: list[str] = []
    with made as client:

        def work() -> None:
            texts.extend(client.chat().user("?").execute().content for _ in range(CALLS))

        threads = [threading.Thread(target=work) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    server.close()
    assert texts == ["k"] * (THREADS * CALLS)
    assert server.connections <= THREADS
