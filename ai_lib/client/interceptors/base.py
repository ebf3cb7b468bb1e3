"""What may accompany every call of a client: telemetry, plugins, guardrails, a cache, a budget."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from ai_lib.client.call.call import Call
from ai_lib.client.call.prepared_request import PreparedRequest
from ai_lib.client.interceptors.stream_filter import StreamFilter
from ai_lib.errors.exceptions import AiLibError
from ai_lib.types.attempt import Attempt
from ai_lib.types.events import Event
from ai_lib.types.response import ChatResponse

if TYPE_CHECKING:
    from ai_lib.types.message import Message
    from ai_lib.types.tool import ToolCall, ToolDefinition

Proceed = Callable[[], Awaitable[ChatResponse]]


class Interceptor:
    """Accompanies every call of a client. Each method does nothing unless it is overridden.

    Interceptors are called in the order of `order` on the way in, and in the opposite order on the
    way out: the outermost sees what the caller sees. What a method raises ends the call, but for
    `after_attempt` and `on_end`: what these raise is logged, as no bookkeeping costs an answer.

    A call is a chat, or another operation, such as `embeddings`; `chats_only` leaves an interceptor
    out of the latter. An operation beside chat has no request, but `call.texts`, which may be
    replaced in `before_request`, and texts that came of it, which `after_operation` gets. `lookup`,
    `on_cache_lookup`, `wrap_call`, `stream_filter`, `on_events`, `visible_response`,
    `after_response` and `on_abandoned` are for chats.
    """

    order = 50
    chats_only = False

    def is_idle(self) -> bool:
        """Whether it has nothing to do in a call that begins now; then it is left out of that call.

        It is asked for each call, so it must be one cheap look.
        """
        return False

    async def before_request(self, call: Call) -> None:
        """Look at the call, or change its request or headers, before it is compiled."""

    async def after_operation(self, call: Call, texts: Sequence[str]) -> Sequence[str]:
        """Return what replaces the texts that came of an operation beside chat, one for one."""
        return texts

    def on_prepared(self, call: Call) -> None:
        """Note that it is known where the call goes; nothing was sent yet. It must not wait."""

    async def lookup(self, call: Call) -> ChatResponse | None:
        """Return a response in place of the provider's, before the request is sent.

        None asks the next interceptor, and then the provider.
        """
        return None

    async def on_cache_lookup(self, call: Call) -> None:
        """Note that a cache was asked: `call.cache_lookup` is `hit` or `miss`."""

    async def wrap_call(self, call: Call, proceed: Proceed) -> ChatResponse:
        """Make a plain call by `proceed()`, once; what is returned is what the caller gets.

        All other methods of every interceptor are called inside of it. Streams are not wrapped.
        """
        return await proceed()

    def stream_filter(self, call: Call) -> StreamFilter | None:
        """Return what the events of this stream have to pass, or None."""
        return None

    async def on_events(self, call: Call, events: list[Event]) -> list[Event]:
        """Return what the caller gets of a stream's events, which have passed every filter."""
        return events

    def visible_response(self, call: Call, response: ChatResponse) -> ChatResponse:
        """Return what the caller may see of a response: whole, cut short, or partly received."""
        return response

    async def after_response(self, call: Call, response: ChatResponse) -> ChatResponse:
        """Return what replaces a whole response (the events of a stream have been handed out)."""
        return response

    async def on_error(self, call: Call, error: AiLibError) -> None:
        """Note the error that ends the call."""

    async def on_abandoned(self, call: Call) -> None:
        """Note that a stream was closed or cancelled before its end, where one may wait.

        For one that is forgotten, or whose task is cancelled, only `on_end` is called.
        """

    def before_attempt(self, call: Call, prepared: PreparedRequest) -> None:
        """Note an attempt that is about to be sent. It must not wait.

        What it raises ends the attempt as if its target had refused it. It may add to
        `prepared.on_attempt_end` what is to be called at the end of this very attempt: the requests
        of one call may go out at once.
        """

    def after_attempt(self, call: Call, attempt: Attempt) -> None:
        """Note an attempt that ended. It may be called in any thread, and must not wait."""

    def on_retry(self, call: Call, number: int, error: AiLibError, seconds: float) -> None:
        """Note that attempt `number` failed and another follows after so many seconds.

        Requests that go out at once may call it in several threads.
        """

    def watch_tool(
        self, call: ToolCall, tool: ToolDefinition | None
    ) -> AbstractContextManager[Callable[[Message], None]]:
        """Return a block in which a function of `run_tools` or `stream_tools` runs.

        It gives a function that is told of the message with the result. `tool` is None where the
        model calls what there is not.
        """
        return nullcontext(lambda _: None)

    def on_end(self, call: Call) -> None:
        """Note the end, exactly once, however it came. It must not wait."""
