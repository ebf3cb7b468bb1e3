"""Servers that others wrote: from the package index, and from npm where Node is."""

import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from ai_lib.mcp import McpServer

pytestmark = pytest.mark.slow

SERVER = """
import sys
from mcp.server import MCPServer
from mcp.server.mcpserver import Context

mcp = MCPServer("theirs")

@mcp.tool()
def add(a: int, b: int) -> int:
    "Add two numbers."
    return a + b

@mcp.tool()
async def slow(ctx: Context) -> str:
    "Report progress."
    await ctx.report_progress(1, 2, "half")
    return "done"

@mcp.tool()
def fail() -> str:
    "Fail."
    raise ValueError("no such city")

@mcp.resource("note://one")
def note() -> str:
    return "a note"

@mcp.prompt()
def greet(who: str) -> str:
    return f"Greet {who}."

mcp.run()
"""


def official(tmp_path: Path, **options: Any) -> McpServer:
    """Give a server on the official package."""
    pytest.importorskip("mcp", reason="needs the package mcp (`nox -s mcp`)")
    path = tmp_path / "server.py"
    path.write_text(SERVER)
    return McpServer.stdio([sys.executable, str(path)], name="theirs", **options)


async def test_the_official_packages_server_is_spoken_to(tmp_path: Path) -> None:
    told: list[Any] = []

    def on_progress(*progress: Any) -> None:
        told.append(progress)

    async with official(tmp_path, on_progress=on_progress) as server:
        assert {tool.name for tool in await server.tools()} == {"add", "slow", "fail"}
        assert [block.text for block in await server.call("add", {"a": 2, "b": 3})] == ["5"]  # type: ignore[union-attr]
        await server.call("slow")
        assert told == [("slow", 1, 2, "half")]
        with pytest.raises(Exception, match="fail"):
            await server.call("fail")
        assert [block.text for block in await server.read("note://one")] == ["a note"]  # type: ignore[union-attr]
        (message,) = await server.prompt("greet", who="Ada")
        assert message.content == "Greet Ada."


async def test_the_time_server_tells_the_time() -> None:
    pytest.importorskip("mcp_server_time", reason="needs mcp-server-time (`nox -s mcp`)")
    command = [sys.executable, "-m", "mcp_server_time"]
    async with McpServer.stdio(command, name="time") as server:
        pins = await server.pins()
        (block,) = await server.call("get_current_time", {"timezone": "Europe/Paris"})
    assert '"timezone": "Europe/Paris"' in block.text  # type: ignore[union-attr]
    async with McpServer.stdio(command, name="time", approved=pins) as server:
        assert len(await server.tools()) == 2


@pytest.mark.parametrize("kind", ["everything", "filesystem"])
async def test_the_reference_servers_of_npm_are_spoken_to(kind: str, tmp_path: Path) -> None:
    if shutil.which("npx") is None:
        pytest.skip("needs Node")
    folders = [str(tmp_path)] if kind == "filesystem" else []
    command = ["npx", "-y", f"@modelcontextprotocol/server-{kind}", *folders]
    (tmp_path / "a.txt").write_text("hello")
    async with McpServer.stdio(command, name=kind, start_timeout=120) as server:
        names = {tool.name for tool in await server.tools()}
        if kind == "everything":
            (block,) = await server.call("echo", {"message": "hi"})
            assert "hi" in block.text  # type: ignore[union-attr]
        else:
            assert "list_directory" in names
            (block,) = await server.call("list_directory", {"path": str(tmp_path)})
            assert "a.txt" in block.text  # type: ignore[union-attr]
