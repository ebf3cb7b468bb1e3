"""Functions as workers, and workers beside a block: threads.

The other package has a module of the same names and signatures, as for `_backend`.
"""

import threading
from collections.abc import Awaitable, Callable
from contextvars import copy_context
from inspect import iscoroutinefunction
from types import TracebackType
from typing import TypeVar, cast

from ai_lib._runtime.blocking import Interrupted, scopes

from .backend import CancelScope

A = TypeVar("A")
T = TypeVar("T")


def as_worker(function: Callable[[A], Awaitable[T] | T], places: int) -> Callable[[A], T]:
    """Return the function: its caller is the thread that waits for it.

    A coroutine function is a TypeError: it belongs to the other package.
    """
    if iscoroutinefunction(function) or iscoroutinefunction(type(function).__call__):
        raise TypeError("a coroutine function can't be run here; use ai_lib, or a plain function")
    return cast("Callable[[A], T]", function)


class BackgroundTasks:
    """Functions that run beside the body of a `with`; its end cancels them and waits for them.

    They must not raise.
    """

    def __init__(self) -> None:
        self._scope = CancelScope()
        self._threads: list[threading.Thread] = []

    def start(self, function: Callable[[], None]) -> None:
        """Have the function run from now on."""
        context = copy_context()
        context.run(scopes.set, (*scopes.get(), self._scope))
        thread = threading.Thread(
            target=context.run, args=(_until_interrupted, function), name="ai-lib", daemon=True
        )
        self._threads.append(thread)
        thread.start()

    def __enter__(self) -> "BackgroundTasks":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._scope.cancel()
        for thread in self._threads:
            thread.join()


def _until_interrupted(function: Callable[[], None]) -> None:
    try:
        function()
    except Interrupted:
        return
