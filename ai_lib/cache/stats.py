"""The figures of a cache."""

from threading import Lock as PlainLock

import msgspec


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


class Tally:
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
