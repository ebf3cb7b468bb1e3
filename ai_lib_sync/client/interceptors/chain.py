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
        self._inward: Sequence[Interceptor] = sorted(found, key=lambda one: one.order)
        self._outward = self._inward[::-1]
        # Nobody is asked for what they only inherit.
        self._preparing = self._with("before_request")
        self._answering = self._with("lookup")
        self._wrapping = self._with("wrap_call")[::-1]
        self._watchers = self._with("on_events")[::-1]
        self._takers = self._with("visible_response", "after_response")[::-1]
        self._before, self._after = self._with("before_attempt"), self._with("after_attempt")[::-1]
        self._between = self._with("on_retry")[::-1]
        self._closing = self._with("on_end")[::-1]
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

    def before_request(self, call: Call) -> None:
        """Let each look at the call before it is compiled."""
        call.begun = True
        if self._before:
            call.ledger.before_attempt = lambda leg: self._attempting(call, leg)
        if self._after:
            call.ledger.after_attempt = lambda attempt: self._attempted(call, attempt)
        if self._between:
            call.ledger.on_retry = lambda *facts: self._retrying(call, *facts)
        for one in self._preparing:
            one.before_request(call)

    def lookup(self, call: Call) -> ChatResponse | None:
        """Return the first answer that one of them has."""
        found = None
        for one in self._answering:
            found = one.lookup(call)
            if found is not None:
                break
        if call.lookup:
            for one in self._outward:
                one.on_cache_lookup(call)
        return found

    def wrap_call(self, call: Call, inner: Proceed) -> ChatResponse:
        """Make the call by `inner`, wrapped in each that wraps calls, the outermost first."""

        def asked() -> ChatResponse:
            try:
                return inner()
            except AiLibError as error:
                self._conceal(call, error)
                raise

        proceed: Proceed = asked
        for one in self._wrapping:
            proceed = partial(one.wrap_call, call, proceed)
        return proceed()

    def on_events(self, call: Call, events: list[Event]) -> list[Event]:
        """Let each see the events on their way to the caller."""
        for one in self._watchers:
            events = one.on_events(call, events)
        return events

    def on_abandoned(self, call: Call) -> None:
        """Let each hear that the rest of a stream is not wanted, unless the call has ended."""
        if call.outcome or not call.begun:
            return
        for one in self._outward:
            one.on_abandoned(call)

    def screens(self, call: Call) -> list[StreamFilter]:
        """Return what a stream's events pass, in that order."""
        found = (one.stream_filter(call) for one in self._outward)
        return [screen for screen in found if screen is not None]

    def visible_response(self, call: Call, response: ChatResponse) -> ChatResponse:
        """Return what the caller may see of a reply."""
        for one in self._takers:
            response = one.visible_response(call, response)
        return response

    def after_response(self, call: Call, response: ChatResponse) -> ChatResponse:
        """Let each take in the whole reply as those inside of it left it."""
        call.whole = True
        for one in self._takers:
            response = one.after_response(call, one.visible_response(call, response))
        return response

    def on_error(self, call: Call, error: AiLibError) -> None:
        """Let each hear of the error that ends the call; of what came, it has what may be seen."""
        self._conceal(call, error)
        try:
            for one in self._outward:
                one.on_error(call, error)
        finally:
            self.end(call, "failed", error)

    def end(self, call: Call, outcome: str, error: BaseException | None = None) -> None:
        """Tell each that the call has ended; a second time it does nothing."""
        if call.outcome:
            return
        call.end(outcome, error)
        if call.response is None and call.partial is not None:
            call.response = self.visible_response(call, call.partial())
        for one in self._closing:
            one.on_end(call)

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
                one.before_attempt(call, leg)

    def _conceal(self, call: Call, error: AiLibError) -> None:
        if isinstance(error.partial, ChatResponse) and call.error is not error:
            call.error = error
            error.partial = self.visible_response(call, error.partial)

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
        ledger.after_attempt = lambda attempt: self._tried(operation, attempt)
        if self._with("trying"):
            ledger.before_attempt = lambda what: self._trying(operation, what)
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
            one.after_attempt(call, attempt)

    def _retrying(self, call: Call, number: int, error: AiLibError, seconds: float) -> None:
        for one in self._between:
            one.on_retry(call, number, error, seconds)


def _overrides(one: Interceptor, method: str) -> bool:
    return getattr(type(one), method) is not getattr(Interceptor, method)
