"""A budget is never overdrawn, however many ask at once, and says what it has refused."""

import pickle
import threading

import pytest

from ai_lib.errors import BudgetExceeded, ResilienceError
from ai_lib.tokens import Budget, CostBounds


def bounds(upper: float | None, currency: str = "USD", reason: str = "") -> CostBounds:
    return CostBounds(
        model="a/b",
        currency=currency,
        lower=0.0,
        upper=upper,
        input_tokens=1,
        max_input_tokens=1,
        max_output_tokens=1,
        reason=reason,
    )


def test_what_is_set_aside_is_settled_with_what_it_cost() -> None:
    budget = Budget(1.0)
    held = budget.reserve(bounds(0.6))
    assert held is not None
    assert (budget.reserved, budget.spent, budget.remaining) == (0.6, 0.0, pytest.approx(0.4))
    held.settle(0.1)
    held.settle(0.5)  # once is enough
    assert (budget.reserved, budget.spent, budget.remaining) == (0.0, 0.1, pytest.approx(0.9))


def test_a_refusal_says_how_it_stands() -> None:
    budget = Budget(1.0)
    budget.reserve(bounds(0.75))
    with pytest.raises(BudgetExceeded, match=r"may cost 0\.5 USD.*0\.25 left of 1") as caught:
        budget.reserve(bounds(0.5))
    error = caught.value
    assert isinstance(error, ResilienceError)
    assert (error.limit, error.spent, error.reserved, error.needed) == (1.0, 0.0, 0.75, 0.5)
    assert error.error_type == "quota_exhausted"
    assert (error.retryable, error.fallbackable) == (False, True)
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 (our own bytes)
    assert (again.limit, again.currency, str(again)) == (1.0, "USD", str(error))


def test_a_tenth_ten_times_is_one() -> None:
    """Sums of decimal prices are not exact in binary; the last tenth fits all the same."""
    budget = Budget(1.0)
    for _ in range(10):
        held = budget.reserve(bounds(0.1))
        assert held is not None
        held.settle(0.1)
    with pytest.raises(BudgetExceeded):
        budget.reserve(bounds(0.1))


def test_what_is_given_back_leaves_nothing_set_aside() -> None:
    budget = Budget(1.0)
    held = [budget.reserve(bounds(0.1)) for _ in range(7)]
    for one in held:
        assert one is not None
        one.release()
    assert (budget.reserved, budget.spent) == (0.0, 0.0)


def test_what_nobody_knows_the_cost_of_counts_with_all_that_was_set_aside() -> None:
    budget = Budget(1.0)
    held = budget.reserve(bounds(0.3))
    assert held is not None
    held.settle(None)
    assert budget.spent == 0.3


def test_an_unknown_price_is_refused_or_allowed_as_set() -> None:
    unknown = bounds(None, reason="the price of a/b is unknown")
    with pytest.raises(BudgetExceeded, match="the price of a/b is unknown") as caught:
        Budget(1.0).reserve(unknown)
    assert caught.value.needed is None
    lenient = Budget(1.0, unknown_price="allow")
    held = lenient.reserve(unknown)
    assert held is not None
    held.settle(None)
    assert (lenient.spent, lenient.stats().unpriced) == (0.0, 1)


def test_another_currency_is_an_unknown_price() -> None:
    with pytest.raises(BudgetExceeded, match="its price is in CNY, not in USD"):
        Budget(1.0).reserve(bounds(0.1, currency="CNY"))


def test_by_tag_each_value_has_an_account_of_its_own() -> None:
    budget = Budget(1.0, tag="team")
    budget.reserve(bounds(0.8), {"team": "search"})
    budget.reserve(bounds(0.8), {"team": "ads"})
    assert budget.reserve(bounds(9.0), {"other": "x"}) is None
    assert budget.reserve(bounds(9.0)) is None
    with pytest.raises(BudgetExceeded, match="the budget of team=ads") as caught:
        budget.reserve(bounds(0.8), {"team": "ads"})
    assert caught.value.tag == "team=ads"
    assert budget.stats("search").remaining == pytest.approx(0.2)
    assert budget.reserved == pytest.approx(1.6)


@pytest.mark.parametrize("limit", [-1, float("inf"), float("nan")])
def test_a_limit_that_is_none_is_refused(limit: float) -> None:
    with pytest.raises(ValueError, match="a budget's limit"):
        Budget(limit)


def test_another_word_for_unknown_prices_is_refused() -> None:
    with pytest.raises(ValueError, match="'refuse' or 'allow'"):
        Budget(1, unknown_price="ignore")  # type: ignore[arg-type]


def test_sixty_four_threads_never_overdraw_it() -> None:
    budget = Budget(100.0)
    taken: list[int] = []
    worst: list[float] = []
    start = threading.Barrier(64)

    def spend() -> None:
        start.wait()
        for _ in range(40):
            try:
                held = budget.reserve(bounds(1.0))
            except BudgetExceeded:
                continue
            now = budget.stats()
            worst.append(now.spent + now.reserved)
            assert held is not None
            held.settle(0.5)
            taken.append(1)

    threads = [threading.Thread(target=spend) for _ in range(64)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert max(worst) <= 100.0
    assert budget.spent == len(taken) * 0.5 <= 100.0
    # Half of each is given back, so nearly twice as many fit as are set aside at once.
    assert len(taken) >= 199 - 64
    assert budget.reserved == 0.0
