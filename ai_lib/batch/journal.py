"""A journal of what a batch has done, so that it goes on after a crash and repeats nothing.

The file has one JSON object a line: first what batch it is, then one line for each item, written
as soon as the item is done and before anyone is told. It is only ever appended to.

    {"journal": "ai-lib batch", "version": 1, "batch": "summarize", "items": 1000}
    {"item": 3, "key": "9f86d081884c7d65", "result": "..."}
    {"item": 1, "key": "60303ae22b998861", "error": "RemoteError: ..."}

An item is known again by its position and by a hash of its content. What has a result is not run
again; what failed is, and so is what was under way at the crash, as nobody knows how far it came.
A last line that was cut off is dropped. Each line is handed to the operating system at once, so it
outlives the process; `fsync` has it on the disk as well, so that it outlives the machine.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import Annotated, Any, Final, NoReturn

import msgspec

from ai_lib.batch.config import BatchConfig, Item
from ai_lib.errors.exceptions import JournalError
from ai_lib.types.schema.tuples import with_tuples

_KIND: Final = "ai-lib batch"
_VERSION: Final = 1
_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class _Head(msgspec.Struct, frozen=True, kw_only=True):
    journal: str = _KIND
    version: int = _VERSION
    batch: str
    items: int | None = None


class _Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    item: Annotated[int, msgspec.Meta(ge=0)]
    key: str
    result: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    error: str | None = None


class Journal:
    """The open journal of one batch; its methods may be called from any thread.

    `count` is how many items the batch has, None when that is not known.

    Raises:
        JournalError: the file can't be written, is in use, is no journal, or is another batch's.
    """

    def __init__(self, config: BatchConfig, name: str, count: int | None) -> None:
        assert config.journal is not None
        self.path = Path(config.journal)
        self._key = config.journal_key or _content
        self._type = config.result_type
        self._lock = Lock()
        self._done: dict[int, _Line] = {}
        head = _Head(batch=config.journal_name or name, items=count)
        try:
            self._file = self.path.open("a+b", buffering=0)
        except OSError as error:
            self._refuse(f"can't be opened: {error}", error)
        try:
            self._hold()
            self._begin(head)
        except BaseException:
            self._file.close()
            raise

    def check(self, items: Sequence[Item]) -> None:
        """Check that the items that are done are these. Raises JournalError when they are not."""
        for index, line in self._done.items():
            if index >= len(items):
                self._refuse(f"has an item {index}, the batch has {len(items)}: it is another's")
            self._same(line, self.key_of(items[index]))

    def found(self, index: int, item: Item) -> ItemDone | None:
        """Return the result of an item that is done, None for one that is to run.

        Raises JournalError when the item at that place was another one.
        """
        line = self._done.get(index)
        if line is None:
            return None
        self._same(line, self.key_of(item))
        try:
            value = msgspec.json.decode(line.result or b"", type=self._type or Any)
        except _UNREADABLE as error:
            self._refuse(f"has a result of item {index} that is no {self._type}: {error}", error)
        return ItemDone(with_tuples(value))

    def write(self, index: int, item: Item, result: object, error: Exception | None) -> None:
        """Note what came of an item. Raises JournalError when it can't be written."""
        told = f"{type(error).__name__}: {error}" if error is not None else None
        try:
            raw = msgspec.UNSET if told else msgspec.Raw(msgspec.json.encode(result))
        except (TypeError, ValueError) as problem:
            self._refuse(f"can't hold the result of item {index}: {problem}", problem)
        self._append(_Line(item=index, key=self.key_of(item), result=raw, error=told))

    def sync(self, _: object = None) -> None:
        """Have what was written on the disk."""
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file, which lets others have it."""
        self._file.close()

    def key_of(self, item: Item) -> str:
        """Return the hash that an item is known by."""
        try:
            content = self._key(item)
        except (TypeError, ValueError) as error:
            self._refuse(f"can't tell items apart: {error}; set journal_key", error)
        data = content.encode() if isinstance(content, str) else content
        return sha256(data).hexdigest()[:16]

    def _hold(self) -> None:
        """Keep other processes from the file for as long as it is open."""
        try:
            import fcntl
        except ImportError:  # not on Windows
            return
        try:
            fcntl.flock(self._file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._refuse("is in use by another run of the batch", error)

    def _begin(self, head: _Head) -> None:
        """Read what is there, or begin the file."""
        self._file.seek(0)
        data = self._file.read()
        whole = data.rfind(b"\n") + 1
        if whole < len(data):  # a crash cut the last line off
            self._file.truncate(whole)
        lines = data[:whole].split(b"\n")[:-1]
        if not lines:
            self._append(head)
            return
        self._check_head(lines[0], head)
        for number, line in enumerate(lines[1:], 2):
            read: _Line = self._read(line, number, _Line)
            if read.error is None:
                self._done[read.item] = read

    def _check_head(self, line: bytes, wanted: _Head) -> None:
        head: _Head = self._read(line, 1, _Head)
        if (head.journal, head.version) != (_KIND, _VERSION):
            self._refuse(f"is a {head.journal!r} of version {head.version}, not of {_VERSION}")
        if head.batch != wanted.batch:
            self._refuse(f"belongs to the batch {head.batch!r}, not to {wanted.batch!r}")
        if None not in (head.items, wanted.items) and head.items != wanted.items:
            self._refuse(f"belongs to a batch of {head.items} items, not of {wanted.items}")

    def _read(self, line: bytes, number: int, kind: Any) -> Any:
        try:
            return msgspec.json.decode(line, type=kind)
        except _UNREADABLE as error:
            self._refuse(f"can't be read at line {number}: {error}", error)

    def _same(self, line: _Line, key: str) -> None:
        if line.key != key:
            self._refuse(f"has another item {line.item}: it belongs to another batch")

    def _append(self, entry: _Head | _Line) -> None:
        data = msgspec.json.encode(entry) + b"\n"
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


class ItemDone(msgspec.Struct, frozen=True):
    """A result that was there already."""

    value: object


def _content(item: Item) -> str | bytes:
    return item if isinstance(item, str | bytes) else msgspec.json.encode(item, order="sorted")
