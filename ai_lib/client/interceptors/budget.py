"""Holds every attempt of a client to a budget."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Literal

import msgspec

from ai_lib.client.call.call import Call
from ai_lib.client.call.cost import cost_of_attempt
from ai_lib.client.call.operation import Errand, Operation
from ai_lib.client.call.prepared_request import PreparedRequest
from ai_lib.client.call.tokens import estimated, input_cost, nothing_yet, would_cost
from ai_lib.types.attempt import Attempt
from ai_lib.types.request import ChatRequest
from ai_lib.types.usage import Usage

from .base import Interceptor

if TYPE_CHECKING:
    from ai_lib.tokens.budget import Budget, Reservation


class BudgetInterceptor(Interceptor):
    """Sets aside what an attempt may cost before it is sent, and settles it when it has ended.

    What the provider said it used is what it cost. An attempt that broke off after it was sent
    counts with all that was set aside, as the provider may charge for it; a stream that was cut
    short with what had been received; an error answer, and what was cancelled before an answer had
    begun, with nothing.
    """

    order = 70

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._held: dict[str, tuple[PreparedRequest, Reservation]] = {}

    async def before_request(self, call: Call) -> None:
        """Refuse a call that no client made: nothing tells its prices."""
        if call.offers is None:
            raise RuntimeError("a budget needs a call that a client made")

    def before_attempt(self, call: Call, leg: PreparedRequest) -> None:
        """Set aside what it may cost. Raises BudgetExceeded."""
        if call.offers is None:
            return
        record = call.offers.record(leg.target.compiled.id, leg.target.model)
        bounds = would_cost(leg.target, leg.request, record)
        held = self._budget.reserve(bounds, call.options.metadata)
        if held is not None:
            self._held[call.id] = leg, held

    def after_attempt(self, call: Call, attempt: Attempt) -> None:
        """Settle what it cost."""
        leg, held = self._held.pop(call.id, (None, None))
        if leg is None or held is None:
            return
        if not attempt.sent:
            held.release()
        elif attempt.ended != "answered" and call.partial is not None:
            usage = _received(call, leg, attempt.usage)
            self._settle(call, held, msgspec.structs.replace(attempt, usage=usage))
        elif attempt.ended == "answered" or attempt.in_doubt or attempt.usage.total_tokens:
            self._settle(call, held, attempt)
        else:
            held.release()

    def trying(self, operation: Operation, errand: Errand) -> None:
        """Set aside what a request beside chat may cost, as far as that is known before.

        Raises BudgetExceeded.
        """
        target, known = errand.target, None
        if errand.weigh is not None:
            record = operation.offers.record(target.compiled.id, target.model)
            known = input_cost(target.model_id, errand.weigh(), record)
        bounds = known or nothing_yet(target.model_id, self._budget.currency)
        held = self._budget.reserve(bounds, operation.metadata)
        if held is not None:
            errand.ends.append(partial(self._tried, operation, held))

    def _tried(self, operation: Operation, held: Reservation, attempt: Attempt) -> None:
        # Of an operation that tells no tokens only the provider knows what it costs.
        if attempt.usage.total_tokens or (attempt.sent and attempt.in_doubt):
            self._settle(operation, held, attempt)
        else:
            held.release()

    def _settle(self, call: Call | Operation, held: Reservation, attempt: Attempt) -> None:
        if call.offers is not None:
            cost = cost_of_attempt(attempt, call.offers.record)
            same = cost.currency == self._budget.currency
            held.settle(cost.total_cost if same else None)


def spending(
    budget: Budget | None,
    limit: float | None,
    currency: str,
    tag: str | None,
    unknown_price: Literal["refuse", "allow"],
) -> BudgetInterceptor:
    """Return what holds a client to a budget: the one given, or one made of the figures.

    Raises:
        ValueError: neither a budget nor a limit is given, or both; or a figure makes no sense.
    """
    from ai_lib.tokens.budget import Budget

    if (budget is None) == (limit is None):
        raise ValueError("give either a Budget or limit=")
    if budget is None:
        budget = Budget(limit or 0.0, currency, tag=tag, unknown_price=unknown_price)
    return BudgetInterceptor(budget)


def _received(call: Call, leg: PreparedRequest, told: Usage) -> Usage:
    """Return what a stream that was cut short has used: as told, else as counted."""
    if call.partial is None:
        return told
    partial = call.partial()
    sent = told.prompt_tokens or estimated(leg.target, leg.request).tokens
    text = ChatRequest(messages=(partial.to_message(),))
    came = max(told.completion_tokens, estimated(leg.target, text).tokens)
    return Usage(prompt_tokens=sent, completion_tokens=came, total_tokens=sent + came)
