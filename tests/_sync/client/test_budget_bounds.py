# Generated from tests/client/test_budget_bounds.py by codegen; do not edit.
"""A budget holds for what is sent, whatever was merged into it, and for what hosted tools cost."""

import json
from typing import Any

import msgspec
import pytest

from ai_lib.types.tool import ToolDefinition
from ai_lib_sync import AiClient
from ai_lib_sync.client import AiClientBuilder
from ai_lib_sync.client.interceptors.base import Interceptor
from ai_lib_sync.errors import AiLibError, BudgetExceeded, RequestError
from ai_lib_sync.telemetry import MetricsCollector
from ai_lib_sync.testing import MockProvider, Reply
from ai_lib_sync.tokens import Budget
from ai_lib_sync.types import Usage
from tests.servers.scripted import Exchange, ScriptedServer

SEARCH: dict[str, Any] = {"type": "web_search_20250305", "name": "web_search"}


def usage(prompt: int, output: int, **more: Any) -> Usage:
    """Return a usage with its total."""
    return Usage(
        prompt_tokens=prompt, completion_tokens=output, total_tokens=prompt + output, **more
    )


@pytest.mark.parametrize(
    ("extra", "parameters", "error"),
    [
        ({"max_completion_tokens": 16000}, {"max_tokens": 10}, BudgetExceeded),
        ({"n": 100}, {"max_tokens": 10}, BudgetExceeded),
        ({"service_tier": "scale"}, {"max_tokens": 10}, BudgetExceeded),
        ({"model": "gpt-6-astra"}, {"max_tokens": 10}, BudgetExceeded),
        ({}, {"max_tokens": -1_000_000}, RequestError),
        ({"max_completion_tokens": -5}, {}, RequestError),
    ],
)
def test_nothing_is_spent_that_the_budget_does_not_have(
    extra: dict[str, Any], parameters: dict[str, Any], error: type[AiLibError]
) -> None:
    budget = Budget(0.0003)
    with MockProvider([Reply(text="ok", usage=usage(10, 16000))]) as mock:
        builder = AiClient.builder().model("openai/gpt-4o").api_key("k").budget(budget)
        with builder.base_url(mock.base_url("openai")).build() as client:
            chat = client.chat().user("Hi").extra(extra)
            with pytest.raises(error):
                for name, value in parameters.items():
                    chat.param(name, value)
                chat.execute()
        assert mock.requests == []
    assert (budget.spent, budget.reserved) == (0.0, 0.0)


def test_searches_without_end_are_refused_and_those_with_one_are_paid() -> None:
    reply = Reply(text="ok", usage=usage(100, 10, tool_uses={"web_search": 5}))
    budget, allowing = Budget(0.05), Budget(0.05, unknown_price="allow")
    with MockProvider([reply] * 50) as mock:

        def build() -> AiClientBuilder[AiClient]:
            return mock.builder("anthropic/claude-haiku-4-5")

        with build().budget(budget).build() as client:
            for _ in range(40):
                chat = client.chat().user("Hi").max_tokens(10)
                with pytest.raises(BudgetExceeded, match=r"how often .* uses web_search"):
                    chat.tools([ToolDefinition.of_provider(SEARCH)]).execute()
            assert mock.requests == []
        with build().build() as client:  # without a budget it is asked, and priced
            chat = client.chat().user("Hi").max_tokens(10)
            response = chat.tools([ToolDefinition.of_provider(SEARCH)]).execute()
        bounded = {**SEARCH, "max_uses": 5}
        large = Budget(0.3)
        with build().budget(large).build() as client:
            chat = client.chat().user("Hi").max_tokens(10)
            chat.tools([ToolDefinition.of_provider(bounded)]).execute()
        with build().budget(allowing).build() as client:
            chat = client.chat().user("Hi").max_tokens(10)
            chat.tools([ToolDefinition.of_provider(SEARCH)]).execute()
    paid = (100 * 1 + 10 * 5) / 1e6 + 5 * 10 / 1000
    assert response.cost is not None
    assert response.cost.total_cost == pytest.approx(paid)
    assert response.cost.tools_cost == pytest.approx(0.05)
    assert response.usage.tool_uses == {"web_search": 5}
    assert large.spent == pytest.approx(paid)
    assert allowing.spent == pytest.approx(paid)


