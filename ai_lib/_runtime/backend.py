"""Waits on asyncio or trio, through anyio.

The other package has a module of the same names and signatures. Nothing in here belongs to one
event loop: a lock, a semaphore, an event may be shared by several loops and threads.
"""

import time
from collections.abc import Awaitable, Callable, Coroutine, Generator, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from functools import wraps
from inspect import isawaitable
from threading import Lock as PlainLock
from types import TracebackType
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

import anyio
import anyio.lowlevel
import anyio.to_thread

from ai_lib._runtime.fair_queue import FairQueue, WakeFlag
from ai_lib._runtime.forks import ForkedState
from ai_lib.errors.exceptions import RequestError

T = TypeVar("T")
P = ParamSpec("P")
_Entered = TypeVar("_Entered", bound=AbstractAsyncContextManager[Any])

now = time.monotonic


class AwaitableRefused(TypeError):
    """What can only be awaited was given to code that can't wait, as in the other package."""


async def sleep(seconds: float) -> None:
    """Wait for that many seconds."""
    await anyio.sleep(seconds)


async def maybe_await(value: Awaitable[T] | T) -> T:
    """Return a plain function's value, or await an asynchronous function's."""
    if not isawaitable(value):
        return value
    result: T = await value
    return result


def can_await(function: Callable[..., object]) -> bool:
    """Return whether `maybe_await` can take this function's result: always."""
    return True


async def checkpoint() -> None:
    """Let other tasks run, and raise where this one was cancelled."""
    await anyio.lowlevel.checkpoint()


def current_runtime() -> object:
    """Return the running event loop, as a key for state that must not leave it."""
    return anyio.lowlevel.current_token().native_token


def has_ended(runtime: object) -> bool:
    """Return whether that event loop has ended."""
    closed = getattr(runtime, "is_closed", None)
    return closed() if closed is not None else not _call_soon(runtime, int)


_ENTERED = "`async with ... as ...:`"


class _AwaitableContext(Coroutine[Any, Any, T]):
    """What makes something that is closed: `await` it, or enter it with `async with`.

    It is a coroutine, so that what runs coroutines takes it.
    """

    def __init__(self, coroutine: Coroutine[Any, Any, T]) -> None:
        self._coroutine = coroutine
        self._opened: Any = None

    def __await__(self) -> Generator[Any, Any, T]:
        return self._coroutine.__await__()

    def send(self, value: Any, /) -> Any:
        """Run until it waits, as a coroutine does."""
        return self._coroutine.send(value)

    def throw(self, *error: Any) -> Any:
        """Raise an error where it waits, as a coroutine does."""
        return self._coroutine.throw(*error)

    def close(self) -> None:
        """End it where it waits, as a coroutine does."""
        self._coroutine.close()

    async def __aenter__(self: "_AwaitableContext[_Entered]") -> "_Entered":
        self._opened = await self._coroutine
        entered: _Entered = await self._opened.__aenter__()
        return entered

    async def __aexit__(self, *error: object) -> None:
        await self._opened.__aexit__(*error)

    if not TYPE_CHECKING:  # a type checker knows what this is

        def __enter__(self) -> None:
            raise TypeError(f"this is entered with {_ENTERED}")

        def __exit__(self, *_: object) -> None:
            """Do nothing: it can't be entered."""

        def __getattr__(self, name: str) -> object:
            raise AttributeError(f"there is no {name!r} yet: write `await` first, or {_ENTERED}")

    def __repr__(self) -> str:
        return f"<not awaited yet: write `await` first, or {_ENTERED}>"


def make_enterable(
    function: Callable[P, Coroutine[Any, Any, T]],
) -> Callable[P, _AwaitableContext[T]]:
    """Let what a function makes be entered without a wait before it."""

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> _AwaitableContext[T]:
        return _AwaitableContext(function(*args, **kwargs))

    return call


def fail_after(seconds: float | None) -> AbstractContextManager[object]:
    """Raise `TimeoutError` when the body takes more seconds; None sets no limit."""
    return anyio.fail_after(seconds)


def shield() -> AbstractContextManager[object]:
    """Let the body finish although a scope around it is cancelled or late."""
    return anyio.CancelScope(shield=True)


