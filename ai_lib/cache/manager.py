"""The cache as a client uses it: keys, times to live, statistics, single flight."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from ai_lib._log import LOG
from ai_lib._runtime.forks import LocalState
from ai_lib.cache.config import CacheConfig, CacheStats, Counters, resolve_ttl
from ai_lib.cache.key import CacheKeyGenerator
from ai_lib.errors.exceptions import AiLibError, CacheError
from ai_lib.types.json import JsonValue

from .backend import CacheBackend
from .memory import MemoryCache, NullCache
from .single_flight import SingleFlight

T = TypeVar("T")


class CacheManager(LocalState):
    """A cache of responses, for direct use or for clients with `builder().cache(manager)`.

    One manager may serve any number of clients. Each entry is for one provider's manifest and one
    address. The caller closes it with `close()`, once no client uses it.
    """

    advice = "make one in each process, and give it to the builder there with cache()"

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
        self.single_flight = SingleFlight()
        self.counters = Counters()

    @property
    def enabled(self) -> bool:
        """Whether it stores anything."""
        return not isinstance(self.backend, NullCache)

    def generate_key(self, model: str, messages: Sequence[object], **params: object) -> str:
        """Return the key of a request: messages as `Message` or as mappings, and any parameters.

        A client's own calls have other keys, which are made from the compiled request.
        """
        return self.keys.generate(model, messages, **params)

    async def get(self, key: str) -> JsonValue:
        """Return the value of a key, None when there is none or it has expired.

        Raises CacheError when the store can't be read.
        """
        value = await self.peek(key)
        self.counters.add("misses" if value is None else "hits")
        return value

    async def set(self, key: str, value: object, ttl: float | None = None) -> None:
        """Store a response, or a value of JSON's types, for `ttl` seconds.

        None is the config's default, 0 stores nothing. Raises CacheError when the value can't be
        cached or the store can't be written, ValueError for a negative `ttl`.
        """
        seconds = resolve_ttl(ttl, self.config.default_ttl_seconds)
        if seconds == 0:
            await self.delete(key)
            return
        # None would be the store's own default.
        lifetime = float("inf") if seconds is None else seconds
        await self._call_store(lambda: self.backend.set(key, value, lifetime))
        self.counters.add("sets")

    async def delete(self, key: str) -> bool:
        """Delete the value of a key; False when there was none. Raises as `get`."""
        return await self._call_store(lambda: self.backend.delete(key))

    async def clear(self) -> None:
        """Delete all values, and reset the statistics. Raises as `get`."""
        await self._call_store(self.backend.clear)
        self.counters.clear()

    async def close(self) -> None:
        """Close the store. What the store raises is logged: nothing is lost that counts."""
        try:
            await self._call_store(self.backend.close)
        except (CacheError, TimeoutError) as error:
            LOG.warning("a cache was not closed: %s", error)

    def stats(self) -> CacheStats:
        """Return the statistics so far."""
        evictions = getattr(self.backend, "evictions", 0)
        return self.counters.stats(evictions if isinstance(evictions, int) else 0)

    async def peek(self, key: str) -> object:
        """Return the value of a key without counting the lookup. Raises as `get`."""
        return await self._call_store(lambda: self.backend.get(key))

    async def _call_store(self, operation: Callable[[], Awaitable[T]]) -> T:
        try:
            return await operation()
        except AiLibError:
            self.counters.add("errors")
            raise
        except TimeoutError:  # the caller's time is up
            self.counters.add("errors")
            raise
        except Exception as error:
            self.counters.add("errors")
            raise CacheError(f"the cache's store failed: {error}") from error

    def __repr__(self) -> str:
        return f"CacheManager({self.backend!r})"
