"""The journal of a batch: with it, a batch continues after a crash and repeats no finished item.

The file has one JSON object a line: first the batch, then one line for each item, written as soon
as the item is finished and before its result is handed out. Lines are only ever appended.

    {"journal": "ai-lib batch", "version": 1, "batch": "summarize", "items": 1000}
    {"item": 3, "key": "9f86d081884c7d65", "result": "..."}
    {"item": 1, "key": "60303ae22b998861", "error": "RemoteError: ..."}

An item is identified by its position and by a hash of its content. An item with a result is not
run again. An item that failed is run again, and so is one that was under way at the crash. A last
line that was cut off is dropped. Each line is handed to the operating system at once, so it
survives a crash of the process; with `fsync` it survives a crash of the machine too.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import Annotated, Any, Final, NoReturn

import msgspec

from ai_lib._runtime.forks import ForkedState, renew_after_fork
from ai_lib._runtime.private_files import create_private
from ai_lib.batch.config import BatchConfig, Item
from ai_lib.errors.exceptions import JournalError
from ai_lib.types.json import to_plain_value
from ai_lib.types.schema.tuples import restore_tuples

_KIND: Final = "ai-lib batch"
_VERSION: Final = 1
_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class _JournalHead(msgspec.Struct, frozen=True, kw_only=True):
    journal: str = _KIND
    version: int = _VERSION
    batch: str
    items: int | None = None


class _ItemLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    item: Annotated[int, msgspec.Meta(ge=0)]
    key: str
    result: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    error: str | None = None


class Journal(ForkedState):
    """The open journal of one batch; its methods may be called from any thread.

    `count` is the number of items of the batch, None when it is unknown.

    Raises:
        JournalError: the file can't be written, is in use, is no journal, or is another batch's.
    """

    def __init__(self, config: BatchConfig, name: str, count: int | None) -> None:
        assert config.journal is not None
        self.path = Path(config.journal)
        self._key = config.journal_key or _content
        self._type = config.result_type
        self._lock = Lock()
        self._is_inherited = False
        self._done: dict[int, _ItemLine] = {}
        head = _JournalHead(batch=config.journal_name or name, items=count)
        try:
            create_private(self.path)
            self._file = self.path.open("a+b", buffering=0)
        except OSError as error:
            self._refuse(f"can't be opened: {error}", error)
        try:
            self._lock_file()
            self._begin(head)
        except BaseException:
            self._file.close()
            raise
        renew_after_fork(self)

    def renew_in_child(self) -> None:
        """Close the descriptor: the parent keeps the file, and the lock on it."""
        super().renew_in_child()
        self._file.close()  # it has no buffer: nothing is written
        self._is_inherited = True

    def check(self, items: Sequence[Item]) -> None:
        """Raise JournalError when the finished items are not among these."""
        for index, line in self._done.items():
            if index >= len(items):
                self._refuse(f"has an item {index}, the batch has {len(items)}: it is another's")
            self._check_key(line, self.hash_item(items[index]))

    def find_result(self, index: int, item: Item) -> RecordedResult | None:
        """Return the recorded result of an item, None when it has to run.

        Raises:
            JournalError: the item at that position was another one.
        """
        line = self._done.get(index)
        if line is None:
            return None
        self._check_key(line, self.hash_item(item))
        try:
            value = msgspec.json.decode(line.result or b"", type=self._type or Any)
        except _UNREADABLE as error:
            self._refuse(f"has a result of item {index} that is no {self._type}: {error}", error)
        return RecordedResult(restore_tuples(value))

    def write(self, index: int, item: Item, result: object, error: Exception | None) -> None:
        """Append an item's result or error. Raises JournalError when it can't be written."""
        error_text = f"{type(error).__name__}: {error}" if error is not None else None
        try:
            raw = msgspec.UNSET if error_text else msgspec.Raw(msgspec.json.encode(result))
        except (TypeError, ValueError) as problem:
            self._refuse(f"can't hold the result of item {index}: {problem}", problem)
        self._append(_ItemLine(item=index, key=self.hash_item(item), result=raw, error=error_text))

    def sync(self, _: object = None) -> None:
        """Force the written lines to the disk. Raises JournalError when it can't."""
        try:
            os.fsync(self._file.fileno())
        except (OSError, ValueError) as error:
            self._refuse(f"can't be written to the disk: {error}", error)

    def close(self) -> None:
        """Close the file and release its lock."""
        with suppress(OSError):  # it has no buffer: all was written, or `write` raised
            self._file.close()

    def hash_item(self, item: Item) -> str:
        """Return the hash that identifies an item."""
        try:
            content = self._key(item)
        except (TypeError, ValueError) as error:
            self._refuse(f"can't tell items apart: {error}; set journal_key", error)
        data = content.encode() if isinstance(content, str) else content
        return sha256(data).hexdigest()[:16]

    def _lock_file(self) -> None:
        """Keep other processes from the file while it is open."""
        try:
            import fcntl
        except ImportError:  # not on Windows
            return
        try:
            fcntl.flock(self._file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._refuse("is in use by another run of the batch", error)

    def _begin(self, head: _JournalHead) -> None:
        """Read the lines of the file, or write the first one."""
        try:
            self._file.seek(0)
            data = self._file.read()
            end = data.rfind(b"\n") + 1
            if end < len(data):  # a crash cut the last line off
                self._file.truncate(end)
        except OSError as error:
            self._refuse(f"can't be read: {error}", error)
        lines = data[:end].split(b"\n")[:-1]
        if not lines:
            self._append(head)
            return
        self._check_head(lines[0], head)
        for number, line in enumerate(lines[1:], 2):
            read: _ItemLine = self._read(line, number, _ItemLine)
            if read.error is None:
                self._done[read.item] = read

    def _check_head(self, line: bytes, expected: _JournalHead) -> None:
        head: _JournalHead = self._read(line, 1, _JournalHead)
        if (head.journal, head.version) != (_KIND, _VERSION):
            self._refuse(f"is a {head.journal!r} of version {head.version}, not of {_VERSION}")
        if head.batch != expected.batch:
            self._refuse(f"belongs to the batch {head.batch!r}, not to {expected.batch!r}")
        if None not in (head.items, expected.items) and head.items != expected.items:
            self._refuse(f"belongs to a batch of {head.items} items, not of {expected.items}")

    def _read(self, line: bytes, number: int, kind: Any) -> Any:
        try:
            return msgspec.json.decode(line, type=kind)
        except _UNREADABLE as error:
            self._refuse(f"can't be read at line {number}: {error}", error)

    def _check_key(self, line: _ItemLine, key: str) -> None:
        if line.key != key:
            self._refuse(f"has another item {line.item}: it belongs to another batch")

    def _append(self, entry: _JournalHead | _ItemLine) -> None:
        data = msgspec.json.encode(entry) + b"\n"
        if self._is_inherited:
            self._refuse("was opened before this process was forked, and is the parent's")
        try:
            with self._lock:
                written = self._file.write(data)
        except (OSError, ValueError) as error:
            self._refuse(f"can't be written: {error}", error)
        if written != len(data):
            self._refuse("can't be written: the disk took only part of a line")

    def _refuse(self, problem: str, cause: Exception | None = None) -> NoReturn:
        raise JournalError(
            f"the journal {self.path} {problem}; name another file, or remove this one",
            path=str(self.path),
        ) from cause


class RecordedResult(msgspec.Struct, frozen=True):
    """A result from the journal."""

    value: object


def _content(item: Item) -> str | bytes:
    if isinstance(item, str | bytes):
        return item
    return msgspec.json.encode(item, order="sorted", enc_hook=to_plain_value)
