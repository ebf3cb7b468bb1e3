"""Cancelling a stream from outside of it."""

import enum
from collections.abc import Callable
from threading import Lock


class CancelReason(str, enum.Enum):
    """Why a stream was cancelled."""

    USER_REQUEST = "user_request"
    TIMEOUT = "timeout"
    ERROR = "error"
    RESOURCE_LIMIT = "resource_limit"
    SHUTDOWN = "shutdown"


class CancelToken:
    """Cancels the streams it was given to; `cancel()` may be called from any task or thread.

    A stream that waits for bytes is interrupted at once; its iteration ends without a `StreamEnd`.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._reason: CancelReason | None = None
        self._callbacks: dict[object, Callable[[], object]] = {}

    @property
    def is_cancelled(self) -> bool:
        """Whether `cancel()` was called."""
        return self._reason is not None

    @property
    def reason(self) -> CancelReason | None:
        """Why, once it was cancelled."""
        return self._reason

    def cancel(self, reason: CancelReason = CancelReason.USER_REQUEST) -> bool:
        """Cancel; returns False when that had happened before (the first reason is kept)."""
        with self._lock:
            if self._reason is not None:
                return False
            self._reason = reason
            callbacks = list(self._callbacks.values())
        for callback in callbacks:
            callback()
        return True

    def on_cancel(self, callback: Callable[[], object]) -> Callable[[], None]:
        """Have `callback` called on cancel, at once if that has happened.

        It runs on the cancelling thread and must not block. Returns a function that takes it back.
        """
        key = object()
        with self._lock:
            if self._reason is None:
                self._callbacks[key] = callback
        if self._reason is not None:
            callback()
        return lambda: self._forget(key)

    def _forget(self, key: object) -> None:
        with self._lock:
            self._callbacks.pop(key, None)
