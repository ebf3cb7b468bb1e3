# Generated from ai_lib/mcp/session_tools.py by codegen; do not edit.
"""The tools of MCP sessions that other packages opened, such as the official one's."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ai_lib.errors.mcp import McpError
from ai_lib.mcp.content import read_result
from ai_lib.mcp.definitions import ListedTool, ToolFilter, define_tool, read_listed_tools
from ai_lib.types.json import JsonDict, as_object
from ai_lib.types.tool import ToolDefinition

from .._runtime.backend import maybe_await

_MAX_PAGES = 100


def mcp_tools(
    session: object,
    *,
    name: str = "mcp",
    prefix: str | None = None,
    max_result: int = 1_000_000,
) -> list[ToolDefinition]:
    """Return the tools of an open session, with functions that call them by it.

    A session is anything with `list_tools()` and `call_tool()`: a `Client` or `ClientSession` of
    the official package, a fastmcp `Client`. It stays the caller's, who closes it. What
    `McpServer` holds (pins, restarts, cancelling at the server) depends on the session here.

    Raises:
        TypeError: it is no session.
        McpError: it lists what can't be read.
    """
    # fastmcp's plain methods interpret the results; these return them as they came.
    list_tools = getattr(session, "list_tools_mcp", None) or getattr(session, "list_tools", None)
    call_tool = getattr(session, "call_tool_mcp", None) or getattr(session, "call_tool", None)
    if not callable(list_tools) or not callable(call_tool):
        raise TypeError(f"{type(session).__name__} is no MCP session: it lacks call_tool()")
    listed = read_listed_tools(_list_all(list_tools, name), name, ToolFilter())
    return [
        define_tool(
            tool, _make_function(call_tool, tool, name, max_result), server=name, prefix=prefix
        )
        for tool in listed
    ]


def _list_all(list_tools: Callable[..., object], server: str) -> list[JsonDict]:
    tools: list[JsonDict] = []
    arguments: dict[str, object] = {}
    for _ in range(_MAX_PAGES):
        page = maybe_await(list_tools(**arguments))
        items = page if isinstance(page, Sequence) else getattr(page, "tools", ())
        tools += [_to_dict(tool, server) for tool in items]
        # The older name of it is deprecated where there is a newer one.
        cursor = getattr(
            page, "next_cursor" if hasattr(page, "next_cursor") else "nextCursor", None
        )
        if not cursor:
            break
        arguments = _point_to_page(list_tools, cursor)
    return tools


def _point_to_page(list_tools: Callable[..., object], cursor: object) -> dict[str, object]:
    """Return the arguments that ask for the next page, which differ between versions."""
    owner = sys.modules.get("mcp_types") or sys.modules.get("mcp.types")
    kind = getattr(owner, "PaginatedRequestParams", None)
    code = getattr(getattr(list_tools, "__func__", list_tools), "__code__", None)
    names = code.co_varnames if code is not None else ()
    if "params" in names and "cursor" not in names and kind is not None:
        return {"params": kind(cursor=cursor)}
    return {"cursor": cursor}


def _to_dict(item: object, server: str) -> JsonDict:
    if isinstance(item, Mapping):
        return dict(item)
    dump = getattr(item, "model_dump", None)
    if dump is None:
        raise McpError(f"{server} lists a {type(item).__name__}, which is no tool", server=server)
    return dict(as_object(dump(mode="json", by_alias=True, exclude_none=True)))


def _make_function(
    call_tool: Callable[..., Any], tool: ListedTool, server: str, limit: int
) -> Callable[..., object]:
    def call(**arguments: object) -> object:
        result = _to_dict(maybe_await(call_tool(tool.name, arguments)), server)
        blocks = read_result(result, server=server, tool=tool.name, limit=limit, for_model=True)
        return blocks or ""

    return call
