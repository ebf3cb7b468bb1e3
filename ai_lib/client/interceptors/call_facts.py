"""The facts of a call that telemetry reports: its server, usage, cost, and secrets to hide."""

from collections.abc import Collection
from urllib.parse import urlsplit

import msgspec

from ai_lib.client.call.call import Call
from ai_lib.client.target.target import Target
from ai_lib.errors.exceptions import AiLibError
from ai_lib.types.cost import CostEstimate
from ai_lib.types.usage import Usage, sum_usages


class ServerInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Where a request goes, in the names of OpenTelemetry's conventions."""

    provider: str
    model: str
    telemetry_provider: str
    address: str
    port: int | None


_SERVER = "server"


def target_of(call: Call) -> Target | None:
    """Return the target asked last, None when no chat was compiled."""
    if call.request is None:
        return call.target
    return call.requests[-1].target if call.requests else None


def server_of(call: Call) -> ServerInfo | None:
    """Return where the last request went, or None."""
    target = target_of(call)
    if target is None:
        return None
    remembered = call.state.get(_SERVER)
    if isinstance(remembered, tuple) and remembered[0] is target:
        server = remembered[1]
        if isinstance(server, ServerInfo):
            return server
    server = _describe_server(target)
    call.state[_SERVER] = target, server
    return server


def sends_system_apart(call: Call) -> bool:
    """Whether the system messages of a chat are sent beside the others, not among them."""
    target = target_of(call)
    return target is not None and target.compiled.dialect.request.messages.system != "message"


def _describe_server(target: Target) -> ServerInfo:
    manifest = target.compiled.manifest
    parts = urlsplit(target.base_url or manifest.base_url)
    metadata = manifest.raw.get("metadata")
    provider = metadata.get("otel_provider") if isinstance(metadata, dict) else None
    return ServerInfo(
        provider=target.compiled.id,
        model=target.model,
        telemetry_provider=provider if isinstance(provider, str) else target.compiled.id,
        address=parts.hostname or "",
        port=_port(parts.netloc, parts.scheme),
    )


def _port(authority: str, scheme: str) -> int | None:
    _, _, port = authority.rpartition("@")[2].rpartition(":")
    if port.isdecimal():
        return int(port)
    return {"https": 443, "http": 80}.get(scheme)


def secrets_of(call: Call) -> Collection[str]:
    """Return the keys that are sent along, or may be."""
    credentials = [target.credential for target in call.route if target.credential]
    return {secret for credential in credentials for secret in credential.secrets}


def usage_of(call: Call) -> Usage:
    """Return the tokens of all attempts; a response from a cache used none."""
    if call.outcome == "cached":
        return Usage()
    if call.attempts:
        return sum_usages(attempt.usage for attempt in call.attempts)
    return call.usage if call.response is None else call.response.usage


def error_class_of(call: Call) -> str:
    """Return the standard class of the error that ended it, "" without one."""
    if call.outcome != "failed":
        return ""
    return call.error.error_class if isinstance(call.error, AiLibError) else "unknown"


def cost_of(call: Call) -> CostEstimate | None:
    """Return what its attempts cost, as its response says; None for a call no client made."""
    return call.own_cost()
