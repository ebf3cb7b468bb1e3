"""Runs functions as workers, and tasks beside a block, on asyncio or trio by anyio.

The other package has a module of the same names and signatures, as for `backend`.
"""

import atexit
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AbstractContextManager
from inspect import isawaitable, iscoroutinefunction
from threading import Lock
from types import TracebackType
from typing import TypeVar, cast

import anyio
import anyio.to_thread
from anyio.from_thread import BlockingPortal, start_blocking_portal

from ai_lib._runtime.forks import ForkedState, keep_inherited, renew_after_fork

A = TypeVar("A")
T = TypeVar("T")


def as_worker(
    function: Callable[[A], Awaitable[T] | T], max_threads: int
) -> Callable[[A], Awaitable[T]]:
    """Return a plain or asynchronous function as an asynchronous one, for the running event loop.

    A plain function runs in threads, at most `max_threads` at a time. A cancellation waits for it.
    """
    if iscoroutinefunction(function) or iscoroutinefunction(type(function).__call__):
        return cast("Callable[[A], Awaitable[T]]", function)
    limiter = anyio.CapacityLimiter(max_threads)

    async def work(argument: A) -> T:
        result = await anyio.to_thread.run_sync(function, argument, limiter=limiter)
        return cast("T", await result if isawaitable(result) else result)

    return work


class _WorkerLoop(ForkedState):
    """An event loop in a thread, which this process keeps for work from plain functions."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._portal: BlockingPortal | None = None
        self._scope: AbstractContextManager[BlockingPortal] | None = None
        renew_after_fork(self)

    def renew_in_child(self) -> None:
        """Begin anew: the thread is the parent's."""
        super().renew_in_child()
        keep_inherited((self._portal, self._scope))
        self._portal = None

    @property
    def is_running(self) -> bool:
        """Whether it was started in this process."""
        return self._portal is not None

    def call(self, function: Callable[[], Awaitable[T]]) -> T:
        """Call the function in the loop, and wait for its result in this thread."""
        with self._lock:
            if self._portal is None:
                self._scope = start_blocking_portal("asyncio")  # its end would end the loop
                self._portal = self._scope.__enter__()
            portal = self._portal
        return portal.call(function)


_worker_loop = _WorkerLoop()


def call_in_worker(function: Callable[[], Awaitable[T]]) -> T:
    """Call the function in the event loop that this process keeps for such calls."""
    return _worker_loop.call(function)


def call_at_exit(function: Callable[[], Awaitable[None]]) -> None:
    """Call the function in that event loop when the process exits, if it was started."""

    def call() -> None:
        if _worker_loop.is_running:
            _worker_loop.call(function)

    atexit.register(call)


class BackgroundTasks:
    """Runs functions beside the body of a `with`; its end cancels them and waits for them.

    The functions must not raise.
    """

    def __init__(self) -> None:
        self._group = anyio.create_task_group()

    def start(self, function: Callable[[], Coroutine[object, object, None]]) -> None:
        """Start the function."""
        self._group.start_soon(function)

    async def __aenter__(self) -> "BackgroundTasks":
        await self._group.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._group.cancel_scope.cancel()
        if isinstance(error, anyio.get_cancelled_exc_class()):
            await self._group.__aexit__(kind, error, trace)
        else:  # an error of the body leaves as it is, not in a group
            await self._group.__aexit__(None, None, None)
