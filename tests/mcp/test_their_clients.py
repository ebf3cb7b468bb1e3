"""Clients of other packages, as they are: their tools go to `run_tools`."""

from typing import Any

import pytest

from ai_lib.mcp import mcp_tools
from ai_lib.testing import MockProvider, Reply
from ai_lib.types.content import ToolResultBlock, join_text

pytestmark = [pytest.mark.async_only, pytest.mark.slow]


async def run_with(tools: Any) -> list[str]:
    """Give what the model was told of one call."""
    replies = [Reply(tool_calls=[("add", {"a": 2, "b": 3})]), Reply(text="ok")]
    async with MockProvider(replies) as mock, await mock.client("openai/gpt-4o") as client:
        run = await client.chat().user("?").run_tools(tools)
    blocks = [block for message in run.messages for block in message.blocks]
    return [join_text(block.content) for block in blocks if isinstance(block, ToolResultBlock)]


async def test_the_official_client_and_its_session() -> None:
    module = pytest.importorskip("mcp", reason="needs the package mcp (`nox -s mcp`)")
    from mcp.server import MCPServer

    server = MCPServer("theirs")

    @server.tool()
    def add(a: int, b: int) -> int:
        """Add two numbers."""
        return a + b

    async with module.Client(server) as client:
        assert await run_with(await mcp_tools(client)) == ["5"]
        assert await run_with(await mcp_tools(client.session)) == ["5"]


@pytest.mark.parametrize("anyio_backend", ["asyncio"])  # fastmcp knows no other
async def test_the_client_of_fastmcp() -> None:
    module = pytest.importorskip("fastmcp", reason="needs fastmcp (`nox -s mcp`)")
    server = module.FastMCP("theirs")

    @server.tool
    def add(a: int, b: int) -> int:
        """Add two numbers."""
        return a + b

    async with module.Client(server) as client:
        assert await run_with(await mcp_tools(client)) == ["5"]
