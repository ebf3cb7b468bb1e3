"""The bookkeeping of a fair semaphore and of an event, without the waiting."""

from collections import OrderedDict, deque
from collections.abc import Callable
from threading import Lock
from typing import Generic, Protocol, TypeVar

from ai_lib._runtime.forks import ForkedState


class WaiterLike(Protocol):
    """Something that waits for one call of `wake`, which is false when nothing waits any more."""

    def wake(self) -> bool: ...


W = TypeVar("W", bound=WaiterLike)


class FairQueue(ForkedState, Generic[W]):
    """Allows at most `limit` holders at a time, first come first served.

    `release` never blocks and is safe in a finalizer: a release that finds the lock taken is
    processed by the thread that holds the lock.
    """

    def __init__(self, limit: int, new_waiter: Callable[[], W]) -> None:
        self._limit = limit
        self._new_waiter = new_waiter
        self._lock = Lock()
        self._free = limit
        self._waiters: OrderedDict[W, None] = OrderedDict()
        self._releases: deque[W | None] = deque()
        self._max_free: int | None = None

    def renew_in_child(self) -> None:
        """Renew the lock; holders and waiters are the parent's."""
        super().renew_in_child()
        self._free = self._max_free = self._limit
        self._waiters.clear()
        self._releases.clear()

    @property
    def holder_count(self) -> int:
        """The number of holders now."""
        return self._limit - self._free

    @property
    def waiter_count(self) -> int:
        """The number of waiters now."""
        return len(self._waiters)

    def acquire(self) -> W | None:
        """Become a holder and return None, or return the waiter that is woken as a holder."""
        waiter = None
        with self._lock:
            if self._free and not self._waiters:
                self._free -= 1
            else:
                waiter = self._new_waiter()
                self._waiters[waiter] = None
        self._process_releases()
        return waiter

    def try_acquire(self) -> bool:
        """Become a holder and return True, or return False when that needs a wait."""
        with self._lock:
            is_free = self._free > 0 and not self._waiters
            if is_free:
                self._free -= 1
        if self._releases:
            self._process_releases()
        return is_free

    def release(self, abandoned: W | None = None) -> None:
        """Stop being a holder, or give up a wait, whether or not it was granted meanwhile."""
        self._releases.append(abandoned)
        self._process_releases()

    def _process_releases(self) -> None:
        while self._releases and self._lock.acquire(blocking=False):
            try:
                while self._releases:
                    self._process_release(self._releases.popleft())
            finally:
                self._lock.release()

    def _process_release(self, abandoned: W | None) -> None:
        if abandoned is not None and abandoned in self._waiters:
            del self._waiters[abandoned]
            return
        while self._waiters:
            if self._waiters.popitem(last=False)[0].wake():
                return
        # In a forked child nobody holds what the parent's holders release there.
        if self._max_free is None or self._free < self._max_free:
            self._free += 1


class WakeFlag(Generic[W]):
    """A flag that is set once and wakes every waiter."""

    def __init__(self, new_waiter: Callable[[], W]) -> None:
        self._new_waiter = new_waiter
        self._lock = Lock()
        self._is_set = False
        self._waiters: dict[W, None] = {}

    def is_set(self) -> bool:
        """Return whether the flag was set."""
        return self._is_set

    def set(self) -> None:
        """Set the flag, from any thread."""
        with self._lock:
            self._is_set = True
            waiters, self._waiters = self._waiters, {}
        for waiter in waiters:
            waiter.wake()

    def _add_waiter(self) -> W | None:
        with self._lock:
            if self._is_set:
                return None
            waiter = self._new_waiter()
            self._waiters[waiter] = None
            return waiter

    def _remove_waiter(self, waiter: W) -> None:
        self._waiters.pop(waiter, None)  # no lock: a finalizer may call this
