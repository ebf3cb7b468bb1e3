"""Threads share a budget, and none of them overdraws it."""

import threading
from typing import Any

import pytest

import ai_lib_sync
from ai_lib.errors import BudgetExceeded
from ai_lib.testing import Reply
from ai_lib.tokens import Budget
from ai_lib.types import Usage
from ai_lib_sync.testing import MockProvider

pytestmark = pytest.mark.async_only

USED = Usage(prompt_tokens=10, completion_tokens=5, total_tokens=15)
PAID = (10 * 2.5 + 5 * 10) / 1e6


class _Awaited:
    """A budget that only an event loop can ask."""

    currency = "USD"

    async def take(self, bounds: Any, metadata: Any, lease_seconds: float) -> None:
        """Take nothing."""


def test_threads_share_a_budget_of_this_process() -> None:
    budget, refused = Budget(20 * 2e-4), []
    with MockProvider([Reply(text="ok", usage=USED)] * 100) as mock:
        builder = ai_lib_sync.AiClient.builder().model("openai/gpt-4o").api_key("k")
        with builder.base_url(mock.base_url("openai")).budget(budget).build() as client:

            def ask() -> None:
                for _ in range(5):
                    try:
                        client.chat().user("Hi").max_tokens(9).execute()
                    except BudgetExceeded as error:
                        refused.append(error)

            threads = [threading.Thread(target=ask) for _ in range(20)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    stats = budget.stats()
    assert stats.spent <= budget.limit
    assert stats.reserved == 0.0
    assert stats.spent == pytest.approx((100 - len(refused)) * PAID)


def test_without_a_loop_one_that_has_to_be_waited_for_is_refused() -> None:
    with pytest.raises(TypeError, match="has to be waited for"):
        ai_lib_sync.AiClient.builder().budget(_Awaited())
