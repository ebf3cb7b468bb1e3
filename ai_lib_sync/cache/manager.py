# Generated from ai_lib/cache/manager.py by codegen; do not edit.
"""The cache as a client uses it: keys, times to live, figures, single flight."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from ai_lib.cache.config import CacheConfig, CacheStats, Counters, chosen_ttl
from ai_lib.cache.key import CacheKeyGenerator
from ai_lib.errors.exceptions import AiLibError, CacheError
from ai_lib.types.json import JsonValue

from .backend import CacheBackend
from .memory import MemoryCache, NullCache
from .single_flight import SingleFlight

T = TypeVar("T")


class CacheManager:
    """A cache of replies, used by hand or given to clients with `builder().cache(manager)`.

    One manager may serve any number of clients; each entry is for one provider's manifest and one
    address. It never closes by itself: `close()` is the caller's, once no client uses it.
    """

    def __init__(
        self,
        config: CacheConfig | None = None,
        backend: CacheBackend | None = None,
        *,
        keys: CacheKeyGenerator | None = None,
    ) -> None:
        self.config = config = config or CacheConfig()
        if backend is None:
            backend = MemoryCache(config.max_size, max_size_bytes=config.max_size_bytes)
        self.backend: CacheBackend = backend if config.enabled else NullCache()
        self.keys = keys or CacheKeyGenerator()
        self.flights = SingleFlight()
        self.tally = Counters()

    @property
    def enabled(self) -> bool:
        """Whether anything can be kept."""
        return not isinstance(self.backend, NullCache)

    def generate_key(self, model: str, messages: Sequence[object], **params: object) -> str:
        """Return the key of a question: messages as `Message` or as mappings, and whatever else.

        The keys of a client's own calls are others, made from the compiled request.
        """
        return self.keys.generate(model, messages, **params)

    def get(self, key: str) -> JsonValue:
        """Return what is under the key, None when there is nothing (any more).

        Raises CacheError when the store can't be read.
        """
        found = self.look(key)
        self.tally.add("misses" if found is None else "hits")
        return found

    def set(self, key: str, value: object, ttl: float | None = None) -> None:
        """Keep a reply, or a value of JSON's types, for `ttl` seconds.

        None is the config's default, 0 keeps nothing. Raises CacheError when the value can't be
        cached or the store can't be written, ValueError for a negative `ttl`.
        """
        seconds = chosen_ttl(ttl, self.config.default_ttl_seconds)
        if seconds == 0:
            self.delete(key)
            return
        # What lives for ever here must not get the store's own default.
        forever = float("inf")
        lives = forever if seconds is None else seconds
        self._guarded(lambda: self.backend.set(key, value, lives))
        self.tally.add("sets")

    def delete(self, key: str) -> bool:
        """Forget what is under the key; False when there was nothing. Raises as `get`."""
        return self._guarded(lambda: self.backend.delete(key))

    def clear(self) -> None:
        """Forget everything, and begin the figures at 0. Raises as `get`."""
        self._guarded(self.backend.clear)
        self.tally.clear()

    def close(self) -> None:
        """Let go of what the store holds open. Raises as `get`."""
        self._guarded(self.backend.close)

    def stats(self) -> CacheStats:
        """Return the figures so far."""
        evictions = getattr(self.backend, "evictions", 0)
        return self.tally.stats(evictions if isinstance(evictions, int) else 0)

    def look(self, key: str) -> object:
        """Return what is under the key, without counting it. Raises as `get`."""
        return self._guarded(lambda: self.backend.get(key))

    def _guarded(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except AiLibError:
            self.tally.add("errors")
            raise
        except Exception as error:
            self.tally.add("errors")
            raise CacheError(f"the cache's store failed: {error}") from error

    def __repr__(self) -> str:
        return f"CacheManager({self.backend!r})"
