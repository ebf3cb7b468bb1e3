"""Asks for a typed answer, again with its problems if it does not fit, and reads partial ones."""

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

import msgspec

from ai_lib.errors.exceptions import (
    AiLibError,
    AnswerFailure,
    InvalidOutput,
    InvalidToolArguments,
)
from ai_lib.pipeline.assembly.thinking_tags import ThinkingTagParser
from ai_lib.protocol.dialect.model import ThinkingTags
from ai_lib.structured.choices import ChoiceFinder
from ai_lib.structured.json_mode import JsonMode, JsonModeConfig
from ai_lib.structured.output import StructuredOutput, make_cut_short_error
from ai_lib.structured.output_type import OutputShape, SchemaMismatch
from ai_lib.structured.partial_json import PartialJson
from ai_lib.structured.validator import make_invalid_output, summarize_problems
from ai_lib.types.events import Event, PartialContentDelta, PartialToolCall, ToolCallStarted
from ai_lib.types.json import JsonValue
from ai_lib.types.message import Message
from ai_lib.types.problem import Problem
from ai_lib.types.request import ChatRequest
from ai_lib.types.response import CUT_SHORT, ChatResponse

T = TypeVar("T")

_AGAIN = (
    "That answer can't be used: {problems}. Give the whole answer again, corrected, in the form "
    "asked for."
)


class TypedConversation(Generic[T]):
    """The state of one call for a typed answer; `request` is the next one to send.

    `coerce` says that answers in nearly the right form count as fitting.
    """

    def __init__(self, request: ChatRequest, shape: OutputShape[T], max_reasks: int) -> None:
        if max_reasks < 0:
            raise ValueError("max_reasks can't be negative")
        self.request = request
        self.shape = shape
        self.asks = 0
        self.coerce = False
        self._remaining_reasks = max_reasks

    def fits(self, response: ChatResponse) -> bool:
        """Whether a response holds an answer, which is then worth keeping."""
        try:
            StructuredOutput.from_response(response, self.shape, coerce=self.coerce)
        except AiLibError:
            return False
        return True

    def read_response(
        self, response: ChatResponse, *, coerce: bool = False
    ) -> StructuredOutput[T] | None:
        """Return the answer in a response; None when it does not fit and `request` asks again.

        With `coerce`, one that nearly fits is taken.

        Raises:
            AnswerRefused: the model refused.
            AnswerCutShort: the response ended at its token limit.
            AnswerFailure: the response ended in a fault, and no re-ask is left.
            InvalidOutput: the answer does not fit, and no re-ask is left.
        """
        self.asks += 1
        try:
            return StructuredOutput.from_response(response, self.shape, self.asks, coerce=coerce)
        except AnswerFailure:
            if not self._remaining_reasks:
                raise
            self._add_messages()  # a fault is nothing to answer: the same is asked again
            return None
        except InvalidOutput as error:
            if not self._remaining_reasks:
                raise
            self._ask_again(response, error.problems)
            return None

    def read_invalid_arguments(
        self, error: InvalidToolArguments, *, coerce: bool = False
    ) -> StructuredOutput[T] | None:
        """Ask again after an answer by tool call whose arguments are not JSON.

        With `coerce`, return the answer where they nearly are.

        Raises:
            InvalidToolArguments: the call is one of the request's own tools.
            AnswerCutShort: the response ended at its token limit.
            InvalidOutput: no re-ask is left.
        """
        if error.tool_name != self.shape.name:
            raise error
        self.asks += 1
        partial = error.partial
        if isinstance(partial, ChatResponse) and partial.termination_reason in CUT_SHORT:
            cut_short = make_cut_short_error(partial, error.raw)
            cut_short.attempts = error.attempts
            raise cut_short from error
        if coerce and isinstance(partial, ChatResponse):
            mended = self._mend_answer(partial, error)
            if mended is not None:
                return mended
        problem = Problem(pointer="", message="is not JSON", allowed="a JSON object")
        if not self._remaining_reasks:
            invalid = make_invalid_output((problem,), error.raw, self.asks)
            invalid.partial, invalid.attempts = partial, error.attempts
            raise invalid from error
        self._add_messages(Message.assistant(error.raw), Message.user(_complaint([str(problem)])))
        return None

    def _mend_answer(
        self, response: ChatResponse, error: InvalidToolArguments
    ) -> StructuredOutput[T] | None:
        try:
            value, data, notes = self.shape.read_text_leniently(error.raw)
        except SchemaMismatch:
            return None
        response = msgspec.structs.replace(
            response,
            adaptations=(*response.adaptations, *notes),
            attempts=tuple(error.attempts or response.attempts),
        )
        return StructuredOutput(
            value=value, data=data, raw=error.raw, response=response, asks=self.asks
        )

    def attach_to(self, error: AiLibError) -> None:
        """Set the messages so far on the error that ends the call."""
        error.messages = error.messages or tuple(self.request.messages)

    def _ask_again(self, response: ChatResponse, problems: Sequence[str]) -> None:
        turn, complaint = response.to_message(), _complaint(problems)
        if response.tool_calls:
            # Every call needs a result before the next request.
            results = [
                Message.tool(call.id, complaint, is_error=True, name=call.name)
                for call in response.tool_calls
            ]
            self._add_messages(turn, *results)
        elif turn.blocks:
            self._add_messages(turn, Message.user(complaint))
        else:
            self._add_messages(Message.user(complaint))

    def _add_messages(self, *messages: Message) -> None:
        self._remaining_reasks -= 1
        self.request = msgspec.structs.replace(
            self.request, messages=(*self.request.messages, *messages)
        )


def _complaint(problems: Sequence[str]) -> str:
    return _AGAIN.format(problems=summarize_problems(problems))


def start_conversation(
    request: ChatRequest, kind: type[T], mode: JsonMode | JsonModeConfig | None, reasks: int
) -> TypedConversation[T]:
    """Return a conversation that asks for a value of a type.

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
    response_format = config.response_format(shape)
    return TypedConversation(
        msgspec.structs.replace(request, response_format=response_format), shape, reasks
    )


class PartialOutput:
    """Reads the partial answer of a stream, from its text or the arguments of its tool call."""

    def __init__(self, shape: OutputShape[Any]) -> None:
        self._shape = shape
        self._choices = ChoiceFinder(shape.schema)
        self._json = self._start_json()
        self._tags = ThinkingTagParser(ThinkingTags())
        self._call: str | None = None

    def read_event(self, event: Event) -> JsonValue:
        """Return the answer so far when the event adds to it, else None."""
        match event:
            case PartialContentDelta(candidate=0) if self._call is None:
                # A draft in the thinking is no answer, also where nobody says that it comes there.
                texts = self._tags.feed(event.content)
                return self._read("".join(piece.text for piece in texts if not piece.is_thinking))
            case ToolCallStarted(candidate=0) if event.tool_name == self._shape.name:
                self._call, self._json = event.tool_call_id, self._start_json()
            case PartialToolCall(candidate=0) if event.tool_call_id == self._call:
                return self._read(event.arguments)
            case _:
                pass
        return None

    def _start_json(self) -> PartialJson:
        return PartialJson("{", shows_text=self._choices.is_free_text)

    def _read(self, text: str) -> JsonValue:
        if not self._json.feed(text) or not self._json.has_begun:
            return None
        return self._shape.unwrap_partial(self._json.value)
