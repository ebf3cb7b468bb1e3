# Generated from ai_lib/resilience/backpressure.py by codegen; do not edit.
"""A limit on the attempts in flight: those beyond it wait in line."""

from __future__ import annotations

from collections.abc import Callable
from threading import RLock
from typing import TypeVar

from ai_lib._runtime.forks import ForkedState, renew_after_fork
from ai_lib.errors.exceptions import BackpressureError
from ai_lib.resilience.config import BackpressureConfig
from ai_lib.resilience.permit import Slot

from .._runtime.backend import Semaphore, fail_after

T = TypeVar("T")


class Backpressure(ForkedState):
    """A limit on what is in flight over all tasks and threads, first come first served.

    `is_shared` says whether other processes keep to it as well.
    """

    is_shared = False

    def __init__(self, config: BackpressureConfig | None = None) -> None:
        self.config = config or BackpressureConfig()
        limit = self.config.max_concurrent
        self._slots = Semaphore(limit) if limit else None
        # A finalizer that releases a slot may run while this very thread holds the lock.
        self._lock = RLock()
        self._inflight = 0
        self._peak = 0
        self._acquired = 0
        self._rejected = 0
        renew_after_fork(self)

    def renew_in_child(self) -> None:
        """Renew the lock and the slots; those in use are the parent's."""
        super().renew_in_child()
        self._inflight = 0

    @property
    def current_inflight(self) -> int:
        """How many are in flight now."""
        return self._inflight if self._slots is None else self._slots.holder_count

    @property
    def available_permits(self) -> float:
        """How many more may start at once, infinite without a limit."""
        if self._slots is None:
            return float("inf")
        return self.config.max_concurrent - self._slots.holder_count

    def acquire_slot(self, timeout: float | None = None) -> Slot:
        """Take a slot, and wait in line for it at most `queue_timeout` and `timeout` seconds.

        Raises:
            BackpressureError: no slot became free in that time.
        """
        limits = [limit for limit in (self.config.queue_timeout, timeout) if limit is not None]
        if not self.try_acquire():
            self._wait_in_line(min(limits, default=None))
        return Slot(self.release)

    def _wait_in_line(self, seconds: float | None) -> None:
        assert self._slots is not None  # without a limit nothing waits
        try:
            if seconds == 0:
                raise TimeoutError
            with fail_after(seconds):
                self._slots.acquire()
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
        """Take a slot if one is free, and say whether it was; `release` gives it back."""
        if self._slots is not None and not self._slots.try_acquire():
            return False
        self._count()
        return True

    def release(self) -> None:
        """Give a slot back."""
        with self._lock:
            self._inflight -= 1
        if self._slots is not None:
            self._slots.release()

    def flush(self) -> None:
        """Do nothing: the slots are kept here."""

    def acquire(self, timeout: float | None = None) -> SlotContext:
        """Return a context manager that holds a slot for its body. Raises as `acquire_slot`."""
        return SlotContext(self, timeout)

    def execute(self, operation: Callable[[], T]) -> T:
        """Call `operation` while holding a slot. Raises as `acquire_slot`."""
        with self.acquire():
            return operation()

    def get_stats(self) -> dict[str, int]:
        """Return how many are and were in flight, how many were rejected, and the limit."""
        return {
            "current_inflight": self.current_inflight,
            "peak_inflight": self._peak,
            "total_acquired": self._acquired,
            "total_rejected": self._rejected,
            "max_concurrent": self.config.max_concurrent,
        }


class SlotContext:
    """A context manager that holds one slot while its body runs."""

    def __init__(self, backpressure: Backpressure, timeout: float | None) -> None:
        self._backpressure = backpressure
        self._timeout = timeout
        self._slot: Slot | None = None

    def __enter__(self) -> None:
        self._slot = self._backpressure.acquire_slot(self._timeout)

    def __exit__(self, *_: object) -> None:
        if self._slot is not None:
            self._slot.release()
