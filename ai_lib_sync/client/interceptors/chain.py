# Generated from ai_lib/client/interceptors/chain.py by codegen; do not edit.
"""Those who accompany the calls of one client, in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TypeVar

from ai_lib.client.call.call import Call
from ai_lib.client.call.operation import Errand, Operation
from ai_lib.client.call.prepared_request import PreparedRequest
from ai_lib.client.interceptors.stream_filter import StreamFilter
from ai_lib.errors.exceptions import AiLibError
from ai_lib.types.attempt import Attempt
from ai_lib.types.events import Event
from ai_lib.types.response import ChatResponse

from .base import Interceptor, Proceed

T = TypeVar("T")


class InterceptorChain:
    """The interceptors of one client, in order."""

    def __init__(self, interceptors: Iterable[object] = ()) -> None:
        found: list[Interceptor] = []
        for one in interceptors:
            if not isinstance(one, Interceptor):
                raise TypeError(f"{one!r} is no Interceptor of this package")
            found.append(one)
        self._inward: Sequence[Interceptor] = sorted(found, key=lambda one: one.place)
        self._outward = self._inward[::-1]
        # Nobody is asked for what they only inherit.
        self._preparing = self._with("prepare")
        self._answering = self._with("answer")
        self._wrapping = self._with("around")[::-1]
        self._watchers = self._with("passing")[::-1]
        self._takers = self._with("shown", "received")[::-1]
        self._before, self._after = self._with("attempting"), self._with("attempted")[::-1]
        self._between = self._with("retrying")[::-1]
        self._closing = self._with("ended")[::-1]
        self._part: tuple[Sequence[Interceptor], InterceptorChain | None] = (self._inward, None)

    def _with(self, *methods: str) -> Sequence[Interceptor]:
        return [one for one in self._inward if any(_overrides(one, name) for name in methods)]

    def __bool__(self) -> bool:
        return bool(self._inward)

    def present(self) -> InterceptorChain:
        """Return those who have something to do in a call that begins now."""
        if not self._inward:
            return self
        busy = [one for one in self._inward if not one.is_idle()]
        known, part = self._part
        if len(busy) == len(self._inward):
            return self
        if busy != known or part is None:
            part = InterceptorChain(busy)
            self._part = busy, part
        return part

    def prepare(self, call: Call) -> None:
        """Let each look at the call before it is compiled."""
        call.begun = True
        if self._before:
            call.ledger.on_begin = lambda leg: self._attempting(call, leg)
        if self._after:
            call.ledger.on_attempt = lambda attempt: self._attempted(call, attempt)
        if self._between:
            call.ledger.on_retry = lambda *facts: self._retrying(call, *facts)
        for one in self._preparing:
            one.prepare(call)

    def answer(self, call: Call) -> ChatResponse | None:
        """Return the first answer that one of them has."""
        found = None
        for one in self._answering:
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
        for one in self._wrapping:
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

    def screens(self, call: Call) -> list[StreamFilter]:
        """Return what a stream's events pass, in that order."""
        found = (one.screen(call) for one in self._outward)
        return [screen for screen in found if screen is not None]

    def shown(self, call: Call, response: ChatResponse) -> ChatResponse:
        """Return what the caller may see of a reply."""
        for one in self._takers:
            response = one.shown(call, response)
        return response

    def received(self, call: Call, response: ChatResponse) -> ChatResponse:
        """Let each take in the whole reply as those inside of it left it."""
        call.whole = True
        for one in self._takers:
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
        for one in self._closing:
            one.ended(call)

    def forgotten(self, call: Call) -> None:
        """End the call of a stream that nobody holds any more: first its attempt, then itself."""
        if call.outcome:
            return
        if call.forget is not None:
            call.forget()
        self.end(call, "cancelled")

    def _attempting(self, call: Call, leg: object) -> None:
        for one in self._before:
            if isinstance(leg, PreparedRequest):
                one.attempting(call, leg)

    def _conceal(self, call: Call, error: AiLibError) -> None:
        if isinstance(error.partial, ChatResponse) and call.error is not error:
            call.error = error
            error.partial = self.shown(call, error.partial)

    def accompanied(self, operation: Operation, ask: Callable[[], T]) -> T:
        """Make an operation by `ask`, and let each hear of it; without any, it is only made."""
        company = self.present()
        if not company:
            return ask()
        return company._accompanied(operation, ask)

    def _accompanied(self, operation: Operation, ask: Callable[[], T]) -> T:
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
        if self._with("trying"):
            ledger.on_begin = lambda what: self._trying(operation, what)
        if self._with("trying_again"):
            ledger.on_retry = lambda *facts: self._trying_again(operation, *facts)
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

    def _trying_again(
        self, operation: Operation, number: int, error: AiLibError, seconds: float
    ) -> None:
        for one in self._outward:
            one.trying_again(operation, number, error, seconds)

    def _tried(self, operation: Operation, attempt: Attempt) -> None:
        for one in self._outward:
            one.tried(operation, attempt)

    def _attempted(self, call: Call, attempt: Attempt) -> None:
        for one in self._after:
            one.attempted(call, attempt)

    def _retrying(self, call: Call, number: int, error: AiLibError, seconds: float) -> None:
        for one in self._between:
            one.retrying(call, number, error, seconds)


def _overrides(one: Interceptor, method: str) -> bool:
    return getattr(type(one), method) is not getattr(Interceptor, method)
