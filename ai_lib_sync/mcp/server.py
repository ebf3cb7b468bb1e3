# Generated from ai_lib/mcp/server.py by codegen; do not edit.
"""An MCP server: its tools for `run_tools`, its resources and its prompts."""

from __future__ import annotations

import os
import shlex
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ai_lib.client.tools.functions import read_decision
from ai_lib.errors.mcp import McpError, McpToolFailed
from ai_lib.mcp.config import ServerEntry, read_config
from ai_lib.mcp.content import ToolBlock, read_messages, read_resource, read_result
from ai_lib.mcp.definitions import (
    ListedTool,
    check_approved,
    check_unchanged,
    define_tool,
    read_listed_tools,
)
from ai_lib.mcp.items import McpPrompt, McpResource, McpResourceTemplate, read_items
from ai_lib.mcp.options import McpOptions
from ai_lib.mcp.wire.headers import Headers, mirror_arguments
from ai_lib.mcp.wire.messages import MessageRegistry
from ai_lib.mcp.wire.revisions import is_stateless
from ai_lib.types.content import ToolResultBlock
from ai_lib.types.json import JsonObject, as_list, as_object
from ai_lib.types.message import Message
from ai_lib.types.tool import ToolCall, ToolDefinition

from .._runtime.backend import maybe_await, now
from ..transport import HttpTransport
from .auth import TokenCallback, make_token_source
from .connection import McpConnection, McpTransport
from .group import McpServerGroup
from .transports.stdio import StdioTransport
from .transports.streamable_http import StreamableHttpTransport, TokenSource

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ai_lib.mcp.options import McpOptionArguments


