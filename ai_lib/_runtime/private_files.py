"""Opens files that only their owner may read."""

import os
from pathlib import Path
from typing import Final

_MODE: Final = 0o600


def open_private(path: str | Path, flags: int) -> int:
    """Return a descriptor of a file that only its owner may read and write; make it if need be.

    It has the shape of an `opener` of `open()`. A file that was there before is closed to others
    as well, where that can be done.
    """
    descriptor = os.open(path, flags, _MODE)
    try:
        os.chmod(path, _MODE)
    except OSError:  # it belongs to another user, or the file system knows no modes
        pass
    return descriptor


def create_private(path: Path) -> None:
    """Make an empty file that only its owner may read, unless there is one."""
    os.close(open_private(path, os.O_CREAT | os.O_RDWR))
