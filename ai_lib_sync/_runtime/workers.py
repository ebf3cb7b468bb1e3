"""Runs functions as workers, and threads beside a block.

The other package has a module of the same names and signatures, as for `backend`.
"""

import atexit
import threading
from collections.abc import Awaitable, Callable
from contextvars import copy_context
from inspect import iscoroutinefunction
from types import TracebackType
from typing import TypeVar, cast

from ai_lib._runtime.blocking import ScopeInterrupted, current_scopes

from .backend import CancelScope

A = TypeVar("A")
T = TypeVar("T")


def as_worker(function: Callable[[A], Awaitable[T] | T], max_threads: int) -> Callable[[A], T]:
    """Return the function: the thread that calls it waits for it.

    Raises:
        TypeError: it is a coroutine function, which the other package takes.
    """
    if iscoroutinefunction(function) or iscoroutinefunction(type(function).__call__):
        raise TypeError("a coroutine function can't be run here; use ai_lib, or a plain function")
    return cast("Callable[[A], T]", function)


def call_in_worker(function: Callable[[], T]) -> T:
    """Call the function: this thread may block."""
    return function()


def call_at_exit(function: Callable[[], None]) -> None:
    """Call the function when the process exits."""
    atexit.register(function)


class BackgroundTasks:
    """Runs functions beside the body of a `with`; its end cancels them and waits for them.

    The functions must not raise.
    """

    def __init__(self) -> None:
        self._scope = CancelScope()
        self._threads: list[threading.Thread] = []

    def start(self, function: Callable[[], None]) -> None:
        """Start the function."""
        context = copy_context()
        context.run(current_scopes.set, (*current_scopes.get(), self._scope))
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
    except ScopeInterrupted:
        return
