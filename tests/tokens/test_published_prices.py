"""What vendors publish as examples of each kind of price comes out to the cent."""

from datetime import datetime, timezone
from typing import Any

import pytest

from ai_lib.protocol.catalog import ManifestCatalog
from ai_lib.protocol.manifest.prices import Prices, read_prices
from ai_lib.tokens.billing import BilledRequest
from ai_lib.tokens.cost import calculate_cost
from ai_lib.types.usage import Usage

M = 1_000_000


def prices_of(name: str) -> Prices:
    """Return a listed model's prices."""
    compiled, model = ManifestCatalog().load_model(name)
    return ManifestCatalog().find_model(compiled, model).prices


def used(prompt: int = 0, output: int = 0, **more: Any) -> Usage:
    """Return a usage with a total."""
    return Usage(
        prompt_tokens=prompt, completion_tokens=output, total_tokens=prompt + output or 1, **more
    )


PUBLISHED: list[tuple[str, str, Usage, BilledRequest | None, float]] = [
    ("input", "anthropic/claude-opus-4-6", used(M), None, 5),
    ("output", "anthropic/claude-opus-4-6", used(0, M), None, 25),
    ("read", "anthropic/claude-opus-4-6", used(M, cache_read_tokens=M), None, 0.5),
    ("five minutes", "anthropic/claude-opus-4-6", used(M, cache_write_tokens=M), None, 6.25),
    (
        "an hour",
        "anthropic/claude-opus-4-6",
        used(M, cache_write_tokens=M, cache_write_long_tokens=M),
        None,
        10,
    ),
    # The page's own example: 105 in, 6,039 out, 7,123 from the cache, 7,345 into it, one search.
    (
        "a search",
        "anthropic/claude-opus-4-6",
        used(
            105 + 7123 + 7345,
            6039,
            cache_read_tokens=7123,
            cache_write_tokens=7345,
            tool_uses={"web_search": 1},
        ),
        None,
        (105 * 5 + 6039 * 25 + 7123 * 0.5 + 7345 * 6.25) / M + 0.01,
    ),
    (
        "in one country",
        "anthropic/claude-opus-4-6",
        used(M),
        BilledRequest(factor=1.1),
        5.5,
    ),
    ("a batch", "anthropic/claude-opus-4-6", used(M, service_tier="batch"), None, 2.5),
    ("cached", "openai/gpt-5", used(M, cache_read_tokens=M), None, 0.125),
    ("flex", "openai/gpt-5", used(M), BilledRequest(service_tier="flex"), 0.625),
    ("priority", "openai/gpt-5", used(M, service_tier="priority"), None, 2.5),
    (
        "what served it counts",
        "openai/gpt-5",
        used(M, service_tier="default"),
        BilledRequest(service_tier="priority"),
        1.25,
    ),
    ("three searches", "openai/gpt-5", used(tool_uses={"web_search": 3}), None, 0.03),
    ("a file search", "openai/gpt-5", used(tool_uses={"file_search": 4}), None, 0.01),
    ("long", "gemini/gemini-2.5-pro", used(200_001, M), None, (200_001 * 2.5) / M + 15),
    ("not long", "gemini/gemini-2.5-pro", used(200_000, M), None, 0.25 + 10),
    ("sound", "gemini/gemini-2.5-flash", used(M, input_audio_tokens=M), None, 1),
    (
        "a prompt with three searches",
        "gemini/gemini-2.5-pro",
        used(tool_uses={"googleSearch": 3}),
        None,
        0.035,
    ),
    (
        "three searches of a newer one",
        "gemini/gemini-3.8-flash",
        used(tool_uses={"googleSearch": 3}),
        None,
        0.042,
    ),
    ("a search of X", "xai/grok-4.7", used(tool_uses={"x_search": 2}), None, 0.01),
    ("by its own word", "openai/gpt-5", used(M, reported_cost=0.0123), None, 0.0123),
]


