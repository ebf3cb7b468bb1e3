"""What this package waits on: the calling thread.

The other package has a module of the same names and signatures. Every wait in here ends early
when a deadline around it passes or a scope around it is cancelled, by whichever thread.
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
from typing import TypeVar

from ai_lib._runtime.blocking import Interrupted, Scope, check, interruptible, scopes
from ai_lib._runtime.fair_queue import FairQueue, WakeFlag
from ai_lib.errors.exceptions import RequestError

T = TypeVar("T")

now = time.monotonic

_THREADS = object()


class CancelScope(Scope):
    """A body that `cancel()` interrupts at its current wait, from any thread.

    Cancelling before the body begins interrupts its first wait; after its end it does nothing.
    `cancelled` says whether the body was cut short.
    """


def sleep(seconds: float) -> None:
    """Wait that long."""
    Waiter()._wait(seconds)


def settle(value: Awaitable[T] | T) -> T:
    """Return what a plain function gave; an asynchronous one can't be waited for.

    Raises TypeError for what only an event loop could wait for.
    """
    if isawaitable(value):
        if iscoroutine(value):
            value.close()
        raise TypeError("only an event loop can wait for this; give what is plain functions")
    return value


def can_call(function: Callable[..., object]) -> bool:
    """Whether `settle` can have the result of this function, where nothing is waited for."""
    inner = function.func if isinstance(function, partial) else function
    if not isroutine(inner):
        inner = type(inner).__call__  # an object that is called
    return not iscoroutinefunction(inner)


def checkpoint() -> None:
    """Let others run, and notice a cancellation."""
    check(now())


def runtime_key() -> object:
    """The same for all threads: sockets and locks may go from one to another."""
    return _THREADS


def is_over(runtime: object) -> bool:
    """Never: threads come and go, what they leave serves the others."""
    return False


@contextmanager
def deadline(seconds: float | None) -> Iterator[object]:
    """Raise `TimeoutError` when the body takes longer; None never does."""
    scope = CancelScope()
    if seconds is not None:
        scope.ends = now() + seconds
    with scope:
        yield scope
    if scope.cancelled:
        raise TimeoutError


@contextmanager
def shield() -> Iterator[object]:
    """Let the body finish whatever is cancelled or late around it."""
    outer = scopes.set(())
    try:
        yield None
    finally:
        scopes.reset(outer)


def in_thread(function: Callable[[], T], *, leave: bool = False) -> T:
    """Call it: this thread may block."""
    return function()


class Waiter:
    """One wait for one call of `wake`, which may come from any thread or a finalizer."""

    def __init__(self) -> None:
        self._signal = PlainLock()
        self._signal.acquire()

    def wake(self) -> bool:
        """End the wait; False when nobody can be waiting any more."""
        try:
            self._signal.release()
        except RuntimeError:  # woken before
            pass
        return True

    def wait(self) -> None:
        """Return once woken."""
        self._wait(None)

    def _wait(self, seconds: float | None) -> bool:
        return interruptible(self.wake, self._block, seconds, now)

    def _block(self, seconds: float | None) -> bool:
        return self._signal.acquire(timeout=-1 if seconds is None else seconds)


class Semaphore:
    """At most `limit` holders at a time, first come first served.

    `release` never blocks and is safe in a finalizer.
    """

    def __init__(self, limit: int) -> None:
        self._turns = FairQueue(limit, Waiter)

    @property
    def held(self) -> int:
        """How many hold it now."""
        return self._turns.held

    @property
    def waiting(self) -> int:
        """How many wait for it now."""
        return self._turns.waiting

    def acquire(self) -> None:
        """Hold it, after those who asked before."""
        waiter = self._turns.take()
        if waiter is None:
            return
        try:
            waiter.wait()
        except BaseException:
            self._turns.give_back(waiter)
            raise

    def try_acquire(self) -> bool:
        """Hold it if that needs no wait."""
        return self._turns.take_now()

    def release(self) -> None:
        """Let the next one in."""
        self._turns.give_back()

    def __enter__(self) -> None:
        self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()


class Lock(Semaphore):
    """One holder at a time, first come first served."""

    def __init__(self) -> None:
        super().__init__(1)


class Event(WakeFlag[Waiter]):
    """A flag that is raised once, from any thread, and releases everyone who waits for it."""

    def __init__(self) -> None:
        super().__init__(Waiter)

    def wait(self) -> None:
        """Return once it is raised."""
        waiter = self._enlist()
        if waiter is None:
            return
        try:
            waiter.wait()
        finally:
            self._strike(waiter)


class LeakyBucket:
    """What the other package paces with aiolimiter; that has no blocking form."""

    def __init__(self, burst: float, rate: float) -> None:
        raise RequestError(
            "aiolimiter works on asyncio only; leave the rate limiter's algorithm at 'gcra'"
        )

    def acquire(self, amount: float) -> None:
        """Never reached."""


def run_all(functions: Sequence[Callable[[], T]], limit: int) -> list[T]:
    """Call all, at most `limit` at a time, and give their results in order.

    The first error cancels the rest and is raised as it is.
    """
    results: dict[int, T] = {}
    errors: list[BaseException] = []
    left = deque(enumerate(functions))
    scope = CancelScope()

    def work() -> None:
        while left and not errors:
            try:
                index, function = left.popleft()
            except IndexError:  # another thread took the last one
                return
            try:
                results[index] = function()
            except Interrupted:
                return
            except BaseException as error:  # noqa: BLE001 (raised below)
                errors.append(error)
                scope.cancel()

    with scope:
        _join([work] * min(limit, len(functions)), scope)
    if errors:
        raise errors[0]
    checkpoint()
    return [results[index] for index in range(len(functions))]


def _join(works: list[Callable[[], None]], scope: CancelScope) -> None:
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
