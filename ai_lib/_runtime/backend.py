"""What this package waits on: asyncio or trio, by way of anyio.

The other package has a module of the same names and signatures. Nothing in here belongs to one
event loop: a lock, a semaphore, an event may be shared by several loops and threads.
"""

import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager
from inspect import isawaitable
from threading import Lock as PlainLock
from types import TracebackType
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import anyio
import anyio.lowlevel
import anyio.to_thread

from ai_lib._runtime.fair_queue import FairQueue, WakeFlag
from ai_lib.errors.exceptions import RequestError

T = TypeVar("T")

now = time.monotonic


async def sleep(seconds: float) -> None:
    """Wait that long."""
    await anyio.sleep(seconds)


async def settle(value: Awaitable[T] | T) -> T:
    """Return what a plain function gave, or wait for what an asynchronous one will."""
    if isawaitable(value):
        waited: T = await value
        return waited
    return value


def can_call(function: Callable[..., object]) -> bool:
    """Whether `settle` can have the result of this function, waited for if need be."""
    return True


async def checkpoint() -> None:
    """Let others run, and notice a cancellation."""
    await anyio.lowlevel.checkpoint()


def runtime_key() -> object:
    """The running event loop; state that must not leave it is kept by this key."""
    return anyio.lowlevel.current_token().native_token


def is_over(runtime: object) -> bool:
    """Whether the event loop of that key has ended, and what it held can only be forgotten."""
    closed = getattr(runtime, "is_closed", None)
    return closed() if closed is not None else not _tell(runtime, int)


def deadline(seconds: float | None) -> AbstractContextManager[object]:
    """Raise `TimeoutError` when the body takes longer; None never does."""
    return anyio.fail_after(seconds)


def shield() -> AbstractContextManager[object]:
    """Let the body finish whatever is cancelled or late around it."""
    return anyio.CancelScope(shield=True)


def _tell(runtime: Any, function: Callable[[], object]) -> bool:
    """Have the runtime call the function, from any thread; False when the runtime is gone."""
    schedule = getattr(runtime, "call_soon_threadsafe", None) or runtime.run_sync_soon
    try:
        schedule(function)
    except RuntimeError:  # the loop is closed, the trio run is over
        return False
    return True


async def in_thread(function: Callable[[], T], *, leave: bool = False) -> T:
    """Call what may block for a moment without holding up the event loop.

    A cancellation waits for it, unless it is to `leave` it to itself.
    """
    return await anyio.to_thread.run_sync(function, abandon_on_cancel=leave)


class CancelScope:
    """A body that `cancel()` interrupts at its current wait, from any thread.

    Cancelling before the body begins interrupts its first wait; after its end it does nothing.
    `cancelled` says whether the body was cut short.
    """

    def __init__(self) -> None:
        self.cancelled = False
        self._lock = PlainLock()
        self._requested = False
        self._runtime: object = None
        self._scope: anyio.CancelScope | None = None

    def cancel(self) -> None:
        """Interrupt the body."""
        with self._lock:
            self._requested = True
            runtime = self._runtime
        if runtime is not None:
            _tell(runtime, self._deliver)

    def _deliver(self) -> None:
        if self._scope is not None:
            self._scope.cancel()

    def __enter__(self) -> "CancelScope":
        self._scope = anyio.CancelScope()
        self._scope.__enter__()
        with self._lock:
            self._runtime = runtime_key()
            requested = self._requested
        if requested:
            self._scope.cancel()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        scope, self._scope = self._scope, None
        with self._lock:
            self._runtime = None
        if scope is None:
            return False
        swallowed = scope.__exit__(kind, error, trace)
        self.cancelled = scope.cancelled_caught
        return bool(swallowed)


class Waiter:
    """One wait for one call of `wake`, which may come from any thread or a finalizer."""

    def __init__(self) -> None:
        self._runtime = runtime_key()
        self._event = anyio.Event()

    def wake(self) -> bool:
        """End the wait; False when nobody can be waiting any more."""
        return _tell(self._runtime, self._event.set)

    async def wait(self) -> None:
        """Return once woken."""
        await self._event.wait()


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

    async def acquire(self) -> None:
        """Hold it, after those who asked before."""
        waiter = self._turns.take()
        if waiter is None:
            return
        try:
            await waiter.wait()
        except BaseException:
            self._turns.give_back(waiter)
            raise

    def try_acquire(self) -> bool:
        """Hold it if that needs no wait."""
        return self._turns.take_now()

    def release(self) -> None:
        """Let the next one in."""
        self._turns.give_back()

    async def __aenter__(self) -> None:
        await self.acquire()

    async def __aexit__(self, *_: object) -> None:
        self.release()


class Lock(Semaphore):
    """One holder at a time, first come first served."""

    def __init__(self) -> None:
        super().__init__(1)


class Event(WakeFlag[Waiter]):
    """A flag that is raised once, from any thread, and releases everyone who waits for it."""

    def __init__(self) -> None:
        super().__init__(Waiter)

    async def wait(self) -> None:
        """Return once it is raised."""
        waiter = self._enlist()
        if waiter is None:
            return
        try:
            await waiter.wait()
        finally:
            self._strike(waiter)


class LeakyBucket:
    """At most `burst` at once and `rate` a second after that, by aiolimiter: asyncio only.

    Each event loop has a bucket of its own.
    """

    def __init__(self, burst: float, rate: float) -> None:
        self._burst = burst
        self._seconds = burst / rate
        self._buckets: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()

    async def acquire(self, amount: float) -> None:
        """Wait until so much may go."""
        runtime: Any = runtime_key()
        if not hasattr(runtime, "call_soon_threadsafe"):
            raise RequestError(_ASYNCIO_ONLY)
        bucket = self._buckets.get(runtime)
        if bucket is None:
            from aiolimiter import AsyncLimiter

            bucket = self._buckets[runtime] = AsyncLimiter(self._burst, self._seconds)
        await bucket.acquire(amount)


_ASYNCIO_ONLY = "aiolimiter works on asyncio only; leave the rate limiter's algorithm at 'gcra'"


async def run_all(functions: Sequence[Callable[[], Awaitable[T]]], limit: int) -> list[T]:
    """Call all, at most `limit` at a time, and give their results in order.

    The first error cancels the rest and is raised as it is.
    """
    results: dict[int, T] = {}
    errors: list[Exception] = []
    left = iter(enumerate(functions))

    async def work() -> None:
        for index, function in left:
            try:
                results[index] = await function()
            except Exception as error:  # noqa: BLE001 (raised below)
                errors.append(error)
                group.cancel_scope.cancel()
                return

    async with anyio.create_task_group() as group:
        for _ in range(min(limit, len(functions))):
            group.start_soon(work)
    if errors:
        raise errors[0]
    return [results[index] for index in range(len(functions))]
