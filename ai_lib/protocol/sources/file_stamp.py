"""Tells whether a file has changed since it was read."""

from pathlib import Path
from typing import Final

import msgspec

# The first change of a burst is read at once, the others together after this many seconds.
SETTLE_SECONDS: Final = 0.1


class FileStamp(msgspec.Struct, frozen=True):
    """The state of a file at one moment: a missing file has the size -1."""

    modified_ns: int = 0
    size: int = -1
    inode: int = 0

    @classmethod
    def read(cls, path: Path) -> "FileStamp":
        """Return the state of a file now."""
        try:
            status = path.stat()
        except OSError:
            return cls()
        return cls(status.st_mtime_ns, status.st_size, status.st_ino)


def hash_text(text: str) -> str:
    """Return the SHA-256 of a text, in hex."""
    from hashlib import sha256

    return sha256(text.encode()).hexdigest()
