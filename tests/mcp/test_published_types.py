"""What is sent to a server is what the protocol's own types allow, in both eras."""

from pathlib import Path
from typing import Any

import pytest

from ai_lib.errors import AiLibError
from ai_lib.mcp import McpServer
from tests.mcp.peers import ERAS, child, ledger


def find_problems(messages: list[dict[str, Any]], era: str) -> list[str]:
    """Return what the protocol's types do not allow; the types are those of the package."""
    methods = pytest.importorskip("mcp_types.methods", reason="needs mcp-types (`nox -s mcp`)")
    problems = []
    for message in messages:
        method, params = message.get("method"), message.get("params")
        if method is None:
            continue  # an answer: what it holds is the caller's
        version = "2026-07-28" if method == "server/discover" else era
        check = (
            methods.validate_client_request
            if "id" in message
            else methods.validate_client_notification
        )
        try:
            check(method, version, params)
        except (ValueError, KeyError) as error:
            problems.append(f"{method}: {error}")
    return problems


async def use_all(server: McpServer) -> None:
    """Ask a server for all that it has."""
    await server.tools()
    await server.call("echo", {"text": "hi"})
    await server.call("mirrored", {"region": "eu"})
    await server.resources()
    await server.resource_templates()
    await server.read("peer://a")
    await server.prompts()
    await server.prompt("greet", who="Ada")
    with pytest.raises(AiLibError):
        await server.call("wait", timeout=0.05)


@ERAS
async def test_every_message_is_allowed_by_the_protocols_types(era: str, tmp_path: Path) -> None:
    assert find_problems([], era) == []  # skips where there are no such types

    def take(*progress: object) -> None:
        """Ask for progress by being there."""

    async with child(tmp_path, era, on_progress=take) as server:
        await use_all(server)
    messages = ledger(tmp_path)

    kinds = {message.get("method") for message in messages}
    assert {"tools/list", "tools/call", "resources/read", "prompts/get"} <= kinds
    assert "notifications/cancelled" in kinds
    assert find_problems(messages, era) == []


@ERAS
def test_the_types_can_say_no(era: str) -> None:
    message = {"id": 1, "method": "tools/call", "params": {"arguments": {}}}
    assert find_problems([message], era) != []
