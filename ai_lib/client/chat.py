"""Says what to ask, step by step, then asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, overload

import msgspec

from ai_lib.client.target.arguments import checked_message, checked_names, checked_tools
from ai_lib.client.target.settings import CallOptions
from ai_lib.types.content import Block
from ai_lib.types.cost import CostBounds, TokenCount
from ai_lib.types.json import JsonObject
from ai_lib.types.message import Message
from ai_lib.types.request import ChatRequest, ResponseFormat
from ai_lib.types.response import CallStats, ChatResponse
from ai_lib.types.tool import ToolChoice, ToolDefinition
from ai_lib.types.wire import TimeoutOptions

from .execution.cancel import CancelToken
from .execution.runner import CallRunner

if TYPE_CHECKING:
    from ai_lib.client.tools.conversation import ToolRun
    from ai_lib.client.tools.functions import Function
    from ai_lib.structured.json_mode import JsonMode, JsonModeConfig
    from ai_lib.structured.output import StructuredOutput
    from ai_lib.structured.typed_conversation import TypedConversation

    from .tool_loop import Raises, ToolLoop, ToolStream
    from .typed_stream import TypedStream

if TYPE_CHECKING:
    from .execution.stream import ChatStream

T = TypeVar("T")


class Execution:
    """The part of a request's builder that sends it for a typed answer or with tools to run."""

    _calls: CallRunner
    _options: CallOptions

    def build(self) -> ChatRequest:
        """Return the request as it stands, without sending it."""
        raise NotImplementedError

    @overload
    async def execute_as(
        self, kind: type[T], *, mode: JsonMode | JsonModeConfig | None = None, max_reasks: int = 1
    ) -> T: ...

    @overload
    async def execute_as(
        self, kind: object, *, mode: JsonMode | JsonModeConfig | None = None, max_reasks: int = 1
    ) -> Any: ...

    async def execute_as(
        self, kind: Any, *, mode: JsonMode | JsonModeConfig | None = None, max_reasks: int = 1
    ) -> Any:
        """Send the request and return the answer as a value of a type.

        `kind` is a struct, dataclass, TypedDict, enum, pydantic model, a type made of them such as
        `list[Person]`, or a JSON Schema. It is asked for in the strictest form the target has
        unless `mode` says otherwise. An answer that does not fit is asked for again, with what is
        wrong with it, up to `max_reasks` times. All asks share one deadline, and the retries of
        one call: a target sees at most one request for each ask, and the retries it allows. Each
        ask begins at the first target again, whoever answered the one before.

        Raises:
            InvalidOutput: no answer did fit; the last one's text and problems are with it.
            AnswerRefused: the model refused.
            AnswerCutShort: the answer ended at the limit of tokens.
            TypeError: the type has no schema.
            AiLibError: as `execute` raises.
        """
        output = await self.execute_structured(kind, mode=mode, max_reasks=max_reasks)
        return output.value

    @overload
    async def execute_structured(
        self, kind: type[T], *, mode: JsonMode | JsonModeConfig | None = None, max_reasks: int = 1
    ) -> StructuredOutput[T]: ...

    @overload
    async def execute_structured(
        self, kind: object, *, mode: JsonMode | JsonModeConfig | None = None, max_reasks: int = 1
    ) -> StructuredOutput[Any]: ...

    async def execute_structured(
        self, kind: Any, *, mode: JsonMode | JsonModeConfig | None = None, max_reasks: int = 1
    ) -> StructuredOutput[Any]:
        """Do as `execute_as`; return the value with its reply and how often it was asked for."""
        from .typed_stream import ask_typed

        return await ask_typed(self._calls, self._asking(kind, mode, max_reasks), self._options)

    @overload
    def stream_as(
        self,
        kind: type[T],
        *,
        mode: JsonMode | JsonModeConfig | None = None,
        max_reasks: int = 1,
        cancel_token: CancelToken | None = None,
    ) -> TypedStream[T]: ...

    @overload
    def stream_as(
        self,
        kind: object,
        *,
        mode: JsonMode | JsonModeConfig | None = None,
        max_reasks: int = 1,
        cancel_token: CancelToken | None = None,
    ) -> TypedStream[Any]: ...

    def stream_as(
        self,
        kind: Any,
        *,
        mode: JsonMode | JsonModeConfig | None = None,
        max_reasks: int = 1,
        cancel_token: CancelToken | None = None,
    ) -> TypedStream[Any]:
        """Return the answer as it comes: objects as far as they are known, the value last.

        Arguments and what iterating raises are those of `execute_as`.
        """
        from .typed_stream import TypedStream

        asking = self._asking(kind, mode, max_reasks)
        return TypedStream(self._calls, asking, self._options, cancel_token)

    def _asking(
        self, kind: type[T], mode: JsonMode | JsonModeConfig | None, max_reasks: int
    ) -> TypedConversation[T]:
        from ai_lib.structured.typed_conversation import asking_for

        return asking_for(self.build(), kind, mode, max_reasks)

    async def run_tools(
        self,
        functions: Sequence[Function | ToolDefinition] = (),
        *,
        max_rounds: int = 10,
        max_parallel: int = 8,
        raises: Raises = (),
    ) -> ToolRun:
        """Let the model call Python functions until it has its answer.

        `functions` are offered beside the tools given with `tools`, which then need functions too.
        Their arguments come as the types of their annotations. What goes wrong in a call (no such
        tool, arguments that do not fit, an exception) is told to the model, but for exceptions of
        the classes `raises`. The calls of one round are made at the same time, at most
        `max_parallel`. A round is one reply; each is a call with the timeout and retries of one,
        and begins at the first target again, whoever answered the round before.

        Plain functions run in the caller's thread where there is an event loop, one after the
        other, and keep it busy; without one, several run in threads of their own. Functions that
        have to be waited for are, all together, where there is a loop; elsewhere they are refused.

        Raises:
            ToolRoundsExceeded: the model calls tools in the last of `max_rounds` replies, too.
            TypeError: a function has no schema, or nothing here can wait for it.
            AiLibError: as `execute` raises; its `messages` is the conversation so far.
        """
        return await self._tool_loop(functions, max_rounds, max_parallel, raises).run()

    def stream_tools(
        self,
        functions: Sequence[Function | ToolDefinition] = (),
        *,
        max_rounds: int = 10,
        max_parallel: int = 8,
        raises: Raises = (),
        cancel_token: CancelToken | None = None,
    ) -> ToolStream:
        """Do as `run_tools`; return the events of every round as they come."""
        from .tool_loop import ToolStream

        loop = self._tool_loop(functions, max_rounds, max_parallel, raises)
        return ToolStream(loop, cancel_token)

    def _tool_loop(
        self,
        functions: Sequence[Function | ToolDefinition],
        max_rounds: int,
        max_parallel: int,
        raises: Raises,
    ) -> ToolLoop:
        from .tool_loop import tool_loop

        return tool_loop(
            self._calls,
            self.build(),
            functions,
            options=self._options,
            max_rounds=max_rounds,
            max_parallel=max_parallel,
            raises=raises,
        )


