# Generated from ai_lib/client/interceptors/budget.py by codegen; do not edit.
"""Holds every attempt of a client to a budget."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Literal

import msgspec

from ai_lib.client.call.call import Call, attempt_cost
from ai_lib.client.call.prepared_request import PreparedRequest
from ai_lib.client.call.tokens import estimate_tokens, input_cost, would_cost, zero_bounds
from ai_lib.types.attempt import Attempt
from ai_lib.types.cost import CostBounds
from ai_lib.types.request import ChatRequest
from ai_lib.types.usage import Usage

from .base import Interceptor

if TYPE_CHECKING:
    from ai_lib.tokens.budget import Budget, Reservation


class BudgetInterceptor(Interceptor):
    """Sets aside what an attempt may cost before it is sent, and settles it when it has ended.

    What the provider said it used is what it cost. An attempt that broke off after it was sent
    counts with all that was set aside, as the provider may charge for it; a stream that was cut
    short with what had been received; an error response, and what was cancelled before a response
    had begun, with nothing.
    """

    order = 70

    def __init__(self, budget: Budget) -> None:
        self._budget = budget

    def before_request(self, call: Call) -> None:
        """Refuse a call that no client made: nothing tells its prices."""
        if call.targets is None:
            raise RuntimeError("a budget needs a call that a client made")

    def before_attempt(self, call: Call, prepared: PreparedRequest) -> None:
        """Set aside what it may cost, as far as that is known before. Raises BudgetExceeded."""
        bounds = self._cost_bounds(call, prepared)
        reservation = self._budget.reserve(bounds, call.options.metadata)
        if reservation is not None:
            prepared.on_attempt_end.append(partial(self._settle, call, prepared, reservation))

    def _cost_bounds(self, call: Call, prepared: PreparedRequest) -> CostBounds:
        target, record = prepared.target, None
        if call.targets is not None:
            record = call.targets.record(target.compiled.id, target.model)
        if prepared.request is not None:
            return would_cost(target, prepared.request, record)
        if prepared.count_input is not None:
            return input_cost(target.model_id, prepared.count_input(), record)
        # Of an operation that tells no tokens only the provider knows what it costs.
        return zero_bounds(target.model_id, self._budget.currency)

    def _settle(
        self, call: Call, prepared: PreparedRequest, reservation: Reservation, attempt: Attempt
    ) -> None:
        is_answered_chat = attempt.ended == "answered" and prepared.request is not None
        if attempt.sent and attempt.ended != "answered":
            usage = _count_received(call, prepared, attempt)
            attempt = msgspec.structs.replace(attempt, usage=usage)
        is_in_doubt = attempt.sent and attempt.in_doubt
        if call.targets is None or not (
            is_answered_chat or is_in_doubt or attempt.usage.total_tokens
        ):
            reservation.release()
            return
        cost = attempt_cost(attempt, call.targets.record)
        has_same_currency = cost.currency == self._budget.currency
        reservation.settle(cost.total_cost if has_same_currency else None)


def budget_interceptor(
    budget: Budget | None,
    limit: float | None,
    currency: str,
    tag: str | None,
    unknown_price: Literal["refuse", "allow"],
) -> BudgetInterceptor:
    """Return the interceptor of a budget: the one given, or one made of the figures.

    Raises:
        ValueError: neither a budget nor a limit is given, or both; or a figure makes no sense.
    """
    from ai_lib.tokens.budget import Budget

    if (budget is None) == (limit is None):
        raise ValueError("give either a Budget or limit=")
    if budget is None:
        budget = Budget(limit or 0.0, currency, tag=tag, unknown_price=unknown_price)
    return BudgetInterceptor(budget)


def _count_received(call: Call, prepared: PreparedRequest, attempt: Attempt) -> Usage:
    """Return the usage of an attempt that did not answer; what a stream received is counted."""
    reported, request = attempt.usage, prepared.request
    if call.stream is None or call.stream.partial_response is None or request is None:
        return reported
    response = call.stream.partial_response()
    sent = reported.prompt_tokens or estimate_tokens(prepared.target, request).tokens
    text = ChatRequest(messages=(response.to_message(),))
    received = max(reported.completion_tokens, estimate_tokens(prepared.target, text).tokens)
    return Usage(prompt_tokens=sent, completion_tokens=received, total_tokens=sent + received)
