"""Reads what is piped to a command beside its question."""

import os
import select
import stat
import sys
from typing import Final

from ai_lib.cli.output import write_note

_PATIENCE_SECONDS: Final = 3.0
_MOST_BYTES: Final = 64 << 20


def read_context() -> bytes:
    """Return what is piped beside a question; nothing where standard input is a terminal.

    A pipe that says nothing for three seconds belongs to somebody else (a service or an editor
    that started this command); it is left alone, and a line says so. `-f -` waits for it.

    Raises:
        ValueError: there is more of it than 64 MiB.
    """
    return read_standard_input() if _has_context() else b""


def read_standard_input() -> bytes:
    """Return all of standard input; nothing where it is closed. Raises as `read_context`."""
    if sys.stdin is None:
        return b""
    content = sys.stdin.buffer.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise ValueError(f"there are more than {_MOST_BYTES >> 20} MiB on standard input")
    return content


def _has_context() -> bool:
    try:
        descriptor = sys.stdin.fileno()
        mode = os.fstat(descriptor).st_mode
    except (OSError, ValueError, AttributeError):  # it is closed, or no file at all
        return False
    if stat.S_ISREG(mode):
        return True
    if not stat.S_ISFIFO(mode) and not stat.S_ISSOCK(mode):
        return False
    # Windows can't wait for a pipe.
    if sys.platform == "win32" or select.select([descriptor], [], [], _PATIENCE_SECONDS)[0]:
        return True
    write_note("ai-lib: nothing came on standard input; it is not read (-f - waits for it)\n")
    return False
