"""Whose turn it is: the bookkeeping of a fair semaphore and of an event, without the waiting."""

from collections import OrderedDict, deque
from collections.abc import Callable
from threading import Lock
from typing import Generic, Protocol, TypeVar


class Wakeable(Protocol):
    """Something that waits for one call of `wake`, which is false when nobody waits any more."""

    def wake(self) -> bool: ...


W = TypeVar("W", bound=Wakeable)


class FairQueue(Generic[W]):
    """At most `limit` holders at a time, first come first served.

    Giving back never blocks and is safe in a finalizer: what can't be settled at once is settled by
    whoever holds the lock.
    """

    def __init__(self, limit: int, new_waiter: Callable[[], W]) -> None:
        self._limit = limit
        self._new_waiter = new_waiter
        self._lock = Lock()
        self._free = limit
        self._waiters: OrderedDict[W, None] = OrderedDict()
        self._returned: deque[W | None] = deque()

    @property
    def held(self) -> int:
        """How many hold it now."""
        return self._limit - self._free

    @property
    def waiting(self) -> int:
        """How many wait for it now."""
        return len(self._waiters)

    def take(self) -> W | None:
        """Take a turn now, or give the waiter to wait for it with."""
        waiter = None
        with self._lock:
            if self._free and not self._waiters:
                self._free -= 1
            else:
                waiter = self._new_waiter()
                self._waiters[waiter] = None
        self._settle()
        return waiter

    def take_now(self) -> bool:
        """Take a turn if that needs no wait."""
        with self._lock:
            taken = self._free > 0 and not self._waiters
            if taken:
                self._free -= 1
        if self._returned:
            self._settle()
        return taken

    def give_back(self, abandoned: W | None = None) -> None:
        """End a turn, or the wait for one, whether or not it was granted meanwhile."""
        self._returned.append(abandoned)
        self._settle()

    def _settle(self) -> None:
        while self._returned and self._lock.acquire(blocking=False):
            try:
                while self._returned:
                    self._settle_one(self._returned.popleft())
            finally:
                self._lock.release()

    def _settle_one(self, abandoned: W | None) -> None:
        if abandoned is not None and abandoned in self._waiters:
            del self._waiters[abandoned]
            return
        while self._waiters:
            if self._waiters.popitem(last=False)[0].wake():
                return
        self._free += 1


class WakeFlag(Generic[W]):
    """A flag that is raised once and wakes everyone who waits for it."""

    def __init__(self, new_waiter: Callable[[], W]) -> None:
        self._new_waiter = new_waiter
        self._lock = Lock()
        self._raised = False
        self._waiters: dict[W, None] = {}

    def is_set(self) -> bool:
        """Whether it was raised."""
        return self._raised

    def set(self) -> None:
        """Raise it, from any thread."""
        with self._lock:
            self._raised = True
            waiters, self._waiters = self._waiters, {}
        for waiter in waiters:
            waiter.wake()

    def _enlist(self) -> W | None:
        with self._lock:
            if self._raised:
                return None
            waiter = self._new_waiter()
            self._waiters[waiter] = None
            return waiter

    def _strike(self, waiter: W) -> None:
        self._waiters.pop(waiter, None)  # no lock: a finalizer may call this