def test_a_search_of_a_response_is_counted_by_its_items() -> None:
    items = [
        {"type": "web_search_call", "id": f"ws_{number % 2}", "action": {"type": kind}}
        for number, kind in enumerate(["search", "search", "open_page"])
    ]
    message = {"type": "message", "content": [{"type": "output_text", "text": "ok"}]}
    body = {
        "id": "r",
        "object": "response",
        "status": "completed",
        "model": "gpt-5",
        "output": [*items, message],
        "usage": {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15},
    }
    frames = [
        *({"type": "response.output_item.done", "item": item} for item in items),
        {"type": "response.output_text.delta", "delta": "ok", "output_index": 3},
        {"type": "response.completed", "response": body},
    ]
    events = "".join(f"data: {json.dumps(frame)}\n\n" for frame in frames).encode()

    def answer(exchange: Exchange) -> None:
        if json.loads(exchange.received.body).get("stream"):
            exchange.reply(events, headers="content-type: text/event-stream\r\n")
        else:
            exchange.reply(json.dumps(body).encode(), headers="content-type: application/json\r\n")

    server = ScriptedServer(answer)
    try:
        builder = AiClient.builder().model("openai/gpt-5").api_key("k").api_family("responses")
        with builder.base_url(server.url).build() as client:
            chat = client.chat().user("Hi").extra({"tools": [{"type": "web_search"}]})
            plain = chat.execute()
            stream = chat.stream()
            for _ in stream:
                pass
    finally:
        server.close()
    for response in (plain, stream.response()):
        assert response.usage.tool_uses == {"web_search": 2}
        assert response.cost is not None
        assert response.cost.tools_cost == pytest.approx(0.02)


@pytest.mark.parametrize("how", ["left", "cut"])
def test_a_stream_that_does_not_end_costs_an_estimate_everywhere(how: str) -> None:
    budget, collector = Budget(1.0), MetricsCollector()
    reply = Reply(text="word " * 30, truncate=20, cut="close")
    with MockProvider([reply]) as mock:
        builder = AiClient.builder().model("openai/gpt-4o").api_key("k")
        builder.base_url(mock.base_url("openai")).budget(budget).metrics(collector)
        with builder.build() as client:
            stream = client.chat().user("hello " * 500).max_tokens(1000).stream()
            taken = 0
            try:
                for _ in stream:
                    taken += 1
                    if how == "left" and taken == 10:
                        break
            except AiLibError:
                pass
            stream.close()
            response, stats = stream.response(), stream.stats()
    assert response.cost is not None
    assert response.cost.is_estimate
    assert stats.cost_is_estimate
    assert response.cost.total_cost is not None
    assert 500 * 2.5 / 1e6 < response.cost.total_cost < 900 * 2.5 / 1e6
    costs = [stats.cost, budget.spent, collector.get_snapshot().cost]
    assert costs == [pytest.approx(response.cost.total_cost)] * 3
    assert response.attempts[-1].is_estimate


@pytest.mark.parametrize("provider", ["openrouter/v/m", "xai/grok-4.7", "perplexity/sonar"])
@pytest.mark.parametrize("streamed", [False, True])
def test_what_the_provider_says_it_cost_wins(provider: str, streamed: bool) -> None:
    budget = Budget(1.0, unknown_price="allow")
    reply = Reply(text="ok", usage=usage(10, 5, reported_cost=0.0123))
    name = provider.partition("/")[0]
    with MockProvider([reply]) as mock:
        builder = AiClient.builder().model(provider).api_key("k").budget(budget)
        with builder.base_url(mock.base_url(name)).build() as client:
            chat = client.chat().user("Hi").max_tokens(5)
            if streamed:
                stream = chat.stream()
                for _ in stream:
                    pass
                response = stream.response()
            else:
                response = chat.execute()
    assert response.cost is not None
    assert response.cost.total_cost == pytest.approx(0.0123)
    assert response.cost.is_reported
    assert budget.spent == pytest.approx(0.0123)


class _Raiser(Interceptor):
    """Raises the limit of every call before it is compiled."""

    def before_request(self, call: Any) -> None:
        call.request = msgspec.structs.replace(call.request, parameters={"max_tokens": 16000})


def test_what_an_interceptor_changes_is_what_is_bounded() -> None:
    with MockProvider([Reply(text="ok")]) as mock:
        builder = AiClient.builder().model("openai/gpt-4o").api_key("k").intercept(_Raiser())
        builder.budget(Budget(0.001)).base_url(mock.base_url("openai"))
        with builder.build() as client:
            with pytest.raises(BudgetExceeded):
                client.chat().user("Hi").max_tokens(1).execute()
        assert mock.requests == []
