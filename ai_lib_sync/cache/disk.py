# Generated from ai_lib/cache/disk.py by codegen; do not edit.
"""A cache on disk, which several processes may share and which outlives them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import TypeVar

from ai_lib._runtime.forks import ForkedState, renew_after_fork
from ai_lib.cache.config import check_ttl, resolve_ttl
from ai_lib.cache.serialization import pack, unpack
from ai_lib.cache.sqlite import SqliteStore, StoreBusy
from ai_lib.errors.exceptions import CacheError

from .._runtime.backend import Lock, now, run_in_thread, sleep

T = TypeVar("T")

# A file that another process has locked is waited for so long.
_LOCKED_SECONDS = 5.0
_PAUSE_SECONDS = 0.01


def _wall_clock() -> float:
    return datetime.now(timezone.utc).timestamp()


class DiskCache(ForkedState):
    """Stores values in the SQLite file `path`, which is created at the first use. When it is full,
    the least recently used values are evicted.

    `max_size_bytes` bounds the file (64 KiB at least). SQLite keeps a log of up to about 1 MiB
    beside it. Several processes may use one file at once, and one that is killed damages nothing.
    Damaged values count as absent. The file must not be on a network share. `default_ttl` is in
    seconds, None for ever. `clock` returns seconds, the same in all processes.
    """

    def __init__(
        self,
        path: str | Path,
        default_ttl: float | None = None,
        max_size_bytes: int = 100 * 1024 * 1024,
        *,
        clock: Callable[[], float] = _wall_clock,
    ) -> None:
        check_ttl(default_ttl)
        self.path = Path(path)
        if self.path.is_dir():
            self.path = self.path / "cache.sqlite"
        self._default_ttl = default_ttl
        self._clock = clock
        self._lock = Lock()
        renew_after_fork(self)
        self._store = SqliteStore(self.path, max_size_bytes)

    @property
    def evictions(self) -> int:
        """The number of entries that this object dropped to make room."""
        return self._store.evictions

    def get(self, key: str) -> object:
        """Return the value, None when there is none, or it has expired or is damaged.

        Raises CacheError, as every method does, when the file can't be used at all.
        """
        packed = self._run(lambda: self._store.get(key, self._clock()))
        if packed is None:
            return None
        try:
            return unpack(packed)
        except CacheError:
            self.delete(key)
            return None

    def set(self, key: str, value: object, ttl: float | None = None) -> None:
        """Store a value for `ttl` seconds: None is the default, 0 stores nothing.

        Raises CacheError for a value that can't be cached, ValueError for a negative `ttl`.
        """
        seconds = resolve_ttl(ttl, self._default_ttl)
        packed = pack(value)
        if seconds == 0:
            self.delete(key)
            return
        at = self._clock()
        expires = None if seconds is None else at + seconds
        self._run(lambda: self._store.put(key, packed, expires, at))

    def delete(self, key: str) -> bool:
        """Delete a value; False when there was none."""
        return self._run(lambda: self._store.drop(key))

    def exists(self, key: str) -> bool:
        """Whether there is a value that has not expired."""
        return self._run(lambda: self._store.get(key, self._clock()) is not None)

    def clear(self) -> None:
        """Delete all values, and free the space on the disk."""
        self._run(self._store.clear)

    def cleanup_expired(self) -> int:
        """Delete the expired values; return how many there were."""
        return self._run(lambda: self._store.drop_expired(self._clock()))

    def size_bytes(self) -> int:
        """Return how many bytes of the file are in use."""
        return self._run(self._store.size_bytes)

    def close(self) -> None:
        """Close the file. The next use opens it again."""
        self._run(self._store.close)

    def _run(self, work: Callable[[], T]) -> T:
        ends = now() + _LOCKED_SECONDS
        while True:
            try:
                with self._lock:
                    return run_in_thread(work)
            except StoreBusy:
                if now() >= ends:
                    raise
            sleep(_PAUSE_SECONDS)

    def __repr__(self) -> str:
        return f"DiskCache({str(self.path)!r})"
