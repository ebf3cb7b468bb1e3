"""What tokens cost: at published prices, part by part, and never nothing for what is unknown."""

import pytest

from ai_lib.protocol.manifest.prices import Prices, PriceTier, read_prices
from ai_lib.tokens import estimate_cost, get_model_pricing
from ai_lib.tokens.cost import calculate_cost
from ai_lib.types import Usage
from ai_lib.types.cost import CostEstimate, sum_costs

# From the vendors' own pages, in USD: a million tokens of input, of output, of cached input.
PUBLISHED = [
    ("openai/gpt-4o", 2.5, 10, 1.25),
    ("openai/gpt-4o-mini", 0.15, 0.6, 0.075),
    ("openai/gpt-4.1", 2, 8, 0.5),
    ("openai/gpt-5", 1.25, 10, 0.125),
    ("openai/o3", 2, 8, 0.5),
    ("anthropic/claude-sonnet-4-6", 3, 15, 0.3),
    ("anthropic/claude-opus-4-6", 5, 25, 0.5),
]


@pytest.mark.parametrize(("model", "taken", "given", "cached"), PUBLISHED)
def test_prices_are_those_published(model: str, taken: float, given: float, cached: float) -> None:
    pricing = get_model_pricing(model)
    assert pricing is not None
    assert pricing.currency == "USD"
    assert pricing.input_price_per_1m == taken
    assert pricing.output_price_per_1m == given
    assert pricing.cached_price_per_1m == cached
    assert pricing.input_price_per_1k == pytest.approx(taken / 1000)
    assert pricing.output_price_per_1k == pytest.approx(given / 1000)
    assert pricing.cached_price_per_1k == pytest.approx(cached / 1000)


def test_a_thousand_and_five_hundred_tokens_cost_three_quarters_of_a_cent() -> None:
    """2.5 and 10 dollars a million: 0.0025 and 0.005. A price off by a thousand was 7.50."""
    cost = estimate_cost(input_tokens=1000, output_tokens=500, model="gpt-4o")
    assert cost.total_cost == pytest.approx(0.0075)
    assert cost.input_cost == pytest.approx(0.0025)
    assert cost.output_cost == pytest.approx(0.005)
    assert (cost.currency, cost.model) == ("USD", "openai/gpt-4o")


def test_the_sizes_are_there_too() -> None:
    pricing = get_model_pricing("gpt-4o")
    assert pricing is not None
    assert (pricing.context_window, pricing.max_output_tokens) == (128000, 16384)


@pytest.mark.parametrize("name", ["gpt-4-", "o", "", "gpt", "4o", "nobody/gpt-4o", "/", "openai/"])
def test_a_part_of_a_name_is_no_name(name: str) -> None:
    assert get_model_pricing(name) is None


def test_an_unknown_price_is_said_to_be_unknown() -> None:
    cost = estimate_cost(1000, 500, "nobody/knows")
    assert cost.total_cost is None
    assert not cost.is_known
    assert "nobody/knows" in cost.reason
    assert cost.input_tokens == 1000


def test_a_listed_model_without_a_price_has_none() -> None:
    cost = estimate_cost(1, 1, "groq/qwen/qwen3.6-27b")
    assert (cost.total_cost, cost.reason) == (None, "the price of groq/qwen/qwen3.6-27b is unknown")


def test_a_free_model_costs_nothing() -> None:
    usage = Usage(prompt_tokens=10, completion_tokens=10, total_tokens=20)
    assert calculate_cost(usage, Prices(input=0, output=0), "free").total_cost == 0.0


