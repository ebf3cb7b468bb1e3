"""What the mock provider keeps between requests: files that were stored, jobs that were begun."""

import threading
from typing import Final

import msgspec

from ai_lib.protocol.dialect.batches import BatchState
from ai_lib.types.json import JsonDict, JsonValue

CONTENT_PATH: Final = "/mock-content.mp4"
"""Where the content is that jobs made; it needs no key."""
UPLOAD_PATH: Final = "/mock-upload"
"""Where files go that are announced first."""


class StoredContent(msgspec.Struct, frozen=True, kw_only=True):
    """A file that a client stored."""

    id: str
    filename: str
    data: bytes
    purpose: str = ""


class BatchRecord(msgspec.Struct, kw_only=True):
    """A batch that a client created, and the results once it is done."""

    id: str
    lines: list[JsonValue]
    results: list[JsonDict] = []
    state: BatchState = "pending"


class OperationState:
    """The files, jobs and batches of one mock provider; safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._files: dict[str, StoredContent] = {}
        self._polls: dict[str, int] = {}
        self._texts: dict[str, str] = {}
        self._batches: dict[str, BatchRecord] = {}

    def store(self, stored: StoredContent) -> None:
        """Keep a file."""
        with self._lock:
            self._files[stored.id] = stored

    def find(self, id: str) -> StoredContent | None:
        """Return a file, None when there is none."""
        with self._lock:
            return self._files.get(id)

    def delete(self, id: str) -> bool:
        """Remove a file; return whether it was there."""
        with self._lock:
            return self._files.pop(id, None) is not None

    def list_files(self) -> list[StoredContent]:
        """Return the files, in the order in which they were stored."""
        with self._lock:
            return list(self._files.values())

    def store_batch(self, batch: BatchRecord) -> None:
        """Keep a batch."""
        with self._lock:
            self._batches[batch.id] = batch

    def find_batch(self, id: str) -> BatchRecord | None:
        """Return a batch, None when there is none."""
        with self._lock:
            return self._batches.get(id)

    def list_batches(self) -> list[BatchRecord]:
        """Return the batches, in the order in which they were created."""
        with self._lock:
            return list(self._batches.values())

    def is_for(self, name: str, id: str) -> bool:
        """Whether an operation may be about what has this id."""
        if name.startswith("files."):
            return self.find(id) is not None
        return name.startswith("batches.") is (self.find_batch(id) is not None)

    def keep_text(self, id: str, text: str) -> None:
        """Keep the text that a job will give."""
        with self._lock:
            self._texts[id] = text

    def find_text(self, id: str) -> str:
        """Return the text that a job gives, empty when there is none."""
        with self._lock:
            return self._texts.get(id, "")

    def count_poll(self, id: str) -> int:
        """Return how often a job was asked for, this time included."""
        with self._lock:
            self._polls[id] = self._polls.get(id, 0) + 1
            return self._polls[id]
