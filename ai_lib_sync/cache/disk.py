# Generated from ai_lib/cache/disk.py by codegen; do not edit.
"""A cache on disk, which several processes may share and which outlives them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import TypeVar

from ai_lib.cache.config import check_ttl, chosen_ttl
from ai_lib.cache.serialization import pack, unpack
from ai_lib.cache.sqlite import SqliteStore
from ai_lib.errors.exceptions import CacheError

from .._runtime.backend import Lock, in_thread

T = TypeVar("T")


def _wall_clock() -> float:
    return datetime.now(timezone.utc).timestamp()


class DiskCache:
    """Keeps values in the SQLite file `path`, made when it is first used; the least recently used
    go first when it is full.

    `max_size_bytes` bounds the file (64 KiB at least), beside which SQLite keeps a log of up to
    about 1 MiB. Several processes may use one file at once, and one that is killed harms nothing;
    what of the file is damaged counts as absent. It must not be on a network share. `default_ttl`
    is in seconds, None for ever. `clock` gives seconds, the same for all processes.
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
        self._turn = Lock()
        self._table = SqliteStore(self.path, max_size_bytes)

    @property
    def evictions(self) -> int:
        """How many entries this object had to drop to make room."""
        return self._table.evictions

    def get(self, key: str) -> object:
        """Return the value, None when there is none (any more), or it is damaged.

        Raises CacheError, as every method does, when the file can't be used at all.
        """
        packed = self._do(lambda: self._table.get(key, self._clock()))
        if packed is None:
            return None
        try:
            return unpack(packed)
        except CacheError:
            self.delete(key)
            return None

    def set(self, key: str, value: object, ttl: float | None = None) -> None:
        """Keep a value for `ttl` seconds: None is the default, 0 keeps nothing.

        Raises CacheError for a value that can't be cached, ValueError for a negative `ttl`.
        """
        seconds = chosen_ttl(ttl, self._default_ttl)
        packed = pack(value)
        if seconds == 0:
            self.delete(key)
            return
        at = self._clock()
        expires = None if seconds is None else at + seconds
        self._do(lambda: self._table.put(key, packed, expires, at))

    def delete(self, key: str) -> bool:
        """Forget a value; False when there was none."""
        return self._do(lambda: self._table.drop(key))

    def exists(self, key: str) -> bool:
        """Whether there is a value that has not expired."""
        return self._do(lambda: self._table.get(key, self._clock()) is not None)

    def clear(self) -> None:
        """Forget everything, and give the room on the disk back."""
        self._do(self._table.clear)

    def cleanup_expired(self) -> int:
        """Forget what has expired; return how many entries that was."""
        return self._do(lambda: self._table.drop_expired(self._clock()))

    def size_bytes(self) -> int:
        """Return how much of the file is in use."""
        return self._do(self._table.size_bytes)

    def close(self) -> None:
        """Close the file; it is opened again when it is used again."""
        self._do(self._table.close)

    def _do(self, work: Callable[[], T]) -> T:
        with self._turn:
            return in_thread(work)

    def __repr__(self) -> str:
        return f"DiskCache({str(self.path)!r})"
