"""Converts tools and results between MCP and chats, for callers with an MCP client of their own.

`McpServer` does all of this by itself.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

import msgspec

from ai_lib.errors.mcp import McpToolFailed
from ai_lib.mcp.content import read_result
from ai_lib.mcp.definitions import fit_schema
from ai_lib.protocol.dialect.model import ToolNameShape
from ai_lib.request.tool_names import fit_tool_name
from ai_lib.types.content import TextBlock
from ai_lib.types.json import JsonDict, JsonObject, as_object

_MAX_RESULT: Final = 1_000_000
# What every provider takes.
_SHAPE: Final = ToolNameShape()


class McpTool(msgspec.Struct):
    """A tool as a server lists it."""

    name: str
    description: str | None = None
    input_schema: JsonObject | None = None


class McpToolInvocation(msgspec.Struct):
    """A call of a tool as a server takes it."""

    name: str
    arguments: JsonObject = {}


class McpToolResult(msgspec.Struct):
    """What a tool returned, as a server says it."""

    content: Sequence[JsonObject] = ()
    is_error: bool = False


class McpServerSpec(msgspec.Struct):
    """Where a server is: `transport` is `stdio` or `streamable_http`."""

    name: str
    transport: str
    uri: str
    auth: JsonObject | None = None


class McpProviderConfig(msgspec.Struct, frozen=True):
    """How a provider is told of servers that it asks itself, as its manifest says."""

    tool_type: str = "mcp"
    beta_header: str | None = None
    api_endpoint: str | None = None
    config_method: str = "tool_parameter"


class McpToolBridge:
    """Names the tools of one server `mcp__SERVER__TOOL`, and finds them again.

    A name that not every provider takes is offered under one that they do.
    """

    def __init__(
        self,
        server_name: str,
        *,
        allow_filter: Collection[str] | None = None,
        deny_filter: Collection[str] | None = None,
    ) -> None:
        self._prefix = f"mcp__{server_name}__"
        self._allow = frozenset(allow_filter or ())
        self._deny = frozenset(deny_filter or ())
        self._names: dict[str, str] = {}

    def mcp_tools_to_protocol(self, mcp_tools: Sequence[McpTool]) -> list[JsonDict]:
        """Return the tools that the filters let through, as functions of a chat."""
        return [self._convert(tool) for tool in mcp_tools if self._accepts(tool.name)]

    def _accepts(self, name: str) -> bool:
        return name not in self._deny and (not self._allow or name in self._allow)

    def _convert(self, tool: McpTool) -> JsonDict:
        name = fit_tool_name(self._prefix + tool.name, _SHAPE)
        self._names[name] = tool.name
        function = {
            "name": name,
            "description": tool.description,
            "parameters": fit_schema(tool.input_schema or {}),
        }
        return {"type": "function", "function": function}

    def protocol_call_to_mcp(self, call: Mapping[str, object]) -> McpToolInvocation | None:
        """Return a model's call as the server takes it; None for a tool of another server."""
        name = str(call.get("name", ""))
        if name in self._names:
            own_name = self._names[name]
        elif name.startswith(self._prefix):
            own_name = name.removeprefix(self._prefix)
        else:
            return None
        return McpToolInvocation(name=own_name, arguments=as_object(call.get("arguments")))

    def mcp_result_to_protocol(self, tool_call_id: str, result: McpToolResult) -> JsonDict:
        """Return a result for a model: its text, or a list of blocks where it is more than text."""
        raw: JsonObject = {"content": list(result.content), "isError": result.is_error}
        answer: JsonDict = {"tool_use_id": tool_call_id, "is_error": result.is_error}
        try:
            blocks = read_result(raw, server="", tool="the tool", limit=_MAX_RESULT)
        except McpToolFailed as error:
            return {**answer, "content": {"error": error.message}, "is_error": True}
        if all(isinstance(block, TextBlock) for block in blocks):
            texts = [block.text for block in blocks if isinstance(block, TextBlock)]
            return {**answer, "content": "\n".join(texts)}
        return {**answer, "content": msgspec.to_builtins(blocks)}


def extract_provider_config(mcp_config: JsonObject | None) -> McpProviderConfig | None:
    """Return how a provider is told of servers; None when its manifest says that it takes none."""
    config = mcp_config or {}
    client = config if "supported" in config else as_object(config.get("client"))
    if not client.get("supported"):
        return None
    mapping = as_object(client.get("provider_mapping"))
    members = {
        name: mapping[name] for name in McpProviderConfig.__struct_fields__ if name in mapping
    }
    return msgspec.convert(members, McpProviderConfig)