@pytest.mark.parametrize(("name", "model", "usage", "billed", "expected"), PUBLISHED)
def test_a_published_example(
    name: str, model: str, usage: Usage, billed: BilledRequest | None, expected: float
) -> None:
    cost = calculate_cost(usage, prices_of(model), model, billed=billed)
    assert cost.total_cost == pytest.approx(expected, rel=1e-9), name
    if not cost.is_reported:
        assert cost.source.startswith("https://")
        assert cost.as_of is not None
        assert cost.input_cost is not None
        assert cost.output_cost is not None
        fees = cost.tools_cost + cost.request_cost
        assert cost.input_cost + cost.output_cost + fees == pytest.approx(cost.total_cost)


OWN = {
    "input_per_1m": 1,
    "output_per_1m": 4,
    "input_image_per_1m": 2,
    "output_image_per_1m": 40,
    "output_audio_per_1m": 20,
    "per_request": 0.005,
    "per_image": 0.04,
    "per_second": 0.0001,
    "cache_read_factor": 0.1,
    "hours": [{"from": "16:30", "to": "00:30", "factor": 0.5}],
    "source": "https://house.example/prices",
    "as_of": "2026-11-30",
    "tiers": [{"above_prompt_tokens": 1000, "input_per_1m": 2}],
}


@pytest.mark.parametrize(
    ("usage", "clock", "expected"),
    [
        (used(1000, 100), "12:00", (1000 + 400) / M + 0.005),
        (used(1000, 100), "16:30", (1000 + 400) / 2 / M + 0.005),
        (used(1000, 100), "00:29", (1000 + 400) / 2 / M + 0.005),
        (used(1000, 100), "00:30", (1000 + 400) / M + 0.005),
        (used(1001, 0), "12:00", 2002 / M + 0.005),
        (used(1001, 0, cache_read_tokens=1001), "12:00", 1001 * 0.2 / M + 0.005),
        (used(500, 0, input_image_tokens=200), "12:00", (300 + 400) / M + 0.005),
        (used(0, 100, output_image_tokens=60), "12:00", (60 * 40 + 40 * 4) / M + 0.005),
        (used(0, 100, output_audio_tokens=50), "12:00", (50 * 20 + 50 * 4) / M + 0.005),
        (used(0, 100, output_audio_tokens=500), "12:00", 100 * 20 / M + 0.005),
    ],
)
def test_a_price_of_every_kind(usage: Usage, clock: str, expected: float) -> None:
    prices = read_prices(OWN)
    moment = datetime.fromisoformat(f"2026-12-01T{clock}:00+00:00").astimezone(timezone.utc)
    cost = calculate_cost(usage, prices, "house/m", moment=moment)
    assert cost.total_cost == pytest.approx(expected, rel=1e-9)
    assert (cost.source, str(cost.as_of)) == ("https://house.example/prices", "2026-11-30")
    assert prices.units == {"image": 0.04, "second": 0.0001}


@pytest.mark.parametrize(
    ("usage", "billed", "reason"),
    [
        (used(1, tool_uses={"shell": 1}), None, "what a use of shell costs is unknown"),
        (used(1, service_tier="scale"), None, "what the tier 'scale' costs is unknown"),
        (used(1), BilledRequest(service_tier="scale"), "what the tier 'scale' costs is unknown"),
    ],
)
def test_what_no_page_says_is_unknown(
    usage: Usage, billed: BilledRequest | None, reason: str
) -> None:
    cost = calculate_cost(usage, prices_of("openai/gpt-5"), "openai/gpt-5", billed=billed)
    assert (cost.total_cost, cost.reason) == (None, reason)


def test_prices_of_no_known_form_are_not_stated() -> None:
    pricing: Any = {
        "input_per_1m": True,
        "output_per_1m": -1,
        "tools": {"a": 3, "b": {"per_1000": "x"}, "c": {"per_1000": 1, "unit": "moon"}},
        "hours": [{"from": "25:00", "to": "1:00", "factor": 1}, 7],
        "service_tiers": {"flex": "half"},
        "per_request": None,
        "tiers": ["x"],
        "as_of": "yesterday",
    }
    assert read_prices(pricing) == Prices()
