"""A cache in memory, and a cache that stores nothing."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock as PlainLock

from ai_lib._runtime.forks import ForkedState, renew_after_fork
from ai_lib.cache.config import check_ttl, resolve_ttl
from ai_lib.cache.lru import LruStore
from ai_lib.cache.serialization import pack, unpack

from .._runtime.backend import now


class MemoryCache(ForkedState):
    """Stores up to `max_size` entries and `max_size_bytes` bytes; evicts the least recently used.

    Values are stored as bytes, so that no caller can change the value of another. `default_ttl` is
    in seconds, None for ever. Any number of clients, tasks and threads may share it. `clock`
    returns seconds.
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
        self._store = LruStore(max_size, max_size_bytes)
        renew_after_fork(self)

    def renew_in_child(self) -> None:
        """Renew the lock. Entries that another thread was changing are dropped."""
        if self._lock.locked():
            self._store.clear()
        super().renew_in_child()

    @property
    def size(self) -> int:
        """The number of entries, including expired ones that were not dropped yet."""
        return len(self._store)

    @property
    def size_bytes(self) -> int:
        """The number of bytes of its keys and values."""
        return self._store.size_bytes

    @property
    def evictions(self) -> int:
        """The number of entries that were dropped to make room."""
        return self._store.evictions

    async def get(self, key: str) -> object:
        """Return the value, None when there is none or it has expired."""
        with self._lock:
            packed = self._store.get(key, self._clock())
        return None if packed is None else unpack(packed)

    async def set(self, key: str, value: object, ttl: float | None = None) -> None:
        """Store a value for `ttl` seconds: None is the default, 0 stores nothing.

        Raises CacheError for a value that can't be cached, ValueError for a negative `ttl`.
        """
        seconds = resolve_ttl(ttl, self._default_ttl)
        packed = pack(value)
        with self._lock:
            if seconds == 0:
                self._store.drop(key)
                return
            expires = None if seconds is None else self._clock() + seconds
            self._store.put(key, packed, expires)

    async def delete(self, key: str) -> bool:
        """Delete a value; False when there was none."""
        with self._lock:
            return self._store.drop(key)

    async def exists(self, key: str) -> bool:
        """Whether there is a value that has not expired."""
        with self._lock:
            return self._store.get(key, self._clock()) is not None

    async def clear(self) -> None:
        """Delete all values."""
        with self._lock:
            self._store.clear()

    async def close(self) -> None:
        """Do nothing: there is nothing to close."""

    def __repr__(self) -> str:
        return f"MemoryCache({self.size} entries, {self.size_bytes} bytes)"


class NullCache:
    """A cache that stores nothing."""

    async def get(self, key: str) -> object:
        """Return None."""
        return None

    async def set(self, key: str, value: object, ttl: float | None = None) -> None:
        """Do nothing."""

    async def delete(self, key: str) -> bool:
        """Return False: there is no value."""
        return False

    async def exists(self, key: str) -> bool:
        """Return False."""
        return False

    async def clear(self) -> None:
        """Do nothing."""

    async def close(self) -> None:
        """Do nothing."""
