"""A budget holds under 500 tasks and threads, whatever kind of price the calls have."""

from __future__ import annotations

import threading
from typing import Any, NamedTuple

import anyio
import pytest

import ai_lib_sync
from ai_lib.errors import BudgetExceeded
from ai_lib.testing import MockProvider, Reply
from ai_lib.tokens import Budget
from ai_lib.types import ToolDefinition, Usage
from ai_lib_sync.testing import MockProvider as BlockingMockProvider

pytestmark = pytest.mark.async_only

CALLS = 500
SEARCH = ToolDefinition.of_provider(
    {"type": "web_search_20250305", "name": "web_search", "max_uses": 1}
)


class Kind(NamedTuple):
    """One kind of price: what is asked, what is used, and what that costs by the vendor's page."""

    model: str
    used: dict[str, Any]
    paid: float
    extra: dict[str, Any] = {}
    tools: tuple[ToolDefinition, ...] = ()


KINDS = {
    "tokens": Kind("openai/gpt-4o", {}, (10 * 2.5 + 5 * 10) / 1e6),
    "cached": Kind("openai/gpt-4o", {"cache_read_tokens": 4}, (6 * 2.5 + 4 * 1.25 + 5 * 10) / 1e6),
    "search": Kind(
        "anthropic/claude-haiku-4-5",
        {"tool_uses": {"web_search": 1}},
        (10 * 1 + 5 * 5) / 1e6 + 0.01,
        tools=(SEARCH,),
    ),
    "hour of cache": Kind(
        "anthropic/claude-haiku-4-5",
        {"cache_write_tokens": 4, "cache_write_long_tokens": 4},
        (6 * 1 + 4 * 2 + 5 * 5) / 1e6,
        extra={"cache_control": {"type": "ephemeral", "ttl": "1h"}},
    ),
}


def ask(client: Any, kind: Kind) -> Any:
    chat = client.chat().user("Hi there, how are you today?").max_tokens(9).extra(kind.extra)
    return chat.tools(kind.tools) if kind.tools else chat


def replies(kind: Kind) -> list[Reply]:
    used = Usage(prompt_tokens=10, completion_tokens=5, total_tokens=15, **kind.used)
    return [Reply(text="ok", usage=used)] * CALLS


def check(budget: Budget, refused: int, kind: Kind) -> None:
    stats = budget.stats()
    assert stats.spent <= budget.limit
    assert stats.reserved == 0.0
    assert stats.spent == pytest.approx((CALLS - refused) * kind.paid)
    assert 0 < refused < CALLS


@pytest.mark.parametrize("name", KINDS)
async def test_tasks_do_not_overdraw_it(name: str) -> None:
    kind, refused = KINDS[name], [0]
    async with MockProvider(replies(kind)) as mock:
        async with await mock.builder(kind.model).build() as client:
            upper = ask(client, kind).would_cost().upper
        budget = Budget(upper + 100 * kind.paid)
        async with await mock.builder(kind.model).budget(budget).build() as client:

            async def call() -> None:
                try:
                    await ask(client, kind).execute()
                except BudgetExceeded:
                    refused[0] += 1

            async with anyio.create_task_group() as group:
                for _ in range(CALLS):
                    group.start_soon(call)
    check(budget, refused[0], kind)


@pytest.mark.parametrize("name", KINDS)
def test_threads_do_not_overdraw_it(name: str) -> None:
    kind, refused = KINDS[name], []
    with BlockingMockProvider(replies(kind)) as mock:
        builder = ai_lib_sync.AiClient.builder().model(kind.model).api_key("k")
        builder.base_url(mock.base_url(kind.model.partition("/")[0]))
        with builder.build() as client:
            upper = ask(client, kind).would_cost().upper
        budget = Budget(upper + 100 * kind.paid)
        with builder.budget(budget).build() as client:

            def call() -> None:
                for _ in range(CALLS // 20):
                    try:
                        ask(client, kind).execute()
                    except BudgetExceeded as error:
                        refused.append(error)

            threads = [threading.Thread(target=call) for _ in range(20)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    check(budget, len(refused), kind)
