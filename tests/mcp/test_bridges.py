"""What others bring: sessions of other packages, a client that answers servers, the older names."""

import json
from pathlib import Path
from typing import Any

import pytest

from ai_lib.errors import BudgetExceeded
from ai_lib.mcp import (
    McpError,
    McpProviderConfig,
    McpTool,
    McpToolBridge,
    McpToolInvocation,
    McpToolResult,
    extract_provider_config,
    mcp_tools,
    sampling,
)
from ai_lib.testing import MockProvider, Reply
from ai_lib.types.content import ToolResultBlock, join_text
from tests.mcp.peers import EVERYWHERE, child, peer
from tests.servers.mcp_peer import NEW

ASKED = {
    "messages": [{"role": "user", "content": {"type": "text", "text": "2+2?"}}],
    "systemPrompt": "Be brief.",
    "maxTokens": 20,
    "temperature": 0.5,
    "stopSequences": ["END"],
}


class Page:
    """What a session's `list_tools` returns."""

    def __init__(self, tools: list[Any], next_cursor: str | None) -> None:
        self.tools = tools
        self.next_cursor = next_cursor


class Model:
    """An object of another package, as its model classes are."""

    def __init__(self, **fields: Any) -> None:
        self.fields = fields

    def model_dump(self, **_: Any) -> dict[str, Any]:
        """Give it as JSON."""
        return self.fields


class Session:
    """A session in the form of the official package's client, with two pages of tools."""

    def __init__(self) -> None:
        self.called: list[tuple[str, Any]] = []

    async def list_tools(self, *, cursor: str | None = None) -> Page:
        """Give a page."""
        name = "second" if cursor else "first"
        schema = {"type": "object", "properties": {"x": {"type": "integer"}}}
        tool = Model(name=name, description=f"The {name}.", inputSchema=schema)
        return Page([tool], None if cursor else "next")

    async def call_tool(self, name: str, arguments: Any = None) -> Model:
        """Call one."""
        self.called.append((name, arguments))
        return Model(content=[{"type": "text", "text": f"{name} of {arguments['x']}"}])


async def test_the_tools_of_another_packages_session_are_used() -> None:
    session = Session()
    replies = [Reply(tool_calls=[("b_second", {"x": 3})]), Reply(text="ok")]
    async with MockProvider(replies) as mock, await mock.client("openai/gpt-4o") as client:
        tools = await mcp_tools(session, name="theirs", prefix="b_")
        run = await client.chat().user("?").run_tools(tools)

    assert [(tool.name, tool.server) for tool in tools] == [
        ("b_first", "theirs"),
        ("b_second", "theirs"),
    ]
    assert session.called == [("second", {"x": 3})]
    results = [block for message in run.messages for block in message.blocks]
    assert [join_text(b.content) for b in results if isinstance(b, ToolResultBlock)] == [
        "second of 3"
    ]


async def test_what_is_no_session_is_said() -> None:
    with pytest.raises(TypeError, match=r"object is no MCP session: it lacks call_tool\(\)"):
        await mcp_tools(object())


@EVERYWHERE
async def test_a_client_answers_what_a_server_asks_of_a_model(
    link: str, era: str, tmp_path: Path
) -> None:
    async with MockProvider([Reply(text="four")]) as mock:
        async with await mock.client("openai/gpt-4o") as client:
            with peer(link, era, tmp_path, on_sampling=sampling(client)) as server:
                async with server:
                    (block,) = await server.call("ask_sampling")

    answer = json.loads(block.text)["answer"]  # type: ignore[union-attr]
    assert answer["content"] == {"type": "text", "text": "four"}
    assert (answer["role"], answer["stopReason"]) == ("assistant", "endTurn")
    (request,) = mock.requests
    assert [message.text for message in request.messages] == ["2+2?"]
    assert request.body["max_completion_tokens"] == 20


async def test_the_wishes_of_a_server_are_kept_within_bounds() -> None:
    async with MockProvider([Reply(text="4")]) as mock:
        async with await mock.client("openai/gpt-4o") as client:
            await sampling(client, max_tokens=5)(ASKED)

    body = mock.requests[0].body
    assert body["messages"][0]["content"] == "Be brief."
    assert (body["max_completion_tokens"], body["temperature"], body["stop"]) == (5, 0.5, ["END"])


async def test_a_budget_ends_what_servers_may_ask() -> None:
    async with MockProvider([Reply(text="4")] * 2) as mock:
        async with await mock.client("openai/gpt-4o") as client:
            sample = sampling(client, budget=0.0000001)
            await sample(ASKED)
            with pytest.raises(BudgetExceeded, match="for what MCP servers ask of a model"):
                await sample(ASKED)
        assert len(mock.requests) == 1


async def test_a_spent_budget_is_told_to_the_server(tmp_path: Path) -> None:
    async with MockProvider() as mock, await mock.client("openai/gpt-4o") as client:
        sample = sampling(client, budget=0.0)
        async with child(tmp_path, NEW, on_sampling=sample) as server:
            with pytest.raises(BudgetExceeded):
                await server.call("ask_sampling")
            await server.call("echo", {"text": "on"})
        assert mock.requests == []


def test_the_bridge_names_tools_and_finds_them_again() -> None:
    bridge = McpToolBridge("files", deny_filter={"drop"})
    tools = [McpTool("read", "Read.", {"type": "object"}), McpTool("drop"), McpTool("a.b/c" * 20)]
    read, odd = (tool["function"] for tool in bridge.mcp_tools_to_protocol(tools))

    assert read["name"] == "mcp__files__read"
    assert read["parameters"] == {"type": "object", "properties": {}}
    assert len(odd["name"]) == 64
    call = {"name": odd["name"], "arguments": {"x": 1}}
    assert bridge.protocol_call_to_mcp(call) == McpToolInvocation("a.b/c" * 20, {"x": 1})
    assert bridge.protocol_call_to_mcp({"name": "mcp__other__read"}) is None


def test_the_bridge_keeps_what_is_no_text() -> None:
    bridge = McpToolBridge("files")
    text = {"type": "text", "text": "a"}
    image = {"type": "image", "data": "AAAA", "mimeType": "image/png"}

    plain = bridge.mcp_result_to_protocol("c1", McpToolResult([text, text]))
    assert plain == {"tool_use_id": "c1", "is_error": False, "content": "a\na"}
    mixed = bridge.mcp_result_to_protocol("c1", McpToolResult([text, image]))["content"]
    assert [block["type"] for block in mixed] == ["text", "image"]
    failed = bridge.mcp_result_to_protocol("c1", McpToolResult([text], is_error=True))
    assert (failed["content"], failed["is_error"]) == ({"error": "a"}, True)


def test_a_manifest_says_how_a_provider_is_told_of_servers() -> None:
    mapping = {"tool_type": "mcp_toolset", "beta_header": "b-1"}
    client = {"supported": True, "provider_mapping": mapping}

    expected = McpProviderConfig(tool_type="mcp_toolset", beta_header="b-1")
    assert extract_provider_config({"client": client}) == expected
    assert extract_provider_config(client) == expected
    assert extract_provider_config({"client": {"supported": False}}) is None
    assert extract_provider_config(None) is None


async def test_a_listing_of_odd_things_is_refused() -> None:
    class Odd:
        async def list_tools(self) -> list[int]:
            return [5]

        async def call_tool(self, name: str, arguments: Any) -> None:
            return None

    with pytest.raises(McpError, match="mcp lists a int, which is no tool"):
        await mcp_tools(Odd())
