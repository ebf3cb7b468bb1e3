"""One task or thread at a time reads a stream."""

from threading import Lock


class SingleReader:
    """Lets one task or thread read at a time, within a `with` block, and refuses any other.

    Raises:
        RuntimeError: another one is reading; that one is not disturbed.
    """

    __slots__ = ("_lock",)

    def __init__(self) -> None:
        self._lock = Lock()

    def __enter__(self) -> None:
        # Nobody ever waits for this lock, so that it may be held across a wait.
        if not self._lock.acquire(blocking=False):
            raise second_reader_error()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def second_reader_error() -> RuntimeError:
    """Return the error for a second reader of a stream that is being read."""
    return RuntimeError(
        "another task or thread is reading this stream; read it in one, and hand on what it reads"
    )
