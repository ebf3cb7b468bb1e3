"""What is sent bounds what it costs: no builder method or field raises one without the other."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

import ai_lib_sync
from ai_lib.errors import BudgetExceeded, RequestError
from ai_lib.tokens import Budget, CostBounds
from ai_lib.types.tool import ToolDefinition
from tests.tokens.vendor_prices import largest_cost

CLIENTS = {
    name: ai_lib_sync.AiClient.create(name, api_key="k")
    for name in (
        "anthropic/claude-sonnet-4-5",
        "anthropic/claude-opus-4-6",
        "openai/gpt-5-mini",
        "openai/gpt-4o",
        "gemini/gemini-2.5-pro",
    )
}
SEARCH = {"type": "web_search_20250305", "name": "web_search"}


def bounds(model: str, extra: dict[str, Any], **parameters: Any) -> CostBounds:
    """Return the bounds of a short question with these fields."""
    chat = CLIENTS[model].chat().user("What is the tallest tree?").extra(extra)
    for name, value in parameters.items():
        chat.param(name, value)
    return chat.would_cost()


MEMBERS: dict[str, dict[str, Any]] = {
    "anthropic": {
        "max_tokens": st.integers(1, 200_000),
        "model": st.sampled_from(["claude-opus-4-6", "claude-haiku-4-5", "claude-fable-5-2", "x"]),
        "speed": st.sampled_from(["standard", "fast"]),
        "inference_geo": st.sampled_from(["us", "global"]),
        "tools": st.lists(
            st.sampled_from(
                [
                    SEARCH,
                    {**SEARCH, "max_uses": 3},
                    {**SEARCH, "max_uses": 100},
                    {"type": "code_execution_20250825", "name": "code_execution"},
                    {"name": "mine", "input_schema": {"type": "object"}},
                ]
            ),
            max_size=3,
        ),
        "container": st.sampled_from(["", "container_1"]),
        "cache_control": st.sampled_from(
            [{"type": "ephemeral"}, {"type": "ephemeral", "ttl": "1h"}]
        ),
        "temperature": st.floats(0, 1),
    },
    "openai": {
        "max_tokens": st.integers(1, 200_000),
        "max_completion_tokens": st.integers(1, 200_000),
        "n": st.integers(1, 9),
        "model": st.sampled_from(["gpt-5", "gpt-4o", "x"]),
        "service_tier": st.sampled_from(["auto", "default", "flex", "priority", "scale"]),
        "web_search_options": st.just({"search_context_size": "high"}),
        "prediction": st.just({"type": "content", "content": "a tree"}),
        "user": st.text(max_size=9),
    },
    "gemini": {
        "generationConfig": st.fixed_dictionaries(
            {},
            optional={
                "maxOutputTokens": st.integers(1, 70_000),
                "candidateCount": st.integers(1, 8),
                "topK": st.integers(1, 40),
            },
        ),
        "tools": st.lists(st.sampled_from([{"googleSearch": {}}]), max_size=2),
        "cachedContent": st.sampled_from(["", "cachedContents/1"]),
    },
}


@pytest.mark.parametrize("model", list(CLIENTS))
def test_a_bound_is_no_less_than_the_vendor_may_charge(model: str) -> None:
    provider, name = model.split("/")
    checked, unbounded = [0], [0]

    @settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        extra=st.fixed_dictionaries({}, optional=MEMBERS[provider]),
        parameters=st.fixed_dictionaries(
            {}, optional={"max_tokens": st.integers(1, 90_000), "n": st.integers(1, 5)}
        ),
    )
    def check(extra: dict[str, Any], parameters: dict[str, Any]) -> None:
        chat = CLIENTS[model].chat().user("What is the tallest tree?").extra(extra)
        for key, value in parameters.items():
            chat.param(key, value)
        body = dict(CLIENTS[model].explain(chat.build()).body)
        found = chat.would_cost()
        # The real input is at most what the bound says; the vendor's price of so much of it:
        most = largest_cost(name, body, found.max_input_tokens)
        if most is None:
            assert found.upper is None, (extra, parameters)
            assert found.reason
            unbounded[0] += 1
        elif found.upper is not None:
            assert found.upper >= most * (1 - 1e-9), (extra, parameters, most)
            checked[0] += 1

    check()
    assert min(checked[0], unbounded[0]) > 10


# What raises the cost, with what is known of it: a bound above that of the plain request, or none.
@pytest.mark.parametrize(
    ("model", "extra", "is_bounded"),
    [
        ("openai/gpt-4o", {"max_completion_tokens": 16000}, True),
        ("openai/gpt-4o", {"max_tokens": 16000}, True),
        ("openai/gpt-4o", {"n": 4}, True),
        ("openai/gpt-4o", {"service_tier": "priority"}, True),
        ("openai/gpt-4o", {"model": "gpt-5.4"}, True),
        ("openai/gpt-4o", {"messages": [{"role": "user", "content": "tree " * 400}]}, True),
        ("openai/gpt-4o", {"tools": [{"type": "function", "function": {"name": "f"}}]}, True),
        ("openai/gpt-4o", {"service_tier": "turbo"}, False),
        ("openai/gpt-4o", {"model": "nobody-lists-this"}, False),
        ("openai/gpt-4o", {"web_search_options": {"a": 1}}, False),
        ("openai/gpt-4o", {"tools": [{"type": "web_search"}]}, False),
        ("openai/gpt-4o", {"messages": [{"content": [{"image_url": {"url": "u"}}]}]}, False),
        ("anthropic/claude-opus-4-6", {"tools": [{**SEARCH, "max_uses": 2}]}, True),
        ("anthropic/claude-opus-4-6", {"cache_control": {"ttl": "1h"}}, True),
        ("anthropic/claude-opus-4-6", {"inference_geo": "us"}, True),
        ("anthropic/claude-opus-4-6", {"tools": [SEARCH]}, False),
        ("anthropic/claude-opus-4-6", {"speed": "fast"}, False),
        ("anthropic/claude-opus-4-6", {"mcp_servers": [{"url": "u"}]}, False),
        ("gemini/gemini-2.5-pro", {"generationConfig": {"candidateCount": 8}}, True),
        ("gemini/gemini-2.5-pro", {"tools": [{"googleSearch": {}}]}, False),
        ("gemini/gemini-2.5-pro", {"cachedContent": "cachedContents/1"}, False),
    ],
)
def test_what_raises_the_cost_raises_the_bound(
    model: str, extra: dict[str, Any], is_bounded: bool
) -> None:
    plain, raised = bounds(model, {}, max_tokens=10), bounds(model, extra, max_tokens=10)
    assert plain.upper is not None
    if is_bounded:
        assert raised.upper is not None, raised.reason
        assert raised.upper > plain.upper
    elif raised.upper is not None:
        # One prompt with searches has one fee, and no more than that.
        assert raised.upper >= plain.upper + 0.035
    else:
        assert raised.reason
        with pytest.raises(BudgetExceeded, match="unknown_price='allow'"):
            Budget(1000.0).reserve(raised)


@pytest.mark.parametrize("limit", [0, -1_000_000, 10**12, True, "10", 1.5])
def test_a_limit_that_is_none_is_refused(limit: Any) -> None:
    for model in ("openai/gpt-4o", "anthropic/claude-opus-4-6", "gemini/gemini-2.5-pro"):
        with pytest.raises(RequestError, match="max_tokens"):
            bounds(model, {}, max_tokens=limit)
    with pytest.raises(RequestError, match="max_completion_tokens"):
        bounds("openai/gpt-4o", {"max_completion_tokens": limit})
    with pytest.raises(RequestError, match="n="):
        bounds("openai/gpt-4o", {"n": limit})


def test_a_hosted_tool_of_a_definition_counts_like_one_of_extra() -> None:
    tool = ToolDefinition.of_provider({**SEARCH, "max_uses": 2})
    chat = CLIENTS["anthropic/claude-opus-4-6"].chat().user("?").max_tokens(10)
    plain, searching = chat.would_cost(), chat.tools([tool]).would_cost()
    assert plain.upper is not None
    assert searching.upper is not None
    assert searching.upper > plain.upper + 0.02
