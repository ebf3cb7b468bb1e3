"""A conversation in which tools are called, round by round; what came of it."""

from collections.abc import Sequence
from typing import Final

import msgspec

from ai_lib.client.tools.functions import ToolRegistry, answered
from ai_lib.errors.exceptions import AiLibError, InvalidToolArguments, ToolRoundsExceeded
from ai_lib.types.attempt import summed
from ai_lib.types.content import ToolUseBlock
from ai_lib.types.message import Message
from ai_lib.types.request import ChatRequest
from ai_lib.types.response import ChatResponse
from ai_lib.types.tool import ToolCall
from ai_lib.types.usage import Usage

_FORCED: Final = ("required", "tool")


class ToolRun(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a conversation with tools.

    `response` is the last reply, `messages` the whole conversation with it, to go on with;
    `responses` has the reply of every round.
    """

    response: ChatResponse
    messages: tuple[Message, ...]
    responses: tuple[ChatResponse, ...]

    @property
    def content(self) -> str:
        """The last reply's text."""
        return self.response.content

    @property
    def rounds(self) -> int:
        """How many replies it took."""
        return len(self.responses)

    @property
    def usage(self) -> Usage:
        """The tokens of all rounds, with the attempts that failed."""
        return summed(response.total_usage for response in self.responses)

    def _repr_markdown_(self) -> str:
        from ai_lib.client.tools.display import run_sheet

        return run_sheet(self.messages, self.responses)


class ToolConversation:
    """The state of such a conversation; `request` is what is to be sent next."""

    def __init__(self, request: ChatRequest, toolbox: ToolRegistry, max_rounds: int) -> None:
        if max_rounds < 1:
            raise ValueError("max_rounds must be at least 1")
        self.request = msgspec.structs.replace(request, tools=tuple(toolbox.definitions))
        self.broken: dict[str, str] = {}
        self._max_rounds = max_rounds
        self._responses: list[ChatResponse] = []

    @property
    def responses(self) -> tuple[ChatResponse, ...]:
        """The replies so far."""
        return tuple(self._responses)

    def take(self, response: ChatResponse) -> Sequence[ToolCall] | None:
        """Take a reply; return the calls to answer, or None when the conversation is over.

        Raises:
            ToolRoundsExceeded: it wants more calls made than there are rounds left for.
        """
        self._responses.append(response)
        self._say((response.to_message(),))
        pauses = response.termination_reason == "pause_turn"
        if not pauses and not response.tool_calls:
            return None
        if self._is_answer(response):
            # So that the conversation can be gone on with: every call wants an answer.
            self._say([answered(call, "received") for call in response.tool_calls])
            return None
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

    def mend(self, error: InvalidToolArguments) -> ChatResponse:
        """Return the reply in which a call's arguments are no JSON, so that the model can be told.

        Raises:
            InvalidToolArguments: the reply was cut short, which asking again does not cure.
        """
        reply = error.partial
        if not isinstance(reply, ChatResponse) or reply.termination_reason == "max_tokens":
            raise error
        first, *others = reply.candidates
        self.broken[error.tool_call_id] = f"{error.message[:500]}; they began {error.raw[:200]!r}"
        call = ToolCall(
            id=error.tool_call_id, name=error.tool_name, arguments={}, index=len(first.tool_calls)
        )
        block = ToolUseBlock(id=call.id, name=call.name, input={})
        mended = msgspec.structs.replace(
            first, blocks=(*first.blocks, block), tool_calls=(*first.tool_calls, call)
        )
        return msgspec.structs.replace(
            reply, candidates=(mended, *others), attempts=tuple(error.attempts)
        )

    def answer(self, messages: Sequence[Message]) -> None:
        """Add what the tools answered. A choice that forces a call holds for the first round."""
        self._say(messages)
        choice = self.request.tool_choice
        if choice is not None and choice.mode in _FORCED:
            self.request = msgspec.structs.replace(self.request, tool_choice=None)

    def broke(self, error: AiLibError) -> None:
        """Have the error that ends the conversation say how far it came."""
        error.messages = error.messages or tuple(self.request.messages)

    def result(self) -> ToolRun:
        """Return what came of it."""
        return ToolRun(
            response=self._responses[-1],
            messages=tuple(self.request.messages),
            responses=self.responses,
        )

    def _is_answer(self, response: ChatResponse) -> bool:
        """Whether the call is the answer itself, where that is asked for as one."""
        wanted = self.request.response_format
        known = {tool.name for tool in self.request.tools}
        return wanted is not None and any(
            call.name == wanted.name and call.name not in known for call in response.tool_calls
        )

    def _say(self, messages: Sequence[Message]) -> None:
        self.request = msgspec.structs.replace(
            self.request, messages=(*self.request.messages, *messages)
        )
