# Generated from ai_lib/client/interceptors/cache.py by codegen; do not edit.
"""A cache in a client's calls."""

from __future__ import annotations

from ai_lib._log import LOG
from ai_lib.client.call.call import Call
from ai_lib.client.call.prepared_request import PreparedRequest
from ai_lib.client.interceptors.cache_key import key_of, may_be_kept, may_be_served, patience
from ai_lib.errors.exceptions import AiLibError, CacheError
from ai_lib.types.response import ChatResponse

from ...cache import CacheManager
from ...cache.single_flight import InFlight
from .base import Interceptor

_NOTE = "cache"


class _Lookup:
    """What one call has to do with the cache: its key, and what it leads."""

    def __init__(self, key: str, flight: InFlight | None = None) -> None:
        self.key = key
        self.flight = flight


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

    def lookup(self, call: Call) -> ChatResponse | None:
        manager = self._manager
        leg = call.first
        if leg is None or not manager.enabled or not may_be_served(manager.config, call):
            return None
        try:
            found = self._ask(call, leg, key_of(manager.keys, call, leg))
        except CacheError as error:
            _report(error)
            return None
        call.lookup = "hit" if found is not None else "miss"
        manager.counters.add("hits" if found is not None else "misses")
        return found

    def _ask(self, call: Call, leg: PreparedRequest, key: str) -> ChatResponse | None:
        manager = self._manager
        landed = manager.single_flight.completed_count
        found = self._look(key)
        if found is not None:
            return found
        lookup = call.notes[_NOTE] = _Lookup(key)
        joined = manager.single_flight.join(key, patience(leg))
        if isinstance(joined, ChatResponse):
            del call.notes[_NOTE]
            manager.counters.add("shared")
            return joined
        lookup.flight = joined
        if joined is None or manager.single_flight.completed_count == landed:
            return None
        # Another call may have been answered between the look and the lead.
        found = self._look(key)
        if found is not None:
            self._land(call, found)
        return found

    def _look(self, key: str) -> ChatResponse | None:
        found = self._manager.peek(key)
        return found if isinstance(found, ChatResponse) else None

    def after_response(self, call: Call, response: ChatResponse) -> ChatResponse:
        lookup = call.notes.get(_NOTE)
        if not isinstance(lookup, _Lookup):
            return response
        if not may_be_kept(self._manager.config, call, response):
            self._land(call, None)
            return response
        try:
            self._manager.set(lookup.key, response, call.options.cache_ttl)
        except CacheError as error:
            _report(error)
        self._land(call, response)
        return response

    def _land(self, call: Call, response: ChatResponse | None) -> None:
        lookup = call.notes.pop(_NOTE, None)
        if isinstance(lookup, _Lookup) and lookup.flight is not None:
            self._manager.single_flight.complete(lookup.key, lookup.flight, response)

    def on_end(self, call: Call) -> None:
        lookup = call.notes.pop(_NOTE, None)
        if isinstance(lookup, _Lookup) and lookup.flight is not None:
            self._manager.single_flight.release(lookup.key, lookup.flight)


def _report(error: AiLibError) -> None:
    LOG.warning("a call goes on without the cache: %s", error)
