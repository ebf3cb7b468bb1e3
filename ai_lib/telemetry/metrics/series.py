"""The counts of one set of labels."""

from collections.abc import Iterable, Sequence
from typing import Final

from ai_lib.telemetry.metrics.histogram import Histogram, quantiles
from ai_lib.telemetry.metrics.observation import STATUSES, Observation
from ai_lib.telemetry.metrics.snapshot import MetricSnapshot

_TOKENS: Final = ("input", "output", "reasoning", "cache_read", "cache_write")


class Series:
    """Everything that is counted of operations with the same labels."""

    def __init__(self, bounds: Sequence[float], window: int) -> None:
        self.latency = Histogram(bounds, window)
        self.first_token = Histogram(bounds, window)
        self.tokens: dict[str, int] = dict.fromkeys(_TOKENS, 0)
        self.costs: dict[str, float] = {}
        self.unpriced = 0
        self.retries = 0

    def add(self, seen: Observation) -> None:
        """Count one operation."""
        usage = seen.usage
        self.latency.add(seen.seconds)
        if seen.first_token_seconds is not None:
            self.first_token.add(seen.first_token_seconds)
        self.tokens["input"] += usage.prompt_tokens
        self.tokens["output"] += usage.completion_tokens
        self.tokens["reasoning"] += usage.reasoning_tokens
        self.tokens["cache_read"] += usage.cache_read_tokens
        self.tokens["cache_write"] += usage.cache_write_tokens
        self.retries += seen.retries
        if seen.cost is not None:
            self.costs[seen.currency] = self.costs.get(seen.currency, 0.0) + seen.cost
        elif usage.prompt_tokens or usage.completion_tokens:
            self.unpriced += 1


def summary(found: Iterable[tuple[str, str, Series]], in_flight: int) -> MetricSnapshot:
    """Return the figures of several series, each with its status and error class, together."""
    counts: dict[str, int] = dict.fromkeys(STATUSES, 0)
    tokens: dict[str, int] = dict.fromkeys(_TOKENS, 0)
    errors: dict[str, int] = {}
    costs: dict[str, float] = {}
    every: list[Series] = []
    for status, error, series in found:
        every.append(series)
        counts[status] += series.latency.count
        if status == "error":
            errors[error] = errors.get(error, 0) + series.latency.count
        for kind, count in series.tokens.items():
            tokens[kind] += count
        for currency, cost in series.costs.items():
            costs[currency] = costs.get(currency, 0.0) + cost
    total = sum(counts.values())
    p50, p90, p99 = _milliseconds([one.latency for one in every])
    first50, first90, first99 = _milliseconds([one.first_token for one in every])
    return MetricSnapshot(
        total_requests=total,
        successful_requests=counts["success"] + counts["cached"],
        failed_requests=counts["error"],
        cancelled_requests=counts["cancelled"],
        cached_requests=counts["cached"],
        in_flight=in_flight,
        retries=sum(one.retries for one in every),
        tokens_in=tokens["input"],
        tokens_out=tokens["output"],
        reasoning_tokens=tokens["reasoning"],
        cache_read_tokens=tokens["cache_read"],
        costs=costs,
        requests_of_unknown_cost=sum(one.unpriced for one in every),
        errors=errors,
        latency_avg_ms=1000 * sum(one.latency.sum for one in every) / total if total else 0.0,
        latency_p50_ms=p50 or 0.0,
        latency_p90_ms=p90 or 0.0,
        latency_p99_ms=p99 or 0.0,
        time_to_first_token_p50_ms=first50,
        time_to_first_token_p90_ms=first90,
        time_to_first_token_p99_ms=first99,
    )


def _milliseconds(histograms: Sequence[Histogram]) -> list[float | None]:
    found = quantiles(histograms, (0.5, 0.9, 0.99))
    return [None if value is None else value * 1000 for value in found]
