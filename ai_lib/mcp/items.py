"""What an MCP server lists beside its tools."""

from collections.abc import Sequence
from typing import TypeVar

import msgspec

from ai_lib.errors.mcp import McpError
from ai_lib.types.json import JsonObject

T = TypeVar("T")


class McpResource(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Something that a server lets read. `size` is in bytes."""

    uri: str
    name: str = ""
    title: str | None = None
    description: str | None = None
    mime_type: str | None = None
    size: int | None = None


class McpResourceTemplate(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The form of the addresses of resources (RFC 6570)."""

    uri_template: str
    name: str = ""
    title: str | None = None
    description: str | None = None
    mime_type: str | None = None


class McpPromptArgument(msgspec.Struct, frozen=True, kw_only=True):
    """One argument of a prompt."""

    name: str
    description: str | None = None
    required: bool = False


class McpPrompt(msgspec.Struct, frozen=True, kw_only=True):
    """A prompt that a server offers."""

    name: str
    title: str | None = None
    description: str | None = None
    arguments: Sequence[McpPromptArgument] = ()


def read_items(items: Sequence[JsonObject], kind: type[T], server: str) -> list[T]:
    """Return what a server lists. Raises McpError when it is not of the form that it should be."""
    try:
        return msgspec.convert(items, list[kind], strict=False)  # type: ignore[valid-type]
    except msgspec.ValidationError as error:
        raise McpError(f"{server} lists what can't be read: {error}", server=server) from error
