"""The configuration of a cache, and the counters of its use."""

import math
from threading import Lock as PlainLock

import msgspec

from ai_lib._runtime.forks import ForkedState, renew_after_fork

COMPLETE = frozenset({"end_turn", "stop_sequence", "tool_use"})
"""The standard termination reasons of a response that ended by itself."""


class CacheConfig(msgspec.Struct, frozen=True, kw_only=True):
    """The configuration of a `CacheManager`.

    `default_ttl_seconds` is how long an entry lives, None for ever. `max_size` (entries) and
    `max_size_bytes` bound the memory cache that a manager makes when it is given no backend.

    A client's response is stored when every candidate ended for one of the `store_reasons`
    (standard termination reasons; add `max_tokens` or `refusal` to store such responses too), and
    when it is from the model of the request, not from a fallback. Streams are stored once they are
    complete. With `cache_streaming` off, streamed calls do not use the cache.

    The cache serves every repeated request, sampled at a temperature or not. With
    `only_deterministic` it serves only requests that set the temperature to 0 or a seed.
    """

    enabled: bool = True
    default_ttl_seconds: float | None = 3600.0
    max_size: int = 1000
    max_size_bytes: int = 64 * 1024 * 1024
    store_reasons: frozenset[str] = COMPLETE
    cache_streaming: bool = True
    only_deterministic: bool = False

    def __post_init__(self) -> None:
        check_ttl(self.default_ttl_seconds)
        if self.max_size < 1 or self.max_size_bytes < 1:
            raise ValueError("max_size and max_size_bytes must be at least 1")

    @classmethod
    def no_cache(cls) -> "CacheConfig":
        """Store nothing."""
        return cls(enabled=False)

    @classmethod
    def short_ttl(cls) -> "CacheConfig":
        """Store entries for five minutes."""
        return cls(default_ttl_seconds=300.0)

    @classmethod
    def long_ttl(cls) -> "CacheConfig":
        """Store entries for a day."""
        return cls(default_ttl_seconds=86400.0)


def check_ttl(seconds: float | None) -> None:
    """Raise ValueError for a time to live that is negative or NaN."""
    if seconds is not None and (math.isnan(seconds) or seconds < 0):
        raise ValueError(f"a time to live is 0 seconds or more, not {seconds}")


def resolve_ttl(ttl: float | None, default: float | None) -> float | None:
    """Return the effective time to live: 0 stores nothing, None (or infinity) stores for ever.

    Raises ValueError for one that is negative or NaN.
    """
    check_ttl(ttl)
    seconds = default if ttl is None else ttl
    return None if seconds == math.inf else seconds


class CacheStats(msgspec.Struct, frozen=True, kw_only=True):
    """The statistics of a cache.

    `shared` counts the hits that waited for another call with the same request, `evictions` the
    entries that the backend dropped to make room, `errors` its failed reads and writes.
    """

    hits: int = 0
    misses: int = 0
    sets: int = 0
    shared: int = 0
    evictions: int = 0
    errors: int = 0

    @property
    def total_requests(self) -> int:
        """The number of lookups."""
        return self.hits + self.misses

    @property
    def hit_ratio(self) -> float:
        """The share of lookups that were hits, 0 to 1; 0 before the first."""
        return self.hits / self.total_requests if self.total_requests else 0.0

    @property
    def hit_rate(self) -> float:
        """The same as `hit_ratio`."""
        return self.hit_ratio


class Counters(ForkedState):
    """The counters behind `CacheStats`. Any thread may use them."""

    def __init__(self) -> None:
        self._lock = PlainLock()
        self._counts: dict[str, int] = {}
        renew_after_fork(self)

    def add(self, *names: str) -> None:
        """Increment the counters of these names."""
        with self._lock:
            for name in names:
                self._counts[name] = self._counts.get(name, 0) + 1

    def clear(self) -> None:
        """Reset all counters to 0."""
        with self._lock:
            self._counts.clear()

    def stats(self, evictions: int) -> CacheStats:
        """Return the present statistics."""
        with self._lock:
            return CacheStats(**self._counts, evictions=evictions)
