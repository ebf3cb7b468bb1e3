"""One request on its way: over the targets it may go to, as often as it may be tried."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from ai_lib.client.call.call import Call
from ai_lib.client.call.prepared_request import PreparedRequest
from ai_lib.errors.exceptions import AiLibError, TransportTimeout
from ai_lib.resilience.attempt_log import FOREVER
from ai_lib.resilience.config import FallbackConfig
from ai_lib.resilience.permit import Permit
from ai_lib.types.wire import TimeoutOptions

from ..._runtime.backend import now
from ...resilience import FallbackChain
from .targets import GuardedTarget

T = TypeVar("T")


class Dispatcher:
    """A compiled call on its way, under one deadline, with one ledger.

    Raises:
        RequestError: the first target can't be asked this.
    """

    def __init__(
        self,
        route: Sequence[GuardedTarget],
        call: Call,
        fallback: FallbackConfig,
    ) -> None:
        self._route = route
        self._fallback = fallback
        self.call = call
        self.ledger = call.ledger
        call.targets = [place.target for place in route]
        self.first = call.first = self._leg(route[0])

    @property
    def _total(self) -> float | None:
        return self.first.timeouts.total

    def start(self) -> None:
        """Let the deadline count from when the call began."""
        total = self._total
        ends = FOREVER if total is None else self.call.watch.began + total
        self.ledger.ends = min(self.ledger.ends, ends)

    async def run(self, attempt: Callable[[PreparedRequest, Permit], Awaitable[T]]) -> T:
        """Return what the first target to answer answers.

        Raises:
            AiLibError: the last target's error; its `attempts` lists what was tried.
        """
        try:
            return await self._chain(attempt)
        except AiLibError as error:
            self.ledger.attach_to(self._worded(error))
            raise

    async def report(self) -> None:
        """Tell a shared circuit storage and limiter how a stream's attempt ended."""
        for place in self._route:
            await place.executor.preflight.flush()

    async def _chain(self, attempt: Callable[[PreparedRequest, Permit], Awaitable[T]]) -> T:
        first = self._route[0]
        try:
            return await self._at(first, attempt)
        except AiLibError as error:
            if len(self._route) == 1:
                raise
            known = [error]
        # Its first step is what has just happened.
        chain: FallbackChain[T] = FallbackChain(self._fallback, may_continue=self._may_go_on)
        for number, place in enumerate(self._route):
            chain.add_target(f"{number}", self._asking(place, attempt, known))
        return await chain.run()

    def _asking(
        self,
        place: GuardedTarget,
        attempt: Callable[[PreparedRequest, Permit], Awaitable[T]],
        known: list[AiLibError],
    ) -> Callable[[], Awaitable[T]]:
        async def ask() -> T:
            if known:
                raise known.pop()
            return await self._at(place, attempt)

        return ask

    async def _at(
        self, place: GuardedTarget, attempt: Callable[[PreparedRequest, Permit], Awaitable[T]]
    ) -> T:
        leg = self.first if place is self._route[0] else self._leg(place)
        return await place.run(attempt, leg, self.ledger)

    def _leg(self, place: GuardedTarget) -> PreparedRequest:
        call = self.call
        leg = PreparedRequest(place.target, call.request, call.options, call.id, call.headers)
        call.legs.append(leg)
        return leg

    def timeouts(self, leg: PreparedRequest) -> TimeoutOptions:
        """Return the timeouts of an attempt that begins now."""
        return leg.timeouts_within(self.ledger.seconds_left(now()))

    def _may_go_on(self, error: AiLibError) -> bool:
        return error.fallbackable and now() < self.ledger.ends

    def _worded(self, error: AiLibError) -> AiLibError:
        """Say of the total timeout what it was set to, not what was left for the last attempt."""
        if isinstance(error, TransportTimeout) and error.timeout_name == "total":
            error.seconds = self._total
            error.message = (
                f"the call was not done within {self._total or 0:g} s, the total timeout, "
                f"in {len(self.ledger.attempts)} attempts; raise the timeout if it needs longer"
            )
        return error
