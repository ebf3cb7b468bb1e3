"""A budget may be kept elsewhere: what takes and settles is waited for, and holds under load."""

from __future__ import annotations

from collections.abc import Mapping

import anyio
import pytest

from ai_lib.errors import BudgetExceeded
from ai_lib.testing import MockProvider, Reply
from ai_lib.tokens import CostBounds
from ai_lib.types import Usage

pytestmark = pytest.mark.async_only

USED = Usage(prompt_tokens=10, completion_tokens=5, total_tokens=15)
PAID = (10 * 2.5 + 5 * 10) / 1e6


class _Held:
    """What a store far away has set aside."""

    def __init__(self, store: StoredBudget, amount: float) -> None:
        self._store = store
        self._amount = amount

    async def settle(self, cost: float | None) -> None:
        """Settle after a moment."""
        await anyio.lowlevel.checkpoint()
        self._store.reserved -= self._amount
        self._store.spent += self._amount if cost is None else cost
        self._store.settled += 1


class StoredBudget:
    """A budget whose every step takes a moment."""

    currency = "USD"

    def __init__(self, limit: float) -> None:
        self.limit = limit
        self.spent = self.reserved = 0.0
        self.settled = 0
        self.leases: list[float] = []
        self.most = 0.0

    async def take(
        self, bounds: CostBounds, metadata: Mapping[str, object] | None, lease_seconds: float
    ) -> _Held | None:
        """Set aside after a moment."""
        await anyio.lowlevel.checkpoint()
        self.leases.append(lease_seconds)
        if bounds.upper is None or self.spent + self.reserved + bounds.upper > self.limit:
            raise BudgetExceeded(
                "the store has no more",
                limit=self.limit,
                spent=self.spent,
                reserved=self.reserved,
                needed=bounds.upper,
                currency="USD",
            )
        self.reserved += bounds.upper
        self.most = max(self.most, self.reserved + self.spent)
        return _Held(self, bounds.upper)


async def test_a_budget_that_has_to_be_waited_for_is_taken_and_settled(
    anyio_backend_name: str,
) -> None:
    budget = StoredBudget(1.0)
    async with MockProvider([Reply(text="ok", usage=USED)] * 2) as mock:
        builder = mock.builder("openai/gpt-4o").budget(budget).timeout(30)
        async with await builder.build() as client:
            response = await client.chat().user("Hi").max_tokens(9).execute()
            stream = client.chat().user("Hi").max_tokens(9).stream()
            async for _ in stream:
                pass
            await stream.aclose()
    assert response.cost is not None
    assert response.cost.total_cost == pytest.approx(PAID)
    assert (budget.settled, budget.reserved) == (2, pytest.approx(0.0))
    assert budget.spent == pytest.approx(2 * PAID)
    assert budget.leases[0] == 30
    assert budget.leases[1] > 30


async def test_what_the_store_refuses_is_not_sent() -> None:
    async with MockProvider([Reply(text="ok")]) as mock:
        async with await mock.builder("openai/gpt-4o").budget(StoredBudget(0.0)).build() as client:
            with pytest.raises(BudgetExceeded, match="the store has no more"):
                await client.chat().user("Hi").max_tokens(9).execute()
        assert mock.requests == []


async def test_five_hundred_tasks_do_not_overdraw_it() -> None:
    budget, refused = StoredBudget(60 * 2e-4), [0]
    async with MockProvider([Reply(text="ok", usage=USED)] * 500) as mock:
        async with await mock.builder("openai/gpt-4o").budget(budget).build() as client:

            async def ask() -> None:
                try:
                    await client.chat().user("Hi").max_tokens(9).execute()
                except BudgetExceeded:
                    refused[0] += 1

            async with anyio.create_task_group() as group:
                for _ in range(500):
                    group.start_soon(ask)
    assert budget.most <= budget.limit + 1e-12
    assert budget.reserved == pytest.approx(0.0)
    assert budget.settled + refused[0] == 500
    assert budget.spent == pytest.approx(budget.settled * PAID)
    assert refused[0] > 0
