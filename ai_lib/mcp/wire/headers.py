"""The headers of a message over HTTP (transports, "Streamable HTTP")."""

import re
from base64 import b64encode
from collections.abc import Iterator
from typing import Final

from ai_lib.mcp.wire.revisions import META, is_stateless
from ai_lib.types.json import JsonObject, JsonValue, as_object, find_member

Headers = tuple[tuple[str, str], ...]

# What of its parameters a request repeats in a header, so that a proxy need not read its body.
_NAMES: Final = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}
_SAFE: Final = re.compile(r"[\x20-\x7e]*")
_ENCODED: Final = re.compile(r"=\?base64\?.*\?=")
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_MIRRORED: Final = ("string", "integer", "boolean")


def make_headers(message: JsonObject, version: str | None) -> Headers:
    """Return the headers that depend on a message and the revision in force."""
    headers = [
        ("Content-Type", "application/json"),
        ("Accept", "application/json, text/event-stream"),
    ]
    params = as_object(message.get("params"))
    stamp = find_member(params, ("_meta", f"{META}protocolVersion"))
    version = stamp if isinstance(stamp, str) else version
    if version and message.get("method") != "initialize":
        headers.append(("MCP-Protocol-Version", version))
    method = message.get("method")
    if is_stateless(version) and isinstance(method, str):
        headers.append(("Mcp-Method", method))
        name = params.get(_NAMES.get(method, ""))
        if isinstance(name, str):
            headers.append(("Mcp-Name", encode_header(name)))
    return tuple(headers)


def encode_header(text: str) -> str:
    """Return a text as a header may hold it, in base64 where it could not go as it is."""
    if _SAFE.fullmatch(text) and text == text.strip() and not _ENCODED.fullmatch(text):
        return text
    return f"=?base64?{b64encode(text.encode('utf-8', 'replace')).decode('ascii')}?="


def mirror_arguments(schema: JsonObject, arguments: JsonObject) -> Headers:
    """Return the headers that repeat arguments, for those that the schema marks `x-mcp-header`."""
    return tuple(_find_mirrored(schema, arguments))


def _find_mirrored(schema: JsonObject, arguments: JsonObject) -> Iterator[tuple[str, str]]:
    for name, part in as_object(schema.get("properties")).items():
        inner, value = as_object(part), arguments.get(name)
        if value is None:
            continue
        header = inner.get("x-mcp-header")
        if isinstance(header, str) and _TOKEN.fullmatch(header):
            if inner.get("type") in _MIRRORED and isinstance(value, str | int | float):
                yield f"Mcp-Param-{header}", encode_header(_write_scalar(value))
        yield from _find_mirrored(inner, as_object(value))


def _write_scalar(value: JsonValue) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def parse_challenge(header: str | None) -> tuple[str, dict[str, str]]:
    """Return the scheme and the parameters of `WWW-Authenticate` (RFC 9110, section 11.6.1).

    Of several challenges it is the one for a bearer.
    """
    if not header:
        return "", {}
    from urllib.request import parse_http_list, parse_keqv_list  # it imports much

    bearer = re.search(r"(?i)\bbearer\b", header)
    text = header[bearer.start() :] if bearer else header
    scheme, _, fields = text.strip().partition(" ")
    pairs = [part for part in parse_http_list(fields) if "=" in part]
    return scheme, {name.strip().lower(): value for name, value in parse_keqv_list(pairs).items()}
