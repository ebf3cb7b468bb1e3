"""The protocol's revisions, and what is said to settle on one.

Up to 2025-11-25 a session begins with `initialize`. From 2026-07-28 on there is no session: each
request carries what the client is, and `server/discover` tells what the server is.
"""

from typing import Final

import msgspec

from ai_lib._version import __version__
from ai_lib.errors.mcp import McpError
from ai_lib.types.json import JsonDict, JsonObject, as_list, as_object

META: Final = "io.modelcontextprotocol/"
STATELESS: Final = ("2026-07-28",)
WITH_SESSION: Final = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")
UNSUPPORTED_VERSION: Final = -32022
CLIENT_INFO: Final = {"name": "ai-lib", "version": __version__}


class ServerMetadata(msgspec.Struct, frozen=True, kw_only=True):
    """What a server says of itself when a connection begins."""

    version: str
    info: JsonObject = {}
    capabilities: JsonObject = {}
    instructions: str | None = None


def is_stateless(version: str | None) -> bool:
    """Return whether the revision has no sessions."""
    return version in STATELESS


def make_envelope(capabilities: JsonObject, log_level: str | None) -> JsonDict:
    """Return what each request of a revision without sessions carries, but for the version."""
    envelope: JsonDict = {f"{META}clientInfo": CLIENT_INFO}
    envelope[f"{META}clientCapabilities"] = capabilities
    if log_level is not None:
        envelope[f"{META}logLevel"] = log_level
    return envelope


def make_initialization(capabilities: JsonObject) -> JsonDict:
    """Return the parameters of `initialize`."""
    return {
        "protocolVersion": WITH_SESSION[-1],
        "capabilities": capabilities,
        "clientInfo": CLIENT_INFO,
    }


def read_discovery(result: JsonObject) -> ServerMetadata | None:
    """Return what `server/discover` tells; None when no revision without sessions is shared."""
    shared = [
        version for version in STATELESS if version in as_list(result.get("supportedVersions"))
    ]
    if not shared:
        return None
    stamp = as_object(as_object(result.get("_meta")).get(f"{META}serverInfo"))
    return _make_metadata(shared[-1], result, stamp)


def read_initialization(result: JsonObject, server: str) -> ServerMetadata:
    """Return what `initialize` tells.

    Raises:
        McpError: the server chose a revision that is not known here.
    """
    version = str(result.get("protocolVersion"))
    if version not in WITH_SESSION:
        raise McpError(
            f"{server} speaks revision {version} of the protocol; known are "
            f"{', '.join((*WITH_SESSION, *STATELESS))}",
            server=server,
        )
    return _make_metadata(version, result, as_object(result.get("serverInfo")))


def list_shared_versions(error: McpError) -> tuple[str, ...] | None:
    """Return the revisions without sessions that a refusal of the version offers.

    None when the error is no such refusal. Without a session era and without a shared revision,
    nothing can be spoken with the server: that is the error itself.

    Raises:
        McpError: the server speaks none of our revisions.
    """
    if error.code != UNSUPPORTED_VERSION:
        return None
    supported = as_list(as_object(error.data).get("supported"))
    shared = tuple(version for version in STATELESS if version in supported)
    if supported and not shared and not set(supported).intersection(WITH_SESSION):
        raise error
    return shared


def _make_metadata(version: str, result: JsonObject, info: JsonObject) -> ServerMetadata:
    instructions = result.get("instructions")
    return ServerMetadata(
        version=version,
        info=info,
        capabilities=as_object(result.get("capabilities")),
        instructions=instructions if isinstance(instructions, str) else None,
    )
