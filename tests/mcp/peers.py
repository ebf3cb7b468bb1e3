"""MCP servers for the tests of this folder: the same peer, as a child and by HTTP."""

import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ai_lib.mcp import McpServer
from tests.servers import mcp_peer
from tests.servers.mcp_http import McpHttpServer
from tests.servers.mcp_peer import NEW, OLD

ERAS = pytest.mark.parametrize("era", [NEW, OLD])
EVERYWHERE = pytest.mark.parametrize(
    ("link", "era"),
    [("stdio", NEW), ("stdio", OLD), ("http", NEW), ("http", OLD)],
    ids=["stdio new", "stdio old", "http new", "http old"],
)


def child(tmp_path: Path, era: str = NEW, **options: Any) -> McpServer:
    """Give the peer as a child; what it receives is in `ledger`."""
    command = [sys.executable, "-I", "-S", mcp_peer.__file__, era, str(tmp_path / "ledger")]
    return McpServer.stdio(command, name="peer", **options)


def ledger(tmp_path: Path) -> list[dict[str, Any]]:
    """Give all that the children received."""
    lines = (tmp_path / "ledger").read_text("utf-8").split("\n")
    return [json.loads(line) for line in lines if line]


def calls(tmp_path: Path, tool: str) -> int:
    """Count the calls of a tool that the children received."""
    received = [message for message in ledger(tmp_path) if message.get("method") == "tools/call"]
    return sum(message["params"]["name"] == tool for message in received)


def kill(process_id: int) -> None:
    """End a child, and wait for that without taking its exit code."""
    os.kill(process_id, signal.SIGKILL)
    os.waitid(os.P_PID, process_id, os.WEXITED | os.WNOWAIT)


@contextmanager
def peer(link: str, era: str, tmp_path: Path, **options: Any) -> Iterator[McpServer]:
    """Give the peer, by its pipes or by HTTP."""
    if link == "stdio":
        yield child(tmp_path, era, **options)
        return
    with http_peer(era) as server:
        yield McpServer.http(server.url, name="peer", **options)


@contextmanager
def http_peer(era: str, *, token: str | None = None) -> Iterator[McpHttpServer]:
    """Run the peer by HTTP."""
    server = McpHttpServer(era, token=token)
    try:
        yield server
    finally:
        server.close()
