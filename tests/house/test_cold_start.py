"""A plain call loads what it needs, and nothing of what other calls need."""

import os
import subprocess
import sys

import pytest

from tests.house.packages import ROOT
from tests.servers.scripted import Exchange, ScriptedServer

# What a plain call on asyncio or without an event loop must not load; `*` is either package.
UNWANTED = {
    *("httpcore", "h11", "h2", "trio", "httpx", "certifi"),
    *("jsonschema", "jsonpath", "ruamel", "structlog", "tenacity", "aiolimiter", "pybreaker"),
    *("tiktoken", "numpy", "PIL", "pydantic", "rich", "opentelemetry"),
    *("difflib", "email", "hmac", "importlib.resources", "shlex", "tempfile", "zipfile"),
    *("*._runtime.httpcore", "*.transport.connections.via_httpcore", "*._runtime.workers"),
    *(
        "*.client.target.explain",
        "*.client.execution.operation_runner",
        "*.client.execution.stream",
        "*.client.execution.stream_attempt",
        "*.client.execution.cancel",
        "*.client.call.tokens",
        "*.client.interceptors.base",
        "*.resilience.fallback",
        "*.request.response_format",
    ),
    *(
        "*.client.typed_stream",
        "*.client.tool_loop",
        "*.client.interceptors.tracing",
        "*.client.interceptors.metrics",
    ),
    *(
        "*.pipeline.pipeline",
        "*.pipeline.fast_path.frame_pattern",
        "*.pipeline.decoders.sse",
        "*.pipeline.response_events",
    ),
    *(
        "*.protocol.validation.validator",
        "*.protocol.validation.report",
        "*.protocol.validation.validator",
    ),
    *(
        "*.resilience.circuit.breaker",
        "*.resilience.rate_limit.rate_limiter",
        "*.resilience.rate_limit.shared_rate_limiter",
    ),
    *("*.batch", "*.cache", "*.embeddings", "*.guardrails", "*.plugins", "*.routing"),
    *("*.structured", "*.telemetry", "*.testing"),
}

_ASYNCIO = """\
import asyncio, sys
async def main():
    from ai_lib import AiClient
    builder = AiClient.builder().model("openai/gpt-4o").api_key("k").base_url(sys.argv[1])
    async with await builder.build() as client:
        return (await client.chat().user("Hello").execute()).content
print(asyncio.run(main()))
print(*sys.modules)
"""
_BLOCKING = """\
import sys
from ai_lib_sync import AiClient
builder = AiClient.builder().model("openai/gpt-4o").api_key("k").base_url(sys.argv[1])
with builder.build() as client:
    print(client.chat().user("Hello").execute().content)
print(*sys.modules)
"""
_TRIO = _ASYNCIO.replace("asyncio.run(main())", "trio.run(main)").replace("asyncio", "trio")
_REPLY = b"""\
{"id": "1", "model": "gpt-4o", "usage": {"prompt_tokens": 1, "completion_tokens": 1},
 "choices": [{"index": 0, "finish_reason": "stop",
              "message": {"role": "assistant", "content": "Hi"}}]}"""


def loaded(program: str) -> set[str]:
    """Give the modules of a fresh interpreter after one plain answer."""

    def answer(exchange: Exchange) -> None:
        exchange.reply(_REPLY, headers="content-type: application/json\r\n")

    server = ScriptedServer(answer)
    proxies = {"http_proxy", "https_proxy", "all_proxy"}
    try:
        done = subprocess.run(
            [sys.executable, "-c", program, server.url],
            cwd=ROOT,
            env={name: value for name, value in os.environ.items() if name.lower() not in proxies},
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        server.close()
    assert (done.returncode, done.stderr) == (0, "")
    content, modules = done.stdout.split("\n")[:2]
    assert content == "Hi"
    return set(modules.split(" "))


PROGRAMS = {"asyncio": _ASYNCIO, "blocking": _BLOCKING, "trio": _TRIO}


@pytest.mark.parametrize("kind", PROGRAMS)
def test_a_plain_call_loads_nothing_that_only_others_need(kind: str) -> None:
    pytest.importorskip("httptools")
    modules = loaded(PROGRAMS[kind])
    found = {name.replace("ai_lib_sync.", "*.").replace("ai_lib.", "*.") for name in modules}

    assert {
        "*.client.execution.runner",
        "*.transport.connections.http11",
        "*.pipeline.plain_response",
    } <= found
    # trio brings modules of its own; of ours, the same must stay away, and asyncio with them.
    others = {"asyncio", "httpcore", "h11"} if kind == "trio" else set()
    known = {name for name in UNWANTED if kind != "trio" or name.startswith("*")}
    assert found & (known | others) == set()