def test_parts_are_paid_once_each() -> None:
    """1000 in: 600 plain at 2, 300 cached at 0.5, 100 stored at 2.5. 500 out at 8, 200 thought."""
    usage = Usage(
        prompt_tokens=1000,
        completion_tokens=500,
        total_tokens=1500,
        reasoning_tokens=200,
        cache_read_tokens=300,
        cache_write_tokens=100,
    )
    cost = calculate_cost(usage, Prices(input=2, output=8, cache_read=0.5, cache_write=2.5), "m")
    assert cost.input_cost == pytest.approx((600 * 2 + 300 * 0.5 + 100 * 2.5) / 1e6)
    assert cost.cached_cost == pytest.approx(300 * 0.5 / 1e6)
    assert cost.cache_write_cost == pytest.approx(100 * 2.5 / 1e6)
    assert cost.output_cost == pytest.approx(500 * 8 / 1e6)
    assert cost.reasoning_cost == pytest.approx(200 * 8 / 1e6)
    assert cost.total_cost == pytest.approx((600 * 2 + 150 + 250 + 4000) / 1e6)
    assert cost.assumed == ()


def test_a_cache_without_a_price_is_paid_as_input_and_said_so() -> None:
    usage = Usage(prompt_tokens=100, total_tokens=100, cache_read_tokens=40, cache_write_tokens=60)
    cost = calculate_cost(usage, Prices(input=2, output=8), "m")
    assert cost.total_cost == pytest.approx(100 * 2 / 1e6)
    assert cost.assumed == ("cache_read", "cache_write")


def test_reasoning_may_have_a_price_of_its_own() -> None:
    usage = Usage(completion_tokens=100, total_tokens=100, reasoning_tokens=60)
    cost = calculate_cost(usage, Prices(input=2, output=8, reasoning=3), "m")
    assert cost.total_cost == pytest.approx((40 * 8 + 60 * 3) / 1e6)


def test_a_long_call_is_paid_at_its_tier() -> None:
    """Of gpt-5.5, 5 and 30 dollars; over 272,000 input tokens 10 and 45, for all of them."""
    below = estimate_cost(272_000, 1000, "gpt-5.5")
    above = estimate_cost(272_001, 1000, "gpt-5.5")
    assert below.total_cost == pytest.approx(272_000 * 5e-6 + 1000 * 30e-6)
    assert above.total_cost == pytest.approx(272_001 * 10e-6 + 1000 * 45e-6)


def test_tiers_are_sorted_and_say_only_what_changes() -> None:
    prices = read_prices(
        {
            "input_per_1k": 0.001,
            "output_per_1m": 4,
            "tiers": [
                {"above_prompt_tokens": 500, "input_per_1m": 3},
                {"above_prompt_tokens": 100, "input_per_token": 0.000002, "output_per_1m": 0},
                {"input_per_1m": 9},
                "nonsense",
            ],
        }
    )
    assert [tier.above_prompt_tokens for tier in prices.tiers] == [100, 500]
    assert prices.tiers[0] == PriceTier(above_prompt_tokens=100, input=2, output=0)
    at = [
        (prices.apply_tier(tokens).input, prices.apply_tier(tokens).output)
        for tokens in (100, 101, 501)
    ]
    assert at == [(1, 4), (2, 0), (3, 4)]


@pytest.mark.parametrize(
    "counts",
    [
        {"input_tokens": -1, "output_tokens": 0},
        {"input_tokens": 1, "output_tokens": 0, "cached_tokens": 2},
        {"input_tokens": 1, "output_tokens": 1, "reasoning_tokens": 2},
    ],
)
def test_counts_that_make_no_sense_are_refused(counts: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="token"):
        estimate_cost(**counts, model="gpt-4o")  # type: ignore[arg-type]


def test_costs_add_up_and_one_unknown_makes_the_sum_unknown() -> None:
    one = CostEstimate(model="a", total_cost=1.0, input_cost=0.25, output_cost=0.75)
    two = CostEstimate(model="b", total_cost=2.0, input_cost=1.5, output_cost=0.5)
    whole = sum_costs([one, two])
    assert (whole.total_cost, whole.input_cost, whole.output_cost) == (3.0, 1.75, 1.25)
    unknown = CostEstimate(model="c", reason="nobody knows")
    assert sum_costs([one, unknown]).total_cost is None
    assert sum_costs([one, unknown]).reason == "nobody knows"
    yuan = CostEstimate(model="d", currency="CNY", total_cost=1.0)
    assert sum_costs([one, yuan]).total_cost is None
    assert sum_costs([]).total_cost == 0.0
