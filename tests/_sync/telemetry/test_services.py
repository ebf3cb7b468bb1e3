# Generated from tests/telemetry/test_services.py by codegen; do not edit.
"""Spans as services read them that take plain OTLP: what each of them would show as the cost.

Each reader is by the service's source or documentation, of 2026:

- Langfuse, `OtelIngestionProcessor`: `gen_ai.usage.cost` is the cost; else tokens are priced by
  kind, those read from and written to a cache subtracted from the input, by the names
  `cache_read.input_tokens` and `cache_creation.input_tokens`.
- Logfire, as Pydantic AI writes it: `operation.cost` in USD.
- Phoenix and LangSmith price tokens of `gen_ai.response.model` (else `gen_ai.request.model`) at
  `gen_ai.provider.name`, in all and output.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from ai_lib.types.usage import Usage
from ai_lib_sync.client import AiClient
from ai_lib_sync.telemetry import Tracer
from ai_lib_sync.testing import MockProvider, Reply

# Claude Sonnet 4.5, USD for a million tokens: input, output, cache read, cache write.
PRICES = {"input": 3.0, "output": 15.0, "read": 0.3, "write": 3.75}
MODEL = "anthropic/claude-sonnet-4-5"
USAGE = Usage(
    prompt_tokens=10_000,
    completion_tokens=500,
    total_tokens=10_500,
    cache_read_tokens=6_000,
    cache_write_tokens=1_000,
)
# 3,000 fresh tokens, 6,000 read, 1,000 written, 500 of output.
COST = (3_000 * 3.0 + 6_000 * 0.3 + 1_000 * 3.75 + 500 * 15.0) / 1_000_000
Attributes = Mapping[str, Any]


def price_tokens(attributes: Attributes, written: str) -> float:
    """Return the cost by tokens: those of the cache are part of the input."""
    read = attributes.get("gen_ai.usage.cache_read.input_tokens", 0)
    write = attributes.get(written, 0)
    fresh = attributes["gen_ai.usage.input_tokens"] - read - write
    output = attributes["gen_ai.usage.output_tokens"]
    counts = {"input": fresh, "read": read, "write": write, "output": output}
    return float(sum(counts[kind] * price for kind, price in PRICES.items())) / 1_000_000


def read_as_langfuse(attributes: Attributes) -> float:
    """Return what Langfuse shows."""
    if cost := attributes.get("gen_ai.usage.cost"):
        return float(cost)
    return price_tokens(attributes, "gen_ai.usage.cache_creation.input_tokens")


def read_as_logfire(attributes: Attributes) -> float:
    """Return what Logfire shows."""
    return float(attributes["operation.cost"])


def call_once(tracer_settings: Mapping[str, Any]) -> ReadableSpan:
    """Make one call; return its span as an exporter of OTLP gets it."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = Tracer("svc", provider=provider, **tracer_settings)
    with MockProvider([Reply(text="hello", usage=USAGE)]) as mock:
        maker = AiClient.builder().model(MODEL).api_key("k").base_url(mock.base_url("anthropic"))
        with maker.tracer(tracer).build() as client:
            client.chat().user("hi").execute()
    (span,) = exporter.get_finished_spans()
    return span


def test_services_that_price_tokens_have_all_they_need() -> None:
    span = call_once({})
    attributes = dict(span.attributes or {})
    assert read_as_langfuse(attributes) == pytest.approx(COST)
    by_newest_names = price_tokens(attributes, "gen_ai.usage.cache_write.input_tokens")
    assert by_newest_names == pytest.approx(COST)
    assert attributes["gen_ai.provider.name"] == "anthropic"
    assert attributes["gen_ai.operation.name"] == "chat"
    assert str(attributes["gen_ai.response.model"]).startswith("claude-sonnet-4-5")
    assert attributes["ai_lib.cost"] == pytest.approx(COST)
    scope = span.instrumentation_scope
    assert scope is not None
    assert (scope.name, bool(scope.version)) == ("ai_lib", True)
    assert str(scope.schema_url).startswith("https://opentelemetry.io/schemas/")


def test_services_that_take_a_cost_get_ours() -> None:
    names = ["gen_ai.usage.cost", "operation.cost"]
    attributes = dict((call_once({"cost_attributes": names})).attributes or {})
    assert read_as_langfuse(attributes) == pytest.approx(COST)
    assert read_as_logfire(attributes) == pytest.approx(COST)


def test_one_name_is_no_list_of_names() -> None:
    with pytest.raises(TypeError, match="list of names"):
        Tracer(cost_attributes="operation.cost")
