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

_STATE = "guardrails"


class GuardrailInterceptor(Interceptor):
    """Holds what is sent to the rules for input, what is received to those for output.

    What tools gave is sent as well, and has rules of its own: those for input, unless others are
    given.
    """

    order = 30

    def __init__(
        self,
        for_input: Sequence[Guardrail],
        for_output: Sequence[Guardrail],
        for_results: Sequence[Guardrail] | None = None,
        *,
        thinking: bool = False,
        tools: bool = False,
    ) -> None:
        self._input = Policy(for_input, "input")
        self._output = Policy(for_output, "output")
        results = for_input if for_results is None else for_results
        self._results = Policy(results, "result of a tool")
        self._has_none = not (for_input or for_output or results)
        self._thinking = thinking
        self._tools = tools

    def is_idle(self) -> bool:
        policies = (self._input, self._output, self._results)
        return self._has_none or not any(policy.rules for policy in policies)

    async def before_request(self, call: Call) -> None:
        evaluation, results = self._input.evaluate(), self._results.evaluate()
        if not (evaluation.is_needed or results.is_needed):
            return
        if call.request is not None:
            call.request = filter_request(call.request, evaluation, results, tools=self._tools)
        elif call.texts is not None:
            call.texts = [evaluation.filter_text(text) for text in call.texts]
        for stage in (evaluation, results):
            stage.log_warnings()
            if stage.blocking is not None:
                raise stage.blocking

    def stream_filter(self, call: Call) -> StreamFilter | None:
        evaluation = self._output.evaluate()
        if not evaluation.is_needed:
            return None
        return OutputStreamFilter(evaluation, thinking=self._thinking, tools=self._tools)

    def visible_response(self, call: Call, response: ChatResponse) -> ChatResponse:
        evaluation = self._output.evaluate(complete=call.complete)
        if not evaluation.is_needed:
            return response
        call.state[_STATE] = evaluation
        return filter_response(response, evaluation, thinking=self._thinking, tools=self._tools)

    async def after_response(self, call: Call, response: ChatResponse) -> ChatResponse:
        # `visible_response` was called just before, and left its evaluation.
        evaluation = call.state.get(_STATE)
        if isinstance(evaluation, Evaluation):
            evaluation.log_warnings()
            if evaluation.blocking is not None:
                raise evaluation.blocking
        return response

    async def after_operation(self, call: Call, texts: Sequence[str]) -> Sequence[str]:
        evaluation = self._output.evaluate()
        if not evaluation.is_needed:
            return texts
        filtered = [evaluation.filter_text(text) for text in texts]
        evaluation.log_warnings()
        if evaluation.blocking is not None:
            raise evaluation.blocking
        return filtered


def rules_for(rules: Rules, choice: bool | Rules) -> Sequence[Guardrail]:
    """Return the rules of one direction: those for both, none, or those for both and more."""
    if choice is False:
        return ()
    shared = [rules] if isinstance(rules, Guardrail) else [*rules]
    if choice is True:
        return shared
    return [*shared, *([choice] if isinstance(choice, Guardrail) else choice)]
