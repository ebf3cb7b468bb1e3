"""Holds every attempt of a client to a budget."""

from __future__ import annotations

from functools import partial
from inspect import isawaitable, iscoroutinefunction
from typing import TYPE_CHECKING, Final, Literal

from ai_lib.client.call.call import Call, attempt_cost
from ai_lib.client.call.prepared_request import PreparedRequest
from ai_lib.client.call.tokens import calculate_prepared_bounds
from ai_lib.types.attempt import Attempt

from ..._runtime.backend import can_await
from .base import Interceptor

if TYPE_CHECKING:
    from ai_lib.tokens.shared_budget import SharedBudget, SharedReservation

# For how long a budget of several machines holds what a stream without a total timeout may cost.
_LEASE_SECONDS: Final = 3600.0
_READS: Final = frozenset({"GET", "HEAD"})


class BudgetInterceptor(Interceptor):
    """Sets aside what an attempt may cost before it is sent, and settles it when it has ended.

    What the provider said it used is what it cost. An attempt that broke off after it was sent
    counts with all that was set aside, as the provider may charge for it; a stream that was cut
    short with what had been received; an error response, and what was cancelled before a response
    had begun, with nothing.
    """

    order = 70

    def __init__(self, budget: SharedBudget) -> None:
        if not can_await(budget.take):
            raise TypeError(f"{budget!r} has to be waited for; give one whose methods are plain")
        self._budget = budget

    async def before_request(self, call: Call) -> None:
        """Refuse a call that no client made: nothing tells its prices."""
        if call.targets is None:
            raise RuntimeError("a budget needs a call that a client made")

    def before_attempt(self, call: Call, prepared: PreparedRequest) -> None:
        """Set aside what it may cost, as far as that is known before. Raises BudgetExceeded."""
        if prepared.wire.method in _READS:
            return  # what is read was paid for when it was asked for
        bounds = calculate_prepared_bounds(prepared, self._budget.currency)
        lease = prepared.timeouts.total or _LEASE_SECONDS
        reservation = self._budget.take(bounds, call.options.metadata, lease)
        if not isawaitable(reservation):
            self._hold(call, prepared, reservation)
        else:
            prepared.pending = reservation
            prepared.on_pending = partial(self._hold, call, prepared)

    def _hold(
        self, call: Call, prepared: PreparedRequest, reservation: SharedReservation | None
    ) -> None:
        if reservation is not None:
            prepared.on_attempt_end.append(partial(self._settle, call, prepared, reservation))

    def _settle(
        self,
        call: Call,
        prepared: PreparedRequest,
        reservation: SharedReservation,
        attempt: Attempt,
    ) -> None:
        # What an operation that is not by tokens used may be unknown: then all set aside counts.
        is_counted = prepared.request is not None or prepared.bound_cost is not None
        is_answered = attempt.ended == "answered" and is_counted
        is_told = attempt.usage.total_tokens or attempt.usage.reported_cost is not None
        is_in_doubt = attempt.sent and attempt.in_doubt
        cost: float | None = 0.0
        if call.targets is not None and (is_answered or is_in_doubt or is_told):
            estimate = attempt_cost(attempt, call.targets.record, [prepared])
            cost = estimate.total_cost if estimate.currency == self._budget.currency else None
        if iscoroutinefunction(reservation.settle):
            prepared.due.append(partial(reservation.settle, cost))
        else:
            reservation.settle(cost)


def budget_interceptor(
    budget: SharedBudget | None,
    limit: float | None,
    currency: str,
    tag: str | None,
    unknown_price: Literal["refuse", "allow"],
) -> BudgetInterceptor:
    """Return the interceptor of a budget: the one given, or one made of the figures.

    Raises:
        ValueError: neither a budget nor a limit is given, or both; or a figure makes no sense.
        TypeError: the budget has no method `take`.
    """
    from ai_lib.tokens.budget import Budget

    if (budget is None) == (limit is None):
        raise ValueError("give either a Budget or limit=")
    if budget is not None and not callable(getattr(budget, "take", None)):
        raise TypeError(f"a budget is a Budget or a SharedBudget, such as Budget(5.0): {budget!r}")
    if budget is None:
        budget = Budget(limit or 0.0, currency, tag=tag, unknown_price=unknown_price)
    return BudgetInterceptor(budget)
