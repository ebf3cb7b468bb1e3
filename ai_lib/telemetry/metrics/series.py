"""The counts of one set of labels."""

from collections.abc import Iterable, Sequence
from typing import Final

from ai_lib.telemetry.metrics.histogram import Histogram, estimate_quantiles
from ai_lib.telemetry.metrics.observation import STATUSES, Observation
from ai_lib.telemetry.metrics.snapshot import MetricSnapshot

_TOKENS: Final = ("input", "output", "reasoning", "cache_read", "cache_write")


class Series:
    """The counts of operations with the same labels."""

    def __init__(self, bounds: Sequence[float], window: int) -> None:
        self.latency = Histogram(bounds, window)
        self.first_token = Histogram(bounds, window)
        self.tokens: dict[str, int] = dict.fromkeys(_TOKENS, 0)
        self.costs: dict[str, float] = {}
        self.unpriced = 0
        self.retries = 0

    def add(self, observation: Observation) -> None:
        """Count one operation."""
        usage = observation.usage
        self.latency.add(observation.seconds)
        if observation.first_token_seconds is not None:
            self.first_token.add(observation.first_token_seconds)
        self.tokens["input"] += usage.prompt_tokens
        self.tokens["output"] += usage.completion_tokens
        self.tokens["reasoning"] += usage.reasoning_tokens
        self.tokens["cache_read"] += usage.cache_read_tokens
        self.tokens["cache_write"] += usage.cache_write_tokens
        self.retries += observation.retries
        if observation.cost is not None:
            self.costs[observation.currency] = (
                self.costs.get(observation.currency, 0.0) + observation.cost
            )
        elif usage.prompt_tokens or usage.completion_tokens:
            self.unpriced += 1


def summarize(labelled_series: Iterable[tuple[str, str, Series]], in_flight: int) -> MetricSnapshot:
    """Return the sums over several series, each with its status and error class."""
    counts: dict[str, int] = dict.fromkeys(STATUSES, 0)
    tokens: dict[str, int] = dict.fromkeys(_TOKENS, 0)
    errors: dict[str, int] = {}
    costs: dict[str, float] = {}
    all_series: list[Series] = []
    for status, error, series in labelled_series:
        all_series.append(series)
        counts[status] += series.latency.count
        if status == "error":
            errors[error] = errors.get(error, 0) + series.latency.count
        for kind, count in series.tokens.items():
            tokens[kind] += count
        for currency, cost in series.costs.items():
            costs[currency] = costs.get(currency, 0.0) + cost
    total = sum(counts.values())
    total_milliseconds = 1000 * sum(series.latency.sum for series in all_series)
    p50, p90, p99 = _estimate_milliseconds([series.latency for series in all_series])
    first50, first90, first99 = _estimate_milliseconds(
        [series.first_token for series in all_series]
    )
    return MetricSnapshot(
        total_requests=total,
        successful_requests=counts["success"] + counts["cached"],
        failed_requests=counts["error"],
        cancelled_requests=counts["cancelled"],
        cached_requests=counts["cached"],
        in_flight=in_flight,
        retries=sum(series.retries for series in all_series),
        tokens_in=tokens["input"],
        tokens_out=tokens["output"],
        reasoning_tokens=tokens["reasoning"],
        cache_read_tokens=tokens["cache_read"],
        costs=costs,
        requests_of_unknown_cost=sum(series.unpriced for series in all_series),
        errors=errors,
        latency_avg_ms=total_milliseconds / total if total else 0.0,
        latency_p50_ms=p50 or 0.0,
        latency_p90_ms=p90 or 0.0,
        latency_p99_ms=p99 or 0.0,
        time_to_first_token_p50_ms=first50,
        time_to_first_token_p90_ms=first90,
        time_to_first_token_p99_ms=first99,
    )


def _estimate_milliseconds(histograms: Sequence[Histogram]) -> list[float | None]:
    seconds = estimate_quantiles(histograms, (0.5, 0.9, 0.99))
    return [None if value is None else value * 1000 for value in seconds]
