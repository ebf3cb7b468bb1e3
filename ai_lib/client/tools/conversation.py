"""A conversation in which the model calls tools, round by round, and its outcome."""

from collections.abc import Sequence
from typing import Final

import msgspec

from ai_lib.client.tools.functions import ToolRegistry
from ai_lib.client.tools.results import dismiss_call
from ai_lib.errors.exceptions import (
    AiLibError,
    CapabilityError,
    InvalidToolArguments,
    ToolRoundsExceeded,
)
from ai_lib.structured.mending import mend_json
from ai_lib.types.content import ToolUseBlock
from ai_lib.types.json import JSON_ENCODER, is_object
from ai_lib.types.message import Message
from ai_lib.types.records.record import Record
from ai_lib.types.request import ChatRequest
from ai_lib.types.response import CUT_SHORT, ChatResponse
from ai_lib.types.schema.reading import find_beyond_float, holds_decimal, to_floats
from ai_lib.types.tool import ToolCall
from ai_lib.types.usage import Usage, sum_usages

_FORCED: Final = ("required", "tool")


class ToolRun(Record, frozen=True, kw_only=True):
    """The outcome of a conversation with tools.

    `response` is the last response. `messages` is the whole conversation with it, ready to be
    continued. `responses` has the response of every round.
    """

    response: ChatResponse
    messages: tuple[Message, ...]
    responses: tuple[ChatResponse, ...]

    @property
    def content(self) -> str:
        """The text of the last response."""
        return self.response.content

    @property
    def rounds(self) -> int:
        """The number of responses."""
        return len(self.responses)

    @property
    def usage(self) -> Usage:
        """The tokens of all rounds, failed attempts included."""
        return sum_usages(response.total_usage for response in self.responses)

    def _repr_markdown_(self) -> str:
        from ai_lib.client.tools.display import run_markdown

        return run_markdown(self.messages, self.responses)


