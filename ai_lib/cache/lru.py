"""A store of bytes by key in memory, which evicts the least recently used."""

from collections import OrderedDict
from typing import NamedTuple


class _Entry(NamedTuple):
    value: bytes
    expires: float | None


class LruStore:
    """A bounded number of entries and bytes, keys included. Every step takes constant time.

    Times are in seconds on the caller's clock. An expired entry is dropped when it is looked up, or
    when it is the oldest. Sharing it needs a lock.
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
        """Return the value of a key, None when there is none or it has expired."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry.expires is not None and at >= entry.expires:
            self.drop(key)
            return None
        self._entries.move_to_end(key)
        return entry.value

    def put(self, key: str, value: bytes, expires: float | None) -> None:
        """Store a value, and evict others for it. A value that is too large alone is not stored."""
        self.drop(key)
        size = _count_bytes(key, value)
        if size > self._max_bytes:
            return
        self._entries[key] = _Entry(value, expires)
        self.size_bytes += size
        while len(self._entries) > self._max_size or self.size_bytes > self._max_bytes:
            self.drop(next(iter(self._entries)))
            self.evictions += 1

    def drop(self, key: str) -> bool:
        """Delete a key; False when it was not there."""
        entry = self._entries.pop(key, None)
        if entry is None:
            return False
        self.size_bytes -= _count_bytes(key, entry.value)
        return True

    def clear(self) -> None:
        """Delete all values."""
        self._entries.clear()
        self.size_bytes = 0


def _count_bytes(key: str, value: bytes) -> int:
    return len(key.encode("utf-8", "surrogatepass")) + len(value)
