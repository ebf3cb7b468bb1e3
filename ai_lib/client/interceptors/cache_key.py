"""The key of a call in a cache, and whether a cache may serve the call or keep its response."""

import msgspec

from ai_lib.cache.config import CacheConfig
from ai_lib.cache.key import CacheKeyGenerator
from ai_lib.client.call.call import Call
from ai_lib.client.call.prepared_request import PreparedRequest, build_unsigned
from ai_lib.request.chat import BuiltRequest
from ai_lib.types.response import ChatResponse


def cache_key(keys: CacheKeyGenerator, call: Call, prepared: PreparedRequest) -> str:
    """Return the key of the call's first request, the same streamed or not.

    Raises CacheError when the request has no form that can be compared.
    """
    built = _build_unstreamed(call, prepared)
    return keys.generate_for_request(prepared.target.compiled, built.wire.url, built.body)


def _build_unstreamed(call: Call, prepared: PreparedRequest) -> BuiltRequest:
    target = prepared.target
    # Only there does the address hold the key.
    if prepared.request is None or (
        not call.streamed and target.compiled.manifest.auth.kind != "query"
    ):
        return prepared.built
    return build_unsigned(target, msgspec.structs.replace(prepared.request, stream=False))


def is_servable(config: CacheConfig, call: Call) -> bool:
    """Whether a cache may answer the call, and keep its response."""
    if call.request is None or call.options.cache is False:
        return False
    if call.streamed and not config.cache_streaming:
        return False
    parameters = call.request.parameters
    is_deterministic = parameters.get("temperature") == 0 or parameters.get("seed") is not None
    return is_deterministic or not config.only_deterministic


def is_storable(config: CacheConfig, call: Call, response: ChatResponse) -> bool:
    """Whether the response ended as the config wants, and comes from the model that was asked."""
    if not all(
        candidate.termination_reason in config.store_reasons for candidate in response.candidates
    ):
        return False
    last = call.attempt_log.attempts[-1] if call.attempt_log.attempts else None
    if last is None or call.first_request is None:
        return False
    target = call.first_request.target
    return (last.provider, last.model) == (target.compiled.id, target.model)


def wait_limit(prepared: PreparedRequest) -> float | None:
    """Return how many seconds the call may wait for another that asks the same.

    It is half of its own time, so that it can still ask itself; None is without end.
    """
    timeout = prepared.timeouts.total or prepared.timeouts.first_token
    return None if timeout is None else timeout / 2
