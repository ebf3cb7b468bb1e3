"""Whether a file has changed since it was read."""

from pathlib import Path
from typing import Final

import msgspec

# Of a burst of changes the first is taken at once, the others together after this many seconds.
SETTLE_SECONDS: Final = 0.1


class FileStamp(msgspec.Struct, frozen=True):
    """A file at one moment. What is not there has no size."""

    modified_ns: int = 0
    size: int = -1
    inode: int = 0

    @classmethod
    def read(cls, path: Path) -> "FileStamp":
        """Look at a file."""
        try:
            found = path.stat()
        except OSError:
            return cls()
        return cls(found.st_mtime_ns, found.st_size, found.st_ino)


def hash_text(text: str) -> str:
    """Return the SHA-256 of a text, in hex."""
    from hashlib import sha256

    return sha256(text.encode()).hexdigest()
