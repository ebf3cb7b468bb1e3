"""What telemetry says of a call: who served it, what it used and cost, the secrets to hide."""

from collections.abc import Collection
from urllib.parse import urlsplit

import msgspec

from ai_lib.client.call.call import Call
from ai_lib.client.call.operation import Operation
from ai_lib.client.target.target import Target
from ai_lib.errors.exceptions import AiLibError
from ai_lib.types.attempt import summed
from ai_lib.types.cost import CostEstimate
from ai_lib.types.usage import Usage


class ServerInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Where a request goes, in the names of OpenTelemetry's conventions."""

    provider: str
    model: str
    telemetry_provider: str
    address: str
    port: int | None


_PLACE = "place"


def target_of(call: Call | Operation) -> Target | None:
    """Return the target asked last, None when nothing was compiled."""
    if isinstance(call, Operation):
        return call.target
    return call.legs[-1].target if call.legs else None


def place_of(call: Call | Operation) -> ServerInfo | None:
    """Return where the last request went, or None."""
    target = target_of(call)
    if target is None:
        return None
    known = call.notes.get(_PLACE)
    if isinstance(known, tuple) and known[0] is target and isinstance(known[1], ServerInfo):
        return known[1]
    found = _place(target)
    call.notes[_PLACE] = target, found
    return found


def _place(target: Target) -> ServerInfo:
    manifest = target.compiled.manifest
    parts = urlsplit(target.base_url or manifest.base_url)
    named = manifest.raw.get("metadata")
    other = named.get("otel_provider") if isinstance(named, dict) else None
    return ServerInfo(
        provider=target.compiled.id,
        model=target.model,
        telemetry_provider=other if isinstance(other, str) else target.compiled.id,
        address=parts.hostname or "",
        port=_port(parts.netloc, parts.scheme),
    )


def _port(authority: str, scheme: str) -> int | None:
    _, _, port = authority.rpartition("@")[2].rpartition(":")
    if port.isdecimal():
        return int(port)
    return {"https": 443, "http": 80}.get(scheme)


def secrets_of(call: Call | Operation) -> Collection[str]:
    """Return the keys that are sent along, or may be."""
    return {target.credential.value for target in call.targets if target.credential}


def usage_of(call: Call | Operation) -> Usage:
    """Return the tokens of all attempts; what a cache answered used none."""
    if call.outcome == "cached":
        return Usage()
    if call.attempts:
        return summed(attempt.usage for attempt in call.attempts)
    if isinstance(call, Operation):
        return call.usage
    return call.response.usage if call.response is not None else Usage()


def error_class_of(call: Call | Operation) -> str:
    """Return the standard class of the error that ended it, "" without one."""
    if call.outcome != "failed":
        return ""
    return call.error.error_class if isinstance(call.error, AiLibError) else "unknown"


def cost_of(call: Call | Operation) -> CostEstimate | None:
    """Return what its attempts cost, as its response says; None for a call no client made."""
    return call.own_cost()
