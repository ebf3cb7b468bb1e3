"""Runs functions as workers, and tasks beside a block, on asyncio or trio by anyio.

The other package has a module of the same names and signatures, as for `backend`.
"""

from collections.abc import Awaitable, Callable, Coroutine
from inspect import isawaitable, iscoroutinefunction
from types import TracebackType
from typing import TypeVar, cast

import anyio
import anyio.to_thread

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
