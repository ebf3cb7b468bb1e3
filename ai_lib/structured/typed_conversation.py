"""A conversation for one typed answer: asks, reads, and says what was wrong until it fits."""

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

import msgspec

from ai_lib.errors.exceptions import InvalidOutput, InvalidToolArguments
from ai_lib.structured.json_mode import JsonMode, JsonModeConfig
from ai_lib.structured.output import StructuredOutput, cut_short
from ai_lib.structured.output_type import OutputShape
from ai_lib.structured.partial_json import PartialJson
from ai_lib.structured.validator import invalid_output
from ai_lib.types.events import Event, PartialContentDelta, PartialToolCall, ToolCallStarted
from ai_lib.types.json import JsonValue
from ai_lib.types.message import Message
from ai_lib.types.problem import Problem
from ai_lib.types.request import ChatRequest
from ai_lib.types.response import ChatResponse

T = TypeVar("T")

_AGAIN = (
    "That answer can't be used: {problems}. Give the whole answer again, corrected, in the form "
    "asked for."
)


class TypedConversation(Generic[T]):
    """The state of one call for a typed answer; `request` is what is to be sent next."""

    def __init__(self, request: ChatRequest, shape: OutputShape[T], max_reasks: int) -> None:
        if max_reasks < 0:
            raise ValueError("max_reasks can't be negative")
        self.request = request
        self.shape = shape
        self.asks = 0
        self._left = max_reasks

    def take(self, response: ChatResponse) -> StructuredOutput[T] | None:
        """Read a reply; None when it does not fit and `request` asks again.

        Raises:
            AnswerRefused: the model refused.
            AnswerCutShort: the reply ended at its limit of tokens.
            InvalidOutput: it does not fit, and was the last one allowed.
        """
        self.asks += 1
        try:
            return StructuredOutput.from_response(response, self.shape, self.asks)
        except InvalidOutput as error:
            if not self._left:
                raise
            self._ask_again(response, error.problems)
            return None

    def broken(self, error: InvalidToolArguments) -> None:
        """Take an answer by tool call whose arguments are no JSON.

        Raises:
            InvalidToolArguments: the call is one of the request's own tools.
            AnswerCutShort: the reply ended at its limit of tokens.
            InvalidOutput: it was the last one allowed.
        """
        if error.tool_name != self.shape.name:
            raise error
        self.asks += 1
        reply = error.partial
        if isinstance(reply, ChatResponse) and reply.termination_reason == "max_tokens":
            cut = cut_short(reply, error.raw)
            cut.attempts = error.attempts
            raise cut from error
        problem = Problem(pointer="", message="is not JSON", allowed="a JSON object")
        if not self._left:
            found = invalid_output((problem,), error.raw, self.asks)
            found.partial, found.attempts = reply, error.attempts
            raise found from error
        self._say(Message.assistant(error.raw), Message.user(_complaint([str(problem)])))

    def _ask_again(self, response: ChatResponse, problems: Sequence[str]) -> None:
        turn, complaint = response.to_message(), _complaint(problems)
        if response.tool_calls:
            # Every call wants an answer before the conversation may go on.
            answers = [
                Message.tool(call.id, complaint, is_error=True, name=call.name)
                for call in response.tool_calls
            ]
            self._say(turn, *answers)
        elif turn.blocks:
            self._say(turn, Message.user(complaint))
        else:
            self._say(Message.user(complaint))

    def _say(self, *messages: Message) -> None:
        self._left -= 1
        self.request = msgspec.structs.replace(
            self.request, messages=(*self.request.messages, *messages)
        )


def _complaint(problems: Sequence[str]) -> str:
    return _AGAIN.format(problems="; ".join(problems))


def asking_for(
    request: ChatRequest, kind: type[T], mode: JsonMode | JsonModeConfig | None, reasks: int
) -> TypedConversation[T]:
    """Return the conversation that asks for a value of a type.

    Raises:
        TypeError: the type has no schema.
    """
    if isinstance(mode, JsonModeConfig):
        config = mode
    else:
        config = JsonModeConfig(mode=mode or JsonMode.AUTO)
    shape: OutputShape[T] = OutputShape.of(kind)
    if config.schema_name is not None:
        shape.name = config.schema_name
    wanted = config.response_format(shape)
    return TypedConversation(
        msgspec.structs.replace(request, response_format=wanted), shape, reasks
    )


class PartialAnswer:
    """What is known of the answer in one reply, in its text or in the arguments of its call."""

    def __init__(self, shape: OutputShape[Any]) -> None:
        self._shape = shape
        self._json = PartialJson("{")
        self._call: str | None = None

    def take(self, event: Event) -> JsonValue:
        """Take one event; return the answer so far when it says something of it, else None."""
        match event:
            case PartialContentDelta(candidate=0) if self._call is None:
                return self._read(event.content)
            case ToolCallStarted(candidate=0) if event.tool_name == self._shape.name:
                self._call, self._json = event.tool_call_id, PartialJson("{")
            case PartialToolCall(candidate=0) if event.tool_call_id == self._call:
                return self._read(event.arguments)
            case _:
                pass
        return None

    def _read(self, text: str) -> JsonValue:
        if not self._json.feed(text) or not self._json.has_begun:
            return None
        return self._shape.partial(self._json.value)
