# Generated from ai_lib/client/interceptors/base.py by codegen; do not edit.
"""What may accompany every call of a client: telemetry, plugins, guardrails, a cache, a budget."""

from __future__ import annotations

from collections.abc import Callable

from ai_lib.client.call.call import Call
from ai_lib.client.call.operation import Errand, Operation
from ai_lib.client.call.prepared_request import PreparedRequest
from ai_lib.client.interceptors.stream_filter import StreamFilter
from ai_lib.errors.exceptions import AiLibError
from ai_lib.types.attempt import Attempt
from ai_lib.types.events import Event
from ai_lib.types.response import ChatResponse

Proceed = Callable[[], ChatResponse]


class Interceptor:
    """Accompanies every call of a client. Each method does nothing unless it is overridden.

    Chat calls come to all but the last five methods, operations beside chat to those alone.

    Interceptors are asked in the order of `order` on the way in, and in the opposite order on the
    way out: what is outermost sees what the caller sees. What a method raises ends the call.
    """

    order = 50

    def is_idle(self) -> bool:
        """Whether it has nothing to do in a call that begins now; then it is left out of that call.

        It is asked for each call, so it must be one cheap look.
        """
        return False

    def before_request(self, call: Call) -> None:
        """Look at the call, or change its request, before it is compiled."""

    def lookup(self, call: Call) -> ChatResponse | None:
        """Answer in place of the provider; asked when the request is compiled, before it is sent.

        None asks the next one, and then the provider.
        """
        return None

    def on_cache_lookup(self, call: Call) -> None:
        """Hear that a cache was asked: `call.lookup` is `hit` or `miss`."""

    def wrap_call(self, call: Call, proceed: Proceed) -> ChatResponse:
        """Make a plain call by `proceed()`, once; what is returned is what the caller gets.

        All of it is inside: preparing, answering and taking in the reply, of every interceptor.
        Streams don't come by here.
        """
        return proceed()

    def stream_filter(self, call: Call) -> StreamFilter | None:
        """Return what the events of this stream have to pass, or None."""
        return None

    def on_events(self, call: Call, events: list[Event]) -> list[Event]:
        """Return what the caller gets of a stream's events, which have passed every screen."""
        return events

    def visible_response(self, call: Call, response: ChatResponse) -> ChatResponse:
        """Return what the caller may see of a reply: whole, cut short, or partly received."""
        return response

    def after_response(self, call: Call, response: ChatResponse) -> ChatResponse:
        """Take in a whole reply; what is returned takes its place (a stream's events are out)."""
        return response

    def on_error(self, call: Call, error: AiLibError) -> None:
        """Hear of the error that ends the call."""

    def on_abandoned(self, call: Call) -> None:
        """Hear that a stream was closed or cancelled before its end, where one may wait.

        One that is forgotten, or whose task is cancelled, only comes to `on_end`.
        """

    def before_attempt(self, call: Call, leg: PreparedRequest) -> None:
        """Hear of an attempt that is about to be sent. It must not wait.

        What it raises ends the attempt as if its target had refused it.
        """

    def after_attempt(self, call: Call, attempt: Attempt) -> None:
        """Hear of an attempt that ended. It may come from any thread, and must not wait."""

    def on_retry(self, call: Call, number: int, error: AiLibError, seconds: float) -> None:
        """Hear that attempt `number` failed and another follows after so many seconds."""

    def on_end(self, call: Call) -> None:
        """Hear of the end, exactly once, however it came. It must not wait."""

    def began(self, operation: Operation) -> None:
        """Look at an operation beside chat before it is sent, or add to its headers."""

    def trying(self, operation: Operation, errand: Errand) -> None:
        """Hear of an attempt at one of its requests that is about to be sent. It must not wait.

        What it raises ends the attempt as if its target had refused it.
        """

    def tried(self, operation: Operation, attempt: Attempt) -> None:
        """Hear of an attempt at it that ended."""

    def trying_again(
        self, operation: Operation, number: int, error: AiLibError, seconds: float
    ) -> None:
        """Hear that attempt `number` at one of its requests failed and another follows, as
        `on_retry` does. Requests that go out at once may be told of from several threads.
        """

    def finished(self, operation: Operation) -> None:
        """Hear of its end, exactly once, however it came. It must not wait."""
