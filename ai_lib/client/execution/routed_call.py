"""RoutedCall: one call beside chat over its targets in turn, under one deadline."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TypeVar

from ai_lib.client.call.call import Call, StreamState
from ai_lib.client.call.prepared_request import PreparedRequest
from ai_lib.client.target.settings import CallOptions
from ai_lib.client.target.target import Target, raise_attributed
from ai_lib.errors.exceptions import AiLibError, TransportTimeout
from ai_lib.resilience.attempt_log import FOREVER
from ai_lib.types.wire import TimeoutOptions

from ..._runtime.backend import now
from ...resilience import FallbackChain
from ..interceptors.chain import InterceptorChain
from .dispatcher import call_due
from .targets import GuardedTarget, TargetSet

T = TypeVar("T")


class RoutedCall:
    """A call, its targets, and what interceptors left for its end.

    What belongs to a provider, such as a file, goes to the first target only. `parts` are requests
    of which several are under way at once, so that the call itself does not list them.
    """

    def __init__(
        self,
        operation: str,
        options: CallOptions,
        targets: TargetSet,
        interceptors: InterceptorChain,
        *,
        streamed: bool = False,
        first_only: bool = False,
    ) -> None:
        self.targets = targets
        self.interceptors = interceptors
        self.parts: list[PreparedRequest] = []
        self._streamed = streamed
        self._first_only = first_only
        self.call = Call(operation, None, options, now, targets, targets.first.target)
        if streamed:
            self.call.stream = StreamState()

    async def run(self, operation: Callable[[], Awaitable[T]]) -> T:
        """Make the call by `operation`, accompanied by the interceptors that are active in it."""
        if self.targets.is_watching:
            await self.targets.refresh()
        return await self.interceptors.run_operation(self.call, operation)

    async def dispatch(self, send: Callable[[GuardedTarget], Awaitable[T]]) -> T:
        """Return what `send` makes of the first target that answers.

        Raises:
            AiLibError: the last target's error; its `attempts` lists what was tried.
        """
        call = self.call
        route = self._find_route()
        call.route = [guarded.target for guarded in route]
        log = call.attempt_log
        first = call.route[0]
        total = self.timeouts_for(first).total
        log.ends = FOREVER if total is None else call.timer.began + total
        try:
            if len(route) == 1:
                return await send(route[0])
            chain: FallbackChain[T] = FallbackChain(
                self.targets.config.fallback, may_continue=self._may_continue
            )
            for number, guarded in enumerate(route):
                chain.add_target(f"{number}", partial(send, guarded))
            return await chain.run()
        except AiLibError as error:
            if isinstance(error, TransportTimeout) and error.timeout_name == "total":
                error.seconds = total  # not the rest of it that the last attempt had
                error.message = f"{self.describe_undone()} within {total or 0:g} s"
            raise_attributed(log.attach_to(error), call.target or first)
        finally:
            await self.report()

    async def report(self) -> None:
        """Call what interceptors left for the end of the call."""
        for prepared in (*self.call.requests, *self.parts):
            if prepared.due:
                await call_due(prepared)

    def timeouts_for(self, target: Target) -> TimeoutOptions:
        """Return the timeouts of a request to a target."""
        options = self.call.options
        return options.timeouts or target.timeouts_for(self._streamed, options.timeout)

    def describe_undone(self) -> str:
        """Return what an error says was not done."""
        return f"{self.call.operation} was not done"

    def _find_route(self) -> Sequence[GuardedTarget]:
        models, fallbacks = self.call.models, self.call.options.fallbacks
        if self._first_only:
            return [self.targets.first]
        return self.targets.find(models) if models is not None else self.targets.route(fallbacks)

    def _may_continue(self, error: AiLibError) -> bool:
        return error.fallbackable and now() < self.call.attempt_log.ends
