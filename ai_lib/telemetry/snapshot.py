"""The figures as they are at one moment."""

from collections.abc import Mapping

import msgspec


class MetricSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """What a collector has counted. Times are milliseconds; quantiles are of the latest values.

    `costs` is by currency, of the requests whose price is known; `requests_of_unknown_cost` are
    those that used tokens and whose price is not. `errors` counts by standard class. Without a
    streamed request the times to the first token are None.
    """

    total_requests: int = 0
    successful_requests: int = 0
    failed_requests: int = 0
    cancelled_requests: int = 0
    cached_requests: int = 0
    in_flight: int = 0
    retries: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    reasoning_tokens: int = 0
    cache_read_tokens: int = 0
    costs: Mapping[str, float] = {}
    requests_of_unknown_cost: int = 0
    errors: Mapping[str, int] = {}
    latency_avg_ms: float = 0.0
    latency_p50_ms: float = 0.0
    latency_p90_ms: float = 0.0
    latency_p99_ms: float = 0.0
    time_to_first_token_p50_ms: float | None = None
    time_to_first_token_p90_ms: float | None = None
    time_to_first_token_p99_ms: float | None = None

    @property
    def error_rate(self) -> float:
        """The share of requests that failed, 0 to 1; 0 without requests."""
        return self.failed_requests / self.total_requests if self.total_requests else 0.0

    @property
    def avg_latency_ms(self) -> float:
        """The same as `latency_avg_ms`."""
        return self.latency_avg_ms

    @property
    def total_tokens(self) -> int:
        """Input and output tokens together."""
        return self.tokens_in + self.tokens_out

    @property
    def cost(self) -> float | None:
        """What it cost when that is known and in one currency, else None."""
        paid = [cost for cost in self.costs.values() if cost]
        if self.requests_of_unknown_cost or not self.costs or len(paid) > 1:
            return None
        return sum(paid)
