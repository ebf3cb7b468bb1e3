"""What telemetry says of a call: who served it, what it used and cost, the secrets to hide."""

from collections.abc import Collection
from urllib.parse import urlsplit

import msgspec

from ai_lib.client.call import Call
from ai_lib.client.operation import Operation
from ai_lib.client.target import Target
from ai_lib.errors.tree import AiLibError
from ai_lib.protocol.models import Prices
from ai_lib.types.attempt import Attempt, summed
from ai_lib.types.usage import Usage


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a request goes, in the names of OpenTelemetry's conventions."""

    provider: str
    model: str
    telemetry_provider: str
    address: str
    port: int | None


def target_of(call: Call | Operation) -> Target | None:
    """Return the target asked last, None when nothing was compiled."""
    if isinstance(call, Operation):
        return call.target
    return call.legs[-1].target if call.legs else None


def place_of(call: Call | Operation) -> Place | None:
    """Return where the last request went, or None."""
    target = target_of(call)
    if target is None:
        return None
    manifest = target.compiled.manifest
    parts = urlsplit(target.base_url or manifest.base_url)
    named = manifest.raw.get("metadata")
    other = named.get("otel_provider") if isinstance(named, dict) else None
    return Place(
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
    targets = [call.target] if isinstance(call, Operation) else call.targets
    return {target.credential.value for target in targets if target.credential}


def usage_of(call: Call | Operation) -> Usage:
    """Return the tokens of all attempts; what a cache answered used none."""
    if call.outcome == "cached":
        return Usage()
    if call.ledger.attempts:
        return summed(attempt.usage for attempt in call.ledger.attempts)
    if isinstance(call, Operation):
        return call.usage
    return call.response.usage if call.response is not None else Usage()


def error_class_of(call: Call | Operation) -> str:
    """Return the standard class of the error that ended it, "" without one."""
    if call.outcome != "failed":
        return ""
    return call.error.error_class if isinstance(call.error, AiLibError) else "unknown"


class PriceList:
    """The prices of models, looked up once each."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[Target, Prices | None]] = {}

    def of(self, target: Target) -> Prices | None:
        """Return a model's prices, None when nothing lists it."""
        known = self._known.get(target.model_id)
        if known is not None and known[0].compiled is target.compiled:
            return known[1]
        record = target.models.get(target.compiled.id, target.model) if target.models else None
        prices = record.prices if record is not None else None
        if len(self._known) >= 1000:
            self._known.clear()
        self._known[target.model_id] = target, prices
        return prices

    def cost(self, call: Call | Operation) -> tuple[float | None, str]:
        """Return what all attempts cost and in which currency; None when a price is unknown."""
        if call.outcome == "cached":
            return 0.0, "USD"
        target = target_of(call)
        if target is None:
            return None, "USD"
        legs = [] if isinstance(call, Operation) else [leg.target for leg in call.legs]
        asked = {(one.compiled.id, one.model): one for one in [target, *legs]}
        total, currency = 0.0, ""
        attempts = call.ledger.attempts or [_whole(target, usage_of(call))]
        for attempt in attempts:
            if not attempt.usage.total_tokens:
                continue
            prices = self.of(asked.get((attempt.provider, attempt.model), target))
            cost = cost_of(attempt.usage, prices) if prices is not None else None
            if prices is None or cost is None or currency not in ("", prices.currency):
                return None, "USD"
            total, currency = total + cost, prices.currency
        return (total, currency) if currency else (None, "USD")


def _whole(target: Target, usage: Usage) -> Attempt:
    return Attempt(provider=target.compiled.id, model=target.model, usage=usage)


def cost_of(usage: Usage, prices: Prices) -> float | None:
    """Return what tokens cost; a price for cached ones that is not listed is that of input."""
    if prices.input is None or prices.output is None:
        return None
    read = prices.input if prices.cache_read is None else prices.cache_read
    written = prices.input if prices.cache_write is None else prices.cache_write
    millionths = (
        usage.uncached_prompt_tokens * prices.input
        + usage.cache_read_tokens * read
        + usage.cache_write_tokens * written
        + usage.completion_tokens * prices.output
    )
    return millionths / 1_000_000