class ToolConversation:
    """The state of such a conversation; `request` is the one to send next.

    `invalid_calls` has, by the id of a tool call, why its arguments can't be read.
    """

    def __init__(self, request: ChatRequest, tools: ToolRegistry, max_rounds: int) -> None:
        if max_rounds < 1:
            raise ValueError("max_rounds must be at least 1")
        self.request = msgspec.structs.replace(request, tools=tuple(tools.definitions))
        self.invalid_calls: dict[str, str] = {}
        self._tools = tools
        self._max_rounds = max_rounds
        self._responses: list[ChatResponse] = []
        self._faults = 0  # how many responses in turn ended in one

    @property
    def responses(self) -> tuple[ChatResponse, ...]:
        """The responses so far."""
        return tuple(self._responses)

    def add_response(self, response: ChatResponse) -> Sequence[ToolCall] | None:
        """Add a response; return the calls to answer, or None when the conversation is over.

        A response that ended in a fault is no turn of the conversation: the same is asked once
        more. Nothing is called then.

        Raises:
            ToolRoundsExceeded: the response calls tools, and no round is left.
            AnswerFailure: two responses in turn ended in a fault, or the last one did.
            AnswerRefused: the model refused and said nothing.
            CapabilityError: the response has a call that nothing here can answer.
        """
        self._responses.append(response)
        if _is_fault(response):
            self._faults += 1
            if self._faults > 1 or len(self._responses) >= self._max_rounds:
                raise _make_error(response)
            return ()
        self._faults = 0
        if response.termination_reason == "refusal" and _is_empty(response):
            raise _make_error(response)
        self._add((response.to_message(),))
        pauses = response.termination_reason == "pause_turn"
        if not pauses and not response.tool_calls:
            return None
        if self._is_answer(response):
            # Every call needs an answer, or the conversation can't be continued.
            self._add([dismiss_call(call) for call in response.tool_calls])
            return None
        self._check_answerable(response)
        if len(self._responses) >= self._max_rounds:
            error = ToolRoundsExceeded(
                f"the model still calls tools after {self._max_rounds} rounds; raise max_rounds, "
                "or go on from the error's messages",
                rounds=self._max_rounds,
                messages=tuple(self.request.messages),
                model=response.model,
                request_id=response.request_id,
            )
            error.partial, error.attempts = response, response.attempts
            raise error
        return response.tool_calls

    def _check_answerable(self, response: ChatResponse) -> None:
        for call in response.tool_calls:
            try:
                self._tools.check_answerable(call)
            except CapabilityError as error:
                error.partial, error.attempts = response, response.attempts
                raise

    def add_adaptations(self, adaptations: Sequence[str]) -> None:
        """Note on the last response how the arguments of its calls were bent to fit."""
        if adaptations:
            last = self._responses[-1]
            self._responses[-1] = msgspec.structs.replace(
                last, adaptations=(*last.adaptations, *adaptations)
            )

    def repair_response(self, error: InvalidToolArguments, *, coerce: bool = False) -> ChatResponse:
        """Return the response whose call has arguments that are no JSON, with that call added.

        With `coerce`, the call is made where they nearly are JSON; else the model is told of it.

        Raises:
            InvalidToolArguments: the response was cut short, which asking again does not cure.
        """
        response = error.partial
        if not isinstance(response, ChatResponse) or response.termination_reason in CUT_SHORT:
            raise error
        first, *others = response.candidates
        mended = mend_json(error.raw) if coerce else None
        notes: tuple[str, ...] = ()
        exact_json = ""
        # What is beyond all floats, no provider takes back as a part of its call.
        if is_object(mended) and find_beyond_float(mended) is None:
            exact_json = JSON_ENCODER.encode(mended).decode() if holds_decimal(mended) else ""
            mended = to_floats(mended)
            notes = (f"the arguments of {error.tool_name} were mended to be JSON",)
        else:
            mended = {}
            self.invalid_calls[error.tool_call_id] = (
                f"{error.message[:500]}; they began {error.raw[:200]!r}"
            )
        call = ToolCall(
            id=error.tool_call_id,
            name=error.tool_name,
            arguments=mended,
            exact_json=exact_json,
            index=len(first.tool_calls),
        )
        block = ToolUseBlock(id=call.id, name=call.name, input=mended, exact_json=exact_json)
        candidate = msgspec.structs.replace(
            first, blocks=(*first.blocks, block), tool_calls=(*first.tool_calls, call)
        )
        return msgspec.structs.replace(
            response,
            candidates=(candidate, *others),
            attempts=tuple(error.attempts),
            adaptations=(*response.adaptations, *notes),
        )

    def add_results(self, messages: Sequence[Message]) -> None:
        """Add the results of tools. A tool choice that forces a call holds for the first round."""
        if not messages:
            return
        self._add(messages)
        choice = self.request.tool_choice
        if choice is not None and choice.mode in _FORCED:
            self.request = msgspec.structs.replace(self.request, tool_choice=None)

    def attach_to(self, error: AiLibError) -> None:
        """Set the messages so far on the error that ends the conversation."""
        error.messages = error.messages or tuple(self.request.messages)

    def result(self) -> ToolRun:
        """Return the outcome."""
        return ToolRun(
            response=self._responses[-1],
            messages=tuple(self.request.messages),
            responses=self.responses,
        )

    def _is_answer(self, response: ChatResponse) -> bool:
        """Whether a call is the typed answer itself, where that is requested as a tool call."""
        answer_format = self.request.response_format
        names = {tool.name for tool in self.request.tools}
        return answer_format is not None and any(
            call.name == answer_format.name and call.name not in names
            for call in response.tool_calls
        )

    def _add(self, messages: Sequence[Message]) -> None:
        self.request = msgspec.structs.replace(
            self.request, messages=(*self.request.messages, *messages)
        )


def _is_fault(response: ChatResponse) -> bool:
    """Whether the response ended in a fault: a reason says so, or an odd one and nothing else."""
    reason = response.termination_reason
    return reason == "error" or (reason == "other" and _is_empty(response))


def _make_error(response: ChatResponse) -> AiLibError:
    from ai_lib.structured.output import make_fault_error, make_refusal_error

    if response.termination_reason == "refusal":
        return make_refusal_error(response)
    return make_fault_error(response)


def _is_empty(response: ChatResponse) -> bool:
    return not response.content.strip() and not response.tool_calls
