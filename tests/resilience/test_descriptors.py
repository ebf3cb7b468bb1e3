"""A process that has no descriptors left, in each runtime: its calls raise errors of ours."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.forks.conversation import EchoServer

pytest.importorskip("resource", reason="this system has no limits of that kind")

PROGRAM = """
import contextlib, sys
import anyio
import ai_lib, ai_lib_sync
from ai_lib.errors import AiLibError
from ai_lib.resilience import RetryConfig
from ai_lib.transport import TransportOptions
from tests.resilience.test_resources import no_descriptors

url, runtime, reader = sys.argv[1:]
package = ai_lib_sync if runtime == "blocking" else ai_lib

def make_builder():
    transport = package.transport.HttpTransport(TransportOptions(reader=reader))
    builder = package.AiClient.builder().model("openai/m").api_key("k").max_inflight(1)
    return builder.base_url(url).with_retry(RetryConfig.no_retry()).transport(transport)

async def ask_all():
    clients = []  # closing one would give descriptors back some time later
    for is_streamed in (False, True, False, True):
        client = await make_builder().build()
        clients.append(client)
        async def ask():
            if not is_streamed:
                return (await client.chat().user("hi").execute()).content
            return "".join([event.as_content_delta.text
                async for event in client.chat().user("hi").stream() if event.is_content_delta])
        try:
            with no_descriptors():
                await ask()
        except AiLibError as error:
            print("ours", error, client.current_inflight)
        print("then", await ask())
        with no_descriptors():
            print("still", await ask())
    for client in clients:
        await client.close()

def ask_all_blocking():
    clients = []
    for is_streamed in (False, True, False, True):
        client = make_builder().build()
        clients.append(client)
        def ask():
            if not is_streamed:
                return client.chat().user("hi").execute().content
            return "".join([event.as_content_delta.text
                for event in client.chat().user("hi").stream() if event.is_content_delta])
        try:
            with no_descriptors():
                ask()
        except AiLibError as error:
            print("ours", error, client.current_inflight)
        print("then", ask())
        with no_descriptors():
            print("still", ask())
    for client in clients:
        client.close()

if runtime == "blocking":
    ask_all_blocking()
else:
    anyio.run(ask_all, backend=runtime)
"""


@pytest.mark.parametrize("reader", ["auto", "httpcore"])
@pytest.mark.parametrize("runtime", ["asyncio", "trio", "blocking"])
def test_without_descriptors_calls_raise_errors_of_ours(runtime: str, reader: str) -> None:
    server = EchoServer()
    server.release.set()
    command = [sys.executable, "-c", PROGRAM, f"{server.url}/v1", runtime, reader]
    try:
        done = subprocess.run(
            command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False
        )
    finally:
        server.close()
    lines = done.stdout.splitlines()
    assert len(lines) == 12, done.stderr
    for number, line in enumerate(lines):
        kind = ("ours", "then", "still")[number % 3]
        assert line.startswith(kind)
        if kind == "ours":
            assert "too many open files" in line.lower()
            assert line.endswith(" 0")
