"""What the mock provider keeps between requests: files that were stored, jobs that were begun."""

import threading
from typing import Final

import msgspec

CONTENT_PATH: Final = "/mock-content.mp4"
"""Where the content is that jobs made; it needs no key."""


class StoredContent(msgspec.Struct, frozen=True, kw_only=True):
    """A file that a client stored."""

    id: str
    filename: str
    data: bytes
    purpose: str = ""


class OperationState:
    """The files and jobs of one mock provider; safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._files: dict[str, StoredContent] = {}
        self._polls: dict[str, int] = {}

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

    def count_poll(self, id: str) -> int:
        """Return how often a job was asked for, this time included."""
        with self._lock:
            self._polls[id] = self._polls.get(id, 0) + 1
            return self._polls[id]
