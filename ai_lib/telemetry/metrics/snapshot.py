"""The counts at one moment."""

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

    def _repr_html_(self) -> str:
        from ai_lib.types.markup.html import render_facts

        return render_facts(
            {
                "requests": self._format_requests(),
                "in flight": self.in_flight or None,
                "retries": self.retries or None,
                "errors": ", ".join(f"{count} {name}" for name, count in self.errors.items()),
                "tokens": f"{self.tokens_in:,} in, {self.tokens_out:,} out",
                "cost": self._format_cost(),
                "time (p50 / p90 / p99)": self._format_times("latency"),
                "first token (p50 / p90 / p99)": self._format_times("time_to_first_token"),
            }
        )

    def _format_requests(self) -> str:
        kinds = {
            "succeeded": self.successful_requests,
            "failed": self.failed_requests,
            "cancelled": self.cancelled_requests,
            "cached": self.cached_requests,
        }
        parts = ", ".join(f"{count:,} {name}" for name, count in kinds.items() if count)
        return f"{self.total_requests:,} ({parts})" if parts else "0"

    def _format_cost(self) -> str:
        from ai_lib.types.display import format_money

        amounts = [format_money(amount, currency) for currency, amount in self.costs.items()]
        unpriced = self.requests_of_unknown_cost
        return " + ".join(amounts + ([f"{unpriced:,} of unknown cost"] if unpriced else []))

    def _format_times(self, name: str) -> str:
        from ai_lib.types.display import format_duration

        times = [getattr(self, f"{name}_{rank}_ms") for rank in ("p50", "p90", "p99")]
        return " / ".join(format_duration(time) for time in times if time is not None)

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
        """The cost when it is known and in one currency, else None."""
        paid = [cost for cost in self.costs.values() if cost]
        if self.requests_of_unknown_cost or not self.costs or len(paid) > 1:
            return None
        return sum(paid)
