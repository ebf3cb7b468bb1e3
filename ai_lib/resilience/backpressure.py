"""How many attempts are in flight, and who has to wait."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from threading import RLock
from typing import TypeVar

from ai_lib.errors.exceptions import BackpressureError
from ai_lib.resilience.config import BackpressureConfig
from ai_lib.resilience.permit import Slot

from .._runtime.backend import Semaphore, deadline

T = TypeVar("T")


class Backpressure:
    """At most so many in flight, first come first served, over all tasks and threads."""

    def __init__(self, config: BackpressureConfig | None = None) -> None:
        self.config = config or BackpressureConfig()
        most = self.config.max_concurrent
        self._places = Semaphore(most) if most else None
        # A finalizer that leaves a place may run while this very thread holds the lock.
        self._lock = RLock()
        self._inflight = 0
        self._peak = 0
        self._acquired = 0
        self._rejected = 0

    @property
    def current_inflight(self) -> int:
        """How many are in flight now."""
        return self._inflight if self._places is None else self._places.held

    @property
    def available_permits(self) -> float:
        """How many more would be let in at once, infinite without a limit."""
        if self._places is None:
            return float("inf")
        return self.config.max_concurrent - self._places.held

    async def enter(self, timeout: float | None = None) -> Slot:
        """Take a place, waiting in line at most `queue_timeout` and `timeout` seconds.

        Raises:
            BackpressureError: none became free in that time.
        """
        limits = [limit for limit in (self.config.queue_timeout, timeout) if limit is not None]
        if not self.try_acquire():
            await self._stand_in_line(min(limits, default=None))
        return Slot(self.release)

    async def _stand_in_line(self, seconds: float | None) -> None:
        assert self._places is not None  # without a limit nobody waits
        try:
            if seconds == 0:
                raise TimeoutError
            with deadline(seconds):
                await self._places.acquire()
        except TimeoutError:
            with self._lock:
                self._rejected += 1
            raise BackpressureError(
                f"{self.config.max_concurrent} calls are in flight and none ended within "
                f"{seconds or 0:.3g} s; raise max_inflight or the queue timeout, or send less"
            ) from None
        self._count()

    def _count(self) -> None:
        with self._lock:
            self._acquired += 1
            self._inflight += 1
            self._peak = max(self._peak, self.current_inflight)

    def try_acquire(self) -> bool:
        """Take a place if one is free; `release` gives it back."""
        if self._places is not None and not self._places.try_acquire():
            return False
        self._count()
        return True

    def release(self) -> None:
        """Give a place back."""
        with self._lock:
            self._inflight -= 1
        if self._places is not None:
            self._places.release()

    def acquire(self, timeout: float | None = None) -> Visit:
        """Return a context manager that holds a place while its body runs. Raises as `enter`."""
        return Visit(self, timeout)

    async def execute(self, operation: Callable[[], Awaitable[T]]) -> T:
        """Call `operation` while holding a place. Raises as `enter`."""
        async with self.acquire():
            return await operation()

    def get_stats(self) -> dict[str, int]:
        """Return how many are and were in flight, how many waited in vain, and the limit."""
        return {
            "current_inflight": self.current_inflight,
            "peak_inflight": self._peak,
            "total_acquired": self._acquired,
            "total_rejected": self._rejected,
            "max_concurrent": self.config.max_concurrent,
        }


class Visit:
    """Holds one place while the body of its `with` block runs."""

    def __init__(self, where: Backpressure, timeout: float | None) -> None:
        self._where = where
        self._timeout = timeout
        self._place: Slot | None = None

    async def __aenter__(self) -> None:
        self._place = await self._where.enter(self._timeout)

    async def __aexit__(self, *_: object) -> None:
        if self._place is not None:
            self._place.release()