class ChatRequestBuilder(Execution):
    """One chat request; each method adds to it and returns it.

    Messages are kept in the order they are added. A parameter the model does not take is left out
    and listed in the response's `adaptations`.
    """

    def __init__(self, calls: CallRunner) -> None:
        self._calls = calls
        self._messages: list[Message] = []
        self._parameters: dict[str, object] = {}
        self._extra: dict[str, object] = {}
        self._tools: tuple[ToolDefinition, ...] = ()
        self._tool_choice: ToolChoice | None = None
        self._response_format: ResponseFormat | None = None
        self._options = CallOptions()

    def system(self, content: str | Sequence[Block]) -> ChatRequestBuilder:
        """Add instructions for the model."""
        return self.add_message(Message.system(content))

    def user(self, content: str | Sequence[Block]) -> ChatRequestBuilder:
        """Add what the user says: text, or content blocks."""
        return self.add_message(Message.user(content))

    def assistant(self, content: str | Sequence[Block]) -> ChatRequestBuilder:
        """Add what the model said before."""
        return self.add_message(Message.assistant(content))

    def add_message(self, message: Message) -> ChatRequestBuilder:
        """Add one message. Raises TypeError for what is none."""
        self._messages.append(checked_message(message))
        return self

    def messages(self, messages: Sequence[Message]) -> ChatRequestBuilder:
        """Add messages, after those there are; the sequence is copied."""
        self._messages.extend([checked_message(message) for message in messages])
        return self

    def temperature(self, value: float) -> ChatRequestBuilder:
        """Set the sampling temperature, 0 to 2 with most models."""
        return self.param("temperature", value)

    def max_tokens(self, value: int) -> ChatRequestBuilder:
        """Bound the answer's length in tokens."""
        return self.param("max_tokens", value)

    def top_p(self, value: float) -> ChatRequestBuilder:
        """Sample from the tokens that make up this share of probability, 0 to 1."""
        return self.param("top_p", value)

    def top_k(self, value: int) -> ChatRequestBuilder:
        """Sample from this many tokens."""
        return self.param("top_k", value)

    def stop(self, sequences: str | Sequence[str]) -> ChatRequestBuilder:
        """End the answer before any of these texts."""
        found = [sequences] if isinstance(sequences, str) else list(sequences)
        return self.param("stop_sequences", found)

    def seed(self, value: int) -> ChatRequestBuilder:
        """Ask for repeatable sampling."""
        return self.param("seed", value)

    def n(self, value: int) -> ChatRequestBuilder:
        """Ask for several candidates."""
        return self.param("n", value)

    def frequency_penalty(self, value: float) -> ChatRequestBuilder:
        """Discourage repeating tokens by how often they occurred, -2 to 2."""
        return self.param("frequency_penalty", value)

    def presence_penalty(self, value: float) -> ChatRequestBuilder:
        """Discourage repeating tokens that occurred at all, -2 to 2."""
        return self.param("presence_penalty", value)

    def logprobs(self, top: int | None = None) -> ChatRequestBuilder:
        """Ask for log probabilities, with `top` alternatives for each token."""
        self.param("logprobs", True)
        return self if top is None else self.param("top_logprobs", top)

    def tools(self, tools: Sequence[ToolDefinition]) -> ChatRequestBuilder:
        """Offer tools to the model."""
        self._tools = checked_tools(tools)
        return self

    def tool_choice(self, choice: ToolChoice | str) -> ChatRequestBuilder:
        """Say whether tools are called: `auto`, `none`, `required`, or the name of one."""
        self._tool_choice = ToolChoice.of(choice)
        return self

    def parallel_tool_calls(self, allowed: bool) -> ChatRequestBuilder:
        """Allow several tool calls in one answer, or forbid them."""
        return self.param("parallel_tool_calls", allowed)

    def response_format(self, wanted: object) -> ChatRequestBuilder:
        """Ask for `text`, `json_object`, a `ResponseFormat`, a JSON Schema, or a type.

        A type or schema is asked for as the target best can. Raises TypeError when a type has no
        schema.
        """
        from ai_lib.structured.json_mode import format_of

        self._response_format = format_of(wanted)
        return self

    def reasoning_effort(self, value: str) -> ChatRequestBuilder:
        """Say how much to think: `low`, `medium`, `high`, or a word of the provider's own."""
        return self.param("reasoning_effort", value)

    def param(self, name: str, value: object) -> ChatRequestBuilder:
        """Set a standard parameter by its name."""
        self._parameters[name] = value
        return self

    def extra(self, fields: JsonObject) -> ChatRequestBuilder:
        """Merge fields into the body as they are, for what has no standard name."""
        self._extra.update(fields)
        return self

    def timeout(self, seconds: float) -> ChatRequestBuilder:
        """Bound this call: a plain one as a whole, of a stream the wait for each next piece."""
        return self._set(timeout=seconds)

    def clocks(self, clocks: TimeoutOptions) -> ChatRequestBuilder:
        """Set this call's clocks one by one; they are taken as they are, in place of a timeout."""
        return self._set(clocks=clocks)

    def fallbacks(self, models: Sequence[str]) -> ChatRequestBuilder:
        """Try these models when the client's fails, in place of the client's own fallbacks."""
        return self._set(fallbacks=checked_names(models))

    def metadata(self, values: Mapping[str, object]) -> ChatRequestBuilder:
        """Note what this call is for, such as a team; it is for interceptors, and never sent."""
        return self._set(metadata={**self._options.metadata, **values})

    def cache(self, enabled: bool = True, *, ttl: float | None = None) -> ChatRequestBuilder:
        """Let this call pass the client's cache by, or keep its answer for `ttl` seconds (0: not).

        Raises ValueError for a negative `ttl`.
        """
        if ttl is not None and not ttl >= 0:
            raise ValueError(f"a time to live is 0 seconds or more, not {ttl}")
        return self._set(cache=enabled, cache_ttl=ttl)

    def _set(self, **options: object) -> ChatRequestBuilder:
        self._options = msgspec.structs.replace(self._options, **options)
        return self

    def build(self) -> ChatRequest:
        """Return the request as it stands, without sending it."""
        return ChatRequest(
            messages=tuple(self._messages),
            parameters=dict(self._parameters),
            tools=self._tools,
            tool_choice=self._tool_choice,
            response_format=self._response_format,
            extra=dict(self._extra),
        )

    def count_tokens(self) -> TokenCount:
        """Return the tokens of the input as it stands; see `AiClient.count_tokens`."""
        return self._calls.count_tokens(self.build())

    def would_cost(self) -> CostBounds:
        """Return what one attempt at the client's model costs at least and at most."""
        return self._calls.would_cost(self.build())

    async def execute(self) -> ChatResponse:
        """Send the request and return the reply.

        Raises:
            RequestError: the target can't be asked this; nothing was sent.
            TransportError: bytes could not be exchanged.
            RemoteError: the provider answered with an error.
            ResponseError: the answer can't be used.
            ResilienceError: the client's own limits or circuit breaker refused the call.
        """
        return await self._calls.ask(self.build(), self._options)

    async def execute_with_stats(self) -> tuple[ChatResponse, CallStats]:
        """Send the request; return the reply and the figures of the call. Raises as `execute`."""
        return await self._calls.execute(self.build(), self._options)

    def stream(self, *, cancel_token: CancelToken | None = None) -> ChatStream:
        """Return the reply as a stream of events; it is sent when iteration begins.

        Iterating raises as `execute` does, and StreamTruncated when the stream ends too early.
        """
        request = msgspec.structs.replace(self.build(), stream=True)
        return self._calls.stream(request, self._options, cancel_token)

    def stream_with_stats(self, *, cancel_token: CancelToken | None = None) -> ChatStream:
        """Return the reply as a stream whose `stats()` gives the figures of the call.

        They are those of the call so far, and final once the stream has ended. Raises as `stream`.
        """
        return self.stream(cancel_token=cancel_token)
