"""What a call asks, told apart from all other calls: the key it has in a cache."""

import msgspec

from ai_lib.cache.config import CacheConfig
from ai_lib.cache.key import CacheKeyGenerator
from ai_lib.client.call.call import Call
from ai_lib.client.call.prepared_request import PreparedRequest
from ai_lib.request.chat import BuiltRequest, build_chat
from ai_lib.types.response import ChatResponse


def key_of(keys: CacheKeyGenerator, call: Call, leg: PreparedRequest) -> str:
    """Return the key of the call's first request, the same streamed or not.

    Raises CacheError when the request has no form that can be compared.
    """
    built = _unstreamed(call, leg)
    return keys.generate_for_request(leg.target.compiled, built.wire.url, built.body)


def _unstreamed(call: Call, leg: PreparedRequest) -> BuiltRequest:
    target = leg.target
    # Only there does the address hold the key.
    if not call.streamed and target.compiled.manifest.auth.kind != "query":
        return leg.built
    return build_chat(
        msgspec.structs.replace(leg.request, stream=False),
        target.compiled,
        model=target.model,
        credential=None,
        base_url=target.base_url,
    )


def may_be_served(config: CacheConfig, call: Call) -> bool:
    """Whether a cache may answer the call, and keep its answer."""
    if call.options.cache is False or (call.streamed and not config.cache_streaming):
        return False
    parameters = call.request.parameters
    settled = parameters.get("temperature") == 0 or parameters.get("seed") is not None
    return settled or not config.only_deterministic


def may_be_kept(config: CacheConfig, call: Call, response: ChatResponse) -> bool:
    """Whether the answer is whole, ended as the config wants it, and is the asked model's own."""
    if not all(one.termination_reason in config.store_reasons for one in response.candidates):
        return False
    last = call.ledger.attempts[-1] if call.ledger.attempts else None
    if last is None or call.first is None:
        return False
    target = call.first.target
    return (last.provider, last.model) == (target.compiled.id, target.model)


def patience(leg: PreparedRequest) -> float | None:
    """Return how many seconds the call may wait for another that asks the same.

    It is half of its own time, so that it can still ask itself; None is without end.
    """
    most = leg.timeouts.total or leg.timeouts.first_token
    return None if most is None else most / 2
