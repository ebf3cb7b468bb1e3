"""Without a network all works that needs no answer: every provider, tokens, cost, explain."""

import os
import subprocess
import sys

import pytest

from ai_lib.protocol.catalog import ManifestCatalog
from tests.house.packages import ROOT

_BLOCKING = """\
import sys
def refuse(event, arguments):
    if event.startswith("socket."):
        raise SystemExit(f"{event} {arguments}")
sys.addaudithook(refuse)
from ai_lib_sync import AiClient
from ai_lib_sync.tokens import TokenCounter, estimate_cost
from ai_lib_sync.types import ChatRequest, Message
counter = TokenCounter.for_model("gpt-4o")
assert 1 <= counter.count("Hello, world") <= 8
known = estimate_cost(model="gpt-4o", input_tokens=1000000, output_tokens=0)
assert known.total_cost == 2.5, known
request = ChatRequest(messages=(Message.user("Hello"),))
for provider in PROVIDERS:
    builder = AiClient.builder().model(f"{provider}/any-model").api_key("canary-key")
    with builder.base_url("http://127.0.0.1:9/v1").build() as client:
        assert client.count_tokens("Hello, world").tokens > 0
        shown = client.explain(request)
        assert shown.tokens.tokens > 0 and shown.cost is not None
        assert "canary-key" not in str(shown) and "127.0.0.1:9" in str(shown)
"""

_WAITING = """\
import sys
def refuse(event, arguments):
    # An event loop has a pair of sockets to wake itself.
    if event in ("socket.connect", "socket.getaddrinfo", "socket.bind", "socket.sendto"):
        raise SystemExit(f"{event} {arguments}")
sys.addaudithook(refuse)
import RUNTIME
from ai_lib import AiClient
async def main():
    for provider in PROVIDERS:
        builder = AiClient.builder().model(f"{provider}/any-model").api_key("canary-key")
        async with await builder.base_url("http://127.0.0.1:9/v1").build() as client:
            assert client.count_tokens("Hello, world").tokens > 0
            assert "canary-key" not in str(client.explain())
RUNTIME.run(START)
"""


# Parts of addresses that only a user knows.
_PARTS = {"AWS_REGION": "eu-west-1", "GOOGLE_CLOUD_PROJECT": "mine", "GOOGLE_CLOUD_LOCATION": "eu"}


def _chatting() -> list[str]:
    catalog = ManifestCatalog()
    found = [
        one for one in catalog.list_providers() if "chat" in catalog.load(one).manifest.endpoints
    ]
    assert len(found) > 20
    return found


@pytest.mark.parametrize("code", ["blocking", "asyncio", "trio"])
def test_every_bundled_provider_counts_prices_and_explains(code: str) -> None:
    text = _BLOCKING if code == "blocking" else _WAITING.replace("RUNTIME", code)
    text = text.replace("START", "main()" if code == "asyncio" else "main")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", text.replace("PROVIDERS", repr(_chatting()))],
        cwd=ROOT,
        env={**os.environ, **_PARTS},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
