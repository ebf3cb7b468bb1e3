"""Let the model call the tools of an MCP server, each call with the user's consent."""

import asyncio
import os
import sys
from pathlib import Path

from ai_lib import AiClient, ToolCall, ToolDefinition
from ai_lib.mcp import McpServer

MODEL, BASE_URL = os.environ.get("MODEL", "openai/gpt-5.4-mini"), os.environ.get("BASE_URL")
SERVER = [sys.executable, str(Path(__file__).with_name("mcp_server.py"))]


def decide(call: ToolCall, tool: ToolDefinition) -> bool:
    print(f"{tool.server} is asked for {call.name} with {call.arguments}")
    return True  # or ask somebody


async def main() -> None:
    weather = McpServer.stdio(SERVER, name="weather")
    async with weather, await AiClient.create(MODEL, base_url=BASE_URL) as client:
        chat = client.chat().user("Please get weather for Rome.")
        run = await chat.run_tools(await weather.tools(), on_tool_call=decide)
    print(run.content)


if __name__ == "__main__":
    asyncio.run(main())
