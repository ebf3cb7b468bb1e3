# Generated from ai_lib/client/interceptor.py by codegen; do not edit.
"""What may accompany every call of a client: telemetry, plugins, guardrails, a cache, a budget."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Protocol, TypeVar

from ai_lib.client.call import Call
from ai_lib.client.leg import Leg
from ai_lib.client.operation import Errand, Operation
from ai_lib.errors.tree import AiLibError
from ai_lib.types.attempt import Attempt
from ai_lib.types.events import Event
from ai_lib.types.response import ChatResponse

T = TypeVar("T")
Proceed = Callable[[], ChatResponse]


class Screen(Protocol):
    """Sees the events of one stream on their way to the caller."""

    def feed(self, events: list[Event]) -> list[Event]:
        """Return what may be handed out now; held back events come out with a later call.

        The last call has the `StreamEnd`, or nothing but what the screen still holds is lost.
        """
        ...


class Interceptor:
    """Accompanies every call of a client. Each method does nothing unless it is overridden.

    Chat calls come to all but the last four methods, operations beside chat to those alone.

    Interceptors are asked in the order of `place` on the way in, and in the opposite order on the
    way out: what is outermost sees what the caller sees. What a method raises ends the call.
    """

    place = 50

    def prepare(self, call: Call) -> None:
        """Look at the call, or change its request, before it is compiled."""

    def answer(self, call: Call) -> ChatResponse | None:
        """Answer in place of the provider; asked when the request is compiled, before it is sent.

        None asks the next one, and then the provider.
        """
        return None

    def looked_up(self, call: Call) -> None:
        """Hear that a cache was asked: `call.lookup` is `hit` or `miss`."""

    def around(self, call: Call, proceed: Proceed) -> ChatResponse:
        """Make a plain call by `proceed()`, once; what is returned is what the caller gets.

        All of it is inside: preparing, answering and taking in the reply, of every interceptor.
        Streams don't come by here.
        """
        return proceed()

    def screen(self, call: Call) -> Screen | None:
        """Return what the events of this stream have to pass, or None."""
        return None

    def passing(self, call: Call, events: list[Event]) -> list[Event]:
        """Return what the caller gets of a stream's events, which have passed every screen."""
        return events

    def shown(self, call: Call, response: ChatResponse) -> ChatResponse:
        """Return what the caller may see of a reply: whole, cut short, or partly received."""
        return response

    def received(self, call: Call, response: ChatResponse) -> ChatResponse:
        """Take in a whole reply; what is returned takes its place (a stream's events are out)."""
        return response

    def failed(self, call: Call, error: AiLibError) -> None:
        """Hear of the error that ends the call."""

    def abandoned(self, call: Call) -> None:
        """Hear that a stream was closed or cancelled before its end, where one may wait.

        One that is forgotten, or whose task is cancelled, only comes to `ended`.
        """

    def attempting(self, call: Call, leg: Leg) -> None:
        """Hear of an attempt that is about to be sent. It must not wait.

        What it raises ends the attempt as if its target had refused it.
        """

    def attempted(self, call: Call, attempt: Attempt) -> None:
        """Hear of an attempt that ended. It may come from any thread, and must not wait."""

    def retrying(self, call: Call, number: int, error: AiLibError, seconds: float) -> None:
        """Hear that attempt `number` failed and another follows after so many seconds."""

    def ended(self, call: Call) -> None:
        """Hear of the end, exactly once, however it came. It must not wait."""

    def began(self, operation: Operation) -> None:
        """Look at an operation beside chat before it is sent, or add to its headers."""

    def trying(self, operation: Operation, errand: Errand) -> None:
        """Hear of an attempt at one of its requests that is about to be sent. It must not wait.

        What it raises ends the attempt as if its target had refused it.
        """

    def tried(self, operation: Operation, attempt: Attempt) -> None:
        """Hear of an attempt at it that ended."""

    def finished(self, operation: Operation) -> None:
        """Hear of its end, exactly once, however it came. It must not wait."""


