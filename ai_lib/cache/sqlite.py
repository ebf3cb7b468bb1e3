"""A store of bytes by key in one SQLite file, which several processes may share.

The file is in WAL mode: a process that is killed in the middle of a write leaves the entries as
they were before it (sqlite.org/wal.html; the file must not be on a network share). A damaged file
is renamed `<name>.damaged` and created again, without the entries. A database of another program is
left alone, and raises an error.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final, TypeVar

from ai_lib._runtime.forks import SuspendedState, keep_inherited, suspend_at_fork
from ai_lib._runtime.private_files import create_private
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
_MIN_BYTES: Final = 16 * _PAGE
# An entry's last use is updated only so often, so that reading seldom has to write.
_USE_SECONDS: Final = 10.0
# The log beside the file is written back, and cut, at this size.
_LOG_PAGES: Final = 256
_EVICTIONS_AT_ONCE: Final = 16
_MOST_SEARCHED: Final = 64 * 1024
# A fork waits so long for an operation to end.
_SUSPEND_SECONDS: Final = 10.0


class StoreBusy(CacheError):
    """Another process has locked the file at this moment."""


class SqliteStore(SuspendedState):
    """An SQLite file, which is created at the first use. One thread at a time may use it.

    `max_bytes` bounds the file, 64 KiB at least. Its log beside it has up to about 1 MiB more. The
    caller gives times in seconds of the wall clock, as other processes have to agree.
    """

    def __init__(self, path: Path, max_bytes: int) -> None:
        if max_bytes < _MIN_BYTES:
            raise ValueError(f"a cache on disk takes at least {_MIN_BYTES} bytes, not {max_bytes}")
        self._path = path
        self._max_pages = max_bytes // _PAGE
        self._connection: Connection | None = None
        self._in_use = Lock()
        self._is_suspended = False
        self.evictions = 0
        suspend_at_fork(self)

    def suspend(self) -> None:
        """Close the file before a fork: SQLite keeps the locks of a process in its memory, which a
        child would take for its own (sqlite.org/howtocorrupt.html, section 2.6).
        """
        self._is_suspended = self._in_use.acquire(timeout=_SUSPEND_SECONDS)
        if self._is_suspended:
            self._close()

    def resume(self) -> None:
        """Let it be opened again, in the parent."""
        if self._is_suspended:
            self._is_suspended = False
            self._in_use.release()

    def renew_in_child(self) -> None:
        """Renew the lock; a connection that could not be closed in time stays as it is."""
        super().renew_in_child()
        self._is_suspended = False
        connection, self._connection = self._connection, None
        if connection is not None:
            keep_inherited(connection)

    def get(self, key: str, at: float) -> bytes | None:
        """Return the value of a key, None when there is none or it has expired."""

        def run(connection: Connection) -> bytes | None:
            row = connection.execute(
                "SELECT value, expires, used FROM entries WHERE key = ?", (key,)
            ).fetchone()
            if row is None or (row[1] is not None and at >= row[1]):
                return None
            if at - row[2] > _USE_SECONDS:
                self._note_use(connection, key, at)
            return bytes(row[0])

        return self._run(run)

    def _note_use(self, connection: Connection, key: str, at: float) -> None:
        import sqlite3

        try:
            connection.execute("UPDATE entries SET used = ? WHERE key = ?", (at, key))
        except sqlite3.OperationalError as error:
            if not _is_busy(error):  # the value was read, whoever is writing now
                raise

    def put(self, key: str, value: bytes, expires: float | None, at: float) -> None:
        """Store a value, and evict others for it. A value that is too large alone is not stored."""
        pages = (len(value) + len(key)) // _PAGE + 8

        def run(connection: Connection) -> None:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("DELETE FROM entries WHERE key = ?", (key,))
            if pages <= self._max_pages and self._make_room(connection, pages, at):
                connection.execute(
                    "INSERT INTO entries VALUES (?, ?, ?, ?)", (key, value, expires, at)
                )
            connection.execute("COMMIT")

        self._run(run)

    def drop(self, key: str) -> bool:
        """Delete a key; False when it was not there."""
        return self._run(
            lambda connection: (
                connection.execute("DELETE FROM entries WHERE key = ?", (key,)).rowcount > 0
            )
        )

    def drop_expired(self, at: float) -> int:
        """Delete the expired values; return how many there were."""
        return self._run(
            lambda connection: (
                connection.execute("DELETE FROM entries WHERE expires <= ?", (at,)).rowcount
            )
        )

    def clear(self) -> None:
        """Delete all values, and free the space on the disk."""

        def run(connection: Connection) -> None:
            connection.execute("DELETE FROM entries")
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

        self._run(run)

    def size_bytes(self) -> int:
        """Return how many bytes of the file are in use."""
        return self._run(_count_used_pages) * _PAGE

    def close(self) -> None:
        """Close the file. The next use opens it again."""
        with self._in_use:
            self._close()

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _make_room(self, connection: Connection, pages: int, at: float) -> bool:
        """Delete expired entries, then the least recently used, until so many pages are free."""
        if _count_used_pages(connection) + pages <= self._max_pages:
            return True
        connection.execute("DELETE FROM entries WHERE expires <= ?", (at,))
        while _count_used_pages(connection) + pages > self._max_pages:
            dropped = connection.execute(
                "DELETE FROM entries WHERE key IN (SELECT key FROM entries ORDER BY used LIMIT ?)",
                (_EVICTIONS_AT_ONCE,),
            ).rowcount
            if not dropped:
                return False
            self.evictions += dropped
        return True

    def _run(self, operation: Callable[[Connection], T]) -> T:
        import sqlite3

        try:
            with self._in_use:
                return self._run_or_repair(operation)
        except sqlite3.OperationalError as error:
            if _is_busy(error):
                raise StoreBusy(f"the cache {self._path} is locked by another process") from error
            raise CacheError(f"the cache {self._path} can't be used: {error}") from error
        except (sqlite3.Error, UnicodeDecodeError, OSError) as error:
            raise CacheError(f"the cache {self._path} can't be used: {error}") from error

    def _run_or_repair(self, operation: Callable[[Connection], T]) -> T:
        import sqlite3

        try:
            return self._run_once(operation)
        except sqlite3.OperationalError:
            raise
        except (sqlite3.DatabaseError, UnicodeDecodeError):
            if not _is_cache(self._path):
                raise
            self._replace_damaged()
            return self._run_once(operation)

    def _run_once(self, operation: Callable[[Connection], T]) -> T:
        connection = self._get_connection()
        try:
            return operation(connection)
        except BaseException:
            if connection.in_transaction:
                connection.rollback()
            raise

    def _get_connection(self) -> Connection:
        if self._connection is None:
            if not _has_content(self._path):
                self._create_file()
            self._connection = _connect(self._path)
        return self._connection

    def _create_file(self) -> None:
        """Create an empty file beside, then move it into place, unless another process did so."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._path.with_name(f"{self._path.name}.{uuid.uuid4().hex}.new")
        create_private(temporary)
        connection = _connect(temporary)
        try:
            connection.execute(f"PRAGMA page_size = {_PAGE}")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(_SCHEMA)
        finally:
            connection.close()
        try:
            os.link(temporary, self._path)
        except FileExistsError:
            pass
        except OSError:  # no links on this file system
            os.replace(temporary, self._path)
        temporary.unlink(missing_ok=True)

    def _replace_damaged(self) -> None:
        """Reopen the file, as another process may have replaced it; else rename the damaged one."""
        import sqlite3

        self._close()
        try:
            connection = self._get_connection()
            if connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",):
                connection.execute("SELECT key, value, expires, used FROM entries LIMIT 1")
                return
        except (sqlite3.DatabaseError, UnicodeDecodeError):
            pass
        self._close()
        for end in ("-wal", "-shm"):
            self._path.with_name(self._path.name + end).unlink(missing_ok=True)
        if self._path.exists():
            os.replace(self._path, self._path.with_name(f"{self._path.name}.damaged"))


def _is_cache(path: Path) -> bool:
    """Whether a file that SQLite can't read was once a cache: any other one is left alone."""
    try:
        with path.open("rb") as file:
            beginning = file.read(_MOST_SEARCHED)
    except FileNotFoundError:
        return True
    return b"CREATE TABLE entries" in beginning


def _is_busy(error: Exception) -> bool:
    return "locked" in str(error) or "busy" in str(error)  # codes came with Python 3.11


def _has_content(path: Path) -> bool:
    if not path.exists():
        return False
    if path.stat().st_size == 0:  # cut off by a full disk, or made by hand
        path.unlink()
        return False
    return True


def _connect(path: Path, mode: str = "rw") -> Connection:
    import sqlite3

    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=0.0,  # the caller waits, where a deadline can end it
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(f"PRAGMA wal_autocheckpoint = {_LOG_PAGES}")
        connection.execute(f"PRAGMA journal_size_limit = {_LOG_PAGES * _PAGE}")
    except BaseException:
        connection.close()
        raise
    return connection


def _count_used_pages(connection: Connection) -> int:
    total = connection.execute("PRAGMA page_count").fetchone()[0]
    free = connection.execute("PRAGMA freelist_count").fetchone()[0]
    return int(total) - int(free)