class McpServer:
    """One MCP server. Make it with `stdio` or `http`; close it when done.

        with McpServer.stdio(["uvx", "mcp-server-time"], name="time") as server:
            run = client.chat().user("Which day is it?").run_tools(server.tools())

    Any tasks and threads may use it at once, and close it. It starts when it is entered or first
    used, and again when it ended. What it tells without being asked is noticed at the next request.
    """

    def __init__(
        self,
        name: str,
        options: McpOptions,
        make_transport: Callable[[MessageRegistry], McpTransport],
        transport: HttpTransport | None = None,
    ) -> None:
        self.name = name
        self.options = options
        self._transport = transport  # which is closed with the server
        self._connection = McpConnection(
            name, options, make_transport, self._read_notification, self._make_stale
        )
        self._listed: dict[str, ListedTool] | None = None
        self._is_stale = False
        self._fresh_until: float | None = None

    @classmethod
    def stdio(
        cls,
        command: str | Sequence[str],
        *,
        name: str,
        env: Mapping[str, str] | None = None,
        cwd: str | os.PathLike[str] | None = None,
        **options: Unpack[McpOptionArguments],
    ) -> McpServer:
        """Return a server that is a program: it is started, and spoken to by its pipes.

        It is given `env` and of this process's environment what a program needs (PATH, HOME and
        the like): no keys. `cwd` is the folder that it runs in.

        Raises:
            ValueError: the command is empty, or an option can't be.
        """
        words = shlex.split(command) if isinstance(command, str) else list(command)
        if not words:
            raise ValueError("the command of an MCP server is empty")
        settings = McpOptions(**options)

        def make_transport(registry: MessageRegistry) -> McpTransport:
            return StdioTransport(
                registry,
                words,
                environment=dict(env or {}),
                folder=None if cwd is None else os.fspath(cwd),
                max_message=settings.max_message,
            )

        return cls(name, settings, make_transport)

    @classmethod
    def http(
        cls,
        url: str,
        *,
        name: str,
        auth: str | TokenSource | TokenCallback | None = None,
        headers: Mapping[str, str] | None = None,
        transport: HttpTransport | None = None,
        **options: Unpack[McpOptionArguments],
    ) -> McpServer:
        """Return a server by streamable HTTP.

        `auth` is a token, `bearer("VARIABLE")`, `ClientCredentials`, or a function that is given
        why a token was refused (None at first) and returns one; it goes to this address alone. A
        `transport` of the caller's is not closed with the server.

        Raises:
            TypeError: `auth` is none of these.
            ValueError: an option can't be.
        """
        settings = McpOptions(**options)
        token_source = make_token_source(auth)
        own_transport = None if transport is not None else HttpTransport()
        used_transport = transport or own_transport
        assert used_transport is not None

        def make_transport(registry: MessageRegistry) -> McpTransport:
            return StreamableHttpTransport(
                registry,
                url,
                http=used_transport,
                headers=tuple((headers or {}).items()),
                token_source=token_source,
                mirror=server._mirror,
                max_message=settings.max_message,
            )

        server = cls(name, settings, make_transport, own_transport)
        return server

    @classmethod
    def from_config(
        cls,
        config: str | os.PathLike[str] | JsonObject,
        *,
        unavailable: str = "raise",
        **options: Unpack[McpOptionArguments],
    ) -> McpServerGroup[McpServer]:
        """Return the servers of a configuration, as editors write it: `mcpServers`, `servers`.

        `${NAME}`, `${env:NAME}` and `${NAME:-default}` are replaced by variables of the
        environment. `options` are those of all servers, `unavailable` as in `group`.

        Raises:
            OSError: the file can't be read.
            ValueError: it is no configuration; the message says where.
        """
        source = Path(os.fspath(config)) if not isinstance(config, Mapping) else config
        entries = read_config(source, os.environ)
        servers = [cls._of_entry(entry, options) for entry in entries]
        return cls.group(servers, unavailable=unavailable)

    @classmethod
    def _of_entry(cls, entry: ServerEntry, options: McpOptionArguments) -> McpServer:
        settings: McpOptionArguments = {**options}
        if entry.allow is not None:
            settings["allow"] = entry.allow
        if entry.deny:
            settings["deny"] = (*options.get("deny", ()), *entry.deny)
        if entry.url is not None:
            return cls.http(entry.url, name=entry.name, headers=entry.headers, **settings)
        command = entry.command
        return cls.stdio(command, name=entry.name, env=entry.env, cwd=entry.cwd, **settings)

    @classmethod
    def group(
        cls, servers: Sequence[McpServer], *, unavailable: str = "raise"
    ) -> McpServerGroup[McpServer]:
        """Return several servers as one; those that can't be reached are left out with "skip"."""
        return McpServerGroup(servers, unavailable=unavailable)

    # --- what it is ------------------------------------------------------------------------------

    @property
    def is_alive(self) -> bool:
        """Whether it is open now."""
        return self._connection.is_alive

    @property
    def server_info(self) -> JsonObject:
        """The name and version that the server gives itself; empty before it was opened."""
        metadata = self._connection.metadata
        return metadata.info if metadata is not None else {}

    @property
    def instructions(self) -> str | None:
        """What the server says of its use; never sent to a model by itself."""
        metadata = self._connection.metadata
        return metadata.instructions if metadata is not None else None

    @property
    def protocol_version(self) -> str | None:
        """The revision of the protocol that is spoken; None before it was opened."""
        metadata = self._connection.metadata
        return metadata.version if metadata is not None else None

    @property
    def capabilities(self) -> JsonObject:
        """What the server offers; empty before it was opened."""
        metadata = self._connection.metadata
        return metadata.capabilities if metadata is not None else {}

    @property
    def pending_count(self) -> int:
        """The number of requests that wait for an answer."""
        return self._connection.pending_count

    @property
    def process_id(self) -> int | None:
        """The number of the server's process, where it is a child of this one."""
        return self._connection.process_id

    def __repr__(self) -> str:
        state = self.protocol_version if self.is_alive else "not open"
        return f"<McpServer {self.name!r} {state}>"

    # --- tools -----------------------------------------------------------------------------------

    def tools(self) -> list[ToolDefinition]:
        """Return the tools with functions that call them, for `run_tools` and `stream_tools`.

        They are what they are now: a tool that the server changes later is not called.

        Raises:
            McpToolChanged: with `approved`, a tool is new or changed.
            McpError: the server can't be asked.
        """
        listed = self._list_tools()
        if self.options.approved is not None:
            check_approved(listed, self.options.approved, self.name)
        prefix = self.options.prefix
        return [
            define_tool(tool, self._make_function(tool), server=self.name, prefix=prefix)
            for tool in listed
        ]

    def pins(self) -> dict[str, str]:
        """Return the pins of the tools as they are now, to be kept and given as `approved`."""
        return {tool.name: tool.pin for tool in self._list_tools()}

    def call(
        self,
        name: str,
        arguments: JsonObject | None = None,
        *,
        timeout: float | None = None,
    ) -> tuple[ToolBlock, ...]:
        """Call a tool by the server's own name of it, and return its result as blocks.

        `timeout` is in seconds.

        Raises:
            McpToolFailed: the tool failed, or its result is larger than `max_result`.
            McpError: the server can't be asked, or the tool is not allowed here.
        """
        if not self.options.tool_filter().accepts(name):
            raise McpError(f"the tool {name!r} of {self.name} is not allowed", server=self.name)
        return self._call(name, arguments or {}, timeout, for_model=False)

    def _make_function(self, tool: ListedTool) -> Callable[..., object]:
        def call_tool(**arguments: object) -> object:
            return self._call_listed(tool, arguments)

        call_tool.__name__ = tool.name
        return call_tool

    def _call_listed(self, tool: ListedTool, arguments: JsonObject) -> object:
        """Call a tool of which a model was told; refuse it when it is another one by now."""
        if self._is_outdated():
            current = {listed.name: listed for listed in self._list_tools()}
            check_unchanged(tool, current.get(tool.name), self.name)
        if self.options.approved is not None:
            check_approved([tool], self.options.approved, self.name)
        arguments = self._ask_consent(tool, arguments)
        return self._call(tool.name, arguments, None, for_model=True) or ""

    def _ask_consent(self, tool: ListedTool, arguments: JsonObject) -> JsonObject:
        hook = self.options.on_tool_call
        if hook is None:
            return arguments
        call = ToolCall(id="", name=tool.name, arguments=arguments)
        function = self._make_function(tool)
        definition = define_tool(tool, function, server=self.name, prefix=None)
        decision = read_decision(call, maybe_await(hook(call, definition)))
        if isinstance(decision, ToolCall):
            return decision.arguments
        reasons = [block.content for block in decision.blocks if isinstance(block, ToolResultBlock)]
        raise McpToolFailed(str(reasons[0]), server=self.name, tool=tool.name)

    def _call(
        self, name: str, arguments: JsonObject, timeout: float | None, *, for_model: bool
    ) -> tuple[ToolBlock, ...]:
        tell = self.options.on_progress
        result = self._connection.request(
            "tools/call",
            {"name": name, "arguments": dict(arguments)},
            timeout=timeout,
            on_progress=None if tell is None else partial(tell, name),
        )
        limit = self.options.max_result
        return read_result(result, server=self.name, tool=name, limit=limit, for_model=for_model)

    def _list_tools(self) -> tuple[ListedTool, ...]:
        self._connection.open()
        listed = self._listed
        if listed is None or self._is_outdated() or self._fresh_until == 0.0:
            self._is_stale = False  # a change that is told meanwhile makes it stale again
            tools, page = self._connection.list_all("tools/list", "tools")
            accepted = read_listed_tools(tools, self.name, self.options.tool_filter())
            self._listed = listed = {tool.name: tool for tool in accepted}
            self._fresh_until = self._read_lifetime(page)
        return tuple(listed.values())

    def _read_lifetime(self, page: JsonObject) -> float | None:
        """Return until when a list is good: 0 for this use alone, None until a change is told."""
        milliseconds = page.get("ttlMs")
        if not isinstance(milliseconds, int):
            return 0.0 if is_stateless(self.protocol_version) else None
        return now() + milliseconds / 1000 if milliseconds > 0 else 0.0

    def _is_outdated(self) -> bool:
        until = self._fresh_until
        return self._is_stale or (until is not None and 0.0 < until <= now())

    def _make_stale(self) -> None:
        self._is_stale = True

    def _mirror(self, params: JsonObject) -> Headers:
        tool = (self._listed or {}).get(str(params.get("name")))
        if tool is None:
            return ()
        return mirror_arguments(tool.schema, as_object(params.get("arguments")))

    def _read_notification(self, method: str, params: JsonObject) -> None:
        if method == "notifications/tools/list_changed":
            self._is_stale = True
        elif method == "notifications/message" and self.options.on_log is not None:
            level, logger = str(params.get("level", "info")), str(params.get("logger") or self.name)
            self.options.on_log(level, logger, params.get("data"))

    # --- resources and prompts -------------------------------------------------------------------

    def resources(self) -> list[McpResource]:
        """Return what can be read. Raises McpError as `tools` does."""
        items, _ = self._connection.list_all("resources/list", "resources")
        return read_items(items, McpResource, self.name)

    def resource_templates(self) -> list[McpResourceTemplate]:
        """Return the forms of the addresses of what can be read."""
        method = "resources/templates/list"
        items, _ = self._connection.list_all(method, "resourceTemplates")
        return read_items(items, McpResourceTemplate, self.name)

    def read(self, uri: str) -> tuple[ToolBlock, ...]:
        """Read a resource, and return it as blocks."""
        result = self._connection.request("resources/read", {"uri": uri})
        return tuple(read_resource(as_object(part)) for part in as_list(result.get("contents")))

    def prompts(self) -> list[McpPrompt]:
        """Return the prompts that the server offers."""
        items, _ = self._connection.list_all("prompts/list", "prompts")
        return read_items(items, McpPrompt, self.name)

    def prompt(self, name: str, **arguments: str) -> tuple[Message, ...]:
        """Return the messages of a prompt, to be put before a question."""
        params = {"name": name, "arguments": arguments}
        return read_messages(self._connection.request("prompts/get", params))

    # --- from start to end -----------------------------------------------------------------------

    def open(self) -> None:
        """Start the server, unless it runs.

        Raises:
            McpServerGone: it can't be started.
            McpError: it does not speak the protocol.
        """
        self._connection.open()

    def close(self) -> None:
        """End the server: by the end of its input, after 2 s by SIGTERM, after 2 more by SIGKILL.

        Requests under way end with McpServerGone. Safe to call twice, from any task or thread.
        """
        self._connection.close()
        if self._transport is not None:
            self._transport.close()

    def __enter__(self) -> McpServer:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        connection = getattr(self, "_connection", None)
        if connection is not None and connection.process_id is not None:
            warnings.warn(f"{self!r} was not closed", ResourceWarning, stacklevel=2, source=self)
            connection.kill()