class Company:
    """The interceptors of one client, in order."""

    def __init__(self, interceptors: Iterable[object] = ()) -> None:
        found: list[Interceptor] = []
        for one in interceptors:
            if not isinstance(one, Interceptor):
                raise TypeError(f"{one!r} is no Interceptor of this package")
            found.append(one)
        self._inward: Sequence[Interceptor] = sorted(found, key=lambda one: one.place)
        self._outward = self._inward[::-1]
        self._watchers = [one for one in self._outward if _overrides(one, "passing")]

    def __bool__(self) -> bool:
        return bool(self._inward)

    def prepare(self, call: Call) -> None:
        """Let each look at the call before it is compiled."""
        call.begun = True
        if any(_overrides(one, "attempting") for one in self._inward):
            call.ledger.on_begin = lambda leg: self._attempting(call, leg)
        if any(_overrides(one, "attempted") for one in self._inward):
            call.ledger.on_attempt = lambda attempt: self._attempted(call, attempt)
        if any(_overrides(one, "retrying") for one in self._inward):
            call.ledger.on_retry = lambda *facts: self._retrying(call, *facts)
        for one in self._inward:
            one.prepare(call)

    def answer(self, call: Call) -> ChatResponse | None:
        """Return the first answer that one of them has."""
        found = None
        for one in self._inward:
            found = one.answer(call)
            if found is not None:
                break
        if call.lookup:
            for one in self._outward:
                one.looked_up(call)
        return found

    def around(self, call: Call, inner: Proceed) -> ChatResponse:
        """Make the call by `inner`, wrapped in each that wraps calls, the outermost first."""

        def asked() -> ChatResponse:
            try:
                return inner()
            except AiLibError as error:
                self._conceal(call, error)
                raise

        proceed: Proceed = asked
        for one in self._outward:
            if _overrides(one, "around"):
                proceed = partial(one.around, call, proceed)
        return proceed()

    def passing(self, call: Call, events: list[Event]) -> list[Event]:
        """Let each see the events on their way to the caller."""
        for one in self._watchers:
            events = one.passing(call, events)
        return events

    def abandoned(self, call: Call) -> None:
        """Let each hear that the rest of a stream is not wanted, unless the call has ended."""
        if call.outcome or not call.begun:
            return
        for one in self._outward:
            one.abandoned(call)

    def screens(self, call: Call) -> list[Screen]:
        """Return what a stream's events pass, in that order."""
        found = (one.screen(call) for one in self._outward)
        return [screen for screen in found if screen is not None]

    def shown(self, call: Call, response: ChatResponse) -> ChatResponse:
        """Return what the caller may see of a reply."""
        for one in self._outward:
            response = one.shown(call, response)
        return response

    def received(self, call: Call, response: ChatResponse) -> ChatResponse:
        """Let each take in the whole reply as those inside of it left it."""
        call.whole = True
        for one in self._outward:
            response = one.received(call, one.shown(call, response))
        return response

    def failed(self, call: Call, error: AiLibError) -> None:
        """Let each hear of the error that ends the call; of what came, it has what may be seen."""
        self._conceal(call, error)
        try:
            for one in self._outward:
                one.failed(call, error)
        finally:
            self.end(call, "failed", error)

    def end(self, call: Call, outcome: str, error: BaseException | None = None) -> None:
        """Tell each that the call has ended; a second time it does nothing."""
        if call.outcome:
            return
        call.end(outcome, error)
        if call.response is None and call.partial is not None:
            call.response = self.shown(call, call.partial())
        for one in self._outward:
            one.ended(call)

    def forgotten(self, call: Call) -> None:
        """End the call of a stream that nobody holds any more: first its attempt, then itself."""
        if call.outcome:
            return
        if call.forget is not None:
            call.forget()
        self.end(call, "cancelled")

    def _attempting(self, call: Call, leg: object) -> None:
        for one in self._inward:
            if isinstance(leg, Leg):
                one.attempting(call, leg)

    def _conceal(self, call: Call, error: AiLibError) -> None:
        if isinstance(error.partial, ChatResponse) and call.error is not error:
            call.error = error
            error.partial = self.shown(call, error.partial)

    def accompanied(self, operation: Operation, ask: Callable[[], T]) -> T:
        """Make an operation by `ask`, and let each hear of it; without any, it is only made."""
        if not self:
            return ask()
        try:
            self._begin(operation)
            answer = ask()
        except AiLibError as error:
            self._finish(operation, "failed", error)
            raise
        except BaseException as error:
            self._finish(operation, "cancelled", error)
            raise
        self._finish(operation, "answered")
        return answer

    def _begin(self, operation: Operation) -> None:
        ledger = operation.ledger
        ledger.on_attempt = lambda attempt: self._tried(operation, attempt)
        if any(_overrides(one, "trying") for one in self._inward):
            ledger.on_begin = lambda what: self._trying(operation, what)
        for one in self._inward:
            one.began(operation)

    def _finish(
        self, operation: Operation, outcome: str, error: BaseException | None = None
    ) -> None:
        operation.outcome = outcome
        operation.error = error
        operation.watch.stop()
        for one in self._outward:
            one.finished(operation)

    def _trying(self, operation: Operation, what: object) -> None:
        for one in self._inward:
            if isinstance(what, Errand):
                one.trying(operation, what)

    def _tried(self, operation: Operation, attempt: Attempt) -> None:
        for one in self._outward:
            one.tried(operation, attempt)

    def _attempted(self, call: Call, attempt: Attempt) -> None:
        for one in self._outward:
            one.attempted(call, attempt)

    def _retrying(self, call: Call, number: int, error: AiLibError, seconds: float) -> None:
        for one in self._outward:
            one.retrying(call, number, error, seconds)


def _overrides(one: Interceptor, method: str) -> bool:
    return getattr(type(one), method) is not getattr(Interceptor, method)
