"""Middleware: functions around a call."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import TypeVar

from ai_lib.errors.exceptions import AiLibError, PluginError
from ai_lib.plugins.context import PluginContext
from ai_lib.types.response import ChatResponse

from .._runtime.backend import maybe_await
from .hook_manager import check_callable

CallNext = Callable[[PluginContext], Awaitable[ChatResponse]]
Around = Callable[[PluginContext, CallNext], Awaitable[ChatResponse] | ChatResponse]
M = TypeVar("M")


class Middleware:
    """Stands around a plain call: it may change the request before, the response after, answer by
    itself, or make a response of an error. Of a stream it hears the start and the end.

        class Timed(Middleware):
            async def __call__(self, ctx, call_next):
                began = now()
                response = await call_next(ctx)
                print(now() - began)
                return response

    `call_next` may be called once: only the client's own policy tries a call again. An error of
    the middleware's own ends the call with PluginError.
    """

    async def __call__(self, ctx: PluginContext, call_next: CallNext) -> ChatResponse:
        """Make the call, by `call_next(ctx)`, and return the response."""
        return await call_next(ctx)

    async def on_stream_start(self, ctx: PluginContext) -> None:
        """Hear that the events of a stream begin to come."""

    async def on_stream_end(self, ctx: PluginContext) -> None:
        """Hear that a stream has ended, as `Plugin.on_stream_end` does."""


class MiddlewareChain:
    """Middleware in order, the first outermost. A function `(ctx, call_next)` is one too."""

    def __init__(self) -> None:
        self._chain: tuple[tuple[str, Around], ...] = ()

    def use(self, middleware: Around, name: str = "") -> MiddlewareChain:
        """Add one, innermost so far.

        Raises PluginError when it can't be called here, or the name is taken.
        """
        name = name or getattr(middleware, "__name__", type(middleware).__name__)
        return self._put(len(self._chain), name, middleware)

    def use_before(self, other: str, middleware: Around, name: str = "") -> MiddlewareChain:
        """Add one just outside of another. Raises as `use`, and when there is no such other."""
        name = name or getattr(middleware, "__name__", type(middleware).__name__)
        return self._put(self._place(other), name, middleware)

    def use_after(self, other: str, middleware: Around, name: str = "") -> MiddlewareChain:
        """Add one just inside of another. Raises as `use_before`."""
        name = name or getattr(middleware, "__name__", type(middleware).__name__)
        return self._put(self._place(other) + 1, name, middleware)

    def remove(self, name: str) -> bool:
        """Take one out; False when there is none of that name."""
        left = tuple(one for one in self._chain if one[0] != name)
        removed = len(left) < len(self._chain)
        self._chain = left
        return removed

    def _place(self, name: str) -> int:
        for place, (known, _) in enumerate(self._chain):
            if known == name:
                return place
        raise PluginError(f"there is no middleware {name!r}", plugin=name)

    def _put(self, place: int, name: str, middleware: Around) -> MiddlewareChain:
        check_callable(name, middleware)
        if any(known == name for known, _ in self._chain):
            raise PluginError(f"there is a middleware {name!r} already: name it", plugin=name)
        self._chain = (*self._chain[:place], (name, middleware), *self._chain[place:])
        return self

    def __len__(self) -> int:
        return len(self._chain)

    def __iter__(self) -> Iterator[Around]:
        return iter([middleware for _, middleware in self._chain])

    async def execute(self, ctx: PluginContext, call: CallNext) -> ChatResponse:
        """Make `call` with all of it around.

        Raises PluginError when one of them calls on twice, or returns no response.
        """
        for name, middleware in reversed(self._chain):
            call = partial(_step, name, middleware, call)
        return await call(ctx)


async def _step(name: str, middleware: Around, inner: CallNext, ctx: PluginContext) -> ChatResponse:
    called = False

    async def call_next(ctx: PluginContext) -> ChatResponse:
        nonlocal called
        if called:
            raise PluginError(f"the middleware {name!r} calls on twice", plugin=name)
        called = True
        return await inner(ctx)

    try:
        response = await maybe_await(middleware(ctx, call_next))
    except AiLibError:
        raise
    except Exception as error:
        raise PluginError(f"the middleware {name!r} failed: {error}", plugin=name) from error
    if not isinstance(response, ChatResponse):
        raise PluginError(f"the middleware {name!r} returned no response", plugin=name)
    return response
