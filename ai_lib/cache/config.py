"""What a cache keeps, for how long, and how much of it."""

import math
from threading import Lock as PlainLock

import msgspec

COMPLETE = frozenset({"end_turn", "stop_sequence", "tool_use"})
"""The standard reasons of an answer that ended of itself."""


class CacheConfig(msgspec.Struct, frozen=True, kw_only=True):
    """How a `CacheManager` works.

    `default_ttl_seconds` is how long an entry lives, None for ever. `max_size` (entries) and
    `max_size_bytes` bound the memory cache that a manager makes when it is given no backend.

    What is kept of a client's answers: those whose every candidate ended for one of the
    `store_reasons` (standard termination reasons; add `max_tokens` or `refusal` to keep such
    answers too), of the model that was asked for, not of one it fell back to. Streams are kept
    once they are complete, unless `cache_streaming` is off: streamed calls then pass the cache by.

    A cache is asked for, so it keeps whatever is asked twice, sampled at a temperature or not.
    With `only_deterministic` it serves only requests that set the temperature to 0 or a seed.
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
    def disabled(cls) -> "CacheConfig":
        """Keep nothing."""
        return cls(enabled=False)

    @classmethod
    def short_ttl(cls) -> "CacheConfig":
        """Keep entries for five minutes."""
        return cls(default_ttl_seconds=300.0)

    @classmethod
    def long_ttl(cls) -> "CacheConfig":
        """Keep entries for a day."""
        return cls(default_ttl_seconds=86400.0)


def check_ttl(seconds: float | None) -> None:
    """Raise ValueError for a time to live that is negative or no number."""
    if seconds is not None and (math.isnan(seconds) or seconds < 0):
        raise ValueError(f"a time to live is 0 seconds or more, not {seconds}")


def chosen_ttl(given: float | None, default: float | None) -> float | None:
    """Return the time to live in force: 0 keeps nothing, None (or infinity) keeps for ever.

    Raises ValueError for one that is negative or no number.
    """
    check_ttl(given)
    chosen = default if given is None else given
    return None if chosen == math.inf else chosen


class CacheStats(msgspec.Struct, frozen=True, kw_only=True):
    """How often a cache was asked, and what came of it.

    `shared` counts the hits that waited for another call with the same question; `evictions` is
    what the backend dropped to make room, `errors` how often it could not be read or written.
    """

    hits: int = 0
    misses: int = 0
    sets: int = 0
    shared: int = 0
    evictions: int = 0
    errors: int = 0

    @property
    def total_requests(self) -> int:
        """How often the cache was asked."""
        return self.hits + self.misses

    @property
    def hit_ratio(self) -> float:
        """The share of requests that the cache answered, 0 to 1; 0 before the first."""
        return self.hits / self.total_requests if self.total_requests else 0.0

    @property
    def hit_rate(self) -> float:
        """The same as `hit_ratio`."""
        return self.hit_ratio


class Counters:
    """Counts for `CacheStats`; used from any thread."""

    def __init__(self) -> None:
        self._lock = PlainLock()
        self._counts: dict[str, int] = {}

    def add(self, *names: str) -> None:
        """Count one of each."""
        with self._lock:
            for name in names:
                self._counts[name] = self._counts.get(name, 0) + 1

    def clear(self) -> None:
        """Begin again at 0."""
        with self._lock:
            self._counts.clear()

    def stats(self, evictions: int) -> CacheStats:
        """Return the counts as they are now."""
        with self._lock:
            return CacheStats(**self._counts, evictions=evictions)
