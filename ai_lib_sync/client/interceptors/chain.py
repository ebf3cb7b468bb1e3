# Generated from ai_lib/client/interceptors/chain.py by codegen; do not edit.
"""The interceptors of one client's calls, called in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from ai_lib._log import LOG
from ai_lib._runtime import forks
from ai_lib.client.call.call import Call
from ai_lib.client.call.prepared_request import PreparedRequest
from ai_lib.errors.exceptions import AiLibError
from ai_lib.types.attempt import Attempt
from ai_lib.types.events import Event
from ai_lib.types.response import ChatResponse

if TYPE_CHECKING:
    from ai_lib.client.interceptors.stream_filter import StreamFilter

    from .base import Interceptor, Proceed

T = TypeVar("T")


class InterceptorChain:
    """The interceptors of one client, in order; none is called for what it only inherits."""

    def __init__(self, interceptors: Iterable[object] = ()) -> None:
        self._inward = _sort(interceptors)
        self._outward = self._inward[::-1]
        self._with_before_request = self._overriding("before_request")
        self._with_on_prepared = self._overriding("on_prepared")
        self._with_lookup = self._overriding("lookup")
        self._with_wrap_call = self._overriding("wrap_call")[::-1]
        self._with_on_events = self._overriding("on_events")[::-1]
        self._with_operation = self._overriding("after_operation")[::-1]
        self._with_response = self._overriding("visible_response", "after_response")[::-1]
        self._with_before_attempt = self._overriding("before_attempt")
        self._with_after_attempt = self._overriding("after_attempt")[::-1]
        self._with_on_retry = self._overriding("on_retry")[::-1]
        self._with_on_end = self._overriding("on_end")[::-1]
        self.tool_watchers = self._overriding("watch_tool")
        self._subsets: dict[tuple[int, ...], InterceptorChain] = {}

    def _overriding(self, *methods: str) -> Sequence[Interceptor]:
        return [
            interceptor
            for interceptor in self._inward
            if any(_overrides(interceptor, method) for method in methods)
        ]

    def __bool__(self) -> bool:
        return bool(self._inward)

    def active_in(self, call: Call) -> InterceptorChain:
        """Return the interceptors that have something to do in a call that begins now."""
        if not self._inward:
            return self
        is_chat = call.request is not None
        active = [
            interceptor
            for interceptor in self._inward
            if not interceptor.is_idle() and (is_chat or not interceptor.chats_only)
        ]
        if len(active) == len(self._inward):
            return self
        key = tuple(map(id, active))
        if key not in self._subsets:
            self._subsets[key] = InterceptorChain(active)
        return self._subsets[key]

    def run(self, call: Call, operation: Callable[[], T]) -> T:
        """Make a call that is no stream by `operation`, and let each see how it ends."""
        try:
            result = operation()
        except AiLibError as error:
            self.on_error(call, error)
            raise
        except BaseException as error:
            self.end(call, "cancelled", error)
            raise
        if isinstance(result, ChatResponse):
            call.response = result
        self.end(call, "cached" if call.answered_locally else "answered")
        return result

    def run_operation(self, call: Call, operation: Callable[[], T]) -> T:
        """Make a call beside chat by `operation`, accompanied by those who are active in it."""
        active = self.active_in(call)
        if not active:
            return operation()

        def accompany() -> T:
            active.before_operation(call)
            return operation()

        return active.run(call, accompany)

    def before_operation(self, call: Call) -> None:
        """Let each look at a call beside chat, and see to it that they see what comes of it."""
        if self._with_operation:
            call.filter_results = partial(self._after_operation, call)
        self.before_request(call)
        self.on_prepared(call)

    def _after_operation(self, call: Call, texts: Sequence[str]) -> Sequence[str]:
        for interceptor in self._with_operation:
            texts = interceptor.after_operation(call, texts)
        return texts

    def before_request(self, call: Call) -> None:
        """Let each look at the call before it is compiled."""
        call.started = True
        if self._with_before_attempt:
            call.on_attempt_begin = partial(self._before_attempt, call)
        call.attempt_log.after_attempt = partial(self._after_attempt, call)
        if self._with_on_retry:
            call.attempt_log.on_retry = partial(self._on_retry, call)
        for interceptor in self._with_before_request:
            interceptor.before_request(call)

    def on_prepared(self, call: Call) -> None:
        """Let each note where the call goes."""
        for interceptor in self._with_on_prepared:
            interceptor.on_prepared(call)

    def lookup(self, call: Call) -> ChatResponse | None:
        """Return the first response that one of them has in place of the provider's."""
        self.on_prepared(call)
        response = None
        for interceptor in self._with_lookup:
            response = interceptor.lookup(call)
            if response is not None:
                call.answered_locally = True
                break
        if call.cache_lookup:
            for interceptor in self._outward:
                interceptor.on_cache_lookup(call)
        return response

    def wrap_call(self, call: Call, inner: Proceed) -> ChatResponse:
        """Make the call by `inner`, wrapped in each that wraps calls, the outermost first."""

        def hide_partial_response() -> ChatResponse:
            try:
                return inner()
            except AiLibError as error:
                self._hide_partial_response(call, error)
                raise

        proceed: Proceed = hide_partial_response
        for interceptor in self._with_wrap_call:
            proceed = partial(interceptor.wrap_call, call, proceed)
        return proceed()

    def on_events(self, call: Call, events: list[Event]) -> list[Event]:
        """Let each see the events on their way to the caller."""
        for interceptor in self._with_on_events:
            events = interceptor.on_events(call, events)
        return events

    def on_abandoned(self, call: Call) -> None:
        """Let each note that the rest of a stream is not wanted, unless the call has ended."""
        if call.outcome or not call.started:
            return
        for interceptor in self._outward:
            interceptor.on_abandoned(call)

    def stream_filters(self, call: Call) -> list[StreamFilter]:
        """Return what a stream's events pass, in that order."""
        filters = (interceptor.stream_filter(call) for interceptor in self._outward)
        return [stream_filter for stream_filter in filters if stream_filter is not None]

    def visible_response(self, call: Call, response: ChatResponse) -> ChatResponse:
        """Return what the caller may see of a response."""
        for interceptor in self._with_response:
            response = interceptor.visible_response(call, response)
        return response

    def after_response(self, call: Call, response: ChatResponse) -> ChatResponse:
        """Let each take in the whole response as those inside of it left it."""
        call.complete = True
        for interceptor in self._with_response:
            visible = interceptor.visible_response(call, response)
            response = interceptor.after_response(call, visible)
        return response

    def on_error(self, call: Call, error: AiLibError) -> None:
        """Let each note the error that ends the call; its partial response may be seen."""
        self._hide_partial_response(call, error)
        try:
            for interceptor in self._outward:
                interceptor.on_error(call, error)
        finally:
            self.end(call, "failed", error)

    def end(self, call: Call, outcome: str, error: BaseException | None = None) -> None:
        """Let each note that the call has ended; a second time it does nothing."""
        if call.outcome or call.generation != forks.generation:  # the parent ends its own calls
            return
        call.end(outcome, error)
        stream = call.stream
        if call.response is None and stream is not None and stream.partial_response is not None:
            call.response = self.visible_response(call, stream.partial_response())
        for interceptor in self._with_on_end:
            try:
                interceptor.on_end(call)
            except Exception as hook_error:  # noqa: BLE001 (no bookkeeping costs the answer)
                _log_failure(interceptor, "on_end", hook_error)

    def end_forgotten(self, call: Call) -> None:
        """End the call of a stream that nothing holds any more: first its attempt, then itself."""
        if call.outcome or call.generation != forks.generation:  # the parent ends its own calls
            return
        if call.stream is not None and call.stream.abandon_attempt is not None:
            call.stream.abandon_attempt()
        self.end(call, "cancelled")

    def _hide_partial_response(self, call: Call, error: AiLibError) -> None:
        if isinstance(error.partial, ChatResponse) and call.error is not error:
            call.error = error
            error.partial = self.visible_response(call, error.partial)

    def _before_attempt(self, call: Call, prepared: PreparedRequest) -> None:
        for interceptor in self._with_before_attempt:
            interceptor.before_attempt(call, prepared)

    def _after_attempt(self, call: Call, attempt: Attempt) -> None:
        for prepared in call.requests:  # of a chat, one attempt at a time is under way
            try:
                prepared.end_attempt(attempt)
            except Exception as error:  # noqa: BLE001 (no bookkeeping costs the answer)
                _log_failure(prepared, "end_attempt", error)
        for interceptor in self._with_after_attempt:
            try:
                interceptor.after_attempt(call, attempt)
            except Exception as error:  # noqa: BLE001 (no bookkeeping costs the answer)
                _log_failure(interceptor, "after_attempt", error)

    def _on_retry(self, call: Call, number: int, error: AiLibError, seconds: float) -> None:
        for interceptor in self._with_on_retry:
            interceptor.on_retry(call, number, error, seconds)


def _log_failure(owner: object, hook: str, error: Exception) -> None:
    LOG.warning("%s of %s failed: %r", hook, type(owner).__name__, error)


def _sort(interceptors: Iterable[object]) -> list[Interceptor]:
    candidates = list(interceptors)
    if not candidates:
        return []
    from .base import Interceptor

    checked: list[Interceptor] = []
    for interceptor in candidates:
        if not isinstance(interceptor, Interceptor):
            raise TypeError(f"{interceptor!r} is no Interceptor of this package")
        checked.append(interceptor)
    return sorted(checked, key=lambda interceptor: interceptor.order)


def _overrides(interceptor: Interceptor, method: str) -> bool:
    from .base import Interceptor

    return getattr(type(interceptor), method) is not getattr(Interceptor, method)
