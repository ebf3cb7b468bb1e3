"""Facts that are applied without waiting, receivers that must not fail a call, and the clock."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from threading import Lock as PlainLock
from typing import Generic, TypeVar

from ai_lib._runtime.forks import ForkedState, renew_after_fork
from ai_lib.telemetry.logger import get_logger


def wall_clock() -> float:
    """Return the seconds since the epoch."""
    return datetime.now(timezone.utc).timestamp()


_LOG = get_logger("telemetry")


def call_safely(receiver: Callable[..., object], *arguments: object) -> bool:
    """Call a receiver; log its error as a warning, and return whether there was none."""
    try:
        receiver(*arguments)
    except Exception as error:  # noqa: BLE001 (a sink's fault is no reason to fail a call)
        log_lost(receiver, error)
        return False
    return True


def log_lost(receiver: object, error: Exception) -> None:
    """Log that a receiver failed and its telemetry was lost."""
    name = getattr(receiver, "__qualname__", type(receiver).__qualname__)
    _LOG.warning("Telemetry was lost", receiver=name, error=error)


T = TypeVar("T")


class DeferredApply(ForkedState, Generic[T]):
    """Applies each fact under a lock, without ever waiting for the lock.

    A forgotten stream ends in the garbage collector, which may run in the very thread that holds
    the lock: waiting there would never end. So a fact that finds the lock taken is applied by the
    thread that holds it.
    """

    def __init__(self, apply: Callable[[T], object]) -> None:
        self._apply = apply
        self._facts: deque[T] = deque()
        self._lock = PlainLock()
        renew_after_fork(self)

    def renew_in_child(self) -> None:
        """Renew the lock, and leave the facts to the parent, which applies them."""
        super().renew_in_child()
        self._facts.clear()

    def put(self, fact: T) -> None:
        """Add a fact; it is applied by the next `lock_applied` at the latest."""
        self._facts.append(fact)
        self._apply_if_free()

    @contextmanager
    def lock_applied(self) -> Iterator[None]:
        """Hold the lock, with every earlier fact applied."""
        with self._lock:
            self._apply_all()
            yield
        self._apply_if_free()

    def _apply_if_free(self) -> None:
        # Checked again after the lock is free: a fact may have been added in between.
        while self._facts and self._lock.acquire(blocking=False):
            try:
                self._apply_all()
            finally:
                self._lock.release()

    def _apply_all(self) -> None:
        while True:
            try:
                fact = self._facts.popleft()
            except IndexError:
                return
            self._apply(fact)
