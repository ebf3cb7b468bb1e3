"""Guardrails in a client's calls."""

from __future__ import annotations

from collections.abc import Sequence

from ai_lib.client.call.call import Call
from ai_lib.client.interceptors.stream_filter import StreamFilter
from ai_lib.guardrails.guardrail import Guardrail
from ai_lib.guardrails.policy import Evaluation, Policy, Rules
from ai_lib.guardrails.request import filter_request
from ai_lib.guardrails.response import filter_response
from ai_lib.guardrails.stream_filter import OutputStreamFilter
from ai_lib.types.response import ChatResponse

from .base import Interceptor

_NOTE = "guardrails"


class GuardrailInterceptor(Interceptor):
    """Holds what is sent to the rules for input, what is received to those for output."""

    order = 30

    def __init__(
        self,
        sent: Sequence[Guardrail],
        received: Sequence[Guardrail],
        *,
        thinking: bool = False,
        tools: bool = False,
    ) -> None:
        self._input = Policy(sent, "input")
        self._output = Policy(received, "output")
        self._has_none = not sent and not received
        self._thinking = thinking
        self._tools = tools

    def is_idle(self) -> bool:
        return self._has_none or not (self._input.rules or self._output.rules)

    async def before_request(self, call: Call) -> None:
        evaluation = self._input.evaluate()
        if not evaluation.is_needed:
            return
        call.request = filter_request(call.request, evaluation, tools=self._tools)
        evaluation.log_warnings()
        if evaluation.blocking is not None:
            raise evaluation.blocking

    def stream_filter(self, call: Call) -> StreamFilter | None:
        evaluation = self._output.evaluate()
        if not evaluation.is_needed:
            return None
        return OutputStreamFilter(evaluation, thinking=self._thinking, tools=self._tools)

    def visible_response(self, call: Call, response: ChatResponse) -> ChatResponse:
        evaluation = self._output.evaluate(complete=call.whole)
        if not evaluation.is_needed:
            return response
        call.notes[_NOTE] = evaluation
        return filter_response(response, evaluation, thinking=self._thinking, tools=self._tools)

    async def after_response(self, call: Call, response: ChatResponse) -> ChatResponse:
        # `visible_response` was asked just before, and left what it found.
        evaluation = call.notes.get(_NOTE)
        if isinstance(evaluation, Evaluation):
            evaluation.log_warnings()
            if evaluation.blocking is not None:
                raise evaluation.blocking
        return response


def chosen(rules: Rules, choice: bool | Rules) -> Sequence[Guardrail]:
    """Return the rules of one way: those for both, none, or those for both and further ones."""
    if choice is False:
        return ()
    given = [rules] if isinstance(rules, Guardrail) else [*rules]
    if choice is True:
        return given
    return [*given, *([choice] if isinstance(choice, Guardrail) else choice)]
