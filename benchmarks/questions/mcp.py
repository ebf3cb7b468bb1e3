"""What does a call of an MCP server's tool cost?

The server is the peer of the tests, in a process of its own, which answers at once: 200 calls one
after the other by its pipes and by HTTP, and 50 at once on one line of pipes, each in a fresh
interpreter after the connection was opened. The floor writes and reads the same lines with the
standard library, one after the other, and posts the same messages with httpcore. The last case is
the import of the client with the library's own.
"""

import sys
from functools import partial

from benchmarks.bench import Bench
from benchmarks.crew import Measure
from benchmarks.fresh import timed
from benchmarks.machine import ROOT
from benchmarks.roster import ROSTER

_WHO = ("ai_lib", "ai_lib-trio", "ai_lib_sync")
_PEER = [sys.executable, "-S", str(ROOT / "tests/servers/mcp_peer.py"), "2026-07-28", "/dev/null"]
_RESTART = "wall, cpu = time.perf_counter(), time.process_time()"
_OPEN = {
    "pipes": f"McpServer.stdio({_PEER!r}, name='peer')",
    "http": "McpServer.http({url!r}, name='peer')",
}
_ASYNC = """\
import {runtime}
from ai_lib._runtime.backend import run_all
from ai_lib.mcp import McpServer
async def main():
    global wall, cpu
    server = {server}
    await server.tools()
    async def call():
        await server.call("echo", {{"text": "hi"}})
    {restart}
    for _ in range({count} // {at_once}):
        await run_all([call] * {at_once}, {at_once})
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    await server.aclose()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
{runtime}.run({main})
"""
_BLOCKING = """\
from ai_lib_sync._runtime.backend import run_all
from ai_lib_sync.mcp import McpServer
server = {server}
server.tools()
def call():
    server.call("echo", {{"text": "hi"}})
{restart}
for _ in range({count} // {at_once}):
    run_all([call] * {at_once}, {at_once})
cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
server.close()
cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
"""
_MESSAGE = """\
import json
message = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
    "name": "echo", "arguments": {"text": "hi"},
    "_meta": {"io.modelcontextprotocol/clientCapabilities": {}}}}).encode() + b"\\n"
"""
_FLOOR = {
    "pipes": """\
import subprocess
peer = subprocess.Popen({peer!r}, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
def call():
    peer.stdin.write(message)
    peer.stdin.flush()
    json.loads(peer.stdout.readline())
""",
    "http": """\
import httpcore
pool = httpcore.ConnectionPool()
headers = {{"Content-Type": "application/json", "Accept": "application/json, text/event-stream",
    "MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "echo"}}
def call():
    json.loads(pool.request("POST", {url!r}, headers=headers, content=message).content)
""",
}
_CALLS = """\
call()
{restart}
for _ in range({count}):
    call()
"""


def measure(bench: Bench) -> None:
    """Measure both links, 50 at once, and the import."""
    from tests.servers.mcp_http import McpHttpServer

    server = McpHttpServer("2026-07-28")
    try:
        for case, link, at_once in (
            ("200 calls by pipes", "pipes", 1),
            ("200 calls by HTTP", "http", 1),
            ("200 calls by pipes, 50 at once", "pipes", 50),
        ):
            take = partial(_call, link=link, url=server.url, at_once=at_once)
            bench.fresh(case, _WHO, take, rounds=bench.rounds(7))
    finally:
        server.close()
    bench.fresh("import", ["ai_lib", "ai_lib_sync"], _import, rounds=bench.rounds(9))


def _call(name: str, *, link: str, url: str, at_once: int) -> Measure:
    facts: dict[str, object] = {"count": 200, "at_once": at_once, "restart": _RESTART}
    if name.startswith("floor"):
        code = _MESSAGE + _FLOOR[link].format(peer=_PEER, url=url) + _CALLS.format(**facts)
    elif name == "ai_lib_sync":
        code = _BLOCKING.format(server=_OPEN[link].format(url=url), **facts)
    else:
        runtime, main = ("trio", "main") if name.endswith("trio") else ("asyncio", "main()")
        server = _OPEN[link].format(url=url)
        code = _ASYNC.format(server=server, runtime=runtime, main=main, **facts)
    return timed(ROSTER[name].python, code)


def _import(name: str) -> Measure:
    contender = ROSTER[name]
    client = "" if name.startswith("floor") else f"\nfrom {contender.package}.mcp import McpServer"
    return timed(contender.python, f"import {contender.package}{client}")
