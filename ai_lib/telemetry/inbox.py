"""Lets facts come from anywhere, a finalizer included, and takes them in one at a time."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock as PlainLock
from typing import Generic, TypeVar

T = TypeVar("T")


class Inbox(Generic[T]):
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
