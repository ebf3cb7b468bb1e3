"""Waits by blocking the calling thread.

The other package has a module of the same names and signatures. Every wait in here ends early
when a deadline around it passes, or when any thread cancels a scope around it.
"""

import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import copy_context
from functools import partial
from inspect import isawaitable, iscoroutine, iscoroutinefunction, isroutine
from threading import Lock as PlainLock
from typing import ParamSpec, TypeVar

from ai_lib._runtime.blocking import (
    Scope,
    ScopeInterrupted,
    current_scopes,
    raise_if_interrupted,
    run_interruptible,
)
from ai_lib._runtime.fair_queue import FairQueue, WakeFlag
from ai_lib._runtime.forks import ForkedState
from ai_lib.errors.exceptions import RequestError

T = TypeVar("T")
P = ParamSpec("P")

now = time.monotonic

_THREADS = object()


class AwaitableRefused(TypeError):
    """What can only be awaited was given to code that can't wait for it."""


class CancelScope(Scope):
    """A body that `cancel()` interrupts at its current wait, from any thread.

    Cancelling before the body begins interrupts its first wait; after its end it does nothing.
    `cancelled` is true when the body was cut short.
    """


def sleep(seconds: float) -> None:
    """Wait for that many seconds."""
    Waiter()._wait(seconds)


def maybe_await(value: Awaitable[T] | T) -> T:
    """Return a plain function's value.

    Raises:
        AwaitableRefused: the value is an awaitable, which needs an event loop.
    """
    if isawaitable(value):
        if iscoroutine(value):
            value.close()
        raise AwaitableRefused("only an event loop can wait for this; give what is plain functions")
    return value


def can_await(function: Callable[..., object]) -> bool:
    """Return whether `maybe_await` can take this function's result: a plain function's only."""
    inner = function.func if isinstance(function, partial) else function
    if not isroutine(inner):
        inner = type(inner).__call__  # an object that is called
    return not iscoroutinefunction(inner)


def checkpoint() -> None:
    """Raise where a scope around was cancelled."""
    raise_if_interrupted(now())


def current_runtime() -> object:
    """Return the same key for all threads: sockets and locks may go from one to another."""
    return _THREADS


def has_ended(runtime: object) -> bool:
    """Return False: what a thread that ended leaves serves the others."""
    return False


def make_enterable(function: Callable[P, T]) -> Callable[P, T]:
    """Return the function: what it makes can be entered at once."""
    return function


@contextmanager
def fail_after(seconds: float | None) -> Iterator[object]:
    """Raise `TimeoutError` when the body takes more seconds; None sets no limit."""
    scope = CancelScope()
    if seconds is not None:
        scope.deadline = now() + seconds
    with scope:
        yield scope
    if scope.cancelled:
        raise TimeoutError


@contextmanager
def shield() -> Iterator[object]:
    """Let the body finish although a scope around it is cancelled or late."""
    outer = current_scopes.set(())
    try:
        yield None
    finally:
        current_scopes.reset(outer)


def run_in_thread(function: Callable[[], T], *, abandon_on_cancel: bool = False) -> T:
    """Call the function: this thread may block."""
    return function()


class Waiter:
    """One wait for one call of `wake`, which may come from any thread or a finalizer."""

    def __init__(self) -> None:
        self._signal = PlainLock()
        self._signal.acquire()

    def wake(self) -> bool:
        """End the wait and return True."""
        try:
            self._signal.release()
        except RuntimeError:  # woken before
            pass
        return True

    def wait(self) -> None:
        """Return once `wake` was called."""
        self._wait(None)

    def _wait(self, seconds: float | None) -> bool:
        return run_interruptible(self.wake, self._block, seconds, now)

    def _block(self, seconds: float | None) -> bool:
        return self._signal.acquire(timeout=-1 if seconds is None else seconds)


class Semaphore(ForkedState):
    """Allows at most `limit` holders at a time, first come first served.

    `release` never blocks and is safe in a finalizer.
    """

    def __init__(self, limit: int) -> None:
        self._queue = FairQueue(limit, Waiter)

    @property
    def holder_count(self) -> int:
        """The number of holders now."""
        return self._queue.holder_count

    @property
    def waiter_count(self) -> int:
        """The number of waiters now."""
        return self._queue.waiter_count

    def acquire(self) -> None:
        """Become a holder; wait behind those that came before."""
        waiter = self._queue.acquire()
        if waiter is None:
            return
        try:
            waiter.wait()
        except BaseException:
            self._queue.release(waiter)
            raise

    def try_acquire(self) -> bool:
        """Become a holder and return True, or return False when that needs a wait."""
        return self._queue.try_acquire()

    def release(self) -> None:
        """Let the next waiter in."""
        self._queue.release()

    def __enter__(self) -> None:
        self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()


class Lock(Semaphore):
    """Allows one holder at a time, first come first served."""

    def __init__(self) -> None:
        super().__init__(1)


class Event(WakeFlag[Waiter]):
    """A flag that is set once, from any thread, and wakes every waiter."""

    def __init__(self) -> None:
        super().__init__(Waiter)

    def wait(self) -> None:
        """Return once the flag is set."""
        waiter = self._add_waiter()
        if waiter is None:
            return
        try:
            waiter.wait()
        finally:
            self._remove_waiter(waiter)


class LeakyBucket:
    """The other package's aiolimiter bucket; aiolimiter has no blocking form."""

    def __init__(self, burst: float, rate: float) -> None:
        raise RequestError(
            "aiolimiter works on asyncio only; leave the rate limiter's algorithm at 'gcra'"
        )

    def acquire(self, amount: float) -> None:
        """Do nothing: no bucket can be made."""


def run_all(functions: Sequence[Callable[[], T]], limit: int) -> list[T]:
    """Call all functions, at most `limit` at a time, and return their results in order.

    The first error cancels the other calls and is raised as it is.
    """
    results: dict[int, T] = {}
    errors: list[BaseException] = []
    remaining = deque(enumerate(functions))
    scope = CancelScope()

    def work() -> None:
        while remaining and not errors:
            try:
                index, function = remaining.popleft()
            except IndexError:  # another thread took the last one
                return
            try:
                results[index] = function()
            except ScopeInterrupted:
                return
            except BaseException as error:  # noqa: BLE001 (raised below)
                errors.append(error)
                scope.cancel()

    with scope:
        _run_threads([work] * min(limit, len(functions)), scope)
    if errors:
        raise errors[0]
    checkpoint()
    return [results[index] for index in range(len(functions))]


def _run_threads(works: list[Callable[[], None]], scope: CancelScope) -> None:
    threads = [
        threading.Thread(target=copy_context().run, args=(work,), name="ai-lib", daemon=True)
        for work in works
    ]
    for thread in threads:
        thread.start()
    try:
        for thread in threads:
            thread.join()
    except BaseException:  # Ctrl-C
        scope.cancel()
        raise
