"""Reads the files in which editors keep their MCP servers."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from ai_lib.types.json import JsonObject, JsonValue, as_list, as_object

_SECTIONS: Final = ("mcpServers", "servers", "mcp_servers")
_VARIABLE: Final = re.compile(r"\$\{(?:env:)?([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")
_OTHER_VARIABLE: Final = re.compile(r"\$\{[^}]*\}")
# Strings stay; comments go, and commas before a closing bracket.
_COMMENT: Final = re.compile(r'("(?:[^"\\]|\\.)*")|//[^\n]*|/\*.*?\*/|,(?=\s*[\]}])', re.DOTALL)
_HTTP_TYPES: Final = ("http", "streamable-http", "streamableHttp", "streamable_http")
_DENY: Final = ("excludeTools", "disabledTools", "denyTools")
_ALLOW: Final = ("includeTools", "enabledTools", "allowedTools")


class ServerEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One server of a configuration: a program, or an address."""

    name: str
    command: tuple[str, ...] = ()
    env: Mapping[str, str] = {}
    cwd: str | None = None
    url: str | None = None
    headers: Mapping[str, str] = {}
    allow: tuple[str, ...] | None = None
    deny: tuple[str, ...] = ()


def read_config(
    config: Path | JsonObject, environment: Mapping[str, str]
) -> tuple[ServerEntry, ...]:
    """Return the servers of a configuration that are not switched off.

    Raises:
        OSError: the file can't be read.
        ValueError: it is no configuration.
    """
    document = _load(config) if isinstance(config, Path) else config
    section = next((name for name in _SECTIONS if name in document), None)
    servers = as_object(document[section]) if section else document
    if not servers or not all(isinstance(entry, Mapping) for entry in servers.values()):
        raise ValueError('a configuration of MCP servers has the member "mcpServers"')
    return tuple(
        _read_entry(name, as_object(entry), environment)
        for name, entry in servers.items()
        if not entry.get("disabled") and entry.get("enabled", True)
    )


def _load(path: Path) -> JsonObject:
    text = path.read_text("utf-8")
    try:
        return as_object(json.loads(text))
    except ValueError:
        pass
    try:
        return as_object(json.loads(_COMMENT.sub(lambda match: match[1] or "", text)))
    except ValueError as error:
        raise ValueError(f"{path} is not JSON: {error}") from error


def _read_entry(name: str, entry: JsonObject, environment: Mapping[str, str]) -> ServerEntry:
    filled = as_object(_fill(entry, environment, name))
    url = filled.get("url") or filled.get("httpUrl") or filled.get("serverUrl")
    kind = filled.get("type") or filled.get("transport")
    if kind == "sse":
        raise ValueError(
            f"the MCP server {name!r} has the transport sse, which the protocol gave up in 2025; "
            'give its address of streamable HTTP, with the type "http"'
        )
    deny, allow = _list_names(filled, _DENY), _list_names(filled, _ALLOW)
    allowed = allow if allow and "*" not in allow else None
    if isinstance(url, str) and (kind is None or kind in _HTTP_TYPES):
        return ServerEntry(
            name=name,
            url=url,
            headers=_texts(filled.get("headers") or filled.get("http_headers")),
            allow=allowed,
            deny=deny,
        )
    command = filled.get("command")
    if url is not None or kind not in (None, "stdio", "local") or not command:
        raise ValueError(f'the MCP server {name!r} has neither "command" nor "url"')
    words = command if isinstance(command, list) else [command]
    return ServerEntry(
        name=name,
        command=tuple(str(word) for word in (*words, *as_list(filled.get("args")))),
        env=_texts(filled.get("env") or filled.get("environment")),
        cwd=filled.get("cwd"),
        allow=allowed,
        deny=deny,
    )


def _list_names(entry: JsonObject, members: Sequence[str]) -> tuple[str, ...]:
    return tuple(str(tool) for member in members for tool in as_list(entry.get(member)))


def _texts(value: JsonValue) -> dict[str, str]:
    return {str(name): str(text) for name, text in as_object(value).items()}


def _fill(value: JsonValue, environment: Mapping[str, str], server: str) -> JsonValue:
    if isinstance(value, str):
        return _fill_text(value, environment, server)
    if isinstance(value, Mapping):
        return {name: _fill(member, environment, server) for name, member in value.items()}
    if isinstance(value, list):
        return [_fill(member, environment, server) for member in value]
    return value


def _fill_text(text: str, environment: Mapping[str, str], server: str) -> str:
    def find(match: re.Match[str]) -> str:
        name, default = match[1], match[2]
        value = environment.get(name) or default
        if value is None:
            raise ValueError(f"the MCP server {server!r} wants the variable {name}: set it")
        return value

    other = _OTHER_VARIABLE.search(_VARIABLE.sub("", text))
    if other is not None:
        raise ValueError(
            f"the MCP server {server!r} has {other[0]}, which only its editor can fill in; use "
            "${NAME} and a variable of the environment"
        )
    return _VARIABLE.sub(find, text)
