"""Deadlines and cancellation for code that blocks its thread.

Every blocking wait goes through `run_interruptible`, which reads the scopes around it: one of them
may end the wait early, and the unwinding then stops at that scope.
"""

import math
from collections.abc import Callable
from contextvars import ContextVar
from threading import Lock
from types import TracebackType
from typing import TypeVar

T = TypeVar("T")

FOREVER = math.inf
# Systems take no longer timeout (24 days in milliseconds are 31 bits); it is as good as none.
_LONGEST = 2_000_000.0


class ScopeInterrupted(BaseException):
    """Unwinds to the scope that was cancelled or is late."""

    def __init__(self, scope: "Scope") -> None:
        super().__init__("interrupted")
        self.scope = scope


class Scope:
    """A body that `cancel()` interrupts at its current wait, from any thread.

    Cancelling before the body begins interrupts its first wait; after its end it does nothing.
    `cancelled` is true when the body was cut short. At `deadline` the body ends by itself.
    """

    def __init__(self) -> None:
        self.cancelled = False
        self.deadline = FOREVER
        self.is_cancel_requested = False
        self._lock = Lock()
        self._waits: dict[object, Callable[[], object]] = {}

    def cancel(self) -> None:
        """Interrupt the body."""
        with self._lock:
            self.is_cancel_requested = True
            for wake in self._waits.values():
                wake()

    def _add_wait(self, key: object, wake: Callable[[], object]) -> None:
        with self._lock:
            self._waits[key] = wake

    def _remove_wait(self, key: object) -> None:
        with self._lock:
            self._waits.pop(key, None)

    def __enter__(self) -> "Scope":
        self._token = current_scopes.set((*current_scopes.get(), self))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        current_scopes.reset(self._token)
        self.cancelled = isinstance(error, ScopeInterrupted) and error.scope is self
        return self.cancelled


current_scopes: ContextVar[tuple[Scope, ...]] = ContextVar("ai_lib_scopes", default=())


def raise_if_interrupted(at: float) -> None:
    """Raise `ScopeInterrupted` when a scope around was cancelled, or is late at that time."""
    for scope in current_scopes.get():
        if scope.is_cancel_requested or at >= scope.deadline:
            raise ScopeInterrupted(scope)


def run_interruptible(
    wake: Callable[[], object],
    block: Callable[[float | None], T],
    seconds: float | None,
    clock: Callable[[], float],
) -> T:
    """Call `block` with its limit in seconds, and return what it returns.

    The limit is the lesser of `seconds` and what the scopes around leave. A scope that is cancelled
    calls `wake`, which has to make `block` return or raise.
    """
    scopes = current_scopes.get()
    if not scopes:
        return block(seconds if seconds is None or seconds < _LONGEST else None)
    key = object()
    for scope in scopes:
        scope._add_wait(key, wake)
    try:
        at = clock()
        raise_if_interrupted(at)
        remaining = min(scope.deadline for scope in scopes) - at
        limit = remaining if seconds is None else min(remaining, seconds)
        result = block(None if limit >= _LONGEST else max(limit, 0.0))
    except Exception:
        raise_if_interrupted(clock())  # `wake` may have broken what was waited for
        raise
    finally:
        for scope in scopes:
            scope._remove_wait(key)
    raise_if_interrupted(clock())
    return result
