"""The time of day."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from threading import Lock as PlainLock
from typing import Generic, TypeVar

from ai_lib.telemetry.logger import get_logger


def wall_clock() -> float:
    """Return the seconds since the epoch."""
    return datetime.now(timezone.utc).timestamp()


_LOG = get_logger("telemetry")


def delivered(receiver: Callable[..., object], *what: object) -> bool:
    """Whether the receiver took it without an error; its error is logged, as a warning."""
    try:
        receiver(*what)
    except Exception as error:  # noqa: BLE001 (a sink's fault is no reason to fail a call)
        report_lost(receiver, error)
        return False
    return True


def report_lost(receiver: object, error: Exception) -> None:
    """Log that a receiver failed."""
    name = getattr(receiver, "__qualname__", type(receiver).__qualname__)
    _LOG.warning("Telemetry was lost", receiver=name, error=error)


T = TypeVar("T")


class DeferredApply(Generic[T]):
    """Applies each fact under a lock, without ever waiting for it.

    A forgotten stream ends in the garbage collector, which may run in the very thread that holds
    the lock: waiting there would never end. So whoever finds the lock taken leaves the fact to
    the one who has it.
    """

    def __init__(self, apply: Callable[[T], object]) -> None:
        self._apply = apply
        self._facts: deque[T] = deque()
        self._lock = PlainLock()

    def put(self, fact: T) -> None:
        """Take in a fact; it counts by the next `settled`."""
        self._facts.append(fact)
        self._work_off()

    @contextmanager
    def settled(self) -> Iterator[None]:
        """Hold the lock, with every fact put before applied."""
        with self._lock:
            self._empty()
            yield
        self._work_off()

    def _work_off(self) -> None:
        # Asked again after the lock is free: someone may have left a fact in between.
        while self._facts and self._lock.acquire(blocking=False):
            try:
                self._empty()
            finally:
                self._lock.release()

    def _empty(self) -> None:
        while True:
            try:
                fact = self._facts.popleft()
            except IndexError:
                return
            self._apply(fact)
