"""A cache in a client's calls."""

from __future__ import annotations

from logging import DEBUG, WARNING

from ai_lib._log import LOG
from ai_lib.client.call.call import Call
from ai_lib.client.call.prepared_request import PreparedRequest
from ai_lib.client.interceptors.cache_key import cache_key, is_servable, is_storable, wait_limit
from ai_lib.errors.exceptions import AiLibError, SharedStateUnavailable
from ai_lib.types.json import JsonObject, JsonValue
from ai_lib.types.response import ChatResponse

from ..._runtime.backend import fail_after
from ...cache import CacheManager
from ...cache.single_flight import InFlight
from .base import Interceptor

_STATE = "cache"
# A store that is out of reach is waited for so long, or a tenth of what the call may take.
_STORE_SECONDS = 1.0


class _CacheLookup:
    """What one call does with the cache: its key, and the flight it leads."""

    def __init__(self, key: str, flight: InFlight | None = None) -> None:
        self.key = key
        self.flight = flight


class _AnswerCache:
    """What one operation beside chat does with the cache. A cache that fails is a miss."""

    def __init__(self, manager: CacheManager, call: Call) -> None:
        self._manager = manager
        self._call = call
        self._keys: dict[PreparedRequest, str] = {}

    async def find(self, prepared: PreparedRequest, body: JsonObject) -> JsonValue:
        """Return the document that answered the same request before, or None."""
        compiled = prepared.target.compiled
        if compiled.manifest.auth.kind == "query":
            return None  # its address holds the key
        manager = self._manager
        try:
            key = manager.keys.generate_for_request(compiled, prepared.wire.url, body)
            self._keys[prepared] = key
            with fail_after(_STORE_SECONDS):
                document: JsonValue = await manager.peek(key)
        except Exception as error:  # noqa: BLE001 (the provider can answer as well)
            _log_failure(error)
            return None
        is_hit = document is not None and self._call.cache_lookup != "miss"
        self._call.cache_lookup = "hit" if is_hit else "miss"
        manager.counters.add("misses" if document is None else "hits")
        return document

    async def keep(self, prepared: PreparedRequest, document: JsonValue) -> None:
        """Keep the document that answered a request."""
        key = self._keys.get(prepared)
        if key is None:
            return
        try:
            with fail_after(_STORE_SECONDS):
                await self._manager.set(key, document, self._call.options.cache_ttl)
        except Exception as error:  # noqa: BLE001 (the answer is there: no cache costs it)
            _log_failure(error)


class CacheInterceptor(Interceptor):
    """Answers from the cache, asks once for all who ask the same, and keeps what was answered.

    A cache that fails is a miss, and logged. Of plain and streamed calls with the same content
    one entry serves both; it is kept as the provider sent it, before guardrails and plugins.
    """

    order = 60

    def __init__(self, manager: CacheManager) -> None:
        if not isinstance(manager, CacheManager):
            raise TypeError(f"{manager!r} is no CacheManager of this package")
        self._manager = manager

    def is_idle(self) -> bool:
        return not self._manager.enabled

    async def before_request(self, call: Call) -> None:
        """Offer an operation beside chat what the cache has of it; its shape says if it may."""
        if call.request is None and call.options.cache is not False and not call.streamed:
            answers = _AnswerCache(self._manager, call)
            call.find_answer, call.keep_answer = answers.find, answers.keep

    async def lookup(self, call: Call) -> ChatResponse | None:
        manager = self._manager
        prepared = call.first_request
        if prepared is None or not manager.enabled or not is_servable(manager.config, call):
            return None
        try:
            response = await self._find(call, prepared, cache_key(manager.keys, call, prepared))
        except Exception as error:  # noqa: BLE001 (the provider can answer as well)
            _log_failure(error)
            return None
        call.cache_lookup = "hit" if response is not None else "miss"
        manager.counters.add("hits" if response is not None else "misses")
        return response

    async def _find(self, call: Call, prepared: PreparedRequest, key: str) -> ChatResponse | None:
        manager = self._manager
        completed_count = manager.single_flight.completed_count
        limit = wait_limit(prepared)
        seconds = _STORE_SECONDS if limit is None else min(_STORE_SECONDS, limit / 10)
        response = await self._peek(key, seconds)
        if response is not None and _is_wanted(call, response):
            return response
        lookup = call.state[_STATE] = _CacheLookup(key)
        joined = await manager.single_flight.join(key, limit)
        if isinstance(joined, ChatResponse):
            if not _is_wanted(call, joined):
                return None
            del call.state[_STATE]
            manager.counters.add("shared")
            return joined
        lookup.flight = joined
        if joined is None or manager.single_flight.completed_count == completed_count:
            return None
        # Another call may have been answered between the look and the lead.
        response = await self._peek(key, seconds)
        if response is None or not _is_wanted(call, response):
            return None
        self._complete(call, response)
        return response

    async def _peek(self, key: str, seconds: float) -> ChatResponse | None:
        with fail_after(seconds):
            value = await self._manager.peek(key)
        return value if isinstance(value, ChatResponse) else None

    async def after_response(self, call: Call, response: ChatResponse) -> ChatResponse:
        lookup = call.state.get(_STATE)
        if not isinstance(lookup, _CacheLookup):
            return response
        is_kept = is_storable(self._manager.config, call, response) and _is_wanted(call, response)
        if not is_kept:
            await self._announce(call, None)
            return response
        try:
            with fail_after(_STORE_SECONDS):
                await self._manager.set(lookup.key, response, call.options.cache_ttl)
        except Exception as error:  # noqa: BLE001 (the answer is there: no cache costs it)
            _log_failure(error)
        await self._announce(call, response)
        return response

    async def on_error(self, call: Call, error: AiLibError) -> None:
        """Let another process that waits for this call's response ask by itself."""
        await self._release_shared(call)

    async def on_abandoned(self, call: Call) -> None:
        """Do as `on_error`."""
        await self._release_shared(call)

    async def _release_shared(self, call: Call) -> None:
        if self._manager.single_flight.is_shared:
            self.on_end(call)
            await self._manager.single_flight.flush()

    async def _announce(self, call: Call, response: ChatResponse | None) -> None:
        self._complete(call, response)
        if self._manager.single_flight.is_shared:
            await self._manager.single_flight.flush()

    def _complete(self, call: Call, response: ChatResponse | None) -> None:
        lookup = call.state.pop(_STATE, None)
        if isinstance(lookup, _CacheLookup) and lookup.flight is not None:
            self._manager.single_flight.complete(lookup.key, lookup.flight, response)

    def on_end(self, call: Call) -> None:
        lookup = call.state.pop(_STATE, None)
        if isinstance(lookup, _CacheLookup) and lookup.flight is not None:
            self._manager.single_flight.release(lookup.key, lookup.flight)


def _is_wanted(call: Call, response: ChatResponse) -> bool:
    """Whether a response fits what this call asks for."""
    return call.options.is_wanted is None or call.options.is_wanted(response)


def _log_failure(error: Exception) -> None:
    # A shared store says once by itself that it can't be reached.
    level = DEBUG if isinstance(error, SharedStateUnavailable) else WARNING
    LOG.log(level, "a call goes on without the cache: %s: %s", type(error).__name__, error)
