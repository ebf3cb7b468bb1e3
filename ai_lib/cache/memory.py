"""A cache in memory."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock as PlainLock

from ai_lib.cache.config import check_ttl, chosen_ttl
from ai_lib.cache.lru import LruStore
from ai_lib.cache.serialization import pack, unpack

from .._runtime.backend import now


class MemoryCache:
    """Keeps up to `max_size` entries and `max_size_bytes` bytes; the least recently used go first.

    Values are kept as bytes, so that nobody can change what others get. `default_ttl` is in
    seconds, None for ever. It may be shared by any number of clients, tasks and threads. `clock`
    gives seconds.
    """

    def __init__(
        self,
        max_size: int = 1000,
        default_ttl: float | None = None,
        *,
        max_size_bytes: int = 64 * 1024 * 1024,
        clock: Callable[[], float] = now,
    ) -> None:
        if max_size < 1 or max_size_bytes < 1:
            raise ValueError("max_size and max_size_bytes must be at least 1")
        check_ttl(default_ttl)
        self._default_ttl = default_ttl
        self._clock = clock
        self._lock = PlainLock()
        self._shelf = LruStore(max_size, max_size_bytes)

    @property
    def size(self) -> int:
        """How many entries it holds, those that have expired unseen included."""
        return len(self._shelf)

    @property
    def size_bytes(self) -> int:
        """How many bytes its keys and values take."""
        return self._shelf.size_bytes

    @property
    def evictions(self) -> int:
        """How many entries had to go to make room."""
        return self._shelf.evictions

    async def get(self, key: str) -> object:
        """Return the value, None when there is none (any more)."""
        with self._lock:
            packed = self._shelf.get(key, self._clock())
        return None if packed is None else unpack(packed)

    async def set(self, key: str, value: object, ttl: float | None = None) -> None:
        """Keep a value for `ttl` seconds: None is the default, 0 keeps nothing.

        Raises CacheError for a value that can't be cached, ValueError for a negative `ttl`.
        """
        seconds = chosen_ttl(ttl, self._default_ttl)
        packed = pack(value)
        with self._lock:
            if seconds == 0:
                self._shelf.drop(key)
                return
            expires = None if seconds is None else self._clock() + seconds
            self._shelf.put(key, packed, expires)

    async def delete(self, key: str) -> bool:
        """Forget a value; False when there was none."""
        with self._lock:
            return self._shelf.drop(key)

    async def exists(self, key: str) -> bool:
        """Whether there is a value that has not expired."""
        with self._lock:
            return self._shelf.get(key, self._clock()) is not None

    async def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._shelf.clear()

    async def close(self) -> None:
        """Nothing has to be let go of."""

    def __repr__(self) -> str:
        return f"MemoryCache({self.size} entries, {self.size_bytes} bytes)"


class NullCache:
    """Forgets everything at once: the cache to have none."""

    async def get(self, key: str) -> object:
        """Return None."""
        return None

    async def set(self, key: str, value: object, ttl: float | None = None) -> None:
        """Do nothing."""

    async def delete(self, key: str) -> bool:
        """Return False: there was nothing."""
        return False

    async def exists(self, key: str) -> bool:
        """Return False."""
        return False

    async def clear(self) -> None:
        """Do nothing."""

    async def close(self) -> None:
        """Do nothing."""
