"""Functions of either kind as workers, and workers beside a block: asyncio or trio, by anyio.

The other package has a module of the same names and signatures, as for `_backend`.
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
    function: Callable[[A], Awaitable[T] | T], places: int
) -> Callable[[A], Awaitable[T]]:
    """Return a function of either kind as one to wait for, for use in the running event loop.

    A plain one runs in threads, at most so many at a time; it is waited for even when cancelled.
    """
    if iscoroutinefunction(function) or iscoroutinefunction(type(function).__call__):
        return cast("Callable[[A], Awaitable[T]]", function)
    limiter = anyio.CapacityLimiter(places)

    async def work(argument: A) -> T:
        found = await anyio.to_thread.run_sync(function, argument, limiter=limiter)
        return cast("T", await found if isawaitable(found) else found)

    return work


class BackgroundTasks:
    """Functions that run beside the body of a `with`; its end cancels them and waits for them.

    They must not raise.
    """

    def __init__(self) -> None:
        self._group = anyio.create_task_group()

    def start(self, function: Callable[[], Coroutine[object, object, None]]) -> None:
        """Have the function run from now on."""
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
