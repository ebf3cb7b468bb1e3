# Generated from ai_lib/mcp/group.py by codegen; do not edit.
"""Several MCP servers as one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Generic, Protocol, TypeVar

from ai_lib._log import LOG
from ai_lib.errors.exceptions import AiLibError
from ai_lib.types.tool import ToolDefinition

from .._runtime.backend import run_all, shield

_MOST_AT_ONCE = 16


class ServerLike(Protocol):
    """What a group needs of a server."""

    name: str

    def tools(self) -> list[ToolDefinition]: ...
    def open(self) -> None: ...
    def close(self) -> None: ...


S = TypeVar("S", bound=ServerLike)


class McpServerGroup(Generic[S]):
    """Several servers, opened and closed together.

    `skipped` has the error of each server that could not be opened and was left out, by its name.
    """

    def __init__(self, servers: Sequence[S], *, unavailable: str = "raise") -> None:
        if unavailable not in ("raise", "skip"):
            raise ValueError(f'unavailable must be "raise" or "skip", not {unavailable!r}')
        self._servers = {server.name: server for server in servers}
        if len(self._servers) < len(servers):
            raise ValueError("two MCP servers have one name")
        self._skips = unavailable == "skip"
        self.skipped: dict[str, AiLibError] = {}

    def __iter__(self) -> Iterator[S]:
        return iter([server for name, server in self._servers.items() if name not in self.skipped])

    def __len__(self) -> int:
        return len(self._servers) - len(self.skipped)

    def __getitem__(self, name: str) -> S:
        return self._servers[name]

    def tools(self) -> list[ToolDefinition]:
        """Return the tools of all servers. Raises as `McpServer.tools` does."""
        definitions: list[ToolDefinition] = []
        for server in self:
            try:
                definitions += server.tools()
            except AiLibError as error:
                self._skip(server, error)
        return definitions

    def open(self) -> None:
        """Start all servers. Raises as `McpServer.open` does, unless such a server is left out."""
        run_all([partial(self._open, server) for server in self], _MOST_AT_ONCE)

    def _open(self, server: S) -> None:
        try:
            server.open()
        except AiLibError as error:
            self._skip(server, error)

    def _skip(self, server: S, error: AiLibError) -> None:
        if not self._skips:
            raise error
        LOG.warning("the MCP server %s is left out: %s", server.name, error)
        self.skipped[server.name] = error

    def close(self) -> None:
        """Close all servers."""
        with shield():
            run_all([server.close for server in self._servers.values()], _MOST_AT_ONCE)

    def __enter__(self) -> McpServerGroup[S]:
        try:
            self.open()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