def _call_soon(runtime: Any, function: Callable[[], object]) -> bool:
    """Schedule a call in an event loop, from any thread; return False when the loop has ended."""
    schedule = getattr(runtime, "call_soon_threadsafe", None) or runtime.run_sync_soon
    try:
        schedule(function)
    except RuntimeError:  # the loop is closed, the trio run is over
        return False
    return True


async def run_in_thread(function: Callable[[], T], *, abandon_on_cancel: bool = False) -> T:
    """Call a function that may block, in a thread, and return its result.

    A cancellation waits for the function to end, unless `abandon_on_cancel` leaves it running.
    """
    return await anyio.to_thread.run_sync(function, abandon_on_cancel=abandon_on_cancel)


class CancelScope:
    """A body that `cancel()` interrupts at its current wait, from any thread.

    Cancelling before the body begins interrupts its first wait; after its end it does nothing.
    `cancelled` is true when the body was cut short.
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
            _call_soon(runtime, self._deliver)

    def _deliver(self) -> None:
        if self._scope is not None:
            self._scope.cancel()

    def __enter__(self) -> "CancelScope":
        self._scope = anyio.CancelScope()
        self._scope.__enter__()
        with self._lock:
            self._runtime = current_runtime()
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
        is_swallowed = scope.__exit__(kind, error, trace)
        self.cancelled = scope.cancelled_caught
        return bool(is_swallowed)


class Waiter:
    """One wait for one call of `wake`, which may come from any thread or a finalizer."""

    def __init__(self) -> None:
        self._runtime = current_runtime()
        self._event = anyio.Event()

    def wake(self) -> bool:
        """End the wait; return False when its event loop has ended."""
        return _call_soon(self._runtime, self._event.set)

    async def wait(self) -> None:
        """Return once `wake` was called."""
        await self._event.wait()


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

    async def acquire(self) -> None:
        """Become a holder; wait behind those that came before."""
        waiter = self._queue.acquire()
        if waiter is None:
            return
        try:
            await waiter.wait()
        except BaseException:
            self._queue.release(waiter)
            raise

    def try_acquire(self) -> bool:
        """Become a holder and return True, or return False when that needs a wait."""
        return self._queue.try_acquire()

    def release(self) -> None:
        """Let the next waiter in."""
        self._queue.release()

    async def __aenter__(self) -> None:
        await self.acquire()

    async def __aexit__(self, *_: object) -> None:
        self.release()


class Lock(Semaphore):
    """Allows one holder at a time, first come first served."""

    def __init__(self) -> None:
        super().__init__(1)


class Event(WakeFlag[Waiter]):
    """A flag that is set once, from any thread, and wakes every waiter."""

    def __init__(self) -> None:
        super().__init__(Waiter)

    async def wait(self) -> None:
        """Return once the flag is set."""
        waiter = self._add_waiter()
        if waiter is None:
            return
        try:
            await waiter.wait()
        finally:
            self._remove_waiter(waiter)


class LeakyBucket:
    """Lets `burst` units through at once and `rate` a second after that, on asyncio only.

    It is aiolimiter's bucket; each event loop has one of its own.
    """

    def __init__(self, burst: float, rate: float) -> None:
        self._burst = burst
        self._seconds = burst / rate
        self._buckets: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()

    async def acquire(self, amount: float) -> None:
        """Wait until `amount` units may go."""
        runtime: Any = current_runtime()
        if not hasattr(runtime, "call_soon_threadsafe"):
            raise RequestError(_ASYNCIO_ONLY)
        bucket = self._buckets.get(runtime)
        if bucket is None:
            from aiolimiter import AsyncLimiter

            bucket = self._buckets[runtime] = AsyncLimiter(self._burst, self._seconds)
        await bucket.acquire(amount)


_ASYNCIO_ONLY = "aiolimiter works on asyncio only; leave the rate limiter's algorithm at 'gcra'"


async def run_all(functions: Sequence[Callable[[], Awaitable[T]]], limit: int) -> list[T]:
    """Call all functions, at most `limit` at a time, and return their results in order.

    The first error cancels the other calls and is raised as it is.
    """
    results: dict[int, T] = {}
    errors: list[Exception] = []
    remaining = iter(enumerate(functions))

    async def work() -> None:
        for index, function in remaining:
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
