# Generated from ai_lib/plugins/middleware.py by codegen; do not edit.
"""Middleware: functions that wrap a call."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeVar

from ai_lib.errors.exceptions import AiLibError, PluginError
from ai_lib.plugins.context import PluginContext
from ai_lib.types.response import ChatResponse

from .._runtime.backend import maybe_await
from .hook_manager import check_callable

CallNext = Callable[[PluginContext], ChatResponse]
MiddlewareFunction = Callable[[PluginContext, CallNext], ChatResponse | ChatResponse]
M = TypeVar("M")


class Middleware:
    """Wraps a plain call: it may change the request and the response, respond without calling, or
    make a response of an error. For a stream, its start and its end are reported.

        class Timed(Middleware):
            def __call__(self, ctx, call_next):
                started_at = now()
                response = call_next(ctx)
                print(now() - started_at)
                return response

    `call_next` may be called once: only the client's own policy retries a call. An error of
    the middleware itself ends the call with PluginError.
    """

    def __call__(self, ctx: PluginContext, call_next: CallNext) -> ChatResponse:
        """Make the call, by `call_next(ctx)`, and return the response."""
        return call_next(ctx)

    def on_stream_start(self, ctx: PluginContext) -> None:
        """Handle the start of a stream's events."""

    def on_stream_end(self, ctx: PluginContext) -> None:
        """Handle the end of a stream, as `Plugin.on_stream_end` does."""


class MiddlewareChain:
    """Middleware in order, the first outermost; functions `(ctx, call_next)` are accepted too."""

    def __init__(self) -> None:
        self._chain: tuple[tuple[str, MiddlewareFunction], ...] = ()

    def use(self, middleware: MiddlewareFunction, name: str = "") -> MiddlewareChain:
        """Add a middleware, innermost so far.

        Raises PluginError when it can't be called here, or the name is taken.
        """
        name = name or getattr(middleware, "__name__", type(middleware).__name__)
        return self._insert(len(self._chain), name, middleware)

    def use_before(
        self, other: str, middleware: MiddlewareFunction, name: str = ""
    ) -> MiddlewareChain:
        """Add a middleware just outside of another. Raises as `use`, or when there is no other."""
        name = name or getattr(middleware, "__name__", type(middleware).__name__)
        return self._insert(self._find_index(other), name, middleware)

    def use_after(
        self, other: str, middleware: MiddlewareFunction, name: str = ""
    ) -> MiddlewareChain:
        """Add a middleware just inside of another. Raises as `use_before`."""
        name = name or getattr(middleware, "__name__", type(middleware).__name__)
        return self._insert(self._find_index(other) + 1, name, middleware)

    def remove(self, name: str) -> bool:
        """Remove a middleware; return False when there is none of that name."""
        remaining = tuple(entry for entry in self._chain if entry[0] != name)
        was_present = len(remaining) < len(self._chain)
        self._chain = remaining
        return was_present

    def _find_index(self, name: str) -> int:
        for index, (other, _) in enumerate(self._chain):
            if other == name:
                return index
        raise PluginError(f"there is no middleware {name!r}", plugin=name)

    def _insert(self, index: int, name: str, middleware: MiddlewareFunction) -> MiddlewareChain:
        check_callable(name, middleware)
        if any(other == name for other, _ in self._chain):
            raise PluginError(f"there is a middleware {name!r} already: name it", plugin=name)
        self._chain = (*self._chain[:index], (name, middleware), *self._chain[index:])
        return self

    def __len__(self) -> int:
        return len(self._chain)

    def __iter__(self) -> Iterator[MiddlewareFunction]:
        return iter([middleware for _, middleware in self._chain])

    def execute(self, ctx: PluginContext, call: CallNext) -> ChatResponse:
        """Make `call`, wrapped in all middleware.

        Raises PluginError when one calls `call_next` twice, or returns no response.
        """
        for name, middleware in reversed(self._chain):
            call = partial(_call_middleware, name, middleware, call)
        return call(ctx)


def _call_middleware(
    name: str, middleware: MiddlewareFunction, inner: CallNext, ctx: PluginContext
) -> ChatResponse:
    is_called = False

    def call_next(ctx: PluginContext) -> ChatResponse:
        nonlocal is_called
        if is_called:
            raise PluginError(f"the middleware {name!r} calls call_next twice", plugin=name)
        is_called = True
        return inner(ctx)

    try:
        response = maybe_await(middleware(ctx, call_next))
    except AiLibError:
        raise
    except Exception as error:
        raise PluginError(f"the middleware {name!r} failed: {error}", plugin=name) from error
    if not isinstance(response, ChatResponse):
        raise PluginError(f"the middleware {name!r} returned no response", plugin=name)
    return response
