"""ChatRequestBuilder: collects one chat request step by step, and sends it.

It is sent for a response, for a stream of events, for a typed answer, or with tools to run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, overload

import msgspec

from ai_lib.client.target.arguments import check_message, check_messages, check_model, check_tools
from ai_lib.client.target.options_builder import OptionsBuilder
from ai_lib.client.target.parameters import check_parameter
from ai_lib.types.content import ContentLike
from ai_lib.types.cost import CostBounds, TokenCount
from ai_lib.types.json import JsonObject
from ai_lib.types.message import Message, MessageLike
from ai_lib.types.request import ChatRequest, ResponseFormat, make_reasoning_parameters
from ai_lib.types.response import CallStats, ChatResponse
from ai_lib.types.tool import ToolChoice, ToolDefinition

if TYPE_CHECKING:
    from ai_lib.client.tools.conversation import ToolRun
    from ai_lib.client.tools.functions import ToolCallHook, ToolLike
    from ai_lib.structured.json_mode import Mode
    from ai_lib.structured.output import StructuredOutput
    from ai_lib.structured.typed_conversation import TypedConversation

    from .execution.cancel import CancelToken
    from .execution.runner import CallRunner
    from .execution.stream import ChatStream
    from .tool_loop import Raises, ToolLoop, ToolStream
    from .typed_stream import TypedStream

T = TypeVar("T")


class ChatRequestBuilder(OptionsBuilder):
    """Collects one chat request; each method adds to it and returns the builder.

    Messages keep the order in which they are added. A parameter that the model does not take is
    left out, and the response's `adaptations` lists it.
    """

    def __init__(self, runner: CallRunner, model: str | None = None) -> None:
        super().__init__()
        if model is not None:
            self._set(model=check_model(model))
        self._runner = runner
        self._messages: list[Message] = []
        self._parameters: dict[str, object] = {}
        self._extra: dict[str, object] = {}
        self._tools: tuple[ToolDefinition, ...] = ()
        self._tool_choice: ToolChoice | None = None
        self._response_format: ResponseFormat | None = None

    def system(self, content: ContentLike) -> ChatRequestBuilder:
        """Add instructions for the model."""
        return self.add_message(Message.system(content))

    def user(self, content: ContentLike) -> ChatRequestBuilder:
        """Add a turn of the user: text, or content blocks."""
        return self.add_message(Message.user(content))

    def assistant(self, content: ContentLike) -> ChatRequestBuilder:
        """Add an earlier turn of the model."""
        return self.add_message(Message.assistant(content))

    def add_message(self, message: MessageLike) -> ChatRequestBuilder:
        """Add one message. Raises as `messages`."""
        self._messages.append(check_message(message))
        return self

    def messages(self, messages: Iterable[MessageLike]) -> ChatRequestBuilder:
        """Add messages after the present ones; any may be a dict, as Chat Completions has it.

        Raises:
            TypeError: one is neither a message nor a dict.
            InvalidArguments: a dict is malformed; its `path` says where.
        """
        self._messages.extend(check_messages(messages))
        return self

    def temperature(self, value: float) -> ChatRequestBuilder:
        """Set the sampling temperature, 0 to 2 with most models."""
        return self.param("temperature", value)

    def max_tokens(self, value: int) -> ChatRequestBuilder:
        """Bound the length of the response, in tokens."""
        return self.param("max_tokens", value)

    def top_p(self, value: float) -> ChatRequestBuilder:
        """Sample from the tokens that make up this share of probability, 0 to 1."""
        return self.param("top_p", value)

    def top_k(self, value: int) -> ChatRequestBuilder:
        """Sample from this many of the likeliest tokens."""
        return self.param("top_k", value)

    def stop(self, sequences: str | Sequence[str]) -> ChatRequestBuilder:
        """End the response before any of these texts."""
        texts = [sequences] if isinstance(sequences, str) else list(sequences)
        return self.param("stop_sequences", texts)

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

    def tools(self, tools: Sequence[ToolLike]) -> ChatRequestBuilder:
        """Offer tools to the model: functions, definitions, or dicts as other libraries write them.

        Raises:
            TypeError: one is none of these.
            InvalidArguments: a dict is malformed; its `path` says where.
        """
        self._tools = check_tools(tools)
        return self

    def tool_choice(self, choice: ToolChoice | str | Mapping[str, object]) -> ChatRequestBuilder:
        """Set whether tools are called: `auto`, `none`, `required`, or the name of one tool."""
        self._tool_choice = ToolChoice.of(choice)
        return self

    def parallel_tool_calls(self, allowed: bool) -> ChatRequestBuilder:
        """Allow several tool calls in one response, or forbid them."""
        return self.param("parallel_tool_calls", allowed)

    def response_format(self, kind: object) -> ChatRequestBuilder:
        """Ask for `text`, `json_object`, a `ResponseFormat`, a JSON Schema, or a type.

        A type or a schema is requested in the strictest form that the target has.

        Raises:
            TypeError: the type has no schema.
        """
        from ai_lib.structured.json_mode import to_response_format

        self._response_format = to_response_format(kind)
        return self

    def constrain(
        self,
        *,
        regex: str | None = None,
        choice: Sequence[str] | None = None,
        grammar: str | None = None,
        schema: object = None,
    ) -> ChatRequestBuilder:
        """Let the server write only what fits one of these; it takes the response format's place.

        Sending raises CapabilityError where the server has no such constraint.
        """
        from ai_lib.structured.constraint import make_constraint

        self._response_format = make_constraint(regex, choice, grammar, schema)
        return self

    def reasoning(
        self,
        effort: str | bool | None = None,
        *,
        budget: int | None = None,
        summary: str | None = None,
    ) -> ChatRequestBuilder:
        """Set how much the model thinks, and whether its thinking is wanted as text.

        `effort` is `off`, `minimal`, `low`, `medium`, `high`, `xhigh` or `max`; False means off,
        True as much as the provider chooses. `budget` is in tokens, and wins where a model takes
        it. `summary` is `auto`, `concise`, `detailed` or `off`. A model gets what it takes that is
        nearest to it, and the response's `adaptations` say so; where thinking can't be turned off,
        `off` is a CapabilityError.

        Raises:
            ValueError: a word is none of these, or the budget is no number of tokens.
        """
        self._parameters.update(make_reasoning_parameters(effort, budget, summary))
        return self

    def reasoning_effort(self, value: str | bool) -> ChatRequestBuilder:
        """Set how much the model thinks; the short form of `reasoning(effort)`."""
        return self.reasoning(value)

    def param(self, name: str, value: object) -> ChatRequestBuilder:
        """Set a parameter by its name. Raises InvalidArguments for unknown ones and bad values."""
        self._parameters[check_parameter(name, value, self._runner.compiled)] = value
        return self

    def extra(self, fields: JsonObject) -> ChatRequestBuilder:
        """Merge fields into the body unchanged, for what has no standard name."""
        self._extra.update(fields)
        return self

    if not TYPE_CHECKING:  # to a type checker what is not there is not there

        def __getattr__(self, name: str) -> object:
            from ai_lib.types.dicts.other_names import OF_REQUESTS, make_missing_error

            raise make_missing_error(self, name, OF_REQUESTS)

    def __repr__(self) -> str:
        model = self._runner.describe_model(self._options)
        messages = ", ".join(f"{m.role.value} {m.text[:60]!r}" for m in self._messages)
        advice = "not sent: call .execute() or .stream()"
        return f"<ChatRequestBuilder {model}: {messages or 'no messages'}; {advice}>"

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
        return self._runner.count_tokens(self.build(), self._options)

    def would_cost(self) -> CostBounds:
        """Return the least and the most that one attempt at the client's model may cost."""
        return self._runner.would_cost(self.build(), self._options)

    async def execute(self) -> ChatResponse:
        """Send the request and return the response.

        Raises:
            RequestError: the target can't be asked this; nothing was sent.
            TransportError: bytes could not be exchanged.
            RemoteError: the provider answered with an error.
            ResponseError: the response can't be used.
            ResilienceError: the client's own limits or circuit breaker refused the call.
        """
        response, _ = await self._runner.run(self.build(), self._options)
        return response

    async def execute_with_stats(self) -> tuple[ChatResponse, CallStats]:
        """Send the request; return the response and the call's stats. Raises as `execute`."""
        response, call = await self._runner.run(self.build(), self._options)
        return response, call.stats(response)

    def stream(self, *, cancel_token: CancelToken | None = None) -> ChatStream:
        """Return the response as a stream of events.

        The request is sent when iteration begins. Iterating raises as `execute` does, and
        StreamTruncated when the stream ends too early.
        """
        request = msgspec.structs.replace(self.build(), stream=True)
        return self._runner.stream(request, self._options, cancel_token)

    def stream_with_stats(self, *, cancel_token: CancelToken | None = None) -> ChatStream:
        """Do as `stream`; its `stats()`, the stats of the call, are final once it has ended."""
        return self.stream(cancel_token=cancel_token)

    @overload
    async def execute_as(
        self, kind: type[T], *, mode: Mode = None, max_reasks: int = 1, coerce: bool | None = None
    ) -> T: ...

    @overload
    async def execute_as(
        self, kind: object, *, mode: Mode = None, max_reasks: int = 1, coerce: bool | None = None
    ) -> Any: ...

    async def execute_as(
        self, kind: Any, *, mode: Mode = None, max_reasks: int = 1, coerce: bool | None = None
    ) -> Any:
        """Send the request and return the answer as a value of a type.

        `kind` is a struct, dataclass, TypedDict, enum, pydantic model, a type made of them such as
        `list[Person]`, or a JSON Schema. It is requested in the strictest form the target has
        unless `mode` says otherwise. When an answer does not fit, the model is told the problems
        and asked again, up to `max_reasks` times. All requests share one deadline, and the retries
        of one call: a target sees at most one request for each ask, and the retries it allows.
        Each ask begins at the first target again, whichever target answered before. With `coerce`,
        an answer that does not fit is taken where its meaning is plain (nearly JSON, `"50"` for 50,
        null for absent), which `adaptations` lists; None leaves it to the target, local ones do so.

        Raises:
            InvalidOutput: no answer fits; it has the last answer's text and problems.
            AnswerRefused: the model refused.
            AnswerCutShort: the answer ended at the limit of tokens.
            TypeError: the type has no schema.
            AiLibError: as `execute` raises.
        """
        output = await self.execute_structured(
            kind, mode=mode, max_reasks=max_reasks, coerce=coerce
        )
        return output.value

    @overload
    async def execute_structured(
        self, kind: type[T], *, mode: Mode = None, max_reasks: int = 1, coerce: bool | None = None
    ) -> StructuredOutput[T]: ...

    @overload
    async def execute_structured(
        self, kind: object, *, mode: Mode = None, max_reasks: int = 1, coerce: bool | None = None
    ) -> StructuredOutput[Any]: ...

    async def execute_structured(
        self, kind: Any, *, mode: Mode = None, max_reasks: int = 1, coerce: bool | None = None
    ) -> StructuredOutput[Any]:
        """Do as `execute_as`; return the value with its response and asks."""
        from .typed_stream import ask_typed

        conversation = self._start_conversation(kind, mode, max_reasks)
        return await ask_typed(self._runner, conversation, self._options, coerce)

    @overload
    def stream_as(
        self,
        kind: type[T],
        *,
        mode: Mode = None,
        max_reasks: int = 1,
        coerce: bool | None = None,
        cancel_token: CancelToken | None = None,
    ) -> TypedStream[T]: ...

    @overload
    def stream_as(
        self,
        kind: object,
        *,
        mode: Mode = None,
        max_reasks: int = 1,
        coerce: bool | None = None,
        cancel_token: CancelToken | None = None,
    ) -> TypedStream[Any]: ...

    def stream_as(
        self,
        kind: Any,
        *,
        mode: Mode = None,
        max_reasks: int = 1,
        coerce: bool | None = None,
        cancel_token: CancelToken | None = None,
    ) -> TypedStream[Any]:
        """Return the answer while it arrives: partial objects first, the value last.

        Arguments are those of `execute_as`; iterating raises the same errors.
        """
        from .typed_stream import TypedStream

        conversation = self._start_conversation(kind, mode, max_reasks)
        return TypedStream(self._runner, conversation, self._options, cancel_token, coerce)

    def _start_conversation(
        self, kind: type[T], mode: Mode, max_reasks: int
    ) -> TypedConversation[T]:
        from ai_lib.structured.typed_conversation import start_conversation

        return start_conversation(self.build(), kind, mode, max_reasks)

    async def run_tools(
        self,
        functions: Sequence[ToolLike] = (),
        *,
        max_rounds: int = 10,
        max_parallel: int = 8,
        raises: Raises = (),
        on_tool_call: ToolCallHook | None = None,
        coerce: bool | None = None,
    ) -> ToolRun:
        """Let the model call Python functions until it has its answer.

        `functions` are offered beside the tools given with `tools`, which then need functions too.
        Arguments are converted to the types of the functions' annotations. The model is told of a
        call that fails (no such tool, arguments that do not fit, an exception); exceptions of the
        classes `raises` are raised instead. The calls of one round run at the same time, at most
        `max_parallel`. A round is one response. Each round is a call with its own timeout and
        retries, and begins at the first target again.

        Where there is an event loop, plain functions run in the caller's thread, one after the
        other, and keep it busy; without a loop, several run in threads of their own. Functions
        that have to be waited for run concurrently in a loop, and are refused elsewhere.

        `on_tool_call(call, definition)` allows a call (True), refuses it (False, or the words that
        the model is told), or gives another `ToolCall`; it may wait. Without it, a provider's own
        request for an approval is refused. `coerce` is as elsewhere.

        Raises:
            ToolRoundsExceeded: the model still calls tools in the last of `max_rounds` responses.
            TypeError: a function has no schema, or has to be waited for where there is no loop.
            CapabilityError: the model calls a tool of the provider's own that no function runs.
            AiLibError: as `execute` raises; its `messages` hold the conversation so far.
        """
        loop = self._tool_loop(
            functions,
            max_rounds=max_rounds,
            max_parallel=max_parallel,
            raises=raises,
            on_tool_call=on_tool_call,
            coerce=coerce,
        )
        return await loop.run()

    def stream_tools(
        self,
        functions: Sequence[ToolLike] = (),
        *,
        max_rounds: int = 10,
        max_parallel: int = 8,
        raises: Raises = (),
        on_tool_call: ToolCallHook | None = None,
        coerce: bool | None = None,
        cancel_token: CancelToken | None = None,
    ) -> ToolStream:
        """Do as `run_tools`; return the events of every round as a stream."""
        from .tool_loop import ToolStream

        loop = self._tool_loop(
            functions,
            max_rounds=max_rounds,
            max_parallel=max_parallel,
            raises=raises,
            on_tool_call=on_tool_call,
            coerce=coerce,
        )
        return ToolStream(loop, cancel_token)

    def _tool_loop(self, functions: Sequence[ToolLike], **options: Any) -> ToolLoop:
        from .tool_loop import make_tool_loop as make

        return make(self._runner, self.build(), functions, options=self._options, **options)
