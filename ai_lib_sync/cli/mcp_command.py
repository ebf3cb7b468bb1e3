# Generated from ai_lib/cli/mcp_command.py by codegen; do not edit.
"""`ai-lib mcp`: lists what MCP servers offer, and calls a tool of one."""

from __future__ import annotations

import argparse
import json
import shlex
from collections.abc import Sequence

from ai_lib.cli.output import write_json, write_note, write_problem, write_text
from ai_lib.errors.exceptions import AiLibError
from ai_lib.types.content import TextBlock
from ai_lib.types.json import JsonDict, JsonObject
from ai_lib.types.tool import ToolCall, ToolDefinition

from ..mcp import McpServer, McpServerGroup

_FAILURE, _USAGE_ERROR = 1, 2


def run_mcp(parsed: argparse.Namespace) -> int:
    """List the tools of servers, or call one of them; return the exit code."""
    try:
        servers = open_servers(parsed.server)
        arguments = _read_arguments(parsed.arguments)
    except (OSError, ValueError) as error:
        write_problem(error)
        return _USAGE_ERROR
    try:
        with servers:
            if parsed.call is not None:
                return _call(servers, parsed.call, arguments)
            return _list(servers, as_json=parsed.json)
    except AiLibError as error:
        write_problem(error)
        return _FAILURE


def open_servers(server: str) -> McpServerGroup[McpServer]:
    """Return the servers of a configuration file, of an address, or of a command.

    Raises:
        OSError: the file can't be read.
        ValueError: it is no configuration.
    """
    if server.startswith(("http://", "https://")):
        return McpServer.group([McpServer.http(server, name="server")])
    if server.endswith((".json", ".jsonc")):
        return McpServer.from_config(server)
    return McpServer.group([McpServer.stdio(shlex.split(server), name="server")])


def _read_arguments(text: str | None) -> JsonObject:
    arguments = json.loads(text or "{}")
    if not isinstance(arguments, dict):
        raise ValueError(f"the arguments of a tool are a JSON object, not {text}")
    return arguments


def _list(servers: McpServerGroup[McpServer], *, as_json: bool) -> int:
    listed: list[JsonDict] = []
    for server in servers:
        pins = server.pins()
        tools = server.tools()
        listed += [_describe(server, tool, pins) for tool in tools]
        if not as_json:
            _write_server(server, tools)
    if as_json:
        write_json(listed)
    return 0


def _describe(server: McpServer, tool: ToolDefinition, pins: JsonObject) -> JsonDict:
    return {
        "server": server.name,
        "name": tool.name,
        "description": tool.description,
        "parameters": tool.parameters,
        "annotations": tool.annotations,
        "pin": pins.get(tool.name),
    }


def _write_server(server: McpServer, tools: Sequence[ToolDefinition]) -> None:
    info = server.server_info
    title = f"{info.get('name', '?')} {info.get('version', '')}".strip()
    write_text(f"{server.name}: {title}, protocol {server.protocol_version}\n")
    for tool in tools:
        required = tool.parameters.get("required", ())
        names = [
            name if name in required else f"[{name}]" for name in tool.parameters["properties"]
        ]
        first_line = (tool.description or "").strip().split("\n")[0]
        write_text(f"  {tool.name}({', '.join(names)})  {first_line}\n")


def _call(servers: McpServerGroup[McpServer], name: str, arguments: JsonObject) -> int:
    """Call the tool of that name, of the first server that has it."""
    for server in servers:
        if any(tool.name == name for tool in server.tools()):
            for block in server.call(name, arguments):
                if isinstance(block, TextBlock):
                    write_text(f"{block.text}\n")
                else:
                    kind = type(block).__name__.removesuffix("Block").lower()
                    write_note(f"[{kind} of type {block.media_type}]\n")
            return 0
    write_problem(f"there is no tool {name!r}; `ai-lib mcp SERVER` lists them")
    return _USAGE_ERROR


def ask_consent(call: ToolCall, tool: ToolDefinition) -> bool | str:
    """Ask in the terminal whether a tool may be called; where nobody can answer, it may not."""
    write_note(f"{tool.server or 'tool'}: {call.name} {json.dumps(dict(call.arguments))} [y/N] ")
    try:
        answer = input()
    except EOFError:
        write_note("\nit was not called, as nobody could be asked: --allow-tools allows it\n")
        return "nobody could be asked for consent; it was not called"
    return answer.strip().lower() in ("y", "yes")
