"""Bytes by key in memory: the least recently used go first."""

from collections import OrderedDict
from typing import NamedTuple


class _Entry(NamedTuple):
    value: bytes
    expires: float | None


class LruStore:
    """At most so many entries and so many bytes, keys included; every step takes constant time.

    Times are in seconds on the clock of whoever calls. An entry that has expired is dropped when
    it is next asked for, or when it is the oldest. It is not safe to share without a lock.
    """

    def __init__(self, max_size: int, max_bytes: int) -> None:
        self._max_size = max_size
        self._max_bytes = max_bytes
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self.size_bytes = 0
        self.evictions = 0

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: str, at: float) -> bytes | None:
        """Return what is under the key, unless it has expired."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry.expires is not None and at >= entry.expires:
            self.drop(key)
            return None
        self._entries.move_to_end(key)
        return entry.value

    def put(self, key: str, value: bytes, expires: float | None) -> None:
        """Keep a value, which makes others go; one that is too large by itself is not kept."""
        self.drop(key)
        size = _size(key, value)
        if size > self._max_bytes:
            return
        self._entries[key] = _Entry(value, expires)
        self.size_bytes += size
        while len(self._entries) > self._max_size or self.size_bytes > self._max_bytes:
            self.drop(next(iter(self._entries)))
            self.evictions += 1

    def drop(self, key: str) -> bool:
        """Forget the key; False when it was not there."""
        entry = self._entries.pop(key, None)
        if entry is None:
            return False
        self.size_bytes -= _size(key, entry.value)
        return True

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()
        self.size_bytes = 0


def _size(key: str, value: bytes) -> int:
    return len(key.encode("utf-8", "surrogatepass")) + len(value)
