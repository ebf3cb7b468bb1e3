"""Bytes by key in one SQLite file, which several processes may share.

The file is in WAL mode: a process that is killed in the middle of a write leaves the entries as
they were before it (sqlite.org/wal.html; the file must not be on a network share). A file that is
damaged is renamed `<name>.damaged` and made anew, without the entries; a database of somebody
else's is left alone, and an error.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from ai_lib.errors.exceptions import CacheError

if TYPE_CHECKING:
    from sqlite3 import Connection

T = TypeVar("T")

_SCHEMA: Final = """
CREATE TABLE entries (key TEXT PRIMARY KEY, value BLOB NOT NULL, expires REAL, used REAL NOT NULL)
    WITHOUT ROWID;
CREATE INDEX by_use ON entries (used);
CREATE INDEX by_end ON entries (expires) WHERE expires IS NOT NULL;
"""
_PAGE: Final = 4096
_LEAST: Final = 16 * _PAGE
# An entry's use is noted only so often, so that reading seldom has to write.
_NOTED_SECONDS: Final = 10.0
# The log beside the file is written back, and cut, at this size.
_LOG_PAGES: Final = 256
_AT_ONCE: Final = 16


class SqliteStore:
    """An open file; made when it is first used. One thread at a time may use it.

    `max_bytes` bounds the file, 64 KiB at least; its log beside it is bounded to about 1 MiB more.
    Times are seconds of the wall clock, given by the caller, as other processes have to agree.
    """

    def __init__(self, path: Path, max_bytes: int) -> None:
        if max_bytes < _LEAST:
            raise ValueError(f"a cache on disk takes at least {_LEAST} bytes, not {max_bytes}")
        self._path = path
        self._max_pages = max_bytes // _PAGE
        self._open: Connection | None = None
        self._owner = 0
        self.evictions = 0

    def get(self, key: str, at: float) -> bytes | None:
        """Return what is under the key, unless it has expired."""

        def work(table: Connection) -> bytes | None:
            row = table.execute(
                "SELECT value, expires, used FROM entries WHERE key = ?", (key,)
            ).fetchone()
            if row is None or (row[1] is not None and at >= row[1]):
                return None
            if at - row[2] > _NOTED_SECONDS:
                table.execute("UPDATE entries SET used = ? WHERE key = ?", (at, key))
            return bytes(row[0])

        return self._do(work)

    def put(self, key: str, value: bytes, expires: float | None, at: float) -> None:
        """Keep a value, which makes others go; one that is too large by itself is not kept."""
        pages = (len(value) + len(key)) // _PAGE + 8

        def work(table: Connection) -> None:
            table.execute("BEGIN IMMEDIATE")
            table.execute("DELETE FROM entries WHERE key = ?", (key,))
            if pages <= self._max_pages and self._make_room(table, pages, at):
                table.execute("INSERT INTO entries VALUES (?, ?, ?, ?)", (key, value, expires, at))
            table.execute("COMMIT")

        self._do(work)

    def drop(self, key: str) -> bool:
        """Forget the key; False when it was not there."""
        return self._do(
            lambda table: table.execute("DELETE FROM entries WHERE key = ?", (key,)).rowcount > 0
        )

    def drop_expired(self, at: float) -> int:
        """Forget what has expired; return how much that was."""
        return self._do(
            lambda table: table.execute("DELETE FROM entries WHERE expires <= ?", (at,)).rowcount
        )

    def clear(self) -> None:
        """Forget everything, and give the room on the disk back."""

        def work(table: Connection) -> None:
            table.execute("DELETE FROM entries")
            table.execute("VACUUM")
            table.execute("PRAGMA wal_checkpoint(TRUNCATE)")

        self._do(work)

    def size_bytes(self) -> int:
        """Return how much of the file is in use."""
        return self._do(_pages) * _PAGE

    def close(self) -> None:
        """Close the file; it is opened again when it is used again."""
        table, self._open = self._open, None
        if table is not None and self._owner == os.getpid():
            table.close()

    def _make_room(self, table: Connection, pages: int, at: float) -> bool:
        """Drop what has expired, then what was used longest ago, until so many pages are free."""
        if _pages(table) + pages <= self._max_pages:
            return True
        table.execute("DELETE FROM entries WHERE expires <= ?", (at,))
        while _pages(table) + pages > self._max_pages:
            dropped = table.execute(
                "DELETE FROM entries WHERE key IN (SELECT key FROM entries ORDER BY used LIMIT ?)",
                (_AT_ONCE,),
            ).rowcount
            if not dropped:
                return False
            self.evictions += dropped
        return True

    def _do(self, work: Callable[[Connection], T]) -> T:
        import sqlite3

        try:
            try:
                return self._try(work)
            except sqlite3.OperationalError:
                raise
            except (sqlite3.DatabaseError, UnicodeDecodeError):
                self._replace_damaged()
                return self._try(work)
        except (sqlite3.Error, UnicodeDecodeError, OSError) as error:
            raise CacheError(f"the cache {self._path} can't be used: {error}") from error

    def _try(self, work: Callable[[Connection], T]) -> T:
        table = self._connection()
        try:
            return work(table)
        except BaseException:
            if table.in_transaction:
                table.rollback()
            raise

    def _connection(self) -> Connection:
        # A connection must not be used by a forked child, not even to close it.
        if self._open is None or self._owner != os.getpid():
            if not _is_there(self._path):
                self._make()
            self._open, self._owner = _connect(self._path), os.getpid()
        return self._open

    def _make(self) -> None:
        """Make a whole empty file beside, then put it in place, unless another was quicker."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        new = self._path.with_name(f"{self._path.name}.{uuid.uuid4().hex}.new")
        table = _connect(new, mode="rwc")
        try:
            table.execute(f"PRAGMA page_size = {_PAGE}")
            table.execute("PRAGMA journal_mode = WAL")
            table.executescript(_SCHEMA)
        finally:
            table.close()
        try:
            os.link(new, self._path)
        except FileExistsError:
            pass
        except OSError:  # no links on this file system
            os.replace(new, self._path)
        new.unlink(missing_ok=True)

    def _replace_damaged(self) -> None:
        """Look afresh, as another process may have made a new file; else put this one aside."""
        import sqlite3

        self.close()
        try:
            table = self._connection()
            if table.execute("PRAGMA quick_check(1)").fetchone() == ("ok",):
                table.execute("SELECT key, value, expires, used FROM entries LIMIT 1")
                return
        except (sqlite3.DatabaseError, UnicodeDecodeError):
            pass
        self.close()
        for end in ("-wal", "-shm"):
            self._path.with_name(self._path.name + end).unlink(missing_ok=True)
        if self._path.exists():
            os.replace(self._path, self._path.with_name(f"{self._path.name}.damaged"))


def _is_there(path: Path) -> bool:
    if not path.exists():
        return False
    if path.stat().st_size == 0:  # cut off by a full disk, or made by hand
        path.unlink()
        return False
    return True


def _connect(path: Path, mode: str = "rw") -> Connection:
    import sqlite3

    table = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=5.0,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        table.execute("PRAGMA synchronous = NORMAL")
        table.execute(f"PRAGMA wal_autocheckpoint = {_LOG_PAGES}")
        table.execute(f"PRAGMA journal_size_limit = {_LOG_PAGES * _PAGE}")
    except BaseException:
        table.close()
        raise
    return table


def _pages(table: Connection) -> int:
    whole = table.execute("PRAGMA page_count").fetchone()[0]
    free = table.execute("PRAGMA freelist_count").fetchone()[0]
    return int(whole) - int(free)
