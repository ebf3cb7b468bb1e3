"""One client, several event loops and threads."""

import gc
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

import anyio
import pytest

from ai_lib import AiClient, CancelToken
from ai_lib.testing import MockProvider
from ai_lib_sync.testing import MockProvider as BlockingMockProvider
from tests.programs import heed_interrupts
from tests.resilience.house import answer, frame
from tests.servers.scripted import Exchange, ScriptedServer

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


def stall_or_answer(exchange: Exchange) -> None:
    """Answer, but of a request that says "late" no more than the beginning."""
    if b"late" not in exchange.received.body:
        answer(exchange)
        return
    exchange.begin("content-type: text/event-stream\r\n")
    exchange.chunk(frame("one "))
    exchange.stall()


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """A server that stalls when it is asked to; it is closed when the test ends."""
    made = ScriptedServer(stall_or_answer)
    yield made
    made.close()


# A loop of uvloop closes what is open when it ends, as a client's idle connections may be, and says
# so in a warning that nobody sees by default.
@pytest.mark.filterwarnings("ignore:unclosed resource <TCPTransport:ResourceWarning")
def test_one_client_answers_under_uvloop_as_well(server: ScriptedServer) -> None:
    uvloop = pytest.importorskip("uvloop")

    async def create() -> AiClient:
        return await AiClient.create("openai/gpt-4o", api_key="k", base_url=server.url)

    client = anyio.run(create)

    async def streams_and_a_cancel() -> None:
        assert await ask(client, "Hello") == "hello"
        token = CancelToken()
        texts: list[str] = []
        stream = client.chat().user("late").stream(cancel_token=token)
        async for event in stream:
            if event.is_content_delta:
                texts.append(event.as_content_delta.text)
                threading.Timer(0.05, token.cancel).start()
        assert (texts, stream.cancelled) == (["one "], True)
        with anyio.move_on_after(0.1) as scope:
            async for _ in client.chat().user("late").stream():
                pass
        assert scope.cancelled_caught
        assert await ask(client, "again") == "hello"
        assert client._transport.stats().active == 0

    for _ in range(2):
        anyio.run(streams_and_a_cancel, backend_options={"use_uvloop": True})
    assert anyio.run(ask, client, "Hello", backend="trio") == "hello"
    forgotten = anyio.run(create)
    anyio.run(ask, forgotten, "Hello", backend_options={"use_uvloop": True})
    del forgotten
    gc.collect()
    loop = uvloop.new_event_loop()
    assert loop.run_until_complete(ask(client, "Hello")) == "hello"
    loop.close()
    anyio.run(client.close)
    assert server.wait_for_open_connections(0)


PROGRAM = """
import asyncio, gc, sys, threading
import trio
from ai_lib import AiClient
import ai_lib_sync

def make(package, url):
    return package.AiClient.create("openai/gpt-4o", api_key="k", base_url=url)

async def use(client):
    await client.chat().user("Hello").execute()
    async for event in client.chat().user("Hello").stream():
        if event.is_content_delta:
            break
    stream = client.chat().user("Hello").stream()
    async for event in stream:
        pass

url = sys.argv[1]
async def create():
    return await make(sys.modules["ai_lib"], url)

client = asyncio.run(create())
asyncio.run(use(client))
asyncio.run(use(client))
threads = [threading.Thread(target=asyncio.run, args=(use(client),)) for _ in range(2)]
threads.append(threading.Thread(target=trio.run, args=(use, client)))
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
trio.run(use, client)

blocking = make(ai_lib_sync, url)
blocking.chat().user("Hello").execute()
for event in blocking.chat().user("Hello").stream():
    if event.is_content_delta:
        break
del client, blocking, event
gc.collect()
print("done")
"""


def test_nothing_warns_though_nobody_closes() -> None:
    with BlockingMockProvider() as mock:
        command = [sys.executable, "-W", "error::ResourceWarning", "-c", PROGRAM]
        done = subprocess.run(
            [*command, mock.base_url("openai")], capture_output=True, text=True, timeout=120
        )
    assert (done.stdout, done.stderr) == ("done\n", "")
    assert done.returncode == 0


INTERRUPTED = """
import sys
from ai_lib import AiClient
import ai_lib_sync

async def stall(url):
    async with await AiClient.create("openai/gpt-4o", api_key="k", base_url=url) as client:
        async for event in client.chat().user(LATE).stream():
            print("waiting", flush=True)

def stall_blocking(url):
    with ai_lib_sync.AiClient.create("openai/gpt-4o", api_key="k", base_url=url) as client:
        for event in client.chat().user(LATE).stream():
            print("waiting", flush=True)

LATE = "late"
kind, url = sys.argv[1:]
try:
    if kind == "blocking":
        stall_blocking(url)
    elif kind == "trio":
        import trio
        trio.run(stall, url)
    else:
        import asyncio
        asyncio.run(stall(url))
except KeyboardInterrupt:
    print("interrupted")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="it has no SIGINT for one process")
@pytest.mark.parametrize("kind", ["asyncio", "trio", "blocking"])
def test_ctrl_c_ends_a_stalled_stream_cleanly(kind: str, server: ScriptedServer) -> None:
    command = [sys.executable, "-W", "error::ResourceWarning", "-c", INTERRUPTED]
    with subprocess.Popen(
        [*command, kind, server.url],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heed_interrupts,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "waiting\n"
        process.send_signal(signal.SIGINT)
        out, error = process.communicate(timeout=60)
    assert server.wait_for_open_connections(0)
    assert error == ""
    assert out.replace("waiting\n", "") == "interrupted\n"
    assert process.returncode == 0
