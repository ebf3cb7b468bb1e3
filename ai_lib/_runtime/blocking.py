"""Deadlines and cancellation for code that blocks its thread.

Every blocking wait goes through `interruptible`, which looks at the scopes around it: one of them
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


class Interrupted(BaseException):
    """Unwinds to the scope that asked for it."""

    def __init__(self, scope: "Scope") -> None:
        super().__init__("interrupted")
        self.scope = scope


class Scope:
    """A body that `cancel()` interrupts at its current wait, from any thread.

    Cancelling before the body begins interrupts its first wait; after its end it does nothing.
    `cancelled` says whether the body was cut short, `ends` is when it is without being asked.
    """

    def __init__(self) -> None:
        self.cancelled = False
        self.ends = FOREVER
        self.requested = False
        self._lock = Lock()
        self._waits: dict[object, Callable[[], object]] = {}

    def cancel(self) -> None:
        """Interrupt the body."""
        with self._lock:
            self.requested = True
            for wake in self._waits.values():
                wake()

    def _watch(self, key: object, wake: Callable[[], object]) -> None:
        with self._lock:
            self._waits[key] = wake

    def _unwatch(self, key: object) -> None:
        with self._lock:
            self._waits.pop(key, None)

    def __enter__(self) -> "Scope":
        self._outer = scopes.set((*scopes.get(), self))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        scopes.reset(self._outer)
        self.cancelled = isinstance(error, Interrupted) and error.scope is self
        return self.cancelled


scopes: ContextVar[tuple[Scope, ...]] = ContextVar("ai_lib_scopes", default=())


def check(at: float) -> None:
    """Raise `Interrupted` when a scope around has been cancelled or has ended by that time."""
    for scope in scopes.get():
        if scope.requested or at >= scope.ends:
            raise Interrupted(scope)


def interruptible(
    wake: Callable[[], object],
    block: Callable[[float | None], T],
    seconds: float | None,
    clock: Callable[[], float],
) -> T:
    """Block, at most so long, and return early on `wake`, which a cancelled scope calls."""
    around = scopes.get()
    if not around:
        return block(seconds)
    key = object()
    for scope in around:
        scope._watch(key, wake)
    try:
        at = clock()
        check(at)
        left = min(scope.ends for scope in around) - at
        limit = left if seconds is None else min(left, seconds)
        done = block(None if limit == FOREVER else max(limit, 0.0))
    except Exception:
        check(clock())  # whoever ends a wait may break what was waited for
        raise
    finally:
        for scope in around:
            scope._unwatch(key)
    check(clock())
    return done
