"""Where httpcore is absent its successor speaks HTTP, and its loggers tell no key either."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers.scripted import Exchange, ScriptedServer

pytest.importorskip("httpcore2", reason="httpcore2 is not installed")

KEY = "canary-key-0123/456+789"
PROGRAM = """
import logging, sys
sys.modules["httpcore"] = None  # as if it were not installed
import anyio
import ai_lib, ai_lib_sync
from ai_lib.transport import TransportOptions

url, key, runtime = sys.argv[1:]
logging.basicConfig(level=logging.DEBUG, stream=sys.stderr)
options = TransportOptions(reader="httpcore")

async def ask():
    async with ai_lib.transport.HttpTransport(options) as transport:
        builder = ai_lib.AiClient.builder().model("openai/m").api_key(key).base_url(url)
        client = await builder.transport(transport).build()
        print((await client.chat().user("?").execute()).content)

def ask_blocking():
    with ai_lib_sync.transport.HttpTransport(options) as transport:
        builder = ai_lib_sync.AiClient.builder().model("openai/m").api_key(key).base_url(url)
        print(builder.transport(transport).build().chat().user("?").execute().content)

ask_blocking() if runtime == "blocking" else anyio.run(ask, backend=runtime)
assert "httpcore2" in sys.modules
"""


def say_back(exchange: Exchange) -> None:
    said = f"content-type: application/json\r\nx-key: {KEY}\r\nx-login: Bearer {KEY}\r\n"
    body = b'{"choices": [{"message": {"role": "assistant", "content": "hi"}}]}'
    exchange.reply(body, headers=said)


@pytest.mark.parametrize("runtime", ["asyncio", "trio", "blocking"])
def test_a_call_is_made_by_httpcore2_and_its_log_tells_no_key(runtime: str) -> None:
    server = ScriptedServer(say_back)
    try:
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, f"{server.url}/v1", KEY, runtime],
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        server.close()
    assert (done.returncode, done.stdout) == (0, "hi\n"), done.stderr
    assert "httpcore2" in done.stderr
    assert "x-key" in done.stderr.lower()
    assert KEY not in done.stderr
